// The digits whose answers flipped from one epoch to the next.

import { decode } from "../../data/api.js";
import { fill, h, number } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";

const KINDS = [
  ["put_right", "Now right", "wrong an epoch before"],
  ["put_wrong", "Now wrong", "right an epoch before"],
  ["other_wrong", "Still wrong", "with another answer"],
];

/** Make the panels. `show(frame)` fills them; `redraw` draws again in the colours of now. */
export function flipPanels(classes) {
  const parts = KINDS.map(([kind, name, what]) => {
    const count = h("b", { class: "flip-count" });
    const digits = h("div", { class: "digits" });
    const more = h("p", { class: "note" });
    const element = h("section", { class: "panel flips", "data-kind": kind },
      h("h2", {}, count, " ", name.toLowerCase(), " ", h("small", {}, what)), digits, more);
    return { kind, count, digits, more, element };
  });
  let frame = null;

  function redraw() {
    if (!frame) return;
    for (const { kind, count, digits, more } of parts) {
      const found = frame.flips[kind];
      const { shape, values } = decode(found.images);
      count.textContent = number(found.count);
      fill(digits, found.labels.map((label, index) => digit(
        heat(values, shape[1], shape[2], { limit: 255, at: index * shape[1] * shape[2] }),
        { label, was: found.was[index], now: found.now[index] })));
      fill(more, found.count > shape[0] ? `and ${number(found.count - shape[0])} more` : "",
        found.count ? "" : frame.epoch ? "None from the epoch before to this one." : "Nothing comes before the first epoch.");
    }
  }

  function digit(canvas, { label, was, now }) {
    const name = (one) => classes[one] ?? String(one);
    const answer = (one) => h(one === label ? "b" : "span", {}, name(one));
    const words = `A ${name(label)}: the answer was ${name(was)}, now it is ${name(now)}`;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words);
    return h("figure", { class: "digit", title: words }, canvas,
      h("figcaption", {}, answer(was), " → ", answer(now)));
  }

  return {
    element: h("div", { class: "grid flips-grid" }, parts.map((part) => part.element)),
    redraw,
    show(next) {
      frame = next;
      redraw();
    },
  };
}
