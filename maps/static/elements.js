// What the server put on the page for the map: inert JSON, one script element for each kind.

export function element(kind, root = document) {
  const found = root.querySelector(`script[data-map-element="${kind}"]`);
  return found ? JSON.parse(found.textContent) : null;
}

// An element with text; data never becomes markup.
export function text(tag, content, className = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  if (className) made.className = className;
  return made;
}

// "{n} places" with its fields; the words come from the server in the reader's language.
export function fill(sentence, fields) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? String(fields[name]) : whole));
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
