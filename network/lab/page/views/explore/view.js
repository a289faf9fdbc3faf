// Explore: the images that a network has not been trained on, its mistakes first, and its map of them.

import { makeDamage } from "./corruption.js";
import { choose, openImages } from "./images.js";
import { makeDetail } from "./image_detail.js";
import { makeImages } from "./image_pages.js";
import { makeMap } from "./projection.js";
import { makeMatrix } from "./confusion_matrix.js";
import { makeThreshold } from "./threshold.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { readLayers } from "../../maths/model.js";

export const title = "Explore";
export const about = "Images that the network was not trained on: its mistakes first, what it takes for what, and the map that its layers make.";

const SPLITS = { "held-out": "Held-out images", test: "Test images" };
const ANY = { show: "all", label: null, answer: null };
const memories = new Map(); // what was chosen, by run: it is there again when one comes back

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  const { api, run } = context;
  if (!memories.has(run)) {
    memories.set(run, { split: "held-out", filter: ANY, threshold: 0, damage: null, chosen: null, map: { layers: null, method: "pca" } });
  }
  const memory = memories.get(run);
  const room = h("div", { class: "stack" });
  const splits = h("div", { class: "chips", role: "group", "aria-label": "Which images" });
  const head = h("div", {});
  root.append(h("div", { class: "explore-head" }, head, splits), room);
  let [shown, asked] = [null, 0];

  async function open(split) {
    const mine = ++asked;
    shown?.stop();
    shown = null;
    if (split !== memory.split) Object.assign(memory, { split, chosen: null });
    fill(splits, Object.entries(SPLITS).map(([name, text]) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(name === split), onclick: () => open(name),
    }, text)));
    fill(head, h("p", { class: "note", role: "status" }, "The network answers them all …"));
    fill(room);
    try {
      const [plain, model] = await Promise.all([
        openImages(api, run, split), api.get(`/api/runs/${encodeURIComponent(run)}/model`)]);
      if (mine === asked) shown = show(head, room, { plain, model, memory, api, run });
    } catch (error) {
      if (mine !== asked) return;
      fill(head);
      fill(room, h("p", { class: "problem", role: "alert" }, error.message));
    }
  }

  open(memory.split);
  context.onTheme(() => shown?.repaint());
  return () => {
    asked += 1;
    shown?.stop();
  };
}

function show(head, room, { plain, model, memory, api, run }) {
  let data = plain;
  const matrix = makeMatrix(({ label, answer }) => {
    const isOn = label === memory.filter.label && answer === memory.filter.answer;
    setFilter(isOn ? ANY : { show: "all", label, answer });
  });
  const images = makeImages({ onFilter: setFilter, onChoose: pick });
  const map = makeMap({ api, run, layers: readLayers(model.layers), names: model.members, memory: memory.map, onChoose: pick });
  const detail = makeDetail(() => detail.show(data, null));
  const threshold = makeThreshold((least) => {
    memory.threshold = least;
    images.leaveOut(least);
  });

  const damage = makeDamage({ plain, memory, open: (one) => openImages(api, run, plain.split, one), onImages: follow });
  const undamaged = h("p", { class: "note" }, "The map is of the images as they are, without the damage.");

  /** Show other images in all parts but the map: the same ones, damaged or not. */
  function follow(newData) {
    data = newData;
    fill(head, summary(data, model));
    matrix.show(data);
    matrix.mark(memory.filter);
    threshold.show(data, memory.threshold);
    images.show(data, memory.filter, memory.threshold, null);
    images.mark(memory.chosen);
    undamaged.hidden = !data.damage;
    if (detail.element.classList.contains("is-open")) detail.show(data, memory.chosen);
  }

  function setFilter(filter) {
    memory.filter = filter;
    matrix.mark(filter);
    images.show(data, filter, memory.threshold, memory.chosen);
  }

  function pick(index) {
    memory.chosen = index;
    images.mark(index);
    map.mark(index);
    detail.show(data, index);
  }

  fill(room, h("section", { class: "panel" }, h("h2", {}, "Damage the images"), damage.element), h("div", { class: "explore" },
    h("div", { class: "explore-left" },
      h("section", { class: "panel explore-matrix" }, h("h2", {}, "What it takes for what"), matrix.element,
        h("p", { class: "note" }, "A row is what the images show. Choose a cell to see its images.")),
      h("section", { class: "panel" }, h("h2", {}, "Leave the doubtful ones out"), threshold.element)),
    h("section", { class: "panel explore-images" }, h("h2", {}, "The images"), images.element),
    detail.element,
    h("section", { class: "panel explore-map" }, h("h2", {}, "The map of a layer"), undamaged, map.element)));
  damage.begin();
  map.show(plain);
  setFilter(memory.filter);
  const isWide = matchMedia("(min-width: 1000px)").matches;
  if (memory.chosen === null && isWide) memory.chosen = choose(data, memory.filter, memory.threshold)[0] ?? null;
  if (memory.chosen !== null && isWide) pick(memory.chosen);
  return {
    stop() {
      damage.stop();
      map.stop();
    },
    repaint() {
      images.repaint();
      map.repaint();
      if (memory.chosen !== null && detail.element.classList.contains("is-open")) detail.show(data, memory.chosen);
    },
  };
}

/** How many were right, and what these images are. */
function summary(data, model) {
  const right = data.shown - data.mistakes;
  const part = data.shown < data.count ? ` These are the first ${number(data.shown)} of ${number(data.count)}.` : "";
  return h("div", { class: "explore-summary" },
    h("p", {}, h("b", { class: "big-number" }, percent(right / data.shown)),
      h("span", {}, `${number(right)} of ${number(data.shown)} right, ${number(data.mistakes)} mistakes${data.damage ? `, damaged by ${data.damage.name}` : ""}`)),
    h("p", { class: "note" }, data.split === "test" ? looksText(data.looks) : heldOutText(model), part));
}

function looksText(looks) {
  const times = looks === 1 ? "This is the first time" : `This is look ${number(looks)}`;
  return `${times} of this run at its test images, and it is written down: whoever chooses by them trains on them.`;
}

function heldOutText(model) {
  if (model.members.length) {
    return "None of its networks was trained on these: look as often as you like. Every look at test images is counted.";
  }
  return "Held out of the training, to choose by: look as often as you like. Every look at test images is counted.";
}
