// The images that a filter lets through, a page at a time, mistakes first.

import { closest, fill, h, number } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { chooseImages, describeImage, isAnswered } from "./images.js";

const PER_PAGE = matchMedia("(max-width: 860px)").matches ? 24 : 54;
/** @type {Record<ImageFilter["show"], string>} */
const NAMES = { all: "All", wrong: "Mistakes", right: "Right", unanswered: "Left unanswered" };

/** Pages of images, of which one can be chosen. */
export class ImagePages {
  /** @type {ImageFilter} */
  filter = { show: "all", label: null, answer: null };
  threshold = 0;
  /** @type {number[]} */
  found = [];
  page = 0;
  /** @type {number | null} */
  chosen = null;

  /**
   * @param {ImageSet} images
   * @param {(filter: ImageFilter) => void} onFilter is called when another filter is chosen
   * @param {(index: number) => void} onChoose is called for an image
   */
  constructor(images, onFilter, onChoose) {
    this.images = images;
    this.onFilter = onFilter;
    this.onChoose = onChoose;
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Which images" });
    this.selects = h("div", { class: "row explore-selects" });
    this.grid = h("div", {
      class: "thumbs", role: "group", "aria-label": "Images", onkeydown: (event) => this.moveByKey(event),
    });
    this.told = h("p", { class: "note", "aria-live": "polite" });
    this.back = this.turner("←", "Earlier images", -1);
    this.next = this.turner("→", "Further images", 1);
    this.element = h("div", { class: "stack" },
      this.chips, this.selects, this.grid, h("div", { class: "row pager" }, this.back, this.told, this.next));
  }

  /** @type {(text: string, label: string, by: number) => HTMLButtonElement} */
  turner(text, label, by) {
    return h("button", {
      class: "icon-button", type: "button", "aria-label": label, onclick: () => this.turn(this.page + by),
    }, text);
  }

  /**
   * Show the images of a filter, from the page on that has the one that is chosen.
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
   * Mark which images are left unanswered, by default on the page that is shown.
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
   * Mark the image that is chosen.
   * @param {number} index
   */
  mark(index) {
    this.chosen = index;
    for (const one of this.thumbs) one.setAttribute("aria-pressed", String(Number(one.dataset.index) === index));
  }

  repaint() {
    this.turn(this.page);
  }

  // --- the filter ---------------------------------------------------------------------------------

  showFilter() {
    const { images, filter, onFilter } = this;
    const left = chooseImages(images, { show: "unanswered", label: null, answer: null }, this.threshold).length;
    const counts = { all: images.shown, wrong: images.mistakes, right: images.shown - images.mistakes, unanswered: left };
    const shows = /** @type {ImageFilter["show"][]} */ (Object.keys(NAMES));
    fill(this.chips, shows.map((show) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(filter.show === show),
      onclick: () => onFilter({ ...filter, show }),
    }, NAMES[show], h("b", {}, number(counts[show])))));
    const isAny = filter.label === null && filter.answer === null;
    fill(this.selects, this.select("shows", "label"), this.select("answered", "answer"),
      !isAny && h("button", {
        class: "button", type: "button", onclick: () => onFilter({ ...filter, label: null, answer: null }),
      }, "Any"));
  }

  /**
   * Make the choice of a class.
   * @param {string} text
   * @param {"label" | "answer"} name
   */
  select(text, name) {
    const chosen = String(this.filter[name] ?? "");
    const choices = [["", "any"], ...this.images.classes.map((one, index) => [String(index), one])];
    const select = h("select", {}, choices.map(([value, one]) => h("option", { value, selected: value === chosen }, one)));
    select.onchange = () => this.onFilter({ ...this.filter, [name]: select.value === "" ? null : Number(select.value) });
    return h("label", { class: "explore-select" }, text, select);
  }

  // --- the page -----------------------------------------------------------------------------------

  get thumbs() {
    return /** @type {HTMLElement[]} */ ([...this.grid.querySelectorAll(".thumb")]);
  }

  /** @param {number} to the page to show */
  turn(to) {
    const pages = Math.max(1, Math.ceil(this.found.length / PER_PAGE));
    this.page = Math.min(Math.max(to, 0), pages - 1);
    const first = this.page * PER_PAGE;
    const shown = this.found.slice(first, first + PER_PAGE);
    fill(this.grid, shown.length ? shown.map((index, place) => this.thumb(index, place))
      : h("p", { class: "empty" }, "No image is like this."));
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
    this.told.textContent = shown.length
      ? `${number(first + 1)}–${number(first + shown.length)} of ${number(this.found.length)}` : "";
  }

  /**
   * Make the small picture of an image.
   * @param {number} index
   * @param {number} place on the page
   */
  thumb(index, place) {
    const { images } = this;
    const [isWrong, isLeft] = [images.isWrong(index), !isAnswered(images, index, this.threshold)];
    const name = images.classes[images.labels[index]];
    return h("button", {
      class: `thumb ${isWrong ? "is-wrong" : ""} ${isLeft ? "is-left" : ""}`, type: "button", tabindex: place === 0 ? 0 : -1,
      "aria-label": `Image ${number(index)}: ${describeImage(images, index)}${isLeft ? ", left unanswered" : ""}`,
      "aria-pressed": String(index === this.chosen), "data-index": index, onclick: () => this.onChoose(index),
    }, digitImage(images.pixels(index)),
    isWrong ? h("span", { class: name.length > 2 ? "is-long" : null }, `${name} `,
      h("span", {}, `→ ${images.classes[images.answers[index]]}`))
      : h("span", {}, name));
  }

  /**
   * Let arrow keys go from image to image, and on to the next page.
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
