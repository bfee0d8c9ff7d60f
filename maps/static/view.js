// Data for the part of the map on screen: one request at a time, an older one gives way to a newer one.

const DECIMALS = 4;

export function bboxOf(map) {
  const bounds = map.getBounds();
  const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value)).toFixed(DECIMALS);
  return [
    clamp(bounds.getWest(), 180), clamp(bounds.getSouth(), 90), clamp(bounds.getEast(), 180), clamp(bounds.getNorth(), 90),
  ].join(",");
}

export class ViewSource {
  constructor() {
    this.running = null;
  }

  stop() {
    this.running?.abort();
    this.running = null;
  }

  // The answer's JSON, null when a newer request took its place. A refusal is thrown as the server worded it.
  async load(address, query) {
    this.stop();
    const mine = (this.running = new AbortController());
    const [path, kept] = address.split("?");
    const all = new URLSearchParams(kept);
    for (const [name, value] of Object.entries(query)) all.set(name, value);
    try {
      const answer = await fetch(`${path}?${all}`, { signal: mine.signal, headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.message ?? answer.statusText);
      return body;
    } catch (error) {
      if (error.name === "AbortError") return null;
      throw error;
    }
  }
}
