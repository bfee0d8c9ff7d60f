// The map of a coverage rule. Its figures stand below it as a table; choosing a zone finds its row, and back.

import { Area } from "./area.js";
import { addBackdrop } from "./backdrop.js";
import { element } from "./elements.js";
import { planMap, remember, speaker } from "./frame.js";
import { Parts } from "./parts.js";
import { Rows } from "./rows.js";
import { Zones } from "./zones.js";

const options = element("map");
const first = element("zones");
const map = planMap(options);
const say = speaker();

const zones = new Zones(map, (code) => rows.choose(code));
map.fitBounds(first.bounds, { padding: [20, 20], animate: false });
zones.show(first);
const rows = new Rows(zones, say);

const area = new Area(map, element("area"), say);
zones.onPlace = (place) => area.take(place);

const uncovered = element("uncovered");
const box = document.querySelector("input[data-uncovered]");
if (box && uncovered.address) {
  const parts = new Parts(map, uncovered, say);
  box.addEventListener("change", () => {
    parts.choose(box.checked);
    remember("uncovered", box.checked ? "1" : "");
  });
  if (box.checked) parts.choose(true);
}

addBackdrop(map, element("backdrop")).catch(() => say("backdrop", options.words.backdrop_failed));
document.documentElement.dataset.map = "ready";
