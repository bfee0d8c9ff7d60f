// A walk from a place: a button turns clicks into places, the streets light up, the panel says what is there.
/* global L */

import { element, text } from "./elements.js";

const SMALL_PIXELS = 240;

// A button in a popup that asks for the walk from a place, or to it.
export function walkButton(label, { lat, lng }, inward) {
  const button = text("button", label, "button walk-button");
  button.type = "button";
  button.dataset.walk = `${lng.toFixed(6)},${lat.toFixed(6)}`;
  button.dataset.inward = inward ? "1" : "";
  return button;
}

export class Walk {
  constructor(map, { address, words }, zones, pages, say) {
    Object.assign(this, { map, address, words, zones, pages, say, running: null, asked: this.key() });
    this.box = document.getElementById("walk");
    this.button = document.getElementById("walk-start");
    this.frame = map.getContainer().parentElement;
    map.createPane("walk").classList.add("pane-walk");
    this.renderer = L.svg({ pane: "walk", padding: 0.4 });
    this.shown = L.layerGroup().addTo(map);
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.listen(!this.listening));
    map.on("click", ({ latlng }) => this.choose(latlng));
    map.getContainer().addEventListener("keydown", (event) => this.onMapKey(event));
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => this.onClick(event));
    const first = element("reach", this.box);
    if (first) this.draw(first, !new URL(location.href).searchParams.has("view"));
  }

  // While the button is pressed a click is a place, not a zone.
  listen(on) {
    this.listening = on;
    this.button.setAttribute("aria-pressed", String(on));
    this.frame.classList.toggle("choosing-place", on);
    this.say("walk", on ? this.words.click : "");
  }

  // Whether the click was taken for a place.
  choose(place) {
    if (!this.listening) return false;
    this.listen(false);
    this.map.getContainer().focus({ preventScroll: true });
    const { lat, lng } = place.wrap();
    this.go(`${lng.toFixed(6)},${lat.toFixed(6)}`, false);
    return true;
  }

  onMapKey(event) {
    if (!this.listening || event.target !== this.map.getContainer() || event.key !== "Enter") return;
    event.preventDefault();
    this.choose(this.map.getCenter());
  }

  onKey(event) {
    if (event.key !== "Escape") return;
    if (this.listening) this.listen(false);
    else if (!this.box.hidden && !document.querySelector(".leaflet-popup")) this.clear();
  }

  onClick(event) {
    const asked = event.target.closest("[data-walk]");
    if (asked) {
      this.map.closePopup();
      this.go(asked.dataset.walk, Boolean(asked.dataset.inward));
    } else if (event.target.closest("[data-walk-close]") && !(event.metaKey || event.ctrlKey || event.shiftKey)) {
      event.preventDefault();
      this.clear();
    }
  }

  go(place, inward) {
    this.pages.replace("from", place);
    this.pages.replace("to", inward ? "1" : "");
    this.load();
  }

  clear() {
    this.running?.abort();
    this.pages.replace("from", "");
    this.pages.replace("to", "");
    this.empty();
  }

  empty() {
    this.asked = this.key();
    this.shown.clearLayers();
    this.frame.classList.remove("walked");
    this.box.hidden = true;
    this.box.replaceChildren();
    this.say("walk", "");
  }

  // The address moved, by a link or back and forward.
  follow() {
    if (this.key() === this.asked) return;
    if (new URL(location.href).searchParams.get("from")) this.load();
    else this.empty();
  }

  key() {
    const { searchParams } = new URL(location.href);
    return `${searchParams.get("from") ?? ""} ${searchParams.get("to") ?? ""}`;
  }

  async load() {
    this.running?.abort();
    const mine = (this.running = new AbortController());
    this.asked = this.key();
    this.say("walk", this.words.waiting);
    const [path, kept] = this.address.split("?");
    const query = new URLSearchParams(kept);
    const here = new URL(location.href).searchParams;
    for (const name of ["from", "to"]) if (here.get(name)) query.set(name, here.get(name));
    try {
      const answer = await fetch(`${path}?${query}`, { signal: mine.signal, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("walk");
      if (!found) throw new Error(page.querySelector(".error-message")?.textContent ?? this.words.failed);
      const reach = element("reach", found);
      for (const still of found.querySelectorAll(".still")) still.remove();
      this.box.replaceChildren(...document.adoptNode(found).childNodes);
      this.box.hidden = false;
      this.box.parentElement.scrollTop = 0;
      this.say("walk", this.box.querySelector("[data-walk-problem]")?.textContent ?? "");
      if (reach) this.draw(reach, true);
      else {
        this.shown.clearLayers();
        this.frame.classList.remove("walked");
      }
    } catch (error) {
      if (error.name !== "AbortError") this.say("walk", error.message);
    }
  }

  draw({ features, origin, look }, move) {
    this.shown.clearLayers();
    this.frame.classList.add("walked");
    const band = (number) => look.bands[Math.min(number, look.bands.length - 1)];
    const own = { pane: "walk", renderer: this.renderer, interactive: false };
    const outlines = features.filter(({ properties, geometry }) => geometry && properties.kind === "outline");
    const streets = features.filter(({ properties, geometry }) => geometry && properties.kind === "streets");
    for (const [depth, feature] of outlines.entries()) {
      const { ink, dash } = band(feature.properties.band);
      const fill = depth === 0 ? { fill: true, fillColor: look.fill, fillOpacity: look.opacity } : { fill: false };
      this.shown.addLayer(L.geoJSON(feature, { ...own, style: { ...fill, color: ink, weight: 1.2, opacity: 0.7, dashArray: dash || null } }));
    }
    for (const feature of streets) {
      const { width } = band(feature.properties.band);
      this.shown.addLayer(L.geoJSON(feature, { ...own, style: { color: "#ffffff", weight: width + 2.4, opacity: 0.85 } }));
    }
    for (const feature of streets) {
      const { ink, dash, width } = band(feature.properties.band);
      const line = L.geoJSON(feature, { ...own, style: { color: ink, weight: width, dashArray: dash || null, lineCap: "butt", className: "walk-streets" } });
      this.shown.addLayer(line);
    }
    const place = L.latLng(origin.lat, origin.lon);
    const street = L.latLng(origin.street[1], origin.street[0]);
    this.shown.addLayer(L.polyline([place, street], { ...own, color: look.origin, weight: 2, dashArray: "2 3" }));
    this.shown.addLayer(L.circleMarker(place, { ...own, radius: 7, color: "#ffffff", weight: 3, fillColor: look.origin, fillOpacity: 1, className: "walk-origin" }));
    if (move) this.bringIntoView(outlines.length ? L.geoJSON(outlines[0]).getBounds().extend(place) : L.latLngBounds([place, street]));
  }

  // Only where the streets are out of sight, or too small to see.
  bringIntoView(bounds) {
    const [one, other] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.latLngToContainerPoint(corner));
    const small = Math.max(other.x - one.x, other.y - one.y) < SMALL_PIXELS;
    if (small || !this.map.getBounds().contains(bounds)) this.zones.glideTo(bounds);
  }
}
