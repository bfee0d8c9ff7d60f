// Features by kind: a mark for points, a line of its own for the rest; loaded for the view where they are many.
/* global L */

import { text } from "./elements.js";
import { glyph } from "./glyphs.js";
import { bboxOf, ViewSource } from "./view.js";

const ARROW = "→";

export class Features {
  constructor(map, { marks, address, collection, chosen }, words, say) {
    Object.assign(this, { map, address, words, say, chosen: chosen ?? "" });
    this.marks = new Map(Object.entries(marks).map(([kind, mark]) => [kind, { ...mark, outline: new Path2D(mark.path) }]));
    const pane = map.createPane("changes");
    pane.classList.add("pane-facilities");
    this.renderer = L.canvas({ pane: "changes", padding: 0.2, tolerance: 4 });
    this.shown = L.layerGroup().addTo(map);
    this.source = new ViewSource();
    this.found = collection ?? { features: [] };
    this.reading = false;
    if (!address) {
      this.draw();
      return;
    }
    // A popup that does not fit pans the map; drawing anew then would close what the reader just opened.
    map.on("popupopen", () => (this.reading = true));
    map.on("popupclose", () => (this.reading = false));
    map.on("moveend", () => this.reading || this.load());
    this.load();
  }

  choose(key) {
    this.chosen = key;
    this.draw();
  }

  async load() {
    try {
      const found = await this.source.load(this.address, { bbox: bboxOf(this.map) });
      if (!found) return;
      this.found = found;
      this.draw();
    } catch (error) {
      this.say(error.message);
    }
  }

  draw() {
    this.shown.clearLayers();
    for (const [kind, mark] of this.marks) {
      for (const feature of this.found.features) if (feature.properties.kind === kind && feature.geometry) this.add(feature, mark);
    }
    this.say(this.found.message ?? "");
    this.map.getContainer().dataset.shown = String(this.found.features.length);
  }

  add({ geometry, properties }, mark) {
    const common = { pane: "changes", renderer: this.renderer, bubblingMouseEvents: false };
    const line = { ...common, color: mark.ink, weight: mark.width, dashArray: mark.dash || null, fillColor: mark.ink, fillOpacity: mark.fill };
    const point = (_feature, place) => glyph(place, { ...common, radius: properties.kind === "same" ? 4.5 : 8, fillColor: mark.ink, outline: mark.outline });
    const style = (feature) => (feature.geometry.type.endsWith("Point") ? {} : line);
    const layer = L.geoJSON({ type: "Feature", geometry, properties }, { ...common, style, pointToLayer: point });
    if (properties.from) this.addOrigin(properties.from, layer, common, mark);
    layer.bindPopup(() => this.popup(properties, mark), { closeButton: true, maxWidth: 320 });
    this.shown.addLayer(layer);
    if (this.chosen && String(properties.key) === this.chosen) this.ring(layer, common, mark);
  }

  // Where a moved feature was: a small open circle and a thin line to where it is.
  addOrigin([lon, lat], layer, common, mark) {
    const from = L.latLng(lat, lon);
    const to = layer.getBounds().getCenter();
    this.shown.addLayer(L.polyline([from, to], { ...common, interactive: false, color: mark.ink, weight: 1.4, dashArray: "3 4" }));
    this.shown.addLayer(L.circleMarker(from, { ...common, interactive: false, radius: 4, color: mark.ink, weight: 1.6, fill: false }));
  }

  ring(layer, common, mark) {
    const at = layer.getBounds().getCenter();
    this.shown.addLayer(L.circleMarker(at, { ...common, interactive: false, radius: 16, color: mark.ink, weight: 2.5, fill: false }));
  }

  popup({ kind, key, name, facts, sentence }, mark) {
    const box = document.createElement("div");
    box.className = "facts";
    box.append(text("strong", name || key || ""));
    if (this.words[kind]) box.append(text("p", name && key ? `${this.words[kind]} · ${key}` : this.words[kind]));
    if (sentence) box.append(text("p", sentence));
    if (facts?.length) {
      const list = document.createElement("dl");
      for (const [title, before, after] of facts) {
        const shown = kind === "changed" && before ? `${before} ${ARROW} ${after || "–"}` : after || before;
        list.append(text("dt", title), text("dd", shown));
      }
      box.append(list);
    }
    box.dataset.kind = mark.glyph;
    return box;
  }
}
