// The planner's map. Everything it shows stands on the page as text too; this draws it and keeps both in step.

import { addBackdrop } from "./backdrop.js";
import { element } from "./elements.js";
import { Facilities } from "./facilities.js";
import { planMap, speaker } from "./frame.js";
import { Pages } from "./navigation.js";
import { Switches } from "./switches.js";
import { Uncovered } from "./uncovered.js";
import { Walk } from "./walk.js";
import { Zones } from "./zones.js";

const options = element("map");
const first = element("zones");

const map = planMap(options);
const say = speaker();

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
