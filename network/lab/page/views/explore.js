// Explore: The test images, and the map that the network has made of them.

import { h, lead } from "../dom.js";

export const title = "Explore";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  root.append(lead(title, "The test images, and the map that the network has made of them."));
  if (!context.run) {
    root.append(h("p", { class: "empty" }, "No run yet: start one in ", h("a", { href: "#train" }, "Train"), "."));
  }
  return () => {};
}
