// Build elements: h("button", {class: "button", onclick: start}, "Start").

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set([
  "svg", "g", "path", "line", "circle", "rect", "text", "polyline", "title", "defs", "clipPath",
]);

/** Make an element. Attributes: `on...` are listeners, `style` is an object of properties, true
 * and false set and leave out; children may be texts, elements, lists of them, or nothing. */
export function h(tag, attributes = {}, ...children) {
  const element = SVG_TAGS.has(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else element.setAttribute(name, value === true ? "" : value);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Put other children in the place of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** A heading with a sentence under it: how every view begins. */
export function lead({ title, about }) {
  return h("header", { class: "lead" }, h("h1", {}, title), h("p", {}, about));
}

/** A number as people read it: 12,345 or 96.57. */
export function number(value, digits = 0) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A share as a percentage: 0.9657 -> 96.57 %. */
export function percent(share, digits = 2) {
  return share === null || share === undefined ? "–" : `${number(100 * share, digits)} %`;
}

/** A number with a real minus. */
export function withMinus(value, digits = 2) {
  return value.toFixed(digits).replace("-", "−");
}

/** A number with its sign, whichever it is. */
export function signed(value, digits = 2) {
  return `${value < 0 ? "" : "+"}${withMinus(value, digits)}`;
}
