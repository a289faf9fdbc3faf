"""Measure the calibration of runs, and the coverage of their prediction sets.

    python benchmarks/calibration.py RUN [RUN ...]           # the tables in docs/results.md
    python benchmarks/calibration.py RUN [RUN ...] --test    # on the test images, to report

Coverage is measured on one half of the validation images, with a threshold from the other half, for
twenty random halves. The sets of `network/metrics/conformal.py`, whose score is 1 - P_label, are
compared with adaptive sets (APS: Romano, Sesia, Candes, Classification with valid and adaptive
coverage, 2020, equation 5). The score of APS is the sum of all higher probabilities and a random
share of P_label.
"""

import argparse
from collections.abc import Callable

import numpy as np

from network.core.params import Array
from network.metrics import calibration
from network.metrics.confidence_intervals import accuracy_interval
from network.metrics.conformal import conformal_threshold, prediction_sets
from network.metrics.out_of_distribution import (
    FALSE_POSITIVE_RATE,
    held_out_distances,
    nearest_distances,
    stroke_vectors,
)
from network.runs.calibrate import Calibration, calibrate
from network.runs.evaluate import load_runs
from network.runs.folder import LoadedRun
from network.runs.held_out import DataSplit, split_examples
from network.runs.predict import Predictor
from pipeline.datasets.registry import find_dataset
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import Cache, find_cache

PROMISED = (0.9, 0.98, 0.99, 0.995)
SPLITS = 20


def adaptive(p: Array) -> Array:
    """Compute the scores of APS: higher probabilities plus a random share of P.

    Shapes: (N, K), the same out.
    """
    order = np.argsort(-p, axis=1)
    sums = np.empty_like(p)
    np.put_along_axis(sums, order, np.take_along_axis(p, order, axis=1).cumsum(axis=1), axis=1)
    return sums - np.random.default_rng(0).random((len(p), 1)) * p


def ours(scores: Array, limit: float) -> Array:
    """Build the sets of `network/metrics/conformal.py`, with the predicted class."""
    return prediction_sets(1 - scores, limit)


# kind -> functions: probabilities to scores, and scores with a limit to sets
SETS: dict[str, tuple[Callable[[Array], Array], Callable[[Array, float], Array]]] = {
    "1 - P": (lambda p: 1 - p, ours),
    "APS": (adaptive, lambda scores, limit: scores <= limit),
}


def coverage_row(p: Array, labels: Array, promised: float) -> list[str]:
    """Return coverage and mean size of the sets, for each kind of set."""
    cells = []
    for score, make_sets in SETS.values():
        scores, covered, sizes = score(p), [], []
        for seed in range(SPLITS):
            one, other = np.array_split(np.random.default_rng(seed).permutation(len(p)), 2)
            limit = conformal_threshold(1 - scores[one], labels[one], promised)
            if limit is None:
                return ["-"] * 4
            sets = make_sets(scores[other], limit)
            covered.append(sets[np.arange(len(other)), labels[other]].mean())
            sizes.append(sets.sum(axis=1).mean())
        cells += [f"{100 * np.mean(covered):.2f}", f"{np.mean(sizes):.3f}"]
    return cells


def held_out_tables(runs: list[tuple[LoadedRun, DataSplit, Calibration]]) -> None:
    """Print the tables of the validation images."""
    print(
        "| run | validation images | errors | ECE % | ECE %, scaled "
        "| log-loss | log-loss, scaled | temperature |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for run, _, found in runs:
        errors = [f"{100 * error:.2f}" for error in found.calibration_error]
        losses = [f"{loss:.4f}" for loss in found.log_loss]
        cells = f"{found.examples:,}", str(found.mistakes), *errors, *losses
        print(f"| {run.name} | {' | '.join(cells)} | {found.temperature:.3g} |")
    print(
        "\n| run | target % | 1 - P: coverage % | classes per set "
        "| APS: coverage % | classes per set |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    for run, division, _ in runs:
        checkpoint, examples = run.checkpoint, division.examples
        p = calibration.probabilities(checkpoint.model, checkpoint.params, examples.images)
        for promised in PROMISED:
            row = coverage_row(p, examples.labels, promised)
            print(f"| {run.name} | {100 * promised:g} | {' | '.join(row)} |")


def test_tables(cache: Cache, runs: list[tuple[LoadedRun, DataSplit, Calibration]]) -> None:
    """Print calibration error, coverage and false positives on the test images."""
    dataset = find_dataset(cache, runs[0][0].configuration.dataset)
    pixels, labels = read_split(cache, dataset, "test")
    print("| run | ECE % | target 99 %: coverage % | classes per set |\n|---|--:|--:|--:|")
    for run, _, found in runs:
        judged = Predictor(run, found, None).predict(pixels, 0.99)
        p = np.stack([each.probabilities for each in judged])
        error = calibration.expected_calibration_error(calibration.reliability_bins(p, labels))
        sets = [each.prediction_set or () for each in judged]
        covered = np.mean([label in each for each, label in zip(sets, labels, strict=True)])
        cells = f"{100 * error:.2f}", f"{100 * covered:.2f}", f"{np.mean([*map(len, sets)]):.3f}"
        print(f"| {run.name} | {' | '.join(cells)} |")
    print("\n| run | no correction | without neighbours | both, with 95 % interval |")
    print("|---|--:|--:|--:|")
    for run, division, found in runs:
        print(f"| {run.name} | {' | '.join(false_alarms(division, found, pixels))} |")


def false_alarms(division: DataSplit, found: Calibration, pixels: Array) -> list[str]:
    """Return the share of images above the threshold for 1 %, for three thresholds."""
    vectors = stroke_vectors(division.pixels)
    far = nearest_distances(stroke_vectors(pixels), vectors[division.trained])
    plain = nearest_distances(vectors[division.held_out], vectors[division.trained])
    hands = held_out_distances(vectors, division.trained, division.held_out)
    rank = int(np.ceil((len(plain) + 1) * (1 - FALSE_POSITIVE_RATE)))
    assert found.familiarity is not None
    lines = [float(np.sort(each)[rank - 1]) for each in (plain, hands)]
    lines.append(found.familiarity.threshold)
    counts = [int(np.sum(far > line)) for line in lines]
    low, high = (f"{100 * end:.2f}" for end in accuracy_interval(counts[-1], len(far)))
    return [
        *(f"{100 * count / len(far):.2f}" for count in counts[:-1]),
        f"{100 * counts[-1] / len(far):.2f} ({low}-{high})",
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--test", action="store_true", help="evaluate on the test images")
    options, cache, measured = parser.parse_args(), find_cache(), []
    for run in load_runs(cache, options.runs):
        division = split_examples(cache, run.run, run.checkpoint, run.configuration)
        measured.append((run, division, calibrate(run, division)))
    if options.test:
        test_tables(cache, measured)
    else:
        held_out_tables(measured)


if __name__ == "__main__":
    main()
