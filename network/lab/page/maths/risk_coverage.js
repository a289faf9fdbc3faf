// Risk-coverage curve: the same maths as network/metrics/risk_coverage.py.

/**
 * Compute the risk-coverage curve: [[share of images predicted, error rate], ...], per threshold.
 * @param {Float64Array} confidence
 * @param {(index: number) => boolean} isMistake
 * @returns {Point[]}
 */
export function riskCoverage(confidence, isMistake) {
  const order = Array.from(confidence.keys()).sort((a, b) => confidence[b] - confidence[a]);
  /** @type {Point[]} */
  const points = [];
  let mistakes = 0;
  order.forEach((index, rank) => {
    mistakes += Number(isMistake(index));
    const isLast = confidence[order[rank + 1]] !== confidence[index]; // of equal confidence
    if (isLast) points.push([(rank + 1) / order.length, mistakes / (rank + 1)]);
  });
  return points;
}

/**
 * Count the images whose confidence reaches a threshold, and the mistakes among them.
 * @param {Float64Array} confidence
 * @param {(index: number) => boolean} isMistake
 * @param {number} threshold
 * @returns {{predicted: number, mistakes: number}}
 */
export function countPredicted(confidence, isMistake, threshold) {
  let [predicted, mistakes] = [0, 0];
  confidence.forEach((one, index) => {
    if (one < threshold) return;
    predicted += 1;
    mistakes += Number(isMistake(index));
  });
  return { predicted, mistakes };
}
