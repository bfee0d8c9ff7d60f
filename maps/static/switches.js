// The layer switches: a form of checkboxes that works on the map and stands in the address.

export class Switches {
  constructor(facilities, uncovered, pages) {
    Object.assign(this, { facilities, uncovered, pages });
    this.form = document.getElementById("switches");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", (event) => this.onChange(event.target));
    this.groups = new Map();
    for (const box of this.form.querySelectorAll("input[data-category]")) {
      const { layer } = box.dataset;
      this.groups.set(layer, [...(this.groups.get(layer) ?? []), box]);
    }
    for (const layer of this.groups.keys()) this.apply(layer);
    this.people = this.form.querySelector("input[data-uncovered]");
    if (this.people?.checked) uncovered.choose(true);
  }

  onChange(box) {
    if (box === this.people) {
      this.uncovered.choose(box.checked);
      this.pages.replace("uncovered", box.checked ? "1" : "");
      return;
    }
    const { layer } = box.dataset;
    if (!("category" in box.dataset)) for (const each of this.groups.get(layer)) each.checked = box.checked;
    this.apply(layer);
    const on = [...this.groups.values()].flat().filter(({ checked }) => checked);
    this.pages.replace("layers", on.map(({ dataset }) => `${dataset.layer}.${dataset.category}`).join(","));
  }

  apply(layer) {
    const boxes = this.groups.get(layer);
    const on = boxes.filter(({ checked }) => checked);
    const whole = this.form.querySelector(`input[data-layer="${layer}"]:not([data-category])`);
    if (whole) {
      whole.checked = on.length === boxes.length;
      whole.indeterminate = on.length > 0 && on.length < boxes.length;
    }
    if (on.length || this.facilities.groups.get(layer)?.on.size) {
      this.facilities.choose(layer, on.map(({ dataset }) => dataset.category));
    }
  }
}
