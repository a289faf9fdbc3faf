// Train: Watch a network learn, and turn its knobs while it does.

import { h, lead } from "../dom.js";

export const title = "Train";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  root.append(lead(title, "Watch a network learn, and turn its knobs while it does."));
  if (!context.run) {
    root.append(h("p", { class: "empty" }, "No run yet: start one in ", h("a", { href: "#train" }, "Train"), "."));
  }
  return () => {};
}
