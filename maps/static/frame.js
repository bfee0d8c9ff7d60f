// What every map of ours begins with: the Leaflet map of the page's options, and its line of status.
/* global L */

export function planMap(options) {
  const map = L.map("map", {
    attributionControl: false, zoomControl: false, minZoom: options.minZoom, maxZoom: options.maxZoom,
    zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 120, maxBoundsViscosity: 0.6,
  });
  map.setMaxBounds(L.latLngBounds(options.bounds).pad(0.6));
  L.control.zoom({ position: "topleft", zoomInTitle: options.words.zoom_in, zoomOutTitle: options.words.zoom_out }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);

  // The frame also changes when the sentence above takes another line, which no window event tells.
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  return map;
}

// Each speaker has one sentence; they stand after one another.
export function speaker() {
  const notes = new Map();
  return (who, sentence) => {
    notes.set(who, sentence);
    document.getElementById("map-status").textContent = [...notes.values()].filter(Boolean).join(" ");
  };
}

// A name in the address, without a new entry in the history.
export function remember(name, value) {
  const here = new URL(location.href);
  if (value) here.searchParams.set(name, value);
  else here.searchParams.delete(name);
  history.replaceState(null, "", here);
}
