// A training run, as its events so far add up: listen to them, take them in, read points off it.

import { listen } from "../../data/api.js";

const OVER = new Set(["ended", "stopped", "failed"]);

/**
 * Return whether a training has ended, one way or the other.
 * @param {string} state
 */
export function isOver(state) {
  return OVER.has(state);
}

/**
 * Make a run of which nothing is known yet.
 * @param {string} name
 * @returns {Run}
 */
export function newRun(name) {
  return {
    name, log: "", last: "", state: "", message: "", failure: "", told: null, controls: null, epochs: 0,
    epochsDone: [], losses: [], usual: 0, layers: [], changes: [], rate: null, pace: null, step: 0, stop: null,
  };
}

/**
 * Listen to a run's events until they end; `onEvent` is called when each is taken in.
 * @param {Run} run
 * @param {(run: Run, event: TrainingEvent) => void} onEvent
 */
export function followRun(run, onEvent) {
  run.stop?.();
  /** @type {StreamListener<TrainingEvent>} */
  const listener = {
    onEvent(event, id) {
      takeEvent(run, event, id);
      onEvent(run, event);
    },
  };
  run.stop = listen(`/api/trainings/${encodeURIComponent(run.name)}/events?after=${run.last}`, listener);
}

/**
 * Take in one event; `id` is the stream's, "" if there is none. A new log begins the run anew.
 * @param {Run} run
 * @param {TrainingEvent} event
 * @param {string} id
 */
export function takeEvent(run, event, id = "") {
  const log = id.split("-")[0];
  if (id && log !== run.log) Object.assign(run, newRun(run.name), { stop: run.stop, log });
  if (id) run.last = id;
  switch (event.type) {
    case "begin": return takeBegin(run, event);
    case "progress": return takeProgress(run, event);
    case "epoch": return takeEpoch(run, event);
    case "state":
      Object.assign(run, { state: event.state, message: event.message ?? "", failure: event.kind ?? "" });
      break;
    case "change":
      run.changes.push(event);
      Object.assign(run, { controls: event.controls, epochs: event.epochs });
      break;
    case "pace":
      run.pace = event.steps_a_second;
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
function takeBegin(run, event) {
  Object.assign(run, { told: event, controls: event.controls, epochs: event.epochs, pace: null });
  run.changes = [...event.changes];
  for (const epoch of event.history) takeEpoch(run, epoch);
}

/**
 * @param {Run} run
 * @param {Epoch} epoch
 */
function takeEpoch(run, epoch) {
  run.epochsDone[epoch.epoch - 1] = epoch;
  run.step = Math.max(run.step, epoch.step);
}

/**
 * @param {Run} run
 * @param {ProgressEvent} event
 */
function takeProgress(run, event) {
  for (const point of event.losses) addLoss(run, point);
  Object.assign(run, { rate: event, step: event.step });
  (event.layers ?? []).forEach(({ name, gradient, dead }, index) => {
    const kept = (run.layers[index] ??= { name, gradients: [], gradient, dead });
    if (event.step && gradient !== null) kept.gradients.push([event.step, gradient]);
    Object.assign(kept, { gradient, dead });
  });
}

/**
 * Add a point. The mean of a few steps jumps more than that of many beside it, so it is taken into the
 * point before.
 * @param {Run} run
 * @param {LossPoint} point
 */
function addLoss(run, [step, mean, count]) {
  const last = run.losses.at(-1);
  if (!last || 3 * count >= run.usual) {
    run.losses.push([step, mean, count]);
    run.usual = count;
  } else {
    const together = last[2] + count;
    run.losses[run.losses.length - 1] = [step, (last[1] * last[2] + mean * count) / together, together];
    run.usual /= 2; // where few remain the rule, they get points of their own soon
  }
}

/**
 * Return the losses of a run as points: each step's where they were seen, else each epoch's.
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
 * Return the accuracy on what is held out, epoch by epoch.
 * @param {Run} run
 * @returns {Point[]}
 */
export function accuracyPoints({ epochsDone }) {
  return epochsDone.flatMap(({ epoch, validation_accuracy: accuracy }) =>
    (accuracy === null ? [] : [/** @type {Point} */ ([epoch, accuracy])]));
}

/**
 * Write what was changed.
 * @param {SettingsChange} change
 */
export function describeChange({ step, values }) {
  const words = Object.entries(values).map(([name, value]) => {
    const text = typeof value === "object" ? JSON.stringify(value) : value;
    return `${name.replaceAll("_", " ")} ${text}`;
  });
  return `step ${step.toLocaleString("en-US")}: ${words.join(", ")}`;
}
