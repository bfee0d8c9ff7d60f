// Hatches for zones without a share: shapes in the map's own SVG, so that a colour never stands alone.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = {
  dots: [["circle", { cx: 4, cy: 4, r: 1.2 }, "fill"]],
  diagonal: [["path", { d: "M-1 9L9 -1M-1 1L1 -1M7 9L9 7" }, "stroke"]],
  cross: [["path", { d: "M0 0L8 8M8 0L0 8" }, "stroke"]],
};

function make(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export const patternId = (reason) => `hatch-${reason}`;

export function addPatterns(svg, hatches) {
  if (svg.querySelector("defs")) return;
  const defs = make("defs", {});
  for (const [reason, { pattern, ink, paper }] of Object.entries(hatches)) {
    const box = make("pattern", { id: patternId(reason), width: 8, height: 8, patternUnits: "userSpaceOnUse" });
    box.append(make("rect", { width: 8, height: 8, fill: paper }));
    for (const [tag, attributes, role] of DRAWN[pattern] ?? []) box.append(make(tag, { ...attributes, [role]: ink }));
    defs.append(box);
  }
  svg.prepend(defs);
}
