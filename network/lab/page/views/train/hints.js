// Hints: problems of a training run, found in its measurements, and how to fix them.

// The thresholds are halfway between runs that learn and runs that do not.
const MIN_STEPS = 200; // steps after which a working run is better than guessing
const STUCK = 0.95; // of the loss of guessing; a working run is at 0.8 of it after 100 steps
const JUMP = 3; // times the loss of guessing; working runs with sigmoids start at up to 2.8 times
const RISE = 1.5; // times the lowest loss ...
const MIN_RISE = 0.15; // ... and this share of the loss of guessing, because low losses are noisy
const SWING = 0.25; // of the loss of guessing: mean change between windows, over ...
const SWINGS = 12; // ... this many changes, of which at least a third go up and a third go down
const DEAD = 0.5; // of the units of a layer; networks that learn well have up to a quarter
const FLAT = 0.3; // of the units of a layer: with this many dead units, the learning rate is not too low
const VANISHED = 1 / 30; // of the gradient of the last layer; working networks have at least a tenth
const DEEP = 3; // minimum number of layers with weights for vanishing gradients
const WORSE = 1.1; // times the lowest validation loss, ...
const LATER = 3; // ... as the mean of this many later epochs, because single epochs are noisy, ...
const GAP = 2; // ... and times the training loss, because both are noisy at a high learning rate
const WINDOW = { points: 5, steps: 50 }; // size of a window, over which the loss is averaged
const SMALL_WINDOW = { points: 1, steps: 10 }; // ... and for oscillations

/** A run that has started. @typedef {Run & {begin: BeginEvent}} StartedRun */
/** A problem and its fix. @typedef {{problem: string, fix: string}} Advice */

/**
 * Rules by name; each returns a problem of the run, or null.
 * @type {Record<string, (run: StartedRun) => Advice | null>}
 */
const RULES = { diverged, jumps, rises, swings, dead, vanishes, creeps, overfits };

/**
 * List the problems of a run, based on its events so far.
 * @param {Run} run
 * @returns {(Advice & {rule: string})[]}
 */
export function hintsOf(run) {
  const { begin } = run;
  if (!begin) return [];
  return Object.entries(RULES).flatMap(([rule, find]) => {
    const advice = find({ ...run, begin });
    return advice ? [{ rule, ...advice }] : [];
  });
}

/** @type {(run: StartedRun) => Advice | null} */
function diverged(run) {
  if (run.failure !== "DivergedError") return null;
  return {
    problem: `${run.message.split(". ")[0].replace(/^t/, "T")}.`,
    fix: `The learning rate, ${rateOf(run)}, is too high. Restart with a tenth of it.`,
  };
}

/** @type {(run: StartedRun) => Advice | null} */
function jumps(run) {
  const points = pointsSince(run);
  const last = points.at(-1)?.[0] ?? 0;
  const some = isStuck(run) ? points : points.filter(([step]) => step > last - MIN_STEPS);
  const most = Math.max(...some.map(([, loss]) => loss));
  if (!(most > JUMP * guessing(run))) return null;
  return {
    problem: `The loss jumped to ${show(most)}. Random guessing gives ${show(guessing(run))}.`,
    fix: `The learning rate, ${rateOf(run)}, is too high. Try a tenth of it.`,
  };
}

/** @type {(run: StartedRun) => Advice | null} */
function rises(run) {
  const means = windowMeans(pointsSince(run, ["dropout", "augment", "weight_decay"])); // these raise the loss themselves
  const now = means.at(-1) ?? NaN;
  const lowest = Math.min(...means);
  if (!(now > RISE * lowest && now - lowest > MIN_RISE * guessing(run))) return null;
  return {
    problem: `The loss rose from ${show(lowest)} to ${show(now)}.`,
    fix: `The learning rate, ${rateOf(run)}, is too high. Try a third of it.`,
  };
}

