// Draw: Write a digit and watch it go through the network.

import { h, lead } from "../dom.js";

export const title = "Draw";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  root.append(lead(title, "Write a digit and watch it go through the network."));
  if (!context.run) {
    root.append(h("p", { class: "empty" }, "No run yet: start one in ", h("a", { href: "#train" }, "Train"), "."));
  }
  return () => {};
}
