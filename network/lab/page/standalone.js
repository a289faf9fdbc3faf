// The page that `network export --html` writes: a network, and the views that need no server.

import { messageOf } from "./data/api.js";
import { openStaticSource } from "./data/static_source.js";
import { byId, fill, h, lead, problemText } from "./ui/dom.js";
import { startTheme, themeListeners } from "./ui/theme.js";
import * as draw from "./views/draw/view.js";
import * as explain from "./views/explain/view.js";

/** @type {Record<string, View>} */
const VIEWS = { draw, why: explain };

/** @param {NetworkSource} source */
function show(source) {
  const wanted = location.hash.slice(1).split("/")[0];
  const name = wanted in VIEWS ? wanted : "draw";
  const root = h("div", { class: `view view-${name}` });
  fill(byId("view"), root);
  for (const link of byId("views").children) {
    if (link.textContent === VIEWS[name].title) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  themeListeners.clear();
  root.append(lead(VIEWS[name]));
  VIEWS[name].mount(root, {
    source, run: source.run, runs: [], chooseRun() {}, refreshRuns: async () => {},
    onTheme: (listener) => themeListeners.add(listener),
  });
}

async function start() {
  fill(byId("views"), Object.entries(VIEWS).map(([name, { title }]) => h("a", { href: `#${name}` }, title)));
  startTheme(byId("theme"));
  const source = await openStaticSource(JSON.parse(byId("network").textContent));
  addEventListener("hashchange", () => show(source));
  show(source);
}

start().catch((error) => fill(byId("view"), problemText(messageOf(error))));
