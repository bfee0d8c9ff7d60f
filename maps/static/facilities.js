// Facilities of the layers that are switched on, for the view; grouped by place where there are too many.
/* global L */

import { fill, text } from "./elements.js";
import { count, glyph } from "./glyphs.js";
import { walkButton } from "./walk.js";
import { bboxOf, ViewSource } from "./view.js";

// More than this many marks hide one another and the colours below.
const SINGLE_MOST = 400;

export class Facilities {
  constructor(map, { groups, words }, say) {
    this.map = map;
    this.words = words;
    this.say = say;
    this.pane = map.createPane("facilities");
    this.pane.classList.add("pane-facilities");
    this.renderer = L.canvas({ pane: "facilities", padding: 0.2, tolerance: 4 });
    this.groups = new Map(
      groups.map((group) => [
        group.name,
        { ...group, on: new Set(), shown: L.layerGroup().addTo(map), source: new ViewSource(), outline: new Path2D(group.path), note: "" },
      ]),
    );
    // A popup that does not fit pans the map; drawing anew then would close what the reader just opened.
    map.on("moveend", () => this.reading || this.refresh());
    map.on("popupopen", () => (this.reading = true));
    map.on("popupclose", () => (this.reading = false));
  }

  choose(name, categories) {
    const group = this.groups.get(name);
    if (!group) return;
    group.on = new Set(categories);
    this.load(group);
  }

  refresh() {
    for (const group of this.groups.values()) if (group.on.size) this.load(group);
  }

  async load(group) {
    if (!group.on.size) {
      group.source.stop();
      group.shown.clearLayers();
      group.note = "";
      this.tell();
      return;
    }
    try {
      const query = { bbox: bboxOf(this.map), category: [...group.on].sort().join(","), limit: SINGLE_MOST };
      const found = await group.source.load(group.address, query);
      if (found) this.draw(group, found);
    } catch (error) {
      group.note = error.message;
      this.tell();
    }
  }

  draw(group, found) {
    group.shown.clearLayers();
    for (const { geometry, properties } of found.features) {
      const place = L.latLng(geometry.coordinates[1], geometry.coordinates[0]);
      group.shown.addLayer("count" in properties ? this.cell(group, place, properties) : this.mark(group, place, properties));
    }
    group.note = found.message ?? "";
    this.tell();
  }

  mark(group, place, properties) {
    const mark = glyph(place, {
      pane: "facilities", renderer: this.renderer, radius: this.map.getZoom() < 13 ? 5.5 : 7, fillColor: group.ink, outline: group.outline, bubblingMouseEvents: false,
    });
    return mark.bindPopup(() => this.popup(group, place, properties), { closeButton: true, maxWidth: 280 });
  }

  cell(group, place, { count: n }) {
    const shown = n < 1000 ? String(n) : `${Math.round(n / 100) / 10}k`;
    const circle = count(place, {
      pane: "facilities", renderer: this.renderer, radius: 7 + 1.8 * shown.length + Math.min(4, n / 100), count: shown,
      color: "#ffffff", weight: 1.5, fillColor: group.ink, fillOpacity: 0.9, bubblingMouseEvents: false,
    });
    circle.on("click", () => this.map.setView(place, this.map.getZoom() + 2));
    return circle.bindTooltip(() => text("span", fill(this.words.grouped, { n, title: group.title })));
  }

  popup(group, place, properties) {
    const box = document.createElement("div");
    box.className = "facts";
    box.append(text("strong", properties.name || group.title));
    const list = document.createElement("dl");
    for (const [label, value] of properties.facts) list.append(text("dt", label), text("dd", value));
    box.append(list, walkButton(this.words.walk_to, place, true));
    return box;
  }

  tell() {
    this.say("facilities", [...this.groups.values()].map(({ note }) => note).filter(Boolean).join(" "));
  }
}
