// A training run on the page: receive its events, update its state, return its curves.

import { listen } from "../../data/api.js";

const OVER = new Set(["ended", "stopped", "failed"]);

/**
 * Return whether a training run is over: finished, stopped or failed.
 * @param {string} state
 */
export function isOver(state) {
  return OVER.has(state);
}

/**
 * Return a run without events.
 * @param {string} name
 * @returns {Run}
 */
export function newRun(name) {
  return {
    name, log: "", last: "", state: "", message: "", failure: "", begin: null, controls: null, epochs: 0,
    epochsDone: [], losses: [], usual: 0, layers: [], changes: [], rate: null, speed: null, step: 0, stop: null,
  };
}

/**
 * Open the stream of events of a run; calls `onEvent` after each one has been applied.
 * @param {Run} run
 * @param {(run: Run, event: TrainingEvent) => void} onEvent
 */
export function followRun(run, onEvent) {
  run.stop?.();
  /** @type {StreamListener<TrainingEvent>} */
  const listener = {
    onEvent(event, id) {
      applyEvent(run, event, id);
      onEvent(run, event);
    },
  };
  run.stop = listen(`/api/trainings/${encodeURIComponent(run.name)}/events?after=${run.last}`, listener);
}

/**
 * Apply an event to a run; `id` is its id in the stream, or "". A new log resets the run.
 * @param {Run} run
 * @param {TrainingEvent} event
 * @param {string} id
 */
export function applyEvent(run, event, id = "") {
  const log = id.split("-")[0];
  if (id && log !== run.log) Object.assign(run, newRun(run.name), { stop: run.stop, log });
  if (id) run.last = id;
  switch (event.type) {
    case "begin": return applyBegin(run, event);
    case "progress": return applyProgress(run, event);
    case "epoch": return applyEpoch(run, event);
    case "state":
      Object.assign(run, { state: event.state, message: event.message ?? "", failure: event.kind ?? "" });
      break;
    case "change":
      run.changes.push(event);
      Object.assign(run, { controls: event.controls, epochs: event.epochs });
      break;
    case "pace":
      run.speed = event.steps_a_second;
      break;
    case "problem":
      run.message = event.message;
      break;
    case "end":
      if (run.state === "watched") run.state = run.epochsDone.length < run.epochs ? "stopped" : "ended";
  }
}

/**
 * @param {Run} run
 * @param {BeginEvent} event
 */
function applyBegin(run, event) {
  Object.assign(run, { begin: event, controls: event.controls, epochs: event.epochs, speed: null });
  run.changes = [...event.changes];
  for (const epoch of event.history) applyEpoch(run, epoch);
}

/**
 * @param {Run} run
 * @param {Epoch} epoch
 */
function applyEpoch(run, epoch) {
  run.epochsDone[epoch.epoch - 1] = epoch;
  run.step = Math.max(run.step, epoch.step);
}

/**
 * @param {Run} run
 * @param {ProgressEvent} event
 */
function applyProgress(run, event) {
  for (const point of event.losses) addLoss(run, point);
  Object.assign(run, { rate: event, step: event.step });
  (event.layers ?? []).forEach(({ name, gradient, dead }, index) => {
    const kept = (run.layers[index] ??= { name, gradients: [], gradient, dead });
    if (event.step && gradient !== null) kept.gradients.push([event.step, gradient]);
    Object.assign(kept, { gradient, dead });
  });
}

/**
 * Add a point to the loss curve. The mean of only a few steps is noisy, so such a point is merged with
 * the previous one.
 * @param {Run} run
 * @param {LossPoint} point
 */
function addLoss(run, [step, mean, count]) {
  const last = run.losses.at(-1);
  if (!last || 3 * count >= run.usual) {
    run.losses.push([step, mean, count]);
    run.usual = count;
  } else {
    const sum = last[2] + count;
    run.losses[run.losses.length - 1] = [step, (last[1] * last[2] + mean * count) / sum, sum];
    run.usual /= 2; // if few steps remain the rule, they soon become separate points
  }
}

/**
 * Return the loss curve of a run: per step if the events are known, else per epoch.
 * @param {Run} run
 * @returns {Point[]}
 */
export function lossPoints({ losses, epochsDone }) {
  const before = losses.length ? losses[0][0] : Infinity;
  const epochs = epochsDone.filter((epoch) => epoch.step < before);
  return [
    ...epochs.map((epoch) => /** @type {Point} */ ([epoch.step, epoch.loss])),
    ...losses.map(([step, loss]) => /** @type {Point} */ ([step, loss])),
  ];
}

/**
 * Return the validation accuracy per epoch.
 * @param {Run} run
 * @returns {Point[]}
 */
export function accuracyPoints({ epochsDone }) {
  return epochsDone.flatMap(({ epoch, validation_accuracy: accuracy }) =>
    (accuracy === null ? [] : [/** @type {Point} */ ([epoch, accuracy])]));
}

/**
 * Describe a change of settings.
 * @param {SettingsChange} change
 */
export function describeChange({ step, values }) {
  const words = Object.entries(values).map(([name, value]) => {
    const text = typeof value === "object" ? JSON.stringify(value) : value;
    return `${name.replaceAll("_", " ")} ${text}`;
  });
  return `step ${step.toLocaleString("en-US")}: ${words.join(", ")}`;
}
