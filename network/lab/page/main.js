// The page: it shows one view for the chosen run, in the chosen theme.

import { api, messageOf } from "./data/api.js";
import { byId, closest, fill, h, lead, problemText } from "./ui/dom.js";
import { startTheme, themeListeners } from "./ui/theme.js";

/** @type {Record<string, {title: string, load: () => Promise<View>}>} */
const VIEWS = {
  train: { title: "Train", load: () => import("./views/train/view.js") },
  draw: { title: "Draw", load: () => import("./views/draw/view.js") },
  why: { title: "Explain", load: () => import("./views/explain/view.js") },
  explore: { title: "Explore", load: () => import("./views/explore/view.js") },
  film: { title: "Film", load: () => import("./views/film/view.js") },
  arithmetic: { title: "Step by step", load: () => import("./views/arithmetic/view.js") },
};
const KEYS = [
  ...Object.values(VIEWS).map(({ title }, index) => [String(index + 1), title]),
  ["t", "Switch theme"],
  ["?", "Keyboard shortcuts"],
];

/** @type {RunSummary[]} */
let runs = [];
let chosenRun = ""; // "" if there are no runs
let unmount = () => {};
let refreshes = 0;
const keys = /** @type {HTMLDialogElement} */ (byId("keys"));
const picker = /** @type {HTMLSelectElement} */ (byId("run-picker"));

// --- runs ---------------------------------------------------------------------------------------

/** Fetch the list of runs; the response to an earlier request, which may lack a new run, is ignored. */
async function refreshRuns() {
  refreshes += 1;
  const own = refreshes;
  /** @type {{runs: RunSummary[]}} */
  const found = await api.get("/api/runs");
  if (own !== refreshes) return;
  ({ runs } = found);
  const usable = runs.filter((run) => !run.problem);
  const wanted = chosenRun || localStorage.getItem("run");
  chosenRun = (usable.find((run) => run.name === wanted) ?? usable[0])?.name ?? "";
  picker.disabled = !usable.length;
  fill(picker, usable.length
    ? usable.map((run) => h("option", { value: run.name, selected: run.name === chosenRun }, optionText(run)))
    : h("option", { value: "" }, "No runs yet"));
}

/** @param {RunSummary} run */
function optionText({ name, validation_accuracy: accuracy }) {
  return accuracy === null ? name : `${name} · ${(100 * accuracy).toFixed(2)} %`;
}

/**
 * Choose a run, and show the view again unless it updates itself.
 * @param {string} name
 * @param {{remount?: boolean}} options
 */
function chooseRun(name, { remount = true } = {}) {
  chosenRun = name;
  localStorage.setItem("run", name);
  picker.value = name;
  if (remount) showView();
}

// --- views --------------------------------------------------------------------------------------

function viewInAddress() {
  const name = location.hash.slice(1).split("/")[0];
  return name in VIEWS ? name : "train";
}

async function showView() {
  const name = viewInAddress();
  unmount();
  unmount = () => {};
  themeListeners.clear();
  const root = h("div", { class: `view view-${name}` });
  fill(byId("view"), root);
  markLink(name);
  document.title = `${VIEWS[name].title} · network lab`;
  const view = await VIEWS[name].load();
  if (!root.isConnected) return; // another view has been chosen
  root.append(lead(view));
  if (!chosenRun && name !== "train") {
    root.append(h("p", { class: "empty" }, "No runs yet. Start a training run in ", h("a", { href: "#train" }, VIEWS.train.title), "."));
    return;
  }
  unmount = view.mount(root, {
    get run() { return chosenRun; },
    get runs() { return runs; },
    chooseRun, refreshRuns,
    onTheme: (listener) => themeListeners.add(listener),
  });
}

/** @param {string} name of the current view */
function markLink(name) {
  for (const link of byId("views").children) {
    const isCurrent = link.getAttribute("data-view") === name;
    if (!isCurrent) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }
}

// --- keys and start ------------------------------------------------------------------------------

/**
 * @param {KeyboardEvent} event
 * @param {() => void} toggleTheme
 */
function onKey(event, toggleTheme) {
  if (closest(event, "input, select, textarea, [contenteditable]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const view = Object.keys(VIEWS)[Number(event.key) - 1];
  if (view) location.hash = view;
  else if (event.key === "?") keys.showModal();
  else if (event.key === "t") toggleTheme();
}

async function start() {
  fill(byId("views"), Object.entries(VIEWS).map(([name, { title }]) =>
    h("a", { href: `#${name}`, "data-view": name }, title)));
  keys.querySelector("dl")?.append(...KEYS.flatMap(([key, action]) =>
    [h("dt", {}, h("kbd", {}, key)), h("dd", {}, action)]));
  keys.querySelector("button")?.addEventListener("click", () => keys.close());
  picker.onchange = () => chooseRun(picker.value);
  const toggleTheme = startTheme(byId("theme"));
  addEventListener("hashchange", showView);
  addEventListener("keydown", (event) => onKey(event, toggleTheme));
  try {
    await refreshRuns();
    await showView();
  } catch (error) {
    fill(byId("view"), problemText(messageOf(error)));
  }
}

start();
