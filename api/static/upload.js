// The page of an upload while something is at work: it takes the finished parts of the same address.

const EVERY_MS = 1500;
const PATIENCE_MS = 15000;

const article = document.getElementById("upload");
let wait = EVERY_MS;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("upload");
    if (fresh.dataset.working !== "yes") {
      location.reload();
      return;
    }
    for (const id of ["working-now", "working-bar", "working-title"]) {
      const [old, now] = [document.getElementById(id), page.getElementById(id)];
      if (old && now && !old.isEqualNode(now)) old.replaceWith(document.adoptNode(now));
    }
    wait = EVERY_MS;
  } catch {
    wait = Math.min(wait * 2, PATIENCE_MS);
  }
  setTimeout(look, wait);
}

// What it does to coverage comes later than the rest.
async function lookForEffect() {
  if (!document.querySelector("[data-waiting=effect]")) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("effect");
    if (fresh && !fresh.querySelector("[data-waiting]")) document.getElementById("effect").replaceWith(document.adoptNode(fresh));
  } catch {
    wait = Math.min(wait * 2, PATIENCE_MS);
  }
  setTimeout(lookForEffect, wait * 2);
}

// The map stays where it is while the filters below it change: a link to a part of this page is no journey.
function keepPlace() {
  const { hash } = location;
  const target = hash && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (target) target.scrollIntoView({ block: "start" });
}

if (article?.dataset.working === "yes") setTimeout(look, EVERY_MS);
else {
  keepPlace();
  setTimeout(lookForEffect, EVERY_MS);
}

// Choosing a candidate and writing another are one answer: the last one touched counts.
document.addEventListener("input", (event) => {
  const form = event.target.closest?.(".not-so form");
  if (!form) return;
  const [select, free] = [form.elements.namedItem("value"), form.elements.namedItem("free")];
  if (event.target === select && free) free.value = "";
  if (event.target === free && select && free.value) select.value = "";
});
