// The form that begins a training: a preset, and what is chosen over it.

import { fill, h } from "../../ui/dom.js";
import { LabError } from "../../data/api.js";

const FIELDS = [
  { name: "hidden", label: "Hidden sizes", hint: "30, or 128,64" },
  { name: "optimizer", label: "Optimizer", list: "optimizers" },
  { name: "loss", label: "Loss", list: "losses", wide: true },
  { name: "learning_rate", label: "Learning rate", type: "number", hint: "what suits" },
  { name: "epochs", label: "Epochs", type: "number" },
  { name: "limit", label: "Images, at most", type: "number", hint: "all" },
  { name: "batch_size", label: "Batch size", type: "number" },
];
const MORE = [
  { name: "layers", label: "Layers as text, instead of hidden sizes", hint: "Conv2D(8, 5), ReLU, Flatten", wide: true },
  { name: "activation", label: "Activation", list: "activations" },
  { name: "seed", label: "Seed", type: "number" },
  { name: "augment", label: "Augmentation", hint: "shift=2,rotate=10", wide: true },
  { name: "dataset", label: "Data set", list: "datasets" },
];

/** Make the form; `onBegin(run)` is called when a training has begun. */
export function trainingForm(api, choices, onBegin) {
  const fields = new Map([...FIELDS, ...MORE].map((field) => [field.name, makeField(field, choices)]));
  const name = makeField({ name: "name", label: "Name", hint: "one of its own" }, choices);
  const preset = h("select", { id: "field-preset" },
    h("option", { value: "" }, "no preset: 784-30-10"),
    choices.presets.map((one) => h("option", { value: one.name }, one.name)));
  const about = h("p", { class: "note" });
  const film = h("input", { type: "checkbox", id: "field-film", checked: true });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const start = h("button", { class: "button is-primary", type: "submit" }, "Start training");
  const pick = (some) => some.map((field) => fields.get(field.name).element);

  function showPreset() {
    const found = choices.presets.find((one) => one.name === preset.value);
    const values = { ...choices.defaults, ...found?.values };
    about.textContent = found ? `${found.about.what}; ${reached(found.about)}` : "";
    if (found?.values.layers) values.hidden = null;
    for (const [field, { input, isList }] of fields) {
      const text = asText(values[field]);
      if (isList) input.value = text;
      else Object.assign(input, { value: "", placeholder: text || (input.dataset.hint ?? "") });
    }
  }

  async function begin(event) {
    event.preventDefault();
    clearProblems();
    start.disabled = true;
    start.textContent = "Starting …";
    try {
      const { run } = await api.post("/api/trainings", {
        preset: preset.value || null,
        name: name.input.value.trim() || null,
        film: film.checked,
        choices: chosen(),
      });
      name.input.value = "";
      onBegin(run);
    } catch (error) {
      showProblem(error);
    } finally {
      start.disabled = false;
      start.textContent = "Start training";
    }
  }

  /** What differs from the preset: texts that were written, and other items of the lists. */
  function chosen() {
    const found = choices.presets.find((one) => one.name === preset.value);
    const values = { ...choices.defaults, ...found?.values };
    const given = {};
    for (const [field, { input, isList, isNumber }] of fields) {
      const text = input.value.trim();
      if (text === "" || (isList && text === asText(values[field]))) continue;
      given[field] = isNumber ? Number(text) : text;
      if (isNumber && !Number.isFinite(given[field])) given[field] = text;
    }
    return given;
  }

  function clearProblems() {
    problem.hidden = true;
    for (const field of [name, ...fields.values()]) field.complain("");
  }

  function showProblem(error) {
    if (!(error instanceof LabError)) throw error;
    const field = error.field === "name" ? name : fields.get(error.field);
    if (field) {
      field.element.closest("details")?.setAttribute("open", "");
      field.complain(error.message);
      field.input.focus();
    } else {
      fill(problem, error.message);
      problem.hidden = false;
      problem.scrollIntoView({ block: "nearest" });
    }
  }

  preset.onchange = showPreset;
  showPreset();
  return h("form", { class: "stack", onsubmit: begin, novalidate: true },
    h("div", { class: "field" }, h("label", { for: "field-preset" }, "Preset"), preset, about),
    h("div", { class: "fields" }, pick(FIELDS)),
    h("details", { class: "more" }, h("summary", {}, "More choices"),
      h("div", { class: "fields" }, pick(MORE), name.element),
      h("label", { class: "check" }, film, "Keep a film: the weights after every epoch")),
    problem, start);
}

function reached(about) {
  return [about.reaches, about.time].filter(Boolean).join(" in ");
}

function asText(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(",") || "none";
  if (typeof value === "object") return Object.entries(value).map((pair) => pair.join("=")).join(",");
  return String(value).trim().replace(/\s+/g, " "); // layers of a preset stand in several lines
}

function makeField({ name, label, list, type, hint, wide }, choices) {
  const id = `field-${name}`;
  const input = list
    ? h("select", { id, name }, choices[list].map((one) => h("option", { value: one }, one)))
    : h("input", {
      id, name, placeholder: hint, "data-hint": hint, autocomplete: "off", spellcheck: "false",
      inputmode: type === "number" ? "decimal" : null,
    });
  const problem = h("span", { class: "field-problem", id: `${id}-problem`, role: "alert" });
  const element = h("div", { class: `field${wide ? " is-wide" : ""}` },
    h("label", { for: id }, label), input, problem);
  return {
    element, input, isList: Boolean(list), isNumber: type === "number",
    complain(text) {
      problem.textContent = text;
      element.classList.toggle("is-wrong", Boolean(text));
      if (text) input.setAttribute("aria-describedby", problem.id);
      else input.removeAttribute("aria-describedby");
    },
  };
}
