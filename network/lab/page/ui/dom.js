// Build elements: h("button", {class: "button", onclick: start}, "Start").

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set([
  "svg", "g", "path", "line", "circle", "rect", "text", "polyline", "title", "defs", "clipPath",
]);

/**
 * Build an element. Attributes: `on...` are listeners, `style` is an object of properties, true sets an
 * empty attribute, and false adds none. Children are texts, elements, lists of these, or nothing.
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
 * Append children; skip null, undefined and booleans.
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
 * Replace all children of an element.
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
 * Return the element with an id. Raises an error if there is none.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element "${id}".`);
  return found;
}

/**
 * Return the closest ancestor of an event's target that matches a selector, or null.
 * @param {Event} event
 * @param {string} selector
 * @returns {Element | null}
 */
export function closest(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/**
 * Return a text with a capital first letter.
 * @param {string} text
 */
export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/**
 * Return the 2D context of a canvas.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function brushOf(canvas) {
  const brush = canvas.getContext("2d");
  if (!brush) throw new Error("This browser cannot draw on a canvas.");
  return brush;
}

/**
 * Build the head of a view: a heading and a sentence.
 * @param {{title: string, about: string}} view
 */
export function lead({ title, about }) {
  return h("header", { class: "lead" }, h("h1", {}, title), h("p", {}, about));
}

/**
 * Build an error message.
 * @param {string} message
 */
export function problemText(message) {
  return h("p", { class: "problem", role: "alert" }, message);
}

/** Build a place for the current error message; show("") hides it. */
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
 * Format a number: 12,345 or 96.57.
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
 * Format a share as a percentage: 0.9657 -> 96.57 %.
 * @param {number | null | undefined} share
 * @param {number} digits
 * @returns {string}
 */
export function percent(share, digits = 2) {
  return share === null || share === undefined ? "–" : `${number(100 * share, digits)} %`;
}

/**
 * Cut a score or a confidence after its third decimal, so that only 1 looks certain: 0.9896 -> 0.989.
 * @param {number} share
 */
export function cut(share) {
  return Math.floor(1000 * share) / 1000;
}

/**
 * Format a confidence, cut: 0.9896 -> 98.9 %.
 * @param {number} share
 */
export function confidenceText(share) {
  return percent(cut(share), 1);
}

/**
 * Format correct predictions: 9,677 / 10,000.
 * @param {number} correct
 * @param {number} count
 */
export function fraction(correct, count) {
  return `${number(correct)} / ${number(count)}`;
}

/**
 * Format a number with its significant digits: 0.1, 0.016.
 * @param {number} value
 * @param {number} digits significant digits
 */
export function short(value, digits = 2) {
  return String(Number(value.toPrecision(digits)));
}

/**
 * Format a number with a minus sign (−).
 * @param {number} value
 * @param {number} digits
 */
export function withMinus(value, digits = 2) {
  return value.toFixed(digits).replace("-", "−");
}

/**
 * Format a number with its sign: +0.41 or −1.20.
 * @param {number} value
 * @param {number} digits
 */
export function signed(value, digits = 2) {
  return `${value < 0 ? "" : "+"}${withMinus(value, digits)}`;
}
