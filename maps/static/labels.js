// Names and shares on the map, as many as fit without touching one another.
/* global L */

import { text } from "./elements.js";

const GAP = 3;

export class Labels {
  constructor(map) {
    this.map = map;
    this.group = L.layerGroup().addTo(map);
    this.tips = [];
    map.on("zoomend resize moveend", () => this.place());
  }

  show(features) {
    this.group.clearLayers();
    this.tips = features
      .filter(({ properties }) => properties.at)
      .sort((one, other) => other.properties.weight - one.properties.weight)
      .map(({ properties: { name, label, at } }) => {
        const content = document.createElement("div");
        content.append(text("b", name), text("span", label));
        const tip = L.tooltip({ permanent: true, direction: "center", className: "zone-label", opacity: 1, interactive: false });
        tip.setLatLng([at[1], at[0]]).setContent(content);
        this.group.addLayer(tip);
        return tip;
      });
    this.place();
  }

  place() {
    const taken = [];
    for (const tip of this.tips) {
      const element = tip.getElement();
      if (!element) continue;
      element.classList.remove("crowded");
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const free = taken.every((box) => right + GAP < box.left || left - GAP > box.right || bottom < box.top || top > box.bottom);
      if (free) taken.push({ left, right, top, bottom });
      element.classList.toggle("crowded", !free);
    }
  }
}
