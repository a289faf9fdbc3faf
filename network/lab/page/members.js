// Choose what to look into: the whole network, or one member of an ensemble.

import { h } from "./dom.js";

/** Make the choice, where there is one. `onChoose(member)` is called: null for all together. */
export function makeMembers(source, onChoose) {
  const members = source.layers[0].members ?? [];
  if (!members.length) return null;
  const names = ["All together", ...members.map((_, n) => source.members[n] ?? `Network ${n + 1}`)];
  const buttons = names.map((name, n) => h("button", {
    class: "chip", type: "button", "aria-pressed": String(n === 0),
    onclick: () => {
      buttons.forEach((button, m) => button.setAttribute("aria-pressed", String(m === n)));
      onChoose(n === 0 ? null : n - 1);
    },
  }, name));
  return h("div", { class: "chips", role: "group", "aria-label": "Network" }, buttons);
}
