// The settings of a training that can be changed while it runs.

import { fill, h } from "../../ui/dom.js";
import { asText, makeField } from "./field.js";
import { makeSetting } from "./setting.js";
import { describeChange } from "./training_run.js";

const SHOWN = 4; // changes that are listed: the last ones

/**
 * Make the panel; `onChange(values)` is called with what was changed.
 * @param {(values: Partial<LiveSettings>) => void} onChange
 */
export function makeLiveSettings(onChange) {
  /** @type {Map<string, ReturnType<typeof makeControl>>} */
  let controls = new Map();
  const rows = h("div", { class: "stack" });
  const list = h("ul", { class: "note changes" });
  const element = h("section", { class: "panel stack knobs", hidden: true }, h("h2", {}, "Knobs"), rows, list);
  /** @type {LiveSettings | null} */
  let shown = null;

  /** @param {LiveSettings} settings */
  function write(settings) {
    for (const [name, control] of controls) control.set(settings[name]);
  }

  return {
    element,
    /** @param {FieldOptions[]} fields those that can be changed, as the server declares them */
    offer(fields) {
      controls = new Map(fields.map((field) => [field.name, makeControl(field, onChange)]));
      fill(rows, [...controls.values()].map((one) => one.element));
    },
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
 * Make the control of one setting: a slider, or a field whose text the server reads.
 * @param {FieldOptions} field
 * @param {(values: Partial<LiveSettings>) => void} onChange
 * @returns {{element: HTMLElement, set: (value: unknown) => void}}
 */
function makeControl(field, onChange) {
  const { name, label, slider } = field;
  const id = `knob-${name.replaceAll("_", "-")}`;
  if (slider) {
    const { element, set } = makeSetting({ id, label, ...slider, onTurn: (value) => onChange({ [name]: value }) });
    return { element, set: (value) => set(typeof value === "number" ? value : null) };
  }
  const { element, input } = makeField(field, id);
  input.onchange = () => onChange({ [name]: input.value });
  return { element, set: (value) => { input.value = asText(value); } };
}
