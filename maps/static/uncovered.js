// People who lack something: squares whose area grows with their number, loaded for the view.
/* global L */

import { fill, text } from "./elements.js";
import { bboxOf, ViewSource } from "./view.js";
import { glyph } from "./glyphs.js";
import { walkButton } from "./walk.js";

const SQUARE = new Path2D("M1.5 1.5h13v13h-13Z");
const [SMALLEST, LARGEST] = [1.6, 10.5];
const HALO_FROM = 3.5;

export class Uncovered {
  constructor(map, { address, look, words }, say) {
    Object.assign(this, { map, address, look, words, say });
    this.on = false;
    this.source = new ViewSource();
    map.createPane("uncovered").classList.add("pane-uncovered");
    this.renderer = L.canvas({ pane: "uncovered", padding: 0.2 });
    this.shown = L.layerGroup().addTo(map);
    map.on("moveend", () => this.on && this.load());
  }

  choose(on) {
    this.on = on;
    if (on) this.load();
    else {
      this.source.stop();
      this.shown.clearLayers();
      this.say("uncovered", "");
    }
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
    const most = Math.max(1, ...features.map(({ properties }) => properties.people));
    for (const { geometry, properties } of features) {
      const radius = SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(properties.people / most);
      const mark = glyph(L.latLng(geometry.coordinates[1], geometry.coordinates[0]), {
        pane: "uncovered", renderer: this.renderer, radius, fillColor: this.look.ink, fillOpacity: 0.88, halo: radius > HALO_FROM, outline: SQUARE, bubblingMouseEvents: false,
      });
      mark.bindPopup(() => this.popup(properties, mark.getLatLng()), { maxWidth: 280 });
      this.shown.addLayer(mark);
    }
    this.say("uncovered", message ?? "");
  }

  popup({ label, missing }, place) {
    const box = document.createElement("div");
    box.className = "facts";
    box.append(text("strong", label));
    if (missing?.length) {
      box.append(text("p", this.words.missing_here));
      const list = document.createElement("ul");
      for (const each of missing) list.append(text("li", each));
      box.append(list);
    }
    box.append(walkButton(this.words.walk_from, place, false));
    return box;
  }
}
