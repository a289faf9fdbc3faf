// Build elements: h("button", {class: "button", onclick: start}, "Start").

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set([
  "svg", "g", "path", "line", "circle", "rect", "text", "polyline", "title", "defs", "clipPath",
]);

/**
 * Make an element. Attributes: `on...` are listeners, `style` is an object of properties, true
 * and false set and leave out; children may be texts, elements, lists of them, or nothing.
 * @template {string} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {ElementOf<Tag>}
 */
export function h(tag, attributes = {}, ...children) {
  const element = SVG_TAGS.has(tag)
    ? /** @type {SVGElement} */ (document.createElementNS(SVG, tag))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return /** @type {ElementOf<Tag>} */ (/** @type {unknown} */ (element));
}

/**
 * Set an attribute, a listener or the style of an element.
 * @param {HTMLElement | SVGElement} element
 * @param {string} name
 * @param {unknown} value
 */
function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  else if (name === "style") {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, String(text));
  } else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * Append children, and leave out what is nothing.
 * @param {Element} element
 * @param {readonly Child[]} children
 */
function append(element, children) {
  for (const child of children) {
    if (child instanceof Array) append(element, child);
    else if (child instanceof Node) element.append(child);
    else if (typeof child === "string" || typeof child === "number") element.append(String(child));
  }
}

/**
 * Put other children in the place of those that are there.
 * @template {Element} Container
 * @param {Container} element
 * @param {...Child} children
 * @returns {Container}
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/**
 * Find the element with an id, which the page must have.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`this page has no element ${id}`);
  return found;
}

/**
 * Return the nearest element around an event that a selector matches, or null.
 * @param {Event} event
 * @param {string} selector
 * @returns {Element | null}
 */
export function closest(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/**
 * Return what draws on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function brushOf(canvas) {
  const brush = canvas.getContext("2d");
  if (!brush) throw new Error("this browser cannot draw on a canvas");
  return brush;
}

/**
 * Make a heading with a sentence under it: how every view begins.
 * @param {{title: string, about: string}} view
 */
export function lead({ title, about }) {
  return h("header", { class: "lead" }, h("h1", {}, title), h("p", {}, about));
}

/**
 * Make a paragraph that reports a problem.
 * @param {string} message
 */
export function problemText(message) {
  return h("p", { class: "problem", role: "alert" }, message);
}

/**
 * Make a place for the problem of the moment; show("") hides it.
 */
export function makeProblem() {
  const element = h("p", { class: "problem", role: "alert", hidden: true });
  return {
    element,
    /** @param {string} message */
    show(message) {
      element.textContent = message;
      element.hidden = !message;
    },
  };
}

/**
 * Write a number as people read it: 12,345 or 96.57.
 * @param {number | null | undefined} value
 * @param {number} digits
 * @returns {string}
 */
export function number(value, digits = 0) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/**
 * Write a share as a percentage: 0.9657 -> 96.57 %.
 * @param {number | null | undefined} share
 * @param {number} digits
 * @returns {string}
 */
export function percent(share, digits = 2) {
  return share === null || share === undefined ? "–" : `${number(100 * share, digits)} %`;
}

/**
 * Write a number with as few digits as it has: 0.1, 0.016.
 * @param {number} value
 * @param {number} digits that count
 */
export function short(value, digits = 2) {
  return String(Number(value.toPrecision(digits)));
}

/**
 * Write a number with a real minus.
 * @param {number} value
 * @param {number} digits
 */
export function withMinus(value, digits = 2) {
  return value.toFixed(digits).replace("-", "−");
}

/**
 * Write a number with its sign, whichever it is.
 * @param {number} value
 * @param {number} digits
 */
export function signed(value, digits = 2) {
  return `${value < 0 ? "" : "+"}${withMinus(value, digits)}`;
}
