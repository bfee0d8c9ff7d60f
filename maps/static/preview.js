// Small maps of an upload or of two versions. Each reads its own inert JSON; pairs move together.
/* global L */

import { addBackdrop } from "./backdrop.js";
import { element } from "./elements.js";
import { Features } from "./changes.js";

const maps = new Map();
const backdrop = element("backdrop");

function start(data) {
  const place = data.dataset.preview;
  const options = JSON.parse(data.textContent);
  const frame = document.getElementById(`${place}-map`);
  const status = document.getElementById(`${place}-status`);
  const map = L.map(frame, {
    attributionControl: false, zoomControl: false, minZoom: options.minZoom, maxZoom: 19,
    zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 120, zoomAnimation: !options.pair, inertia: !options.pair,
  });
  L.control.zoom({ position: "topleft", zoomInTitle: options.words.zoom_in, zoomOutTitle: options.words.zoom_out }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.fitBounds(options.bounds, { padding: [24, 24], animate: false, maxZoom: 17 });
  const say = (sentence) => (status.textContent = sentence);
  const features = new Features(map, element(`${place}-changes`), options.words, say);
  maps.set(place, { map, pair: options.pair, features });
  if (backdrop) addBackdrop(map, backdrop).catch(() => say(options.words.backdrop_failed));
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(frame);
  follow(place);
  frame.dataset.ready = "yes";
}

// Two maps show the same view, whichever of them is moved.
function follow(place) {
  const { map, pair } = maps.get(place);
  const other = pair && maps.get(pair);
  if (!other) return;
  let following = false;
  const lead = (from, to) => {
    if (following) return;
    following = true;
    to.setView(from.getCenter(), from.getZoom(), { animate: false });
    following = false;
  };
  map.on("move zoom", () => lead(map, other.map));
  other.map.on("move zoom", () => lead(other.map, map));
  lead(other.map, map);
}

// A map in a closed part of the page starts when that part is opened: before, it has no size.
for (const data of document.querySelectorAll("script[data-preview]")) {
  const hidden = data.closest("details:not([open])");
  if (hidden) hidden.addEventListener("toggle", () => data.dataset.started || begin(data), { once: false });
  else begin(data);
}

function begin(data) {
  data.dataset.started = "yes";
  start(data);
}

// "On the map": the place of a row, without leaving the page.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-show]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const shown = maps.get(link.dataset.show);
  if (!shown) return;
  event.preventDefault();
  const [lon, lat] = link.dataset.place.split(",").map(Number);
  shown.map.setView([lat, lon], Math.max(shown.map.getZoom(), 16), { animate: false });
  shown.features.choose(link.dataset.key ?? "");
  shown.map.getContainer().scrollIntoView({ block: "center" });
  shown.map.getContainer().focus({ preventScroll: true });
});

document.documentElement.dataset.preview = "ready";
