// The images that a filter lets through, a page at a time, mistakes first.

import { choose, describe, isAnswered } from "./images.js";
import { fill, h, number } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";

const PER_PAGE = matchMedia("(max-width: 860px)").matches ? 24 : 54;

/** Make the pages of images. `onFilter(filter)` is called when another is chosen, `onChoose(index)`
 * for an image. */
export function makeImages({ onFilter, onChoose }) {
  const [chips, selects] = [h("div", { class: "chips", role: "group", "aria-label": "Which images" }), h("div", { class: "row explore-selects" })];
  const grid = h("div", { class: "thumbs", role: "group", "aria-label": "Images", onkeydown: move });
  const told = h("p", { class: "note", "aria-live": "polite" });
  const [back, next] = [turner("←", "Earlier images", -1), turner("→", "Further images", 1)];
  const element = h("div", { class: "stack" }, chips, selects, grid, h("div", { class: "row pager" }, back, told, next));
  let [data, filter, threshold, found, page, chosen] = [null, null, 0, [], 0, null];

  function turner(text, label, by) {
    return h("button", { class: "icon-button", type: "button", "aria-label": label, onclick: () => turn(page + by) }, text);
  }

  /** Show the images of a filter, from the page on that has the one that is chosen. */
  function show(newData, newFilter, newThreshold, newChosen) {
    [data, filter, threshold, chosen] = [newData, newFilter, newThreshold, newChosen];
    found = choose(data, filter, threshold);
    showFilter();
    turn(Math.max(0, Math.floor(found.indexOf(chosen) / PER_PAGE)));
  }

  /** Mark which images are left unanswered, on the page that is shown. */
  function leaveOut(newThreshold) {
    threshold = newThreshold;
    found = choose(data, filter, threshold);
    showFilter();
    turn(page);
  }

  function showFilter() {
    const left = choose(data, { show: "unanswered", label: null, answer: null }, threshold).length;
    const counts = { all: data.shown, wrong: data.mistakes, right: data.shown - data.mistakes, unanswered: left };
    const names = { all: "All", wrong: "Mistakes", right: "Right", unanswered: "Left unanswered" };
    fill(chips, Object.entries(names).map(([name, text]) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(filter.show === name),
      onclick: () => onFilter({ ...filter, show: name }),
    }, text, h("b", {}, number(counts[name])))));
    fill(selects, select("shows", "label"), select("answered", "answer"),
      (filter.label !== null || filter.answer !== null) &&
        h("button", { class: "button", type: "button", onclick: () => onFilter({ ...filter, label: null, answer: null }) }, "Any"));
  }

  function select(text, name) {
    const choices = [["", "any"], ...data.classes.map((one, index) => [String(index), one])];
    return h("label", { class: "explore-select" }, text, h("select", {
      onchange: (event) => onFilter({ ...filter, [name]: event.target.value === "" ? null : Number(event.target.value) }),
    }, choices.map(([value, one]) => h("option", { value, selected: value === String(filter[name] ?? "") }, one))));
  }

  function turn(to) {
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(Math.max(to, 0), pages - 1);
    const shown = found.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
    fill(grid, shown.length ? shown.map(thumb) : h("p", { class: "empty" }, "No image is like this."));
    back.disabled = page === 0;
    next.disabled = page === pages - 1;
    told.textContent = found.length
      ? `${number(page * PER_PAGE + 1)}–${number(page * PER_PAGE + shown.length)} of ${number(found.length)}` : "";
  }

  function thumb(index, place) {
    const [isWrong, isLeft] = [data.isWrong(index), !isAnswered(data, index, threshold)];
    const name = data.classes[data.labels[index]];
    return h("button", {
      class: `thumb ${isWrong ? "is-wrong" : ""} ${isLeft ? "is-left" : ""}`, type: "button", tabindex: place === 0 ? 0 : -1,
      "aria-label": `Image ${number(index)}: ${describe(data, index)}${isLeft ? ", left unanswered" : ""}`, "aria-pressed": String(index === chosen),
      "data-index": index, onclick: () => onChoose(index),
    }, heat(data.pixels(index), 28, 28, { limit: 255 }),
      isWrong ? h("span", { class: name.length > 2 ? "is-long" : null }, `${name} `, h("span", {}, `→ ${data.classes[data.answers[index]]}`))
        : h("span", {}, name));
  }

  /** Arrow keys go from image to image, and on to the next page. */
  function move(event) {
    const thumbs = [...grid.querySelectorAll(".thumb")];
    const at = thumbs.indexOf(event.target.closest(".thumb"));
    const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!by || at < 0) return;
    event.preventDefault();
    if (at + by >= 0 && at + by < thumbs.length) return focus(thumbs[at + by]);
    const before = page;
    turn(page + Math.sign(by));
    if (page !== before) focus(grid.querySelector(by > 0 ? ".thumb" : ".thumb:last-child"));
  }

  function focus(thumb) {
    for (const one of grid.children) one.tabIndex = -1;
    thumb.tabIndex = 0;
    thumb.focus();
  }

  /** Mark the image that is chosen. */
  function mark(index) {
    chosen = index;
    for (const one of grid.querySelectorAll(".thumb")) {
      one.setAttribute("aria-pressed", String(Number(one.dataset.index) === index));
    }
  }

  return { element, show, leaveOut, mark, repaint: () => data && turn(page) };
}
