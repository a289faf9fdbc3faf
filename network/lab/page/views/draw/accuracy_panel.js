// The test accuracy under the latest edits: one question at a time, and the answer of the last counts.

import { messageOf } from "../../data/api.js";
import { isEdited } from "../../maths/edits.js";
import { fill, h, number, percent, signed } from "../../ui/dom.js";

const WAIT = 350; // milliseconds after the last edit before the server is asked

/** The panel of the accuracy. */
export class AccuracyPanel {
  /** @type {Edits | null} */
  wanted = null;
  /** @type {number | null} */
  original = null; // the accuracy without edits
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
    this.looks = h("p", { class: "note" });
    this.element = h("div", { class: "accuracy" },
      h("div", { class: "row" }, this.value, h("div", {}, h("p", { class: "field-label" }, "Test accuracy"), this.change)),
      this.looks);
  }

  /** @param {Edits} edits whose accuracy is wanted */
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
      ? `${signed(100 * (share - this.original))} points against ${percent(this.original)} unharmed` : null;
    this.change.textContent = difference ?? `${number(correct)} of ${number(count)} test digits`;
    this.looks.textContent = `Tests of this run so far: ${looks}. Whoever chooses by the test set can no longer test by it.`;
    this.onAccuracy(`Test accuracy ${percent(share)}${difference ? `, ${difference}` : ""}`);
  }
}
