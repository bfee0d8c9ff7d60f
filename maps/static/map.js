// The planner's map. Everything it shows stands on the page as text too; this draws it and keeps both in step.
/* global L */

import { addBackdrop } from "./backdrop.js";
import { element } from "./elements.js";
import { Facilities } from "./facilities.js";
import { Pages } from "./navigation.js";
import { Switches } from "./switches.js";
import { Uncovered } from "./uncovered.js";
import { Walk } from "./walk.js";
import { Zones } from "./zones.js";

const options = element("map");
const first = element("zones");

const map = L.map("map", {
  attributionControl: false, zoomControl: false, minZoom: options.minZoom, maxZoom: options.maxZoom,
  zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 120, maxBoundsViscosity: 0.6,
});
map.setMaxBounds(L.latLngBounds(options.bounds).pad(0.6));
L.control.zoom({ position: "topleft", zoomInTitle: options.words.zoom_in, zoomOutTitle: options.words.zoom_out }).addTo(map);
L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);

// The frame also changes when the sentence above takes another line, which no window event tells.
new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());

const notes = new Map();
function say(who, sentence) {
  notes.set(who, sentence);
  document.getElementById("map-status").textContent = [...notes.values()].filter(Boolean).join(" ");
}

const zones = new Zones(map, (code, bounds) => pages.chooseZone(code, bounds));
const pages = new Pages(map, zones, options.words, say);
map.fitBounds(first.bounds, { padding: [20, 20], animate: false });
zones.show(first);
pages.watchView();

const facilities = new Facilities(map, element("facilities"), say);
const uncovered = new Uncovered(map, element("uncovered"), say);
new Switches(facilities, uncovered, pages);

const walk = new Walk(map, element("walk"), zones, pages, say);
zones.onPlace = (place) => walk.choose(place);
pages.onPage = () => walk.follow();

addBackdrop(map, element("backdrop")).catch(() => say("backdrop", options.words.backdrop_failed));
document.documentElement.dataset.map = "ready";
