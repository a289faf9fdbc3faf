// What not answering is worth: errors among the answers that a network is surest of.

/** Let a network answer only where it is sure enough, for each "enough": the share that it answers, and
 * the share of errors among these, as network/selective.py counts them: [[coverage, risk], ...]. */
export function riskCoverage(sureness, isWrong) {
  const order = Array.from(sureness.keys()).sort((a, b) => sureness[b] - sureness[a]);
  const points = [];
  let wrong = 0;
  order.forEach((index, place) => {
    wrong += isWrong(index);
    const isLast = sureness[order[place + 1]] !== sureness[index]; // of those equally sure
    if (isLast) points.push([(place + 1) / order.length, wrong / (place + 1)]);
  });
  return points;
}

/** Count what a network answers that must be so sure: {answered, wrong} of the images. */
export function countAnswered(sureness, isWrong, threshold) {
  let [answered, wrong] = [0, 0];
  sureness.forEach((sure, index) => {
    if (sure < threshold) return;
    answered += 1;
    wrong += isWrong(index);
  });
  return { answered, wrong };
}
