// Film: Scrub through a finished training, epoch by epoch.

import { h, lead } from "../dom.js";

export const title = "Film";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  root.append(lead(title, "Scrub through a finished training, epoch by epoch."));
  if (!context.run) {
    root.append(h("p", { class: "empty" }, "No run yet: start one in ", h("a", { href: "#train" }, "Train"), "."));
  }
  return () => {};
}
