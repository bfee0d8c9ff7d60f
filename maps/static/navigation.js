// The address is the state: choosing a zone loads that address's page and takes its sentence, panel and zones.
/* global L */

import { calm, element } from "./elements.js";

const GAP_ZOOM = 14;
const PARTS = ["sentence", "panel", "legend", "approval"];

// A walk stays on the map while the page below it changes; it has a page of its own.
function withoutWalk(href) {
  const target = new URL(href, location.href);
  for (const name of ["from", "to"]) target.searchParams.delete(name);
  return target.href;
}

export class Pages {
  constructor(map, zones, words, say) {
    Object.assign(this, { map, zones, words, say, running: null });
    document.addEventListener("click", (event) => this.onClick(event));
    for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
      document.addEventListener(name, (event) => {
        const row = event.target.closest?.("a[data-zone]");
        if (row) zones.mark(row.dataset.zone, on);
      });
    }
    addEventListener("popstate", () => this.load(location.href, { push: false, glide: true }));
    this.asked = new URL(location.href).searchParams.get("view");
  }

  // From now on a view is the reader's own, unless the map glides by itself.
  watchView() {
    this.restoreView();
    this.map.on("dragend zoomend", () => (this.touched ||= !this.zones.gliding));
    this.map.on("moveend", () => this.keepView());
  }

  onClick(event) {
    const link = event.target.closest("a[data-zone], a[data-place]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (link.dataset.place) this.goTo(link.dataset.place);
    else this.load(this.address(link.href), { push: true, glide: true });
  }

  // A gap area: go there and show who lacks something.
  goTo(place) {
    const [lon, lat] = place.split(",").map(Number);
    const people = document.querySelector("input[data-uncovered]");
    if (people && !people.checked) people.click();
    this.touched = true;
    if (calm) this.map.setView(L.latLng(lat, lon), GAP_ZOOM, { animate: false });
    else this.map.flyTo(L.latLng(lat, lon), GAP_ZOOM, { duration: 0.8 });
    document.getElementById("map").scrollIntoView({ block: "nearest" });
  }

  chooseZone(code, bounds) {
    const link = [...document.querySelectorAll("a[data-zone]")].find((each) => each.dataset.zone === code);
    const target = new URL(link?.href ?? location.href);
    if (!link) target.searchParams.set("zone", code);
    this.zones.glideTo(bounds);
    this.load(this.address(target.href), { push: true, glide: false });
  }

  // A link's address with what is switched on here; the view belongs to the old zone and is dropped.
  address(href) {
    const target = new URL(href, location.href);
    const now = new URL(location.href).searchParams;
    for (const name of ["layers", "uncovered", "lang", "from", "to"]) {
      if (now.has(name) && !target.searchParams.has(name)) target.searchParams.set(name, now.get(name));
    }
    target.searchParams.delete("view");
    return target.href;
  }

  async load(href, { push, glide }) {
    this.running?.abort();
    const mine = (this.running = new AbortController());
    document.documentElement.classList.add("loading");
    try {
      const answer = await fetch(withoutWalk(href), { signal: mine.signal, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const data = element("zones", page);
      if (!data) {
        location.assign(href);
        return;
      }
      if (push) history.pushState(null, "", href);
      this.take(page);
      this.zones.show(data);
      this.onPage?.();
      this.touched = false;
      if (glide) this.zones.glideTo(data.bounds);
    } catch (error) {
      if (error.name !== "AbortError") this.say("page", this.words.load_failed);
    } finally {
      if (this.running === mine) document.documentElement.classList.remove("loading");
    }
  }

  take(page) {
    document.title = page.title;
    for (const id of PARTS) {
      const [here, there] = [document.getElementById(id), page.getElementById(id)];
      if (here && there) here.replaceChildren(...document.adoptNode(there).childNodes);
    }
    const languages = [document.querySelector(".languages"), page.querySelector(".languages")];
    if (languages.every(Boolean)) languages[0].replaceChildren(...document.adoptNode(languages[1]).childNodes);
    document.getElementById("panel").parentElement.scrollTop = 0;
    this.say("page", "");
  }

  // Only a view somebody chose is worth sharing.
  keepView() {
    if (!this.touched) return;
    const { lat, lng } = this.map.getCenter();
    this.replace("view", [this.map.getZoom().toFixed(2), lat.toFixed(5), lng.toFixed(5)].join(","));
  }

  restoreView() {
    const [zoom, lat, lng] = (this.asked ?? "").split(",").map(Number);
    if ([zoom, lat, lng].every(Number.isFinite) && Math.abs(lat) <= 90) this.map.setView(L.latLng(lat, lng), zoom, { animate: false });
  }

  replace(name, value) {
    const here = new URL(location.href);
    if (value) here.searchParams.set(name, value);
    else here.searchParams.delete(name);
    history.replaceState(null, "", here);
  }
}
