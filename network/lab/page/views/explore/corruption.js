// Damage the images: of which kind, how strongly; the network answers them all again.

import { messageOf } from "../../data/api.js";
import { fill, h, number, percent, withMinus } from "../../ui/dom.js";

/** The panel of the damage. */
export class CorruptionPanel {
  isAsking = false;
  isStopped = false;

  /**
   * @param {object} options
   * @param {ImageSet} options.plain the images as they are
   * @param {{damage: Corruption | null}} options.memory keeps what was chosen
   * @param {(damage: Corruption) => Promise<ImageSet>} options.open fetches the images damaged
   * @param {(images: ImageSet) => void} options.onImages is given those that are to be shown
   */
  constructor({ plain, memory, open, onImages }) {
    this.plain = plain;
    this.memory = memory;
    this.open = open;
    this.onImages = onImages;
    this.chips = plain.damages.map((kind) => h("button", {
      class: "chip", type: "button", "data-damage": kind.name,
      onclick: () => this.choose(memory.damage?.name === kind.name ? null : { name: kind.name, strength: startOf(kind.levels) }),
    }, kind.name));
    this.strength = h("output", { class: "damage-strength", for: "damage-strength" });
    this.slider = h("input", {
      id: "damage-strength", type: "range", min: 0, step: 1,
      oninput: () => this.writeStrength(this.slid()), onchange: () => this.choose(this.slid()),
    });
    this.knob = h("div", { class: "damage-knob" },
      h("label", { class: "damage-label", for: "damage-strength" }, "How strongly", this.strength), this.slider,
      h("button", { class: "button", type: "button", onclick: () => this.takeAway() }, "Take the damage away"));
    this.told = h("p", { class: "damage-told", role: "status" });
    this.element = h("div", { class: "damage" },
      h("div", { class: "chips", role: "group", "aria-label": "Kind of damage" }, this.chips), this.knob, this.told);
  }

  begin() {
    if (this.memory.damage?.strength) this.onImages(this.plain); // until the damaged ones are there
    this.choose(this.memory.damage);
  }

  stop() {
    this.isStopped = true;
  }

  /**
   * Return the kind of damage with a name.
   * @param {string} name
   */
  kind(name) {
    const found = this.plain.damages.find((kind) => kind.name === name);
    if (!found) throw new Error(`no damage is called ${name}`);
    return found;
  }

  /** The damage that the slider stands at. */
  slid() {
    const { damage } = this.memory;
    return damage && { ...damage, strength: this.kind(damage.name).levels[Number(this.slider.value)] };
  }

  /** @param {Corruption | null} damage */
  writeStrength(damage) {
    if (!damage) return;
    const [text, { unit }] = [strengthText(damage.strength), this.kind(damage.name)];
    fill(this.strength, h("b", {}, text), ` ${unit}`);
    this.slider.setAttribute("aria-valuetext", `${text} ${unit}`);
  }

  /** @param {Corruption | null} damage */
  choose(damage) {
    this.memory.damage = damage;
    for (const chip of this.chips) chip.setAttribute("aria-pressed", String(chip.dataset.damage === damage?.name));
    this.knob.hidden = !damage;
    if (damage) {
      const { levels } = this.kind(damage.name);
      this.slider.max = String(levels.length - 1);
      this.slider.value = String(levels.indexOf(damage.strength));
      this.writeStrength(damage);
    }
    if (damage?.strength) this.fetch();
    else this.show(this.plain);
  }

  takeAway() {
    const chip = this.chips.find((one) => one.dataset.damage === this.memory.damage?.name);
    this.choose(null);
    chip?.focus(); // where the button was, nothing is any more
  }

  /** Ask one question at a time; of what is chosen meanwhile only the last is asked. */
  async fetch() {
    this.tell(`The network answers ${number(this.plain.shown)} damaged images; until then the page stays as it was …`, true);
    if (this.isAsking) return;
    this.isAsking = true;
    let asked = null;
    while (!this.isStopped && this.memory.damage?.strength && asked !== this.memory.damage) {
      asked = this.memory.damage;
      try {
        const images = await this.open(asked);
        if (!this.isStopped && asked === this.memory.damage) this.show(images);
      } catch (error) {
        if (asked === this.memory.damage) this.tell(messageOf(error));
      }
    }
    this.isAsking = false;
  }

  /** @param {ImageSet} images */
  show(images) {
    this.onImages(images);
    const before = percent(accuracyOf(this.plain));
    if (!images.damage) this.tell(`As they are, it has ${before} of them right. Choose a damage, and it answers all of them again.`);
    else this.tell(["Damaged, it has ", h("b", { "data-is": "damaged" }, percent(accuracyOf(images))), ` of these images right, undamaged ${before}.`]);
  }

  /**
   * @param {Child} text
   * @param {boolean} isBusy
   */
  tell(text, isBusy = false) {
    this.element.setAttribute("aria-busy", String(isBusy));
    fill(this.told, text);
  }
}

/**
 * Return the level half way from none to the strongest, of those that are measured.
 * @param {number[]} levels
 */
function startOf(levels) {
  return levels[Math.round((levels.indexOf(0) + levels.length - 1) / 2)];
}

/** @param {ImageSet} images */
const accuracyOf = (images) => 1 - images.mistakes / images.shown;
/** @param {number} level */
const strengthText = (level) => withMinus(level, Number.isInteger(level) ? 0 : String(level).split(".")[1].length);
