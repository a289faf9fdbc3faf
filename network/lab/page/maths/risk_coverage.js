// The error rate among the most confident predictions: the twin of network/metrics/risk_coverage.py.

/**
 * Predict only above a threshold, for each threshold: [[share of images predicted, error rate], ...].
 * @param {Float64Array} confidence
 * @param {(index: number) => boolean} isWrong
 * @returns {Point[]}
 */
export function riskCoverage(confidence, isWrong) {
  const order = Array.from(confidence.keys()).sort((a, b) => confidence[b] - confidence[a]);
  /** @type {Point[]} */
  const points = [];
  let wrong = 0;
  order.forEach((index, place) => {
    wrong += Number(isWrong(index));
    const isLast = confidence[order[place + 1]] !== confidence[index]; // of those equally confident
    if (isLast) points.push([(place + 1) / order.length, wrong / (place + 1)]);
  });
  return points;
}

/**
 * Count the images whose confidence reaches a threshold, and the errors among them.
 * @param {Float64Array} confidence
 * @param {(index: number) => boolean} isWrong
 * @param {number} threshold
 * @returns {{predicted: number, wrong: number}}
 */
export function countPredicted(confidence, isWrong, threshold) {
  let [predicted, wrong] = [0, 0];
  confidence.forEach((one, index) => {
    if (one < threshold) return;
    predicted += 1;
    wrong += Number(isWrong(index));
  });
  return { predicted, wrong };
}
