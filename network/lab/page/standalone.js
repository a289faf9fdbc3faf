// The page that `network export --html` writes: the views that need no server, the network inside.

import { fill, h, lead } from "./ui/dom.js";
import { openOwnSource } from "./data/static_source.js";
import { startTheme, themeListeners } from "./ui/theme.js";
import * as draw from "./views/draw/view.js";
import * as why from "./views/explain/view.js";

const VIEWS = { draw, why };
const find = (id) => document.getElementById(id);

function show(source) {
  const name = location.hash.slice(1).split("/")[0];
  const view = VIEWS[name] ?? draw;
  const root = h("div", { class: `view view-${view.title.toLowerCase()}` });
  fill(find("view"), root);
  for (const link of find("views").children) {
    if (link.textContent === view.title) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  themeListeners.clear();
  root.append(lead(view));
  view.mount(root, { source, run: source.run, onTheme: (listener) => themeListeners.add(listener) });
}

async function start() {
  fill(find("views"), Object.entries(VIEWS).map(([name, { title }]) => h("a", { href: `#${name}` }, title)));
  startTheme(find("theme"));
  const source = await openOwnSource(JSON.parse(find("network").textContent));
  addEventListener("hashchange", () => show(source));
  show(source);
}

start().catch((error) => fill(find("view"), h("p", { class: "problem", role: "alert" }, error.message)));
