// The form that starts a training run: a preset, and settings that override it. Its fields come from the server.

import { LabError, api } from "../../data/api.js";
import { fill, h } from "../../ui/dom.js";
import { asText, makeField } from "./field.js";

/** The form; it calls `onBegin(run)` when training has started. */
export class TrainingForm {
  /**
   * @param {FormOptions} options
   * @param {(run: string) => void} onBegin
   */
  constructor(options, onBegin) {
    this.options = options;
    this.onBegin = onBegin;
    this.fields = new Map(options.fields.map((field) => [field.name, makeField(field)]));
    this.name = makeField({ name: "name", label: "Name", default: "Automatic", kind: "text", choices: [] });
    this.preset = h("select", { id: "field-preset", onchange: () => this.showPreset() },
      h("option", { value: "" }, "Default (784-30-10)"),
      options.presets.map((one) => h("option", { value: one.name }, one.name)));
    this.about = h("p", { class: "note" });
    this.film = h("input", { type: "checkbox", id: "field-film", checked: true });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.start = h("button", { class: "button is-primary", type: "submit" }, "Start training");
    for (const name of ["loss", "optimizer"]) this.fields.get(name)?.input.addEventListener("change", () => this.showRates());
    this.element = this.build();
    this.showPreset();
  }

  build() {
    const { fields } = this.options;
    /** @param {FieldOptions[]} some */
    const pick = (some) => some.map((field) => this.fields.get(field.name)?.element);
    const groups = [...new Set(fields.map((field) => field.group))].map((group) => [
      h("h3", { class: "fields-title" }, group),
      h("div", { class: "fields" }, pick(fields.filter((field) => field.group === group && !field.is_basic))),
    ]);
    /** @param {SubmitEvent} event */
    const onsubmit = (event) => {
      event.preventDefault();
      this.begin();
    };
    return h("form", { class: "stack", onsubmit, novalidate: true },
      h("div", { class: "field" }, h("label", { for: "field-preset" }, "Preset"), this.preset, this.about),
      h("div", { class: "fields" }, pick(fields.filter((field) => field.is_basic))),
      h("details", { class: "more" }, h("summary", {}, "More settings"),
        groups, h("div", { class: "fields" }, this.name.element),
        h("label", { class: "check" }, this.film, "Save a film (weights after every epoch)")),
      this.problem, this.start);
  }

  /** The values without any choice in the form: the defaults, overridden by the preset. */
  get values() {
    /** @type {Record<string, unknown>} */
    const values = { ...this.options.defaults, ...this.chosenPreset?.values };
    if (this.chosenPreset?.values.layers) values.hidden = null;
    return values;
  }

  get chosenPreset() {
    return this.options.presets.find((one) => one.name === this.preset.value);
  }

  /** Show the values of the preset: as chosen items of lists, and as placeholders of texts. */
  showPreset() {
    const { chosenPreset, values } = this;
    this.about.textContent = chosenPreset ? aboutText(chosenPreset) : "";
    for (const [name, field] of this.fields) field.showDefault(asText(values[name]));
    this.showRates();
  }

  /** Show the automatic rates of the chosen loss and optimizer, unless the preset sets them. */
  showRates() {
    const [loss, optimizer] = ["loss", "optimizer"].map((name) => this.fields.get(name)?.input.value);
    const found = this.options.suitable.find((one) => one.loss === loss && one.optimizer === optimizer);
    for (const name of /** @type {const} */ (["learning_rate", "weight_decay"])) {
      const isOpen = (this.values[name] ?? null) === null;
      if (found && isOpen) this.fields.get(name)?.showDefault(`Automatic (${found[name]})`, true);
    }
  }

  async begin() {
    this.problem.hidden = true;
    for (const field of [this.name, ...this.fields.values()]) field.showError("");
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

  /** Return the settings that differ from the preset: typed texts, and other items of lists. */
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

  /** @param {unknown} error shown next to its field, if it has one */
  showProblem(error) {
    if (!(error instanceof LabError)) throw error;
    const field = error.field === "name" ? this.name : this.fields.get(error.field);
    if (field) {
      field.element.closest("details")?.setAttribute("open", "");
      field.showError(error.message);
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
