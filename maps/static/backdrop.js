// Our own quiet backdrop: water and railways of the city, above the colours and below everything else.
/* global L */

export async function addBackdrop(map, { address, roads, styles }) {
  const pane = map.createPane("backdrop");
  pane.classList.add("pane-backdrop");
  const renderer = L.canvas({ pane: "backdrop", padding: 0.3 });
  addRoads(map, renderer, roads, styles.roads);
  const answer = await fetch(address);
  if (!answer.ok) return;
  const layers = await answer.json();
  for (const [name, collection] of Object.entries(layers)) {
    const style = styles[name];
    if (!style) continue;
    const common = { pane: "backdrop", renderer, interactive: false };
    const plain = (feature) =>
      feature.geometry.type.endsWith("Polygon")
        ? { ...common, stroke: true, color: style.line, weight: 0.6, fill: true, fillColor: style.fill, fillOpacity: 0.95 }
        : { ...common, color: style.line, weight: name === "railways" ? 2.2 : 1.4, opacity: 0.85, fill: false };
    L.geoJSON(collection, { ...common, style: plain }).addTo(map);
    if (name === "railways") {
      const ties = { ...common, color: "#ffffff", weight: 1.1, dashArray: "5 6", opacity: 0.95, fill: false };
      L.geoJSON(collection, { ...common, style: () => ties }).addTo(map);
    }
  }
}

// Main roads come when somebody looks closely enough to find her way by them.
function addRoads(map, renderer, address, { line, from_zoom: fromZoom }) {
  let layer = null;
  const follow = async () => {
    const near = map.getZoom() >= fromZoom;
    if (near && !layer) {
      layer = L.layerGroup();
      const answer = await fetch(address);
      const { roads } = answer.ok ? await answer.json() : {};
      const style = { pane: "backdrop", renderer, interactive: false, color: line, weight: 0.9, opacity: 0.42, fill: false };
      if (roads) layer.addLayer(L.geoJSON(roads, { pane: "backdrop", renderer, interactive: false, style: () => style }));
    }
    if (!layer) return;
    if (map.getZoom() >= fromZoom) layer.addTo(map);
    else layer.remove();
  };
  map.on("zoomend", follow);
  follow();
}
