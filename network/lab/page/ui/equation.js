// Equations of pictures: figures with captions, and signs between them.

import { h } from "./dom.js";

/**
 * Build a picture with a caption.
 * @param {Child} picture
 * @param {string} caption
 */
export const figure = (picture, caption) => h("figure", { class: "figure" }, picture, h("figcaption", {}, caption));

/**
 * Build a sign between two figures.
 * @param {string} text
 */
export const sign = (text) => h("span", { class: "equation-sign", "aria-hidden": "true" }, text);
