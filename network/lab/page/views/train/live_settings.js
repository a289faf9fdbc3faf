// The settings that can change during training.

import { fill, h } from "../../ui/dom.js";
import { asText, makeField } from "./field.js";
import { makeSetting } from "./setting.js";
import { describeChange } from "./training_run.js";

const SHOWN = 4; // changes listed, the latest ones

/**
 * Build the panel; it calls `onChange(values)` with changed values.
 * @param {(values: Partial<LiveSettings>) => void} onChange
 */
export function makeLiveSettings(onChange) {
  /** @type {Map<string, ReturnType<typeof makeControl>>} */
  let controls = new Map();
  const rows = h("div", { class: "stack" });
  const list = h("ul", { class: "note changes" });
  const element = h("section", { class: "panel stack live-settings", hidden: true },
    h("h2", {}, "Settings ", h("small", {}, "apply during training")), rows, list);
  /** @type {LiveSettings | null} */
  let shown = null;

  /** @param {LiveSettings} settings */
  function write(settings) {
    for (const [name, control] of controls) control.set(settings[name]);
  }

  return {
    element,
    /** @param {FieldOptions[]} fields settings that can change, from the server */
    offer(fields) {
      controls = new Map(fields.map((field) => [field.name, makeControl(field, onChange)]));
      fill(rows, [...controls.values()].map((one) => one.element));
    },
    /** @type {(settings: LiveSettings | null, changes: SettingsChange[]) => void} */
    show(settings, changes) {
      fill(list, changes.slice(-SHOWN).map((one) => h("li", {}, describeChange(one))));
      element.hidden = !settings;
      if (!settings || settings === shown) return; // keeps the text that the user is typing
      shown = settings;
      write(settings);
    },
    /** Show the current settings again after the server rejected a change. */
    restore() {
      if (shown) write(shown);
    },
  };
}

/**
 * Build the control of one setting: a slider, or a field whose text the server parses.
 * @param {FieldOptions} field
 * @param {(values: Partial<LiveSettings>) => void} onChange
 * @returns {{element: HTMLElement, set: (value: unknown) => void}}
 */
function makeControl(field, onChange) {
  const { name, label, slider } = field;
  const id = `setting-${name.replaceAll("_", "-")}`;
  if (slider) {
    const { element, set } = makeSetting({ id, label, ...slider, onSet: (value) => onChange({ [name]: value }) });
    return { element, set: (value) => set(typeof value === "number" ? value : null) };
  }
  const { element, input } = makeField(field, id);
  input.onchange = () => onChange({ [name]: input.value });
  return { element, set: (value) => { input.value = asText(value); } };
}
