// The form that begins a training: a preset, and what is chosen over it.

import { LabError, api } from "../../data/api.js";
import { fill, h } from "../../ui/dom.js";
import { asText, makeField } from "./field.js";

/** @type {FieldOptions[]} */
const FIELDS = [
  { name: "hidden", label: "Hidden sizes", hint: "30, or 128,64" },
  { name: "optimizer", label: "Optimizer", list: "optimizers" },
  { name: "loss", label: "Loss", list: "losses", isWide: true },
  { name: "learning_rate", label: "Learning rate", isNumber: true, hint: "what suits" },
  { name: "epochs", label: "Epochs", isNumber: true },
  { name: "limit", label: "Images, at most", isNumber: true, hint: "all" },
  { name: "batch_size", label: "Batch size", isNumber: true },
];
/** @type {FieldOptions[]} */
const MORE = [
  { name: "layers", label: "Layers as text, instead of hidden sizes", hint: "Conv2D(8, 5), ReLU, Flatten", isWide: true },
  { name: "activation", label: "Activation", list: "activations" },
  { name: "seed", label: "Seed", isNumber: true },
  { name: "augment", label: "Augmentation", hint: "shift=2,rotate=10", isWide: true },
  { name: "dataset", label: "Data set", list: "datasets" },
];

/** The form; `onBegin(run)` is called when a training has begun. */
export class TrainingForm {
  /**
   * @param {FormOptions} options
   * @param {(run: string) => void} onBegin
   */
  constructor(options, onBegin) {
    this.options = options;
    this.onBegin = onBegin;
    this.fields = new Map([...FIELDS, ...MORE].map((field) => [field.name, makeField(field, options)]));
    this.name = makeField({ name: "name", label: "Name", hint: "one of its own" }, options);
    this.preset = h("select", { id: "field-preset", onchange: () => this.showPreset() },
      h("option", { value: "" }, "no preset: 784-30-10"),
      options.presets.map((one) => h("option", { value: one.name }, one.name)));
    this.about = h("p", { class: "note" });
    this.film = h("input", { type: "checkbox", id: "field-film", checked: true });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.start = h("button", { class: "button is-primary", type: "submit" }, "Start training");
    this.element = this.build();
    this.showPreset();
  }

  build() {
    /** @param {FieldOptions[]} some */
    const pick = (some) => some.map((field) => this.fields.get(field.name)?.element);
    /** @param {SubmitEvent} event */
    const onsubmit = (event) => {
      event.preventDefault();
      this.begin();
    };
    return h("form", { class: "stack", onsubmit, novalidate: true },
      h("div", { class: "field" }, h("label", { for: "field-preset" }, "Preset"), this.preset, this.about),
      h("div", { class: "fields" }, pick(FIELDS)),
      h("details", { class: "more" }, h("summary", {}, "More choices"),
        h("div", { class: "fields" }, pick(MORE), this.name.element),
        h("label", { class: "check" }, this.film, "Keep a film: the weights after every epoch")),
      this.problem, this.start);
  }

  /** What a training has that nothing is chosen for: the defaults, and the preset's values over them. */
  get values() {
    /** @type {Record<string, unknown>} */
    const values = { ...this.options.defaults, ...this.chosenPreset?.values };
    if (this.chosenPreset?.values.layers) values.hidden = null;
    return values;
  }

  get chosenPreset() {
    return this.options.presets.find((one) => one.name === this.preset.value);
  }

  /** Show the values of the preset: in lists as chosen, in other fields as what stands there until one writes. */
  showPreset() {
    const { chosenPreset, values } = this;
    this.about.textContent = chosenPreset ? aboutText(chosenPreset) : "";
    for (const [name, field] of this.fields) field.showDefault(asText(values[name]));
  }

  async begin() {
    this.problem.hidden = true;
    for (const field of [this.name, ...this.fields.values()]) field.complain("");
    this.start.disabled = true;
    this.start.textContent = "Starting …";
    try {
      /** @type {{run: string}} */
      const { run } = await api.post("/api/trainings", {
        preset: this.preset.value || null,
        name: this.name.input.value.trim() || null,
        film: this.film.checked,
        choices: this.chosen(),
      });
      this.name.input.value = "";
      this.onBegin(run);
    } catch (error) {
      this.showProblem(error);
    } finally {
      this.start.disabled = false;
      this.start.textContent = "Start training";
    }
  }

  /** Return what differs from the preset: texts that were written, and other items of the lists. */
  chosen() {
    const { values } = this;
    /** @type {Record<string, string | number>} */
    const given = {};
    for (const [name, { input, isList, isNumber }] of this.fields) {
      const text = input.value.trim();
      if (text === "" || (isList && text === asText(values[name]))) continue;
      given[name] = isNumber && Number.isFinite(Number(text)) ? Number(text) : text;
    }
    return given;
  }

  /** @param {unknown} error shown at its field, if it has one */
  showProblem(error) {
    if (!(error instanceof LabError)) throw error;
    const field = error.field === "name" ? this.name : this.fields.get(error.field);
    if (field) {
      field.element.closest("details")?.setAttribute("open", "");
      field.complain(error.message);
      field.input.focus();
    } else {
      fill(this.problem, error.message);
      this.problem.hidden = false;
      this.problem.scrollIntoView({ block: "nearest" });
    }
  }
}

/** @param {Preset} preset */
function aboutText({ about }) {
  return `${about.what}; ${[about.reaches, about.time].filter(Boolean).join(" in ")}`;
}
