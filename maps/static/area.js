// Drawing an area: corners by click or tap, or under the cross by keyboard; closing it asks for its figures.
/* global L */

import { fill } from "./elements.js";

const LEAST = 3;
const CLOSE_PIXELS = 12;
const DECIMALS = 6;

export class Area {
  constructor(map, { address, most, ink, words }, say) {
    Object.assign(this, { map, address, most, ink, words, say, corners: [], drawing: false });
    this.button = document.getElementById("area-start");
    this.done = document.getElementById("area-done");
    this.frame = map.getContainer().parentElement;
    map.createPane("area").classList.add("pane-area");
    this.shown = L.layerGroup().addTo(map);
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.draw(!this.drawing));
    this.done.addEventListener("click", () => this.close());
    map.on("click", ({ latlng }) => this.take(latlng));
    map.getContainer().addEventListener("dblclick", (event) => this.onDouble(event), true);
    map.getContainer().addEventListener("keydown", (event) => this.onKey(event), true);
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.drawing && this.draw(false));
  }

  draw(on) {
    this.drawing = on;
    this.corners = [];
    this.button.setAttribute("aria-pressed", String(on));
    this.button.querySelector("span").textContent = on ? this.words.area_clear : this.words.area_start;
    this.frame.classList.toggle("choosing-place", on);
    this.map.doubleClickZoom[on ? "disable" : "enable"]();
    if (on) this.map.getContainer().focus({ preventScroll: true });
    this.show(on ? this.words.area_first : "");
  }

  // Whether a click was taken for a corner.
  take(place) {
    if (!this.drawing) return false;
    const { lat, lng } = place.wrap();
    const [first, last] = [this.corners[0], this.corners.at(-1)];
    if (last && this.near(last, place)) return true; // the second click of a double one
    if (this.corners.length >= LEAST && this.near(first, place)) this.close();
    else if (this.corners.length >= this.most) this.say("area", this.words.area_most);
    else {
      this.corners.push(L.latLng(lat, lng));
      this.show(fill(this.words.area_next, { n: this.corners.length }));
    }
    return true;
  }

  near(one, other) {
    return this.map.latLngToContainerPoint(one).distanceTo(this.map.latLngToContainerPoint(other)) < CLOSE_PIXELS;
  }

  onDouble(event) {
    if (!this.drawing) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  // Arrows move the map below the cross; the space bar sets a corner there, Enter closes.
  onKey(event) {
    if (!this.drawing || event.target !== this.map.getContainer()) return;
    if (event.key === " ") this.take(this.map.getCenter());
    else if (event.key === "Enter") this.close();
    else if (event.key === "Backspace") this.undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  undo() {
    this.corners.pop();
    this.show(this.corners.length ? fill(this.words.area_next, { n: this.corners.length }) : this.words.area_first);
  }

  show(sentence) {
    this.shown.clearLayers();
    this.done.hidden = this.corners.length < LEAST;
    const own = { pane: "area", interactive: false, color: this.ink };
    if (this.corners.length) {
      this.shown.addLayer(L.polygon(this.corners, { ...own, weight: 2, dashArray: "5 4", fillColor: this.ink, fillOpacity: 0.12 }));
      for (const corner of this.corners) this.shown.addLayer(L.circleMarker(corner, { ...own, radius: 4, weight: 2, fillColor: "#ffffff", fillOpacity: 1 }));
    }
    this.say("area", sentence);
  }

  close() {
    if (this.corners.length < LEAST) {
      this.say("area", this.words.area_least);
      return;
    }
    const target = new URL(this.address, location.href);
    target.searchParams.set("area", this.corners.map(({ lat, lng }) => `${lng.toFixed(DECIMALS)},${lat.toFixed(DECIMALS)}`).join(";"));
    this.say("area", this.words.area_asked);
    location.assign(target.href);
  }
}
