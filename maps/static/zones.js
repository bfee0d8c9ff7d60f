// The coloured zones: the chosen level in full, what lies around it faded.
/* global L */

import { calm, text } from "./elements.js";
import { addPatterns, patternId } from "./patterns.js";
import { Labels } from "./labels.js";

export class Zones {
  constructor(map, onChoose) {
    this.map = map;
    this.onChoose = onChoose;
    map.createPane("zones").classList.add("pane-zones");
    this.renderer = L.svg({ pane: "zones", padding: 0.4 });
    this.group = L.layerGroup().addTo(map);
    this.labels = new Labels(map);
    this.layers = new Map();
  }

  // `data` is the inert element of the page: levels from the city down, the last one coloured.
  show(data) {
    this.data = data;
    this.group.clearLayers();
    this.layers.clear();
    data.levels.forEach(({ collection }, depth) => this.addLevel(collection, depth === data.levels.length - 1));
    addPatterns(this.renderer._container, data.hatches);
    this.labels.show(data.levels.at(-1).collection.features);
    if (data.chosen && this.layers.has(data.chosen)) this.outline(data.chosen);
  }

  addLevel(collection, onTop) {
    const inner = new Set(this.data.levels.map(({ within }) => within));
    const layer = L.geoJSON(collection, {
      pane: "zones",
      renderer: this.renderer,
      style: ({ properties }) => this.style(properties, onTop, inner.has(properties.code)),
      onEachFeature: ({ properties }, shape) => {
        shape.on("add", () => {
          const path = shape.getElement();
          path.dataset.zone = properties.code;
          path.dataset.level = onTop ? "top" : "around";
          path.setAttribute("role", "link");
          path.setAttribute("aria-label", `${properties.name}, ${properties.label}`);
          path.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            this.onChoose(properties.code, shape.getBounds());
          });
        });
        if (onTop || !this.layers.has(properties.code)) this.layers.set(properties.code, shape);
        shape.bindTooltip(() => this.tooltip(properties), { sticky: true, className: "zone-tip", opacity: 1 });
        shape.on({
          click: (event) => {
            L.DomEvent.stopPropagation(event);
            if (this.onPlace?.(event.latlng)) return;
            this.onChoose(properties.code, shape.getBounds());
          },
          mouseover: () => this.mark(properties.code, true),
          mouseout: () => this.mark(properties.code, false),
        });
      },
    });
    this.group.addLayer(layer);
  }

  style({ fill, hatch }, onTop, replaced) {
    const { border, faded } = this.data.look;
    return {
      color: border,
      weight: onTop ? 1.2 : 1.6,
      opacity: 1,
      fill: !replaced,
      fillColor: fill ?? `url(#${patternId(hatch)})`,
      fillOpacity: onTop ? 0.96 : faded,
    };
  }

  outline(code) {
    const shape = this.layers.get(code);
    shape.setStyle({ color: this.data.look.chosen_border, weight: 2.6 });
    if (!this.data.levels.some(({ within }) => within === code)) shape.bringToFront();
    else shape.setStyle({ fill: false });
  }

  // The list beside the map and the map light up together.
  mark(code, on) {
    const shape = this.layers.get(code);
    if (shape && code !== this.data.chosen) {
      shape.setStyle({ color: on ? this.data.look.chosen_border : this.data.look.border, weight: on ? 2.2 : 1.2 });
      if (on) shape.bringToFront();
    }
    for (const row of document.querySelectorAll("a[data-zone]")) row.classList.toggle("lit", on && row.dataset.zone === code);
  }

  tooltip({ name, label, demand }) {
    const box = document.createElement("div");
    box.append(text("strong", name), text("span", label), text("small", demand));
    return box;
  }

  glideTo(bounds) {
    const options = { padding: [28, 28], maxZoom: 15 };
    this.gliding = true;
    this.map.once("moveend", () => (this.gliding = false));
    if (calm) this.map.fitBounds(bounds, { ...options, animate: false });
    else this.map.flyToBounds(bounds, { ...options, duration: 0.7 });
  }
}
