// Pages of the images that match a filter, mistakes first.

import { closest, fill, h, number } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { chooseImages, describeImage, isPredicted } from "./images.js";

const PER_PAGE = matchMedia("(max-width: 860px)").matches ? 24 : 54;
/** @type {Record<ImageFilter["show"], string>} */
const NAMES = { all: "All", mistakes: "Mistakes", correct: "Correct", abstained: "Below threshold" };

/** Pages of images; one image can be chosen. */
export class ImagePages {
  /** @type {ImageFilter} */
  filter = { show: "all", label: null, prediction: null };
  threshold = 0;
  /** @type {number[]} */
  found = [];
  page = 0;
  /** @type {number | null} */
  chosen = null;

  /**
   * @param {ImageSet} images
   * @param {(filter: ImageFilter) => void} onFilter called with a new filter
   * @param {(index: number) => void} onChoose called for an image
   */
  constructor(images, onFilter, onChoose) {
    this.images = images;
    this.onFilter = onFilter;
    this.onChoose = onChoose;
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Filter of images" });
    this.selects = h("div", { class: "row explore-selects" });
    this.grid = h("div", {
      class: "thumbs", role: "group", "aria-label": "Images", onkeydown: (event) => this.moveByKey(event),
    });
    this.position = h("p", { class: "note", "aria-live": "polite" });
    this.back = this.turner("←", "Previous page", -1);
    this.next = this.turner("→", "Next page", 1);
    this.element = h("div", { class: "stack" },
      this.chips, this.selects, this.grid, h("div", { class: "row pager" }, this.back, this.position, this.next));
  }

  /** @type {(text: string, label: string, by: number) => HTMLButtonElement} */
  turner(text, label, by) {
    return h("button", {
      class: "icon-button", type: "button", "aria-label": label, onclick: () => this.turn(this.page + by),
    }, text);
  }

  /**
   * Show the images of a filter, starting at the page with the chosen one.
   * @param {ImageSet} images
   * @param {ImageFilter} filter
   * @param {number} threshold
   * @param {number | null} chosen
   */
  show(images, filter, threshold, chosen) {
    Object.assign(this, { images, filter, chosen });
    this.setThreshold(threshold, () => Math.max(0, Math.floor(this.found.indexOf(chosen ?? -1) / PER_PAGE)));
  }

  /**
   * Mark the images below the threshold, by default on the current page.
   * @param {number} threshold
   * @param {() => number} page
   */
  setThreshold(threshold, page = () => this.page) {
    this.threshold = threshold;
    this.found = chooseImages(this.images, this.filter, threshold);
    this.showFilter();
    this.turn(page());
  }

  /**
   * Mark the chosen image.
   * @param {number} index
   */
  mark(index) {
    this.chosen = index;
    for (const one of this.thumbs) one.setAttribute("aria-pressed", String(Number(one.dataset.index) === index));
  }

  repaint() {
    this.turn(this.page);
  }

  // --- filter -------------------------------------------------------------------------------------

  showFilter() {
    const { images, filter, onFilter } = this;
    const abstained = chooseImages(images, { show: "abstained", label: null, prediction: null }, this.threshold).length;
    const counts = { all: images.shown, mistakes: images.mistakes, correct: images.shown - images.mistakes, abstained };
    const shows = /** @type {ImageFilter["show"][]} */ (Object.keys(NAMES));
    fill(this.chips, shows.map((show) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(filter.show === show),
      onclick: () => onFilter({ ...filter, show }),
    }, NAMES[show], h("b", {}, number(counts[show])))));
    const isAny = filter.label === null && filter.prediction === null;
    fill(this.selects, this.select("True class", "label"), this.select("Predicted", "prediction"),
      !isAny && h("button", {
        class: "button", type: "button", onclick: () => onFilter({ ...filter, label: null, prediction: null }),
      }, "Clear filter"));
  }

  /**
   * Build the choice of a class.
   * @param {string} text
   * @param {"label" | "prediction"} name
   */
  select(text, name) {
    const chosen = String(this.filter[name] ?? "");
    const choices = [["", "any"], ...this.images.classes.map((one, index) => [String(index), one])];
    const select = h("select", {}, choices.map(([value, one]) => h("option", { value, selected: value === chosen }, one)));
    select.onchange = () => this.onFilter({ ...this.filter, [name]: select.value === "" ? null : Number(select.value) });
    return h("label", { class: "explore-select" }, text, select);
  }

  // --- page ---------------------------------------------------------------------------------------

  get thumbs() {
    return /** @type {HTMLElement[]} */ ([...this.grid.querySelectorAll(".thumb")]);
  }

  /** @param {number} to page to show */
  turn(to) {
    const pages = Math.max(1, Math.ceil(this.found.length / PER_PAGE));
    this.page = Math.min(Math.max(to, 0), pages - 1);
    const first = this.page * PER_PAGE;
    const shown = this.found.slice(first, first + PER_PAGE);
    fill(this.grid, shown.length ? shown.map((index, position) => this.thumb(index, position))
      : h("p", { class: "empty" }, "No images match this filter."));
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
    this.position.textContent = shown.length
      ? `${number(first + 1)}–${number(first + shown.length)} of ${number(this.found.length)}` : "";
  }

  /**
   * Build the small picture of an image.
   * @param {number} index
   * @param {number} position on the page
   */
  thumb(index, position) {
    const { images } = this;
    const [isMistake, isBelow] = [images.isMistake(index), !isPredicted(images, index, this.threshold)];
    const name = images.classes[images.labels[index]];
    return h("button", {
      class: `thumb ${isMistake ? "is-mistake" : ""} ${isBelow ? "is-below" : ""}`, type: "button", tabindex: position === 0 ? 0 : -1,
      "aria-label": `Image ${number(index)}: ${describeImage(images, index)}${isBelow ? ", below the threshold" : ""}`,
      "aria-pressed": String(index === this.chosen), "data-index": index, onclick: () => this.onChoose(index),
    }, digitImage(images.pixels(index)),
    isMistake ? h("span", { class: name.length > 2 ? "is-long" : null }, `${name} `,
      h("span", {}, `→ ${images.classes[images.predictions[index]]}`))
      : h("span", {}, name));
  }

  /**
   * Move between images and pages with the arrow keys.
   * @param {KeyboardEvent} event
   */
  moveByKey(event) {
    const { thumbs } = this;
    const at = thumbs.findIndex((thumb) => thumb === closest(event, ".thumb"));
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    /** @type {Record<string, number>} */
    const arrows = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const by = arrows[event.key];
    if (!by || at < 0) return;
    event.preventDefault();
    if (at + by >= 0 && at + by < thumbs.length) return this.focus(thumbs[at + by]);
    const before = this.page;
    this.turn(this.page + Math.sign(by));
    if (this.page !== before) this.focus(this.thumbs[by > 0 ? 0 : this.thumbs.length - 1]);
  }

  /** @param {HTMLElement} thumb */
  focus(thumb) {
    for (const one of this.thumbs) one.tabIndex = -1;
    thumb.tabIndex = 0;
    thumb.focus();
  }
}
