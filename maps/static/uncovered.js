// People who lack something: squares whose area grows with their number, loaded for the view.

import { text } from "./elements.js";
import { Parts } from "./parts.js";
import { walkButton } from "./walk.js";

export class Uncovered extends Parts {
  constructor(map, { words, ...data }, say) {
    super(map, data, say);
    this.words = words;
  }

  amount({ people }) {
    return people;
  }

  popup({ label, missing }, mark) {
    const box = document.createElement("div");
    box.className = "facts";
    box.append(text("strong", label));
    if (missing?.length) {
      box.append(text("p", this.words.missing_here));
      const list = document.createElement("ul");
      for (const each of missing) list.append(text("li", each));
      box.append(list);
    }
    box.append(walkButton(this.words.walk_from, mark.getLatLng(), false));
    return box;
  }
}
