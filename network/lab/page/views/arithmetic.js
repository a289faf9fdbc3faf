// Arithmetic: One image through one layer, number by number.

import { h, lead } from "../dom.js";

export const title = "Arithmetic";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  root.append(lead(title, "One image through one layer, number by number."));
  root.append(h("p", { class: "empty" }, "This view is not built yet. Draw shows each sum, term by term."));
  if (!context.run) {
    root.append(h("p", { class: "empty" }, "No run yet: start one in ", h("a", { href: "#train" }, "Train"), "."));
  }
  return () => {};
}
