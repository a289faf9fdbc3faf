// Film: scrub through a finished run, epoch by epoch.

import { decode } from "../../data/api.js";
import { accuracyRange, formatAccuracy, lineChart } from "../../ui/charts.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { weightGrid } from "../../ui/weight_pictures.js";
import { filmOffer } from "./offer.js";
import { flipPanels } from "./prediction_changes.js";

export const title = "Film";
export const about = "Scrub through a training, epoch by epoch: what the network looked for, and what it took digits for.";

const PACE = 350; // milliseconds a frame
const AHEAD = 3; // frames that are fetched before they are wanted

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  const { api } = context;
  const content = h("div", { class: "stack" });
  root.append(content);
  const address = `/api/runs/${encodeURIComponent(context.run)}/film`;
  let leave = () => {};
  let isGone = false;

  async function load() {
    leave();
    try {
      const film = await api.get(address);
      if (isGone) return;
      leave = film.epochs.length > 1 ? showFilm(film) : filmOffer(content, film, api, address, load);
    } catch (error) {
      fill(content, h("p", { class: "problem", role: "alert" }, error.message));
    }
  }

  function showFilm(film) {
    const shown = player(film, api, address);
    fill(content, shown.element);
    context.onTheme(shown.redraw);
    return shown.leave;
  }

  load();
  return () => {
    isGone = true;
    leave();
  };
}

function player(film, api, address) {
  const last = film.epochs.length - 1;
  const frames = new Map(); // epoch -> promise of a frame
  let epoch = last;
  let timer = null;

  const play = h("button", { class: "button is-primary film-play", type: "button", onclick: toggle }, "Play");
  const slider = h("input", {
    type: "range", min: 0, max: last, value: last, "aria-label": "Epoch",
    oninput: () => { pause(); go(Number(slider.value)); },
  });
  const where = h("output", { class: "film-where" });
  const accuracy = h("p", { class: "big-number", "aria-live": "polite" });
  const facts = h("p", { class: "note run-facts" });
  const chart = lineChart({
    label: "Accuracy on the images held out, epoch by epoch", xLabel: "epoch", height: 300, dots: true,
    formatY: formatAccuracy, yRange: accuracyRange,
    onPick: (x) => { pause(); go(Math.round(x)); },
  });
  const weights = weightGrid();
  const flips = flipPanels(film.classes);
  const problem = h("p", { class: "problem", role: "alert", hidden: true });

  const fetchFrame = (wanted) => {
    if (!frames.has(wanted)) frames.set(wanted, api.get(`${address}/${wanted}`));
    return frames.get(wanted);
  };

  async function go(wanted) {
    epoch = Math.min(Math.max(wanted, 0), last);
    slider.value = epoch;
    slider.setAttribute("aria-valuetext", `epoch ${epoch} of ${last}`);
    fill(where, `epoch ${epoch} `, h("span", { class: "note" }, `of ${last}`));
    const asked = epoch;
    try {
      const frame = await fetchFrame(asked);
      if (asked === epoch) show(frame);
    } catch (error) {
      frames.delete(asked);
      pause();
      fill(problem, error.message);
      problem.hidden = false;
    }
    for (let next = asked + 1; next <= Math.min(last, asked + AHEAD); next++) fetchFrame(next).catch(() => frames.delete(next));
  }

  function show(frame) {
    problem.hidden = true;
    fill(accuracy, frame.count ? percent(frame.right / frame.count) : "–");
    const told = film.history.find((one) => one.epoch === frame.epoch);
    fill(facts,
      h("span", {}, frame.count ? `${number(frame.right)} of ${number(frame.count)} held out are right` : "nothing was held out"),
      told && h("span", {}, `loss ${Number(told.loss.toPrecision(3))}`),
      told && h("span", {}, `learning rate ${Number(told.learning_rate.toPrecision(2))}`));
    const points = film.history.filter((one) => one.validation_accuracy !== null)
      .map((one) => [one.epoch, one.validation_accuracy]);
    chart.update([{ name: "accuracy", color: "var(--series-1)", points }], {
      xMax: last, marks: [[frame.epoch, `epoch ${frame.epoch}`]],
    });
    weights.show({ ...decode(frame.pictures), limit: frame.pictures.limit });
    flips.show(frame);
  }

  function toggle() {
    if (timer) pause();
    else start();
  }

  function start() {
    play.textContent = "Pause";
    if (epoch === last) go(0);
    timer = setInterval(() => {
      if (epoch === last) pause();
      else go(epoch + 1);
    }, PACE);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }

  function onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (event.target.closest?.("input, select, button, a") && !step) return;
    if (event.target.closest?.("input, select") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (step) {
      pause();
      go(epoch + step);
    } else if (event.key === " ") toggle();
    else return;
    event.preventDefault();
  }
  addEventListener("keydown", onKey);
  go(last);

  const element = h("div", { class: "stack" },
    h("section", { class: "panel film-bar" }, play, slider, where),
    problem, noteOn(film),
    h("div", { class: "grid film-grid" },
      h("section", { class: "panel" }, h("h2", {}, "Accuracy ", h("small", {}, "on images held out")), accuracy, facts, chart.element),
      h("section", { class: "panel" }, h("h2", {}, "First weights"), weights.element)),
    flips.element);
  return {
    element,
    redraw() {
      weights.redraw();
      flips.redraw();
    },
    leave() {
      pause();
      removeEventListener("keydown", onKey);
    },
  };
}

/** Say what the film does not show. */
function noteOn(film) {
  if (film.shows_the_run === false) {
    return h("p", { class: "note" }, "This film comes to other weights than the run has: it was made with other versions, ",
      "another processor or other data. It shows how such a training goes, not this one bit for bit.");
  }
  return film.is_whole ? null
    : h("p", { class: "note" }, `The film ends at epoch ${film.epochs.length - 1}; the run has ${film.done}.`);
}