/** @type {(run: StartedRun) => Advice | null} */
function swings(run) {
  const losses = windowMeans(pointsSince(run), SMALL_WINDOW).slice(-SWINGS - 1);
  const moves = losses.slice(1).map((loss, index) => loss - losses[index]);
  const size = mean(moves.map(Math.abs));
  const ups = moves.filter((move) => move > 0).length;
  const isBothWays = Math.min(ups, moves.length - ups) >= SWINGS / 3;
  if (moves.length < SWINGS || !isBothWays || !(size > SWING * guessing(run))) return null;
  return {
    problem: `The loss oscillates by ${show(size)}.`,
    fix: `The learning rate, ${rateOf(run)}, is too high. Try a third of it.`,
  };
}

/** @type {(run: StartedRun) => Advice | null} */
function dead(run) {
  const layer = deadest(run);
  if (!layer || layer.dead < DEAD) return null;
  const [how, other] = FLATNESS[activationAfter(run, layer.index) ?? "ReLU"];
  return {
    problem: `${Math.round(100 * layer.dead)} % of the units of ${layer.name} ${how}. They hardly learn.`,
    fix: `The learning rate, ${rateOf(run)}, is too high. Restart with a tenth of it, or with ${other} in the hidden layers.`,
  };
}

const SATURATED = ["are saturated on every image", "ReLU"];
const SILENT = ["are dead: they output 0 for every image", "LeakyReLU"];
/** The kind of flatness of an activation, and an alternative. @type {Record<string, string[]>} */
const FLATNESS = { Sigmoid: SATURATED, Tanh: SATURATED, ReLU: SILENT, GELU: SILENT };

/** @type {(run: StartedRun) => Advice | null} */
function vanishes(run) {
  const share = shareOfGradient(run);
  if (!isStuck(run) || run.layers.length < DEEP || !(share < VANISHED) || hasFlatUnits(run)) return null;
  return {
    problem: `The gradient vanishes: in the first layer it is ${show(1 / share)} times smaller than in the last.`,
    fix: "Use ReLU instead of sigmoid or tanh, fewer layers, or BatchNorm between them.",
  };
}

/** @type {(run: StartedRun) => Advice | null} */
function creeps(run) {
  if (!isStuck(run) || hasFlatUnits(run) || jumps(run) || swings(run) || vanishes(run)) return null;
  return {
    problem: `The loss is stuck at ${show(lossNow(run))}. Random guessing gives ${show(guessing(run))}.`,
    fix: `The learning rate, ${rateOf(run)}, is too low. Try ten times as much.`,
  };
}

/** @type {(run: StartedRun) => Advice | null} */
function overfits(run) {
  const epochs = run.epochsDone.flatMap((epoch) =>
    (epoch.validation_loss === null ? [] : [{ ...epoch, validation_loss: epoch.validation_loss }]));
  if (!epochs.length) return null;
  const best = epochs.reduce((a, b) => (b.validation_loss < a.validation_loss ? b : a));
  const [last, now] = [epochs[epochs.length - 1], mean(epochs.slice(-LATER).map((epoch) => epoch.validation_loss))];
  const isWorse = now > WORSE * best.validation_loss && last.epoch - best.epoch >= LATER;
  if (!isWorse || last.loss >= best.loss || now < GAP * last.loss) return null;
  return {
    problem: `The network is overfitting: the validation loss was lowest after epoch ${best.epoch} (${show(best.validation_loss)}) and `
      + `is ${show(now)} in the last ${LATER} epochs, while the training loss fell from ${show(best.loss)} to ${show(last.loss)}.`,
    fix: "Stop here, or use augmentation, dropout, more weight decay, or more training images.",
  };
}

/**
 * Return the loss of guessing: of the same score, 1/K, for each of the K classes.
 * @param {StartedRun} run
 * @returns {number}
 */
