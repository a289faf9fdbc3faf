// First-layer weights as a grid of pictures: what each unit looks for.

import { fill, h } from "./dom.js";
import { drawHeat } from "./heat.js";

/** Make the grid. `show(pictures)` draws {shape, values, limit}, of which 127 stands for limit;
 * null takes it away; `redraw` draws again in the colours of now. */
export function weightGrid() {
  const grid = h("div", { class: "weights" });
  const note = h("p", { class: "note" });
  const element = h("div", { hidden: true }, grid, note);
  let pictures = null;

  function redraw() {
    element.hidden = !pictures;
    if (!pictures) return;
    const [units, rows, columns] = pictures.shape;
    while (grid.children.length > units) grid.lastChild.remove();
    while (grid.children.length < units) grid.append(h("canvas", { role: "img" }));
    for (let unit = 0; unit < units; unit++) {
      const canvas = grid.children[unit];
      canvas.setAttribute("aria-label", `Weights of unit ${unit + 1}`);
      drawHeat(canvas, pictures.values, rows, columns, {
        scale: "diverging", limit: 127, at: unit * rows * columns,
      });
    }
    fill(note, "Each picture is one unit: ink where it is red speaks for it, where it is blue against it. ",
      `Full colour is ${Number(pictures.limit.toPrecision(2))} or more.`);
  }

  return {
    element, redraw,
    show(found) {
      pictures = found;
      redraw();
    },
  };
}
