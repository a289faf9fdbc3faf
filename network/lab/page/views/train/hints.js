// What goes wrong in a training, and what to do about it: plain sentences, from what was measured.

// Thresholds lie between trainings that learn and trainings that do not, as far from both as could be.
const ENOUGH = 200; // steps after which a training that works has left guessing behind
const STUCK = 0.95; // of the loss of guessing: what learns is at 0.8 of it after 100 steps, and falls
const JUMP = 3; // times the loss of guessing: sigmoids begin at 2.8 times, nothing sound beyond
const RISE = 1.5; // times the lowest loss ...
const RISE_AT_LEAST = 0.15; // ... and so much of the loss of guessing, for low losses jitter
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

/** Every rule by its name: it looks at a run, as follow.js keeps it, and finds {what, todo} or null. */
export const RULES = { diverged, jumps, rises, swings, dead, vanishes, creeps, overfits };

/** What is wrong with a run, from its events so far: [{rule, what, todo}], empty when all is well. */
export function hintsOf(run) {
  if (!run.told) return [];
  return Object.entries(RULES).map(([rule, look]) => ({ rule, ...look(run) })).filter((hint) => hint.what);
}

function diverged(run) {
  if (run.failure !== "DivergedError") return null;
  return {
    what: `The training broke off: ${run.message.split(". ")[0]}. The weights have run away.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: begin again with a tenth of it.`,
  };
}

function jumps(run) {
  const points = pointsSince(run);
  const last = points.at(-1)?.[0];
  const some = isStuck(run) ? points : points.filter(([step]) => step > last - ENOUGH);
  const most = Math.max(...some.map(([, loss]) => loss));
  if (!(most > JUMP * guessing(run))) return null;
  return {
    what: `The loss jumped up to ${show(most)}; guessing would cost ${show(guessing(run))}.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: try a tenth of it.`,
  };
}

function rises(run) {
  const blocks = blocksOf(pointsSince(run, ["dropout", "augment", "weight_decay"])); // these raise it themselves
  const now = blocks.at(-1);
  const lowest = Math.min(...blocks);
  if (!(now > RISE * lowest && now - lowest > RISE_AT_LEAST * guessing(run))) return null;
  return {
    what: `The loss is rising: it was ${show(lowest)} and is ${show(now)} now.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: try a third of it.`,
  };
}

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

function dead(run) {
  const layer = deadest(run);
  if (!(layer?.dead >= DEAD)) return null;
  const [how, other] = FLATNESS[activationBehind(run, layer)];
  return {
    what: `${Math.round(100 * layer.dead)} % of the units of ${layer.name} ${how}, so hardly anything is learnt through them.`,
    todo: `The learning rate, ${rateOf(run)}, is too high: begin again with a tenth of it, or with ${other} in the hidden layers.`,
  };
}

const SATURATED = ["are saturated on every image", "relu"];
const SILENT = ["are dead: no image moves them", "leaky-relu"];
const FLATNESS = { Sigmoid: SATURATED, Tanh: SATURATED, ReLU: SILENT, GELU: SILENT };

function vanishes(run) {
  const share = shareOfGradient(run);
  if (!isStuck(run) || run.layers.length < DEEP || !(share < VANISHED) || hasFlatUnits(run)) return null;
  return {
    what: `The gradient of the first layer is ${show(1 / share)} times smaller than that of the last: it vanishes on the way back.`,
    todo: "Take relu in the place of sigmoid or tanh, fewer layers, or BatchNorm between them.",
  };
}

function creeps(run) {
  if (!isStuck(run) || hasFlatUnits(run) || jumps(run) || swings(run) || vanishes(run)) return null;
  return {
    what: `The loss hardly falls: it is still ${show(blocksOf(pointsSince(run)).at(-1))}, and guessing would cost ${show(guessing(run))}.`,
    todo: `The learning rate, ${rateOf(run)}, is too low: try ten times as much.`,
  };
}

function overfits(run) {
  const epochs = run.epochsDone.filter((epoch) => epoch && epoch.validation_loss !== null);
  if (!epochs.length) return null;
  const best = epochs.reduce((a, b) => (b.validation_loss < a.validation_loss ? b : a));
  const [last, now] = [epochs.at(-1), mean(epochs.slice(-LATER).map((epoch) => epoch.validation_loss))];
  const isWorse = now > WORSE * best.validation_loss && last.epoch - best.epoch >= LATER;
  if (!isWorse || last.loss >= best.loss || now < GAP * last.loss) return null;
  return {
    what: `On the images held out the loss was lowest after epoch ${best.epoch}, ${show(best.validation_loss)}, and is `
      + `${show(now)} in the last ${LATER} epochs, while on the training images it fell from ${show(best.loss)} to `
      + `${show(last.loss)}: these are being learnt by heart (overfitting).`,
    todo: "Stop here, or try augmentation, dropout, more weight decay, or more images.",
  };
}

/** The loss of an answer that is the same for every image, as good as such a one can be: where
 * learning begins. With K classes it says 1/K for each. */
function guessing({ told }) {
  const classes = Number(told.sizes.split("-").at(-1));
  const share = 1 / classes;
  return {
    "cross-entropy": Math.log(classes),
    "squared-error": (1 - share) / 2, // half the squares of 1 - 1/K once and of 1/K at the others
    "binary-cross-entropy": -Math.log(share) - (classes - 1) * Math.log(1 - share),
  }[told.configuration.loss];
}

/** Has it not left guessing behind, though it had the time? */
function isStuck(run) {
  const points = pointsSince(run);
  const steps = points.length ? points.at(-1)[0] - points[0][0] + points[0][2] : 0;
  return steps >= ENOUGH && blocksOf(points).at(-1) >= STUCK * guessing(run);
}

/** The losses since one of some knobs was turned last, or since any was. */
function pointsSince(run, names = null) {
  const since = lastTurn(run, names);
  return run.losses.filter(([step, , count]) => step - count >= since);
}

/** The step at which one of some knobs was turned last, or any. */
function lastTurn(run, names = null) {
  const isMeant = (name) => (names ? names.includes(name) : name !== "epochs");
  return run.changes.findLast(({ values }) => Object.keys(values).some(isMeant))?.step ?? 0;
}

/** The mean losses of points in a row, block by block; a rest that is too small is left out. */
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

/** Is it by flat units that it does not learn, as far as is known? What was probed before it had
 * the time to go wrong says nothing. */
function hasFlatUnits(run) {
  const probed = run.layers[0]?.gradients.at(-1)?.[0] ?? 0;
  return deadest(run)?.dead >= FLAT || probed < lastTurn(run) + ENOUGH;
}

function deadest({ layers }) {
  return layers.filter((layer) => layer.dead !== null).sort((a, b) => b.dead - a.dead)[0];
}

/** The activation behind a layer that learns. */
function activationBehind({ layers, told }, layer) {
  const kinds = told.layers.map((text) => text.split("(")[0]);
  const places = kinds.flatMap((kind, place) => (["Linear", "Conv2D"].includes(kind) ? [place] : []));
  return kinds.slice(places[layers.indexOf(layer)]).find((kind) => kind in FLATNESS);
}

/** How large the first layer's gradient is beside the last layer's. */
function shareOfGradient({ layers }) {
  return layers.length ? layers[0].gradient / layers.at(-1).gradient : 1;
}

function rateOf(run) {
  return show((run.controls ?? run.told.configuration).learning_rate);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A number with three digits that count. */
function show(value) {
  return value >= 1e9 ? value.toExponential(1) : Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
