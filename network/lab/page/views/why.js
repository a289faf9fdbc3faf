// Why: What made the network answer as it did.

import { h, lead } from "../dom.js";

export const title = "Why";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  root.append(lead(title, "What made the network answer as it did."));
  if (!context.run) {
    root.append(h("p", { class: "empty" }, "No run yet: start one in ", h("a", { href: "#train" }, "Train"), "."));
  }
  return () => {};
}
