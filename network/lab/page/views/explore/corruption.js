// Image corruption: its kind and severity, and the accuracy on the corrupted images.

import { messageOf } from "../../data/api.js";
import { fill, h, number, percent, withMinus } from "../../ui/dom.js";

/** The panel of the corruption. */
export class CorruptionPanel {
  isAsking = false;
  isStopped = false;

  /**
   * @param {object} options
   * @param {ImageSet} options.original the images without corruption
   * @param {{corruption: Corruption | null}} options.memory keeps the choice
   * @param {(corruption: Corruption) => Promise<ImageSet>} options.open fetches the corrupted images
   * @param {(images: ImageSet) => void} options.onImages called with the images to show
   */
  constructor({ original, memory, open, onImages }) {
    this.original = original;
    this.memory = memory;
    this.open = open;
    this.onImages = onImages;
    this.chips = original.corruptions.map((kind) => h("button", {
      class: "chip", type: "button", "data-corruption": kind.name,
      onclick: () => this.choose(memory.corruption?.name === kind.name ? null : { name: kind.name, strength: startOf(kind.levels) }),
    }, kind.name));
    this.severity = h("output", { class: "severity", for: "severity" });
    this.slider = h("input", {
      id: "severity", type: "range", min: 0, step: 1,
      oninput: () => this.writeSeverity(this.slid()), onchange: () => this.choose(this.slid()),
    });
    this.setting = h("div", { class: "corruption-setting" },
      h("label", { class: "severity-label", for: "severity" }, "Severity", this.severity), this.slider,
      h("button", { class: "button", type: "button", onclick: () => this.remove() }, "Remove corruption"));
    this.result = h("p", { class: "corruption-result", role: "status" });
    this.element = h("div", { class: "corruption" },
      h("div", { class: "chips", role: "group", "aria-label": "Kind of corruption" }, this.chips), this.setting, this.result);
  }

  begin() {
    if (this.memory.corruption?.strength) this.onImages(this.original); // until the corrupted ones are loaded
    this.choose(this.memory.corruption);
  }

  stop() {
    this.isStopped = true;
  }

  /**
   * Return the kind of corruption with a name.
   * @param {string} name
   */
  kind(name) {
    const found = this.original.corruptions.find((kind) => kind.name === name);
    if (!found) throw new Error(`Corruption "${name}" not found.`);
    return found;
  }

  /** The corruption at the position of the slider. */
  slid() {
    const { corruption } = this.memory;
    return corruption && { ...corruption, strength: this.kind(corruption.name).levels[Number(this.slider.value)] };
  }

  /** @param {Corruption | null} corruption */
  writeSeverity(corruption) {
    if (!corruption) return;
    const [text, { unit }] = [severityText(corruption.strength), this.kind(corruption.name)];
    fill(this.severity, h("b", {}, text), ` ${unit}`);
    this.slider.setAttribute("aria-valuetext", `${text} ${unit}`);
  }

  /** @param {Corruption | null} corruption */
  choose(corruption) {
    this.memory.corruption = corruption;
    for (const chip of this.chips) chip.setAttribute("aria-pressed", String(chip.dataset.corruption === corruption?.name));
    this.setting.hidden = !corruption;
    if (corruption) {
      const { levels } = this.kind(corruption.name);
      this.slider.max = String(levels.length - 1);
      this.slider.value = String(levels.indexOf(corruption.strength));
      this.writeSeverity(corruption);
    }
    if (corruption?.strength) this.fetch();
    else this.show(this.original);
  }

  remove() {
    const chip = this.chips.find((one) => one.dataset.corruption === this.memory.corruption?.name);
    this.choose(null);
    chip?.focus(); // because the button that had the focus is hidden now
  }

  /** Send one request at a time; of later choices, only the last one is requested. */
  async fetch() {
    this.report(`Evaluating ${number(this.original.shown)} corrupted images …`, true);
    if (this.isAsking) return;
    this.isAsking = true;
    let wanted = null;
    while (!this.isStopped && this.memory.corruption?.strength && wanted !== this.memory.corruption) {
      wanted = this.memory.corruption;
      try {
        const images = await this.open(wanted);
        if (!this.isStopped && wanted === this.memory.corruption) this.show(images);
      } catch (error) {
        if (wanted === this.memory.corruption) this.report(messageOf(error));
      }
    }
    this.isAsking = false;
  }

  /** @param {ImageSet} images */
  show(images) {
    this.onImages(images);
    const original = percent(accuracyOf(this.original));
    if (!images.corruption) this.report(`Accuracy on the original images: ${original}. Choose a corruption to compare.`);
    else this.report(["Accuracy with this corruption: ", h("b", { "data-is": "corrupted" }, percent(accuracyOf(images))), `. On the original images: ${original}.`]);
  }

  /**
   * @param {Child} text
   * @param {boolean} isBusy
   */
  report(text, isBusy = false) {
    this.element.setAttribute("aria-busy", String(isBusy));
    fill(this.result, text);
  }
}

/**
 * Return the level halfway between 0 and the highest severity.
 * @param {number[]} levels
 */
function startOf(levels) {
  return levels[Math.round((levels.indexOf(0) + levels.length - 1) / 2)];
}

/** @param {ImageSet} images */
const accuracyOf = (images) => 1 - images.mistakes / images.shown;
/** @param {number} level */
const severityText = (level) => withMinus(level, Number.isInteger(level) ? 0 : String(level).split(".")[1].length);
