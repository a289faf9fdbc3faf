// The page: which view is shown, for which run, in which colours.

import { api } from "./data/api.js";
import { fill, h, lead } from "./ui/dom.js";
import { startTheme, themeListeners } from "./ui/theme.js";

const VIEWS = {
  train: () => import("./views/train/view.js"),
  draw: () => import("./views/draw/view.js"),
  why: () => import("./views/explain/view.js"),
  explore: () => import("./views/explore/view.js"),
  film: () => import("./views/film/view.js"),
  arithmetic: () => import("./views/arithmetic/view.js"),
};
const TITLES = {
  train: "Train", draw: "Draw", why: "Why", explore: "Explore", film: "Film", arithmetic: "Arithmetic",
};
const KEYS = [
  ...Object.values(TITLES).map((title, index) => [String(index + 1), title]),
  ["t", "Light or dark"],
  ["?", "These keys"],
];

const state = { runs: [], run: null, view: null, unmount: null };
let toggleTheme;
const find = (id) => document.getElementById(id);

// --- runs ---------------------------------------------------------------------------------------

async function refreshRuns() {
  state.runs = (await api.get("/api/runs")).runs;
  const usable = state.runs.filter((run) => !run.problem);
  const wanted = state.run ?? localStorage.getItem("run");
  const found = usable.find((run) => run.name === wanted) ?? usable[0];
  state.run = found?.name ?? null;
  const picker = find("run-picker");
  picker.disabled = !usable.length;
  fill(picker, usable.length
    ? usable.map((run) => h("option", { value: run.name, selected: run.name === state.run }, optionText(run)))
    : h("option", { value: "" }, "no run yet"));
  return state.runs;
}

function optionText(run) {
  const accuracy = run.validation_accuracy;
  return accuracy === null ? run.name : `${run.name} · ${(100 * accuracy).toFixed(2)} %`;
}

/** Choose a run; the view is shown anew for it, unless it says that it has seen to that. */
function chooseRun(name, { remount = true } = {}) {
  state.run = name;
  localStorage.setItem("run", name);
  find("run-picker").value = name;
  if (remount) show();
}

// --- views --------------------------------------------------------------------------------------

function viewInAddress() {
  const name = location.hash.slice(1).split("/")[0];
  return name in VIEWS ? name : "train";
}

async function show() {
  const name = viewInAddress();
  state.unmount?.();
  state.unmount = null;
  state.view = name;
  const root = h("div", { class: `view view-${name}` });
  fill(find("view"), root);
  for (const link of find("views").children) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  find("views").querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
  document.title = `${TITLES[name]} · network lab`;
  const view = await VIEWS[name]();
  if (!root.isConnected) return; // another view was chosen meanwhile
  root.append(lead(view));
  if (!state.run && name !== "train") {
    root.append(h("p", { class: "empty" }, "No run yet: start one in ", h("a", { href: "#train" }, TITLES.train), "."));
    return;
  }
  const listeners = new Set();
  const context = {
    get run() { return state.run; },
    get runs() { return state.runs; },
    api, chooseRun, refreshRuns,
    onTheme(listener) {
      listeners.add(listener);
      themeListeners.add(listener);
    },
  };
  const unmount = view.mount(root, context);
  state.unmount = () => {
    for (const listener of listeners) themeListeners.delete(listener);
    unmount?.();
  };
}

function onKey(event) {
  const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const view = Object.keys(VIEWS)[Number(event.key) - 1];
  if (view) location.hash = view;
  else if (event.key === "?") find("keys").showModal();
  else if (event.key === "t") toggleTheme();
}

async function start() {
  fill(find("views"), Object.entries(TITLES).map(([name, title]) =>
    h("a", { href: `#${name}`, "data-view": name }, title)));
  fill(find("keys").querySelector("dl"), KEYS.map(([key, what]) =>
    [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]));
  find("keys").querySelector("button").onclick = () => find("keys").close();
  find("run-picker").onchange = (event) => chooseRun(event.target.value);
  addEventListener("hashchange", show);
  addEventListener("keydown", onKey);
  toggleTheme = startTheme(find("theme"));
  try {
    await refreshRuns();
  } catch (error) {
    fill(find("view"), h("p", { class: "problem", role: "alert" }, error.message));
    return;
  }
  await show();
}

start();