function guessing({ begin }) {
  const classes = Number(begin.sizes.split("-").at(-1));
  const share = 1 / classes;
  /** @type {Record<string, number>} */
  const losses = {
    "cross-entropy": Math.log(classes),
    "squared-error": (1 - share) / 2, // half the sum of (1 - 1/K)² once and (1/K)² for the other classes
    "binary-cross-entropy": -Math.log(share) - (classes - 1) * Math.log(1 - share),
  };
  return losses[begin.configuration.loss];
}

/**
 * Return whether a run is still no better than guessing after MIN_STEPS.
 * @param {StartedRun} run
 */
function isStuck(run) {
  const points = pointsSince(run);
  const [first, last] = [points[0], points.at(-1)];
  const steps = first && last ? last[0] - first[0] + first[2] : 0;
  return steps >= MIN_STEPS && lossNow(run) >= STUCK * guessing(run);
}

/**
 * Return the mean loss of the latest window.
 * @param {Run} run
 */
function lossNow(run) {
  return windowMeans(pointsSince(run)).at(-1) ?? NaN;
}

/**
 * Return the losses since the last change of the named settings, or of any setting.
 * @param {Run} run
 * @param {string[] | null} names
 * @returns {LossPoint[]}
 */
function pointsSince(run, names = null) {
  const since = lastChange(run, names);
  return run.losses.filter(([step, , count]) => step - count >= since);
}

/**
 * Return the step of the last change of the named settings, or of any setting.
 * @param {Run} run
 * @param {string[] | null} names
 */
function lastChange(run, names = null) {
  /** @param {string} name */
  const isNamed = (name) => (names ? names.includes(name) : name !== "epochs");
  return run.changes.findLast(({ values }) => Object.keys(values).some(isNamed))?.step ?? 0;
}

/**
 * Return the mean loss of each window; an incomplete last window is dropped.
 * @param {LossPoint[]} points
 * @param {{points: number, steps: number}} size
 * @returns {number[]}
 */
function windowMeans(points, size = WINDOW) {
  const means = [];
  let [sum, steps, some] = [0, 0, 0];
  for (const [, loss, count] of points) {
    [sum, steps, some] = [sum + loss * count, steps + count, some + 1];
    if (some < size.points || steps < size.steps) continue;
    means.push(sum / steps);
    [sum, steps, some] = [0, 0, 0];
  }
  return means;
}

/**
 * Return whether dead units may be the reason for a stuck loss. Also true while the last measurement is
 * too early to decide.
 * @param {Run} run
 */
function hasFlatUnits(run) {
  const measured = run.layers[0]?.gradients.at(-1)?.[0] ?? 0;
  return (deadest(run)?.dead ?? 0) >= FLAT || measured < lastChange(run) + MIN_STEPS;
}

/**
 * Return the layer with the largest share of dead units.
 * @param {Run} run
 */
function deadest({ layers }) {
  return layers
    .flatMap(({ name, dead }, index) => (dead === null ? [] : [{ name, dead, index }]))
    .sort((a, b) => b.dead - a.dead)[0];
}

/**
 * Return the activation after a layer with weights.
 * @param {StartedRun} run
 * @param {number} index among the layers with weights
 */
function activationAfter({ begin }, index) {
  const kinds = begin.layers.map((text) => text.split("(")[0]);
  const withWeights = kinds.flatMap((kind, at) => (["Linear", "Conv2D"].includes(kind) ? [at] : []));
  return kinds.slice(withWeights[index]).find((kind) => kind in FLATNESS);
}

/**
 * Return the gradient norm of the first layer divided by that of the last.
 * @param {Run} run
 */
function shareOfGradient({ layers }) {
  return layers.length ? (layers[0].gradient ?? 0) / (layers[layers.length - 1].gradient ?? 0) : 1;
}

/** @param {StartedRun} run */
function rateOf(run) {
  return show((run.controls ?? run.begin.configuration).learning_rate);
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Format a number with three significant digits.
 * @param {number} value
 */
function show(value) {
  return value >= 1e9 ? value.toExponential(1) : Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
