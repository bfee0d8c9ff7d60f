// What a rule leaves uncovered: squares whose area grows with the amount, dark stretches of road as lines.
/* global L */

import { text } from "./elements.js";
import { glyph } from "./glyphs.js";
import { bboxOf, ViewSource } from "./view.js";

const SQUARE = new Path2D("M1.5 1.5h13v13h-13Z");
const [SMALLEST, LARGEST] = [1.6, 10.5];
const HALO_FROM = 3.5;

export class Parts {
  constructor(map, { address, look }, say) {
    Object.assign(this, { map, address, look, say });
    this.on = false;
    this.source = new ViewSource();
    map.createPane("uncovered").classList.add("pane-uncovered");
    this.renderer = L.canvas({ pane: "uncovered", padding: 0.2 });
    this.shown = L.layerGroup().addTo(map);
    map.on("moveend", () => this.on && this.load());
  }

  choose(on) {
    this.on = on;
    if (on) return this.load();
    this.source.stop();
    this.shown.clearLayers();
    this.say("uncovered", "");
  }

  async load() {
    try {
      const query = { bbox: bboxOf(this.map), zoom: Math.round(this.map.getZoom()) };
      const found = await this.source.load(this.address, query);
      if (found) this.draw(found);
    } catch (error) {
      this.say("uncovered", error.message);
    }
  }

  draw({ features, message }) {
    this.shown.clearLayers();
    const most = Math.max(1e-9, ...features.map(({ properties }) => this.amount(properties)));
    for (const feature of features) {
      const mark = feature.geometry.type === "Point" ? this.square(feature, most) : this.stretch(feature);
      mark.bindPopup(() => this.popup(feature.properties, mark), { maxWidth: 280 });
      this.shown.addLayer(mark);
    }
    this.say("uncovered", message ?? "");
  }

  amount({ amount }) {
    return amount;
  }

  popup({ label }) {
    return text("strong", label);
  }

  square({ geometry: { coordinates: [lon, lat] }, properties }, most) {
    const radius = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(this.amount(properties) / most);
    return glyph(L.latLng(lat, lon), {
      pane: "uncovered", renderer: this.renderer, radius, fillColor: this.look.ink, fillOpacity: 0.88, halo: radius > HALO_FROM, outline: SQUARE, bubblingMouseEvents: false,
    });
  }

  stretch(feature) {
    const { ink } = this.look;
    return L.geoJSON(feature, { pane: "uncovered", renderer: this.renderer, style: { color: ink, weight: 3, opacity: 0.9 }, bubblingMouseEvents: false });
  }
}
