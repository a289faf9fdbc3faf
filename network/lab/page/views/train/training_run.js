// Follow a run: take in its events, and keep what they add up to.

import { listen } from "../../data/api.js";

export const OVER = new Set(["ended", "stopped", "failed"]);

/** What is known of a run from its events. `follow` calls `onChange(run, event)` for each. */
export function newRun(name) {
  return {
    name, log: "", last: "", state: "", message: "", failure: "", told: null, controls: null, epochs: 0,
    epochsDone: [], losses: [], usual: 0, layers: [], changes: [], rate: null, pace: null, step: 0, stop: null,
  };
}

/** Listen to a run's events until they end. */
export function follow(run, onChange) {
  run.stop?.();
  run.stop = listen(`/api/trainings/${encodeURIComponent(run.name)}/events?after=${run.last}`, {
    onEvent(event, id) {
      take(run, event, id);
      onChange(run, event);
    },
    onState: (state) => onChange(run, { type: "connection", state }),
  });
}

/** Take in one event; `id` is the stream's, "" where there is none. */
export function take(run, event, id = "") {
  const log = id.split("-")[0];
  if (id && log !== run.log) Object.assign(run, newRun(run.name), { stop: run.stop, log });
  if (id) run.last = id;
  TAKE[event.type]?.(run, event);
}

const TAKE = {
  begin(run, event) {
    Object.assign(run, { told: event, controls: event.controls, epochs: event.epochs, pace: null });
    run.changes = event.changes.map((one) => ({ ...one }));
    for (const epoch of event.history) TAKE.epoch(run, epoch);
  },
  state(run, event) {
    Object.assign(run, { state: event.state, message: event.message ?? "", failure: event.kind ?? "" });
  },
  progress(run, event) {
    for (const point of event.losses) addLoss(run, point);
    Object.assign(run, { rate: event, step: event.step });
    for (const [index, layer] of (event.layers ?? []).entries()) {
      const kept = (run.layers[index] ??= { name: layer.name, gradients: [], dead: null });
      if (event.step && layer.gradient !== null) kept.gradients.push([event.step, layer.gradient]);
      Object.assign(kept, { gradient: layer.gradient, dead: layer.dead });
    }
  },
  epoch(run, event) {
    run.epochsDone[event.epoch - 1] = event;
    run.step = Math.max(run.step, event.step);
  },
  change(run, event) {
    run.changes.push(event);
    Object.assign(run, { controls: event.controls, epochs: event.epochs });
  },
  pace(run, event) {
    run.pace = event.steps_a_second;
  },
  end(run) {
    if (run.state === "watched") run.state = run.epochsDone.length < run.epochs ? "stopped" : "ended";
  },
  problem(run, event) {
    run.message = event.message;
  },
};

/** Add a point: a step, the mean of some steps up to it, and of how many. The mean of a few steps
 * jumps more than that of many beside it, so it is taken into the point before. */
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

/** The losses of a run as points: each step's where they were seen, else each epoch's. */
export function lossPoints(run) {
  const before = run.losses.length ? run.losses[0][0] : Infinity;
  const epochs = run.epochsDone.filter((epoch) => epoch && epoch.step < before);
  return [...epochs.map((epoch) => [epoch.step, epoch.loss]), ...run.losses];
}

/** The accuracy on what is held out, epoch by epoch. */
export function accuracyPoints(run) {
  return run.epochsDone
    .filter((epoch) => epoch && epoch.validation_accuracy !== null)
    .map((epoch) => [epoch.epoch, epoch.validation_accuracy]);
}

/** Say in words what was changed. */
export function describeChange({ step, values }) {
  const words = Object.entries(values).map(([name, value]) => {
    const text = typeof value === "object" ? JSON.stringify(value) : value;
    return `${name.replaceAll("_", " ")} ${text}`;
  });
  return `step ${step.toLocaleString("en-US")}: ${words.join(", ")}`;
}
