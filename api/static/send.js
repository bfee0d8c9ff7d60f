// Sending files in pieces: progress, pause, going on after a broken connection or a reloaded page, giving up.

import { filesOf } from "./dropped.js";

const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

const data = JSON.parse(document.getElementById("send-data").textContent);
const form = document.getElementById("send");
const input = document.getElementById("files");
const drop = document.getElementById("drop");
const place = document.getElementById("travel");
const { words } = data;

const fill = (sentence, fields) => sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? String(fields[name]) : whole));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const lang = document.documentElement.lang;

function bytes(n) {
  const [unit, factor] = [["gigabyte", 1e9], ["megabyte", 1e6], ["kilobyte", 1e3]].find(([, each]) => n >= each) ?? ["byte", 1];
  return new Intl.NumberFormat(lang, { style: "unit", unit, maximumFractionDigits: factor > 1 ? 1 : 0 }).format(n / factor);
}

// An answer that is no success, worded by the server; `lost` when there was no answer at all.
class Refused extends Error {
  constructor(message, { status = 0, fields = {} } = {}) {
    super(message);
    Object.assign(this, { status, fields });
  }

  get passes() {
    return this.status === 0 || this.status === 409 || this.status === 423 || this.status === 429 || this.status >= 502;
  }
}

async function ask(method, address, { body, headers, signal } = {}) {
  let answer;
  try {
    answer = await fetch(address, { method, body, headers: { Accept: "application/json", ...headers }, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(words.waiting);
  }
  const found = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
  if (!answer.ok) throw new Refused(found.message ?? answer.statusText, { status: answer.status, fields: found.fields });
  return found;
}

class Travel {
  constructor(files, said) {
    this.files = files;
    this.said = said;
    this.id = data.upload;
    this.offsets = files.map(() => 0);
    this.total = files.reduce((sum, { file }) => sum + file.size, 0);
    this.stopped = null;
    this.running = null;
    this.draw();
  }

  draw() {
    const make = (tag, className) => Object.assign(document.createElement(tag), { className });
    this.line = make("p", "travel-line");
    this.title = document.createElement("strong");
    this.amount = document.createElement("span");
    this.bar = Object.assign(document.createElement("progress"), { max: Math.max(1, this.total), value: 0 });
    this.bar.setAttribute("aria-label", words.progress.replace(/\{\w+\}/g, "").trim() || "%");
    this.note = make("p", "quiet");
    this.hold = Object.assign(make("button", "button"), { type: "button", textContent: words.pause });
    const cancel = Object.assign(make("button", "button quiet-button"), { type: "button", textContent: words.cancel });
    this.hold.addEventListener("click", () => (this.stopped ? this.goOn() : this.pause()));
    cancel.addEventListener("click", () => this.cancel());
    const buttons = make("p", "travel-buttons");
    buttons.append(this.hold, cancel);
    this.line.append(this.title, this.amount);
    place.replaceChildren(this.line, this.bar, this.note, buttons);
    place.hidden = false;
    form.hidden = true;
    this.show();
  }

  show() {
    const sent = this.offsets.reduce((sum, n) => sum + n, 0);
    const current = this.files.findIndex(({ file }, n) => this.offsets[n] < file.size);
    this.title.textContent = fill(words.sending, { name: (this.files[current] ?? this.files.at(-1)).name });
    this.amount.textContent = fill(words.progress, { sent: bytes(sent), all: bytes(this.total) });
    this.bar.value = sent;
  }

  pause() {
    this.stopped = words.paused;
    this.running?.abort();
    this.note.textContent = words.paused;
    this.hold.textContent = words.resume;
  }

  goOn() {
    this.stopped = null;
    this.note.textContent = "";
    this.hold.textContent = words.pause;
    this.run();
  }

  async cancel() {
    this.pause();
    try {
      if (this.id) await ask("POST", `/api/uploads/${this.id}/drop`);
    } finally {
      location.assign("/uploads");
    }
  }

  // Everything from where the server says it is; failures that may pass are tried again, for as long as it takes.
  async run() {
    let failures = 0;
    while (!this.stopped) {
      try {
        await this.step();
        return;
      } catch (error) {
        if (this.stopped || error.name === "AbortError") return;
        if (!(error instanceof Refused) || !error.passes) {
          this.fail(error);
          return;
        }
        this.note.textContent = error.status ? error.message : words.waiting;
        await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
        failures += 1;
      }
    }
  }

  async step() {
    if (!this.id) {
      const announced = this.files.map(({ name, file }) => ({ name, bytes: file.size }));
      const made = await ask("POST", "/api/uploads", {
        body: JSON.stringify({ files: announced, said: this.said }), headers: { "Content-Type": "application/json" },
      });
      this.id = made.id;
      history.replaceState(null, "", `/uploads/${this.id}`);
    }
    const known = await ask("GET", `/api/uploads/${this.id}`);
    if (known.state === "receiving") {
      known.files.forEach(({ offset }, n) => (this.offsets[n] = offset));
      for (let n = 0; n < this.files.length; n += 1) await this.sendFile(n);
      this.note.textContent = words.checking;
      await ask("POST", `/api/uploads/${this.id}/complete`);
    }
    location.assign(`/uploads/${this.id}`);
  }

  async sendFile(n) {
    const { file } = this.files[n];
    while (this.offsets[n] < file.size) {
      this.show();
      this.running = new AbortController();
      const offset = this.offsets[n];
      const answer = await ask("PATCH", `/api/uploads/${this.id}/files/${n}`, {
        body: file.slice(offset, offset + data.chunk), signal: this.running.signal,
        headers: { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
      });
      this.offsets[n] = answer.offset ?? offset + Math.min(data.chunk, file.size - offset);
      this.note.textContent = "";
    }
    this.show();
  }

  fail(error) {
    this.note.textContent = fill(words.failed, { problem: error.message });
    this.note.setAttribute("role", "alert");
    this.stopped = error.message;
    this.hold.textContent = words.again;
  }
}

function say(sentence) {
  const note = Object.assign(document.createElement("p"), { className: "quiet", textContent: sentence });
  note.setAttribute("role", "alert");
  place.replaceChildren(note);
  place.hidden = false;
}

// Files of a begun upload, in its order; a sentence where they are not the same.
function asExpected(files) {
  const found = [];
  for (const [name, size] of data.expected) {
    const bare = name.split("/").at(-1);
    const match = files.find((each) => each.file.size === size && (each.name === name || each.file.name === bare));
    if (!match) return fill(words.other_file, { name, bytes: new Intl.NumberFormat(lang).format(size) });
    found.push({ ...match, name });
  }
  return found;
}

function begin(files) {
  if (!files.length) return say(words.nothing);
  if (files.length > data.files) return say(fill(words.too_many, { n: data.files }));
  let chosen = files;
  if (data.upload) {
    chosen = asExpected(files);
    if (typeof chosen === "string") return say(chosen);
  }
  const said = {};
  for (const name of ["layer", "agency", "mode", "crs", "encoding"]) {
    const value = form.elements.namedItem(name)?.value.trim();
    if (value) said[name] = value;
  }
  return new Travel(chosen, said).run();
}

if (form && input) {
  for (const each of document.querySelectorAll("[data-script]")) each.hidden = false;
  const chosen = () => [...input.files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin(chosen());
  });
  if (data.upload) input.addEventListener("change", () => input.files.length && begin(chosen()));
  let over = 0;
  const mark = (change) => drop.classList.toggle("over", (over = Math.max(0, over + change)) > 0);
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", async (event) => {
    event.preventDefault();
    over = 0;
    mark(0);
    begin(await filesOf(event.dataTransfer));
  });
  document.documentElement.dataset.send = "ready";
}
