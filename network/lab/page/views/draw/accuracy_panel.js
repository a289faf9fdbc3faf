// Test accuracy of the edited network: one request at a time, always for the latest edits.

import { messageOf } from "../../data/api.js";
import { isEdited } from "../../maths/edits.js";
import { fill, fraction, h, percent, signed } from "../../ui/dom.js";

const WAIT = 350; // milliseconds between the last edit and the request

/** The panel with the test accuracy. */
export class AccuracyPanel {
  /** @type {Edits | null} */
  wanted = null;
  /** @type {number | null} */
  original = null; // accuracy without edits
  /** @type {number | undefined} */
  timer = undefined;
  isAsking = false;

  /**
   * @param {(edits: Edits) => Promise<Accuracy>} measure
   * @param {(text: string) => void} onAccuracy
   */
  constructor(measure, onAccuracy) {
    this.measure = measure;
    this.onAccuracy = onAccuracy;
    this.value = h("p", { class: "big-number", "aria-live": "polite" }, "…");
    this.change = h("p", { class: "note" });
    this.log = h("p", { class: "note" });
    this.element = h("div", { class: "accuracy" },
      h("div", { class: "row" }, this.value, h("div", {}, h("p", { class: "field-label" }, "Test accuracy"), this.change)),
      this.log);
  }

  /** @param {Edits} edits to evaluate */
  show(edits) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.wanted = edits;
      this.ask();
    }, this.original === null ? 0 : WAIT);
  }

  stop() {
    clearTimeout(this.timer);
    this.wanted = null;
  }

  async ask() {
    if (this.isAsking) return;
    this.isAsking = true;
    this.element.classList.add("is-busy");
    while (this.wanted) {
      const edits = this.wanted;
      this.wanted = null;
      try {
        this.write(await this.measure(edits), edits);
      } catch (error) {
        fill(this.change, h("span", { class: "problem" }, messageOf(error)));
      }
    }
    this.element.classList.remove("is-busy");
    this.isAsking = false;
  }

  /**
   * @param {Accuracy} accuracy
   * @param {Edits} edits
   */
  write({ correct, count, looks }, edits) {
    const share = correct / count;
    if (!isEdited(edits)) this.original = share;
    this.value.textContent = percent(share);
    const difference = isEdited(edits) && this.original !== null
      ? `${signed(100 * (share - this.original))} points compared with the original ${percent(this.original)}` : null;
    this.change.textContent = difference ?? `${fraction(correct, count)} test images`;
    this.log.textContent = `Test evaluation ${looks} of this run (logged). Compare settings on validation images instead.`;
    this.onAccuracy(`Test accuracy ${percent(share)}${difference ? `, ${difference}` : ""}`);
  }
}
