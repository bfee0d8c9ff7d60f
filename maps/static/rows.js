// The rows of the table below the map: they light up with its zones, and the chosen one stands in the address.

const HASH = "#zone-";

export class Rows {
  constructor(zones, say) {
    Object.assign(this, { zones, say });
    for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
      document.addEventListener(name, (event) => {
        const row = event.target.closest?.("tr[data-code]");
        if (row) zones.mark(row.dataset.code, on);
      });
    }
    const asked = decodeURIComponent(location.hash);
    if (asked.startsWith(HASH)) this.choose(asked.slice(HASH.length), false);
  }

  choose(code, move = true) {
    const before = this.zones.data.chosen;
    this.zones.data.chosen = null;
    if (before) this.zones.mark(before, false);
    if (!this.zones.layers.has(code)) return;
    this.zones.data.chosen = code;
    this.zones.outline(code);
    for (const row of document.querySelectorAll("tr[data-code]")) {
      const mine = row.dataset.code === code;
      row.classList.toggle("chosen", mine);
      if (mine && move) row.scrollIntoView({ block: "nearest" });
    }
    const { name, label } = this.zones.layers.get(code).feature.properties;
    this.say("zone", `${name}: ${label}`);
    history.replaceState(null, "", `${location.pathname}${location.search}${HASH}${encodeURIComponent(code)}`);
  }
}
