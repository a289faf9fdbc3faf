// First-layer weights as a grid of pictures, one per unit.

import { fill, h } from "./dom.js";
import { drawHeat } from "./heat.js";

/** Build the grid. `show(pictures)` draws them; `redraw` uses the colours of the current theme. */
export function weightGrid() {
  const grid = h("div", { class: "weights" });
  const note = h("p", { class: "note" });
  /** @type {WeightPictures | null} */
  let pictures = null;

  function redraw() {
    if (!pictures) return;
    const { shape: [units, rows, columns], values, limit } = pictures;
    const canvases = /** @type {HTMLCanvasElement[]} */ ([...grid.children]).slice(0, units);
    while (canvases.length < units) canvases.push(h("canvas", { role: "img" }));
    canvases.forEach((canvas, unit) => {
      canvas.setAttribute("aria-label", `Weights of unit ${unit + 1}`);
      drawHeat(canvas, values, rows, columns, { scale: "diverging", limit: 127, at: unit * rows * columns });
    });
    grid.replaceChildren(...canvases);
    fill(note, "Ink on red pixels increases the output of the unit, ink on blue pixels decreases it. ",
      `Full colour: ${Number(limit.toPrecision(2))} or more.`);
  }

  return {
    element: h("div", {}, grid, note), redraw,
    /** @param {WeightPictures} found */
    show(found) {
      pictures = found;
      redraw();
    },
  };
}
