// What goes wrong in a training, and what to do about it: plain sentences, from what was measured.

// Thresholds lie between trainings that learn and trainings that do not, as far from both as could be.
const MIN_STEPS = 200; // steps after which a training that works has left guessing behind
const STUCK = 0.95; // of the loss of guessing: what learns is at 0.8 of it after 100 steps, and falls
const JUMP = 3; // times the loss of guessing: sigmoids begin at 2.8 times, nothing sound beyond
const RISE = 1.5; // times the lowest loss ...
const MIN_RISE = 0.15; // ... and so much of the loss of guessing, for low losses jitter
const SWING = 0.25; // of the loss of guessing, from one block to the next, on average of ...
const SWINGS = 12; // ... so many moves, a third of them up and a third down
const DEAD = 0.5; // of a layer's units: a network that learns well has up to a quarter
const FLAT = 0.3; // of a layer's units: where so many are dead, a low rate is not what is wrong
const VANISHED = 1 / 30; // of the last layer's gradient; sound networks have a tenth and more
const DEEP = 3; // layers that learn, from which on gradients can vanish
const WORSE = 1.1; // times the lowest loss on what is held out, ...
const LATER = 3; // ... as the mean of so many epochs, all after it: one by one they jitter as much ...
const GAP = 2; // ... and times the loss on training images: at a high rate both jitter, side by side
const BLOCK = { points: 5, steps: 50 }; // of which a mean loss is taken; ...
const SMALL_BLOCK = { points: 1, steps: 10 }; // ... and of which one that swings, as single steps do anyhow

/** A run that has begun. @typedef {Run & {told: BeginEvent}} Begun */
/** What is wrong, and what to do about it. @typedef {{what: string, todo: string}} Advice */

/**
 * Every rule by its name: it looks at a run and finds what is wrong, or null.
 * @type {Record<string, (run: Begun) => Advice | null>}
 */
const RULES = { diverged, jumps, rises, swings, dead, vanishes, creeps, overfits };

/**
 * List what is wrong with a run, from its events so far: nothing when all is well.
 * @param {Run} run
 * @returns {(Advice & {rule: string})[]}
 */
export function hintsOf(run) {
  const { told } = run;
  if (!told) return [];
  return Object.entries(RULES).flatMap(([rule, find]) => {
    const advice = find({ ...run, told });
    return advice ? [{ rule, ...advice }] : [];
  });
}

/** @type {(run: Begun) => Advice | null} */
function diverged(run) {
  if (run.failure !== "DivergedError") return null;
  return {
    what: `The training broke off: ${run.message.split(". ")[0]}. The weights have run away.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: begin again with a tenth of it.`,
  };
}

/** @type {(run: Begun) => Advice | null} */
function jumps(run) {
  const points = pointsSince(run);
  const last = points.at(-1)?.[0] ?? 0;
  const some = isStuck(run) ? points : points.filter(([step]) => step > last - MIN_STEPS);
  const most = Math.max(...some.map(([, loss]) => loss));
  if (!(most > JUMP * guessing(run))) return null;
  return {
    what: `The loss jumped up to ${show(most)}; guessing would cost ${show(guessing(run))}.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: try a tenth of it.`,
  };
}

/** @type {(run: Begun) => Advice | null} */
function rises(run) {
  const blocks = blocksOf(pointsSince(run, ["dropout", "augment", "weight_decay"])); // these raise it themselves
  const now = blocks.at(-1) ?? NaN;
  const lowest = Math.min(...blocks);
  if (!(now > RISE * lowest && now - lowest > MIN_RISE * guessing(run))) return null;
  return {
    what: `The loss is rising: it was ${show(lowest)} and is ${show(now)} now.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: try a third of it.`,
  };
}

/** @type {(run: Begun) => Advice | null} */
function swings(run) {
  const losses = blocksOf(pointsSince(run), SMALL_BLOCK).slice(-SWINGS - 1);
  const moves = losses.slice(1).map((loss, index) => loss - losses[index]);
  const size = mean(moves.map(Math.abs));
  const ups = moves.filter((move) => move > 0).length;
  const isBothWays = Math.min(ups, moves.length - ups) >= SWINGS / 3;
  if (moves.length < SWINGS || !isBothWays || !(size > SWING * guessing(run))) return null;
  return {
    what: `The loss swings, by ${show(size)} from one moment to the next.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: try a third of it.`,
  };
}

/** @type {(run: Begun) => Advice | null} */
function dead(run) {
  const layer = deadest(run);
  if (!layer || layer.dead < DEAD) return null;
  const [how, other] = FLATNESS[activationBehind(run, layer.place) ?? "ReLU"];
  return {
    what: `${Math.round(100 * layer.dead)} % of the units of ${layer.name} ${how}, so hardly anything is learnt through them.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: begin again with a tenth of it, or with ${other} in the hidden layers.`,
  };
}

const SATURATED = ["are saturated on every image", "relu"];
const SILENT = ["are dead: no image moves them", "leaky-relu"];
/** How an activation is flat, and another one to take. @type {Record<string, string[]>} */
const FLATNESS = { Sigmoid: SATURATED, Tanh: SATURATED, ReLU: SILENT, GELU: SILENT };

/** @type {(run: Begun) => Advice | null} */
function vanishes(run) {
  const share = shareOfGradient(run);
  if (!isStuck(run) || run.layers.length < DEEP || !(share < VANISHED) || hasFlatUnits(run)) return null;
  return {
    what: `The gradient of the first layer is ${show(1 / share)} times smaller than that of the last: it vanishes on the way back.`,
    todo: "Take relu in the place of sigmoid or tanh, fewer layers, or BatchNorm between them.",
  };
}

