// The settings of a training that can be changed while it runs.

import { fill, h } from "../../ui/dom.js";
import { makeSetting } from "./setting.js";
import { describeChange } from "./training_run.js";

const SHOWN = 4; // changes that are listed: the last ones

/**
 * Make the panel; `onChange(values)` is called with what was changed.
 * @param {(values: Partial<LiveSettings>) => void} onChange
 */
export function makeLiveSettings(onChange) {
  const numbers = {
    learning_rate: makeSetting({
      id: "knob-learning-rate", label: "Learning rate", low: 1e-5, high: 100, scale: "powers",
      onTurn: (value) => onChange({ learning_rate: value }),
    }),
    momentum: makeSetting({
      id: "knob-momentum", label: "Momentum", low: 0, high: 0.999, scale: "straight", lacks: "this optimizer has none",
      onTurn: (value) => onChange({ momentum: value }),
    }),
    weight_decay: makeSetting({
      id: "knob-weight-decay", label: "Weight decay", low: 1e-7, high: 1, scale: "powers",
      onTurn: (value) => onChange({ weight_decay: value }),
    }),
    dropout: makeSetting({
      id: "knob-dropout", label: "Dropout", low: 0, high: 0.95, scale: "straight", lacks: "the model has no such layer",
      onTurn: (value) => onChange({ dropout: value }),
    }),
  };
  const augment = h("input", {
    id: "knob-augment", type: "text", placeholder: "none; as in shift=2,rotate=10", autocomplete: "off", spellcheck: "false",
    onchange: () => onChange({ augment: parseAugment(augment.value) }),
  });
  const list = h("ul", { class: "note changes" });
  const element = h("section", { class: "panel stack knobs", hidden: true }, h("h2", {}, "Knobs"),
    Object.values(numbers).map((one) => one.element),
    h("div", { class: "knob" }, h("label", { for: "knob-augment" }, "Augmentation"), augment),
    list);
  /** @type {LiveSettings | null} */
  let shown = null;

  /** @param {LiveSettings} settings */
  function write(settings) {
    for (const name of /** @type {(keyof typeof numbers)[]} */ (Object.keys(numbers))) numbers[name].set(settings[name]);
    augment.value = Object.entries(settings.augment).map((pair) => pair.join("=")).join(",");
  }

  return {
    element,
    /** @type {(settings: LiveSettings | null, changes: SettingsChange[]) => void} */
    show(settings, changes) {
      fill(list, changes.slice(-SHOWN).map((one) => h("li", {}, describeChange(one))));
      element.hidden = !settings;
      if (!settings || settings === shown) return; // what is being typed stays
      shown = settings;
      write(settings);
    },
    /** Show the settings again as they are, after a change was refused. */
    restore() {
      if (shown) write(shown);
    },
  };
}

/**
 * Read "shift=2,rotate=10"; what is not a number is left for the server to refuse.
 * @param {string} text
 * @returns {Record<string, number>}
 */
function parseAugment(text) {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part && part !== "none");
  return Object.fromEntries(parts.map((part) => {
    const [name, strength] = part.split("=");
    return [name.trim(), Number.isNaN(Number(strength)) ? -1 : Number(strength)];
  }));
}