/** @type {(run: Begun) => Advice | null} */
function creeps(run) {
  if (!isStuck(run) || hasFlatUnits(run) || jumps(run) || swings(run) || vanishes(run)) return null;
  return {
    what: `The loss hardly falls: it is still ${show(lossNow(run))}, and guessing would cost ${show(guessing(run))}.`,
    todo: `The learning rate, ${rateOf(run)}, is too low: try ten times as much.`,
  };
}

/** @type {(run: Begun) => Advice | null} */
function overfits(run) {
  const epochs = run.epochsDone.flatMap((epoch) =>
    (epoch.validation_loss === null ? [] : [{ ...epoch, validation_loss: epoch.validation_loss }]));
  if (!epochs.length) return null;
  const best = epochs.reduce((a, b) => (b.validation_loss < a.validation_loss ? b : a));
  const [last, now] = [epochs[epochs.length - 1], mean(epochs.slice(-LATER).map((epoch) => epoch.validation_loss))];
  const isWorse = now > WORSE * best.validation_loss && last.epoch - best.epoch >= LATER;
  if (!isWorse || last.loss >= best.loss || now < GAP * last.loss) return null;
  return {
    what: `On the images held out the loss was lowest after epoch ${best.epoch}, ${show(best.validation_loss)}, and is `
      + `${show(now)} in the last ${LATER} epochs, while on the training images it fell from ${show(best.loss)} to `
      + `${show(last.loss)}: these are being learnt by heart (overfitting).`,
    todo: "Stop here, or try augmentation, dropout, more weight decay, or more images.",
  };
}

/**
 * Return the loss of an answer that is the same for every image, as good as such a one can be: where
 * learning begins. With K classes it says 1/K for each.
 * @param {Begun} run
 * @returns {number}
 */
function guessing({ told }) {
  const classes = Number(told.sizes.split("-").at(-1));
  const share = 1 / classes;
  /** @type {Record<string, number>} */
  const losses = {
    "cross-entropy": Math.log(classes),
    "squared-error": (1 - share) / 2, // half the squares of 1 - 1/K once and of 1/K at the others
    "binary-cross-entropy": -Math.log(share) - (classes - 1) * Math.log(1 - share),
  };
  return losses[told.configuration.loss];
}

/**
 * Return whether it has not left guessing behind, though it had the time.
 * @param {Begun} run
 */
function isStuck(run) {
  const points = pointsSince(run);
  const [first, last] = [points[0], points.at(-1)];
  const steps = first && last ? last[0] - first[0] + first[2] : 0;
  return steps >= MIN_STEPS && lossNow(run) >= STUCK * guessing(run);
}

/**
 * Return the mean loss of the latest block of steps.
 * @param {Run} run
 */
function lossNow(run) {
  return blocksOf(pointsSince(run)).at(-1) ?? NaN;
}

/**
 * Return the losses since one of some settings was changed last, or since any was.
 * @param {Run} run
 * @param {string[] | null} names
 * @returns {LossPoint[]}
 */
function pointsSince(run, names = null) {
  const since = lastChange(run, names);
  return run.losses.filter(([step, , count]) => step - count >= since);
}

/**
 * Return the step at which one of some settings was changed last, or any.
 * @param {Run} run
 * @param {string[] | null} names
 */
function lastChange(run, names = null) {
  /** @param {string} name */
  const isMeant = (name) => (names ? names.includes(name) : name !== "epochs");
  return run.changes.findLast(({ values }) => Object.keys(values).some(isMeant))?.step ?? 0;
}

/**
 * Return the mean losses of points in a row, block by block; a rest that is too small is left out.
 * @param {LossPoint[]} points
 * @param {{points: number, steps: number}} block
 * @returns {number[]}
 */
function blocksOf(points, block = BLOCK) {
  const means = [];
  let [sum, steps, some] = [0, 0, 0];
  for (const [, loss, count] of points) {
    [sum, steps, some] = [sum + loss * count, steps + count, some + 1];
    if (some < block.points || steps < block.steps) continue;
    means.push(sum / steps);
    [sum, steps, some] = [0, 0, 0];
  }
  return means;
}

/**
 * Return whether it is by flat units that it does not learn, as far as is known. What was probed before it
 * had the time to go wrong says nothing.
 * @param {Run} run
 */
function hasFlatUnits(run) {
  const probed = run.layers[0]?.gradients.at(-1)?.[0] ?? 0;
  return (deadest(run)?.dead ?? 0) >= FLAT || probed < lastChange(run) + MIN_STEPS;
}

/**
 * Return the layer with the largest share of dead units, of those that can have any.
 * @param {Run} run
 */
function deadest({ layers }) {
  return layers
    .flatMap(({ name, dead }, place) => (dead === null ? [] : [{ name, dead, place }]))
    .sort((a, b) => b.dead - a.dead)[0];
}

/**
 * Return the activation behind a layer that learns, by its place among these.
 * @param {Begun} run
 * @param {number} place
 */
function activationBehind({ told }, place) {
  const kinds = told.layers.map((text) => text.split("(")[0]);
  const places = kinds.flatMap((kind, at) => (["Linear", "Conv2D"].includes(kind) ? [at] : []));
  return kinds.slice(places[place]).find((kind) => kind in FLATNESS);
}

/**
 * Return how large the first layer's gradient is beside the last layer's.
 * @param {Run} run
 */
function shareOfGradient({ layers }) {
  return layers.length ? (layers[0].gradient ?? 0) / (layers[layers.length - 1].gradient ?? 0) : 1;
}

/** @param {Begun} run */
function rateOf(run) {
  return show((run.controls ?? run.told.configuration).learning_rate);
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Write a number with three digits that count.
 * @param {number} value
 */
function show(value) {
  return value >= 1e9 ? value.toExponential(1) : Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
