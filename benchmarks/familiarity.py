"""Compare methods of out-of-distribution detection.

    python benchmarks/familiarity.py RUN [RUN ...]       # the tables in docs/results.md

Each method gives an image a number, larger for less familiar images. One half of the validation
images sets the threshold, so that 1 % of them are above it. The other half measures the share of
false positives. The test images are not used.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from strange_images import all_kinds, in_fonts

from network.core.data import scale_pixels
from network.core.layers import Linear
from network.core.model import Model
from network.core.params import Array
from network.metrics import calibration
from network.metrics.accuracy import compute_outputs
from network.metrics.out_of_distribution import nearest_distances, stroke_vectors
from network.runs.evaluate import load_runs
from network.runs.folder import LoadedRun
from network.runs.held_out import DataSplit, split_examples
from pipeline.storage.cache import find_cache

Score = Callable[[Array], Array]  # pixels (N, 28, 28) uint8 -> (N,), larger is less familiar


def nearest_strokes(run: LoadedRun, division: DataSplit) -> Score:
    """Return our method: the distance to the nearest training image by strokes."""
    known = stroke_vectors(division.pixels[division.trained])
    return lambda pixels: nearest_distances(stroke_vectors(pixels), known)


def nearest_pixels(run: LoadedRun, division: DataSplit) -> Score:
    """Return the Euclidean distance to the nearest training image."""
    known = rows(division.pixels[division.trained])
    squares = np.square(known).sum(axis=1)

    def score(pixels: Array) -> Array:
        parts = np.array_split(rows(pixels), max(1, len(pixels) // 250))
        far = [(squares - 2 * part @ known.T).min(axis=1) for part in parts]
        return np.asarray(np.concatenate(far) + np.square(rows(pixels)).sum(axis=1))

    return score


def pca_residual(run: LoadedRun, division: DataSplit) -> Score:
    """Return the residual after projection on 100 principal components (PCA)."""
    known = rows(division.pixels[division.trained])
    mean = known.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(known.T))
    main = axes[:, -100:]  # of the largest variance

    def score(pixels: Array) -> Array:
        x = rows(pixels) - mean
        return np.asarray(np.square(x - x @ main @ main.T).sum(axis=1))

    return score


def mahalanobis_pixels(run: LoadedRun, division: DataSplit) -> Score:
    """Return the Mahalanobis distance of the pixels, each variance plus 0.01."""
    known = rows(division.pixels[division.trained])
    return mahalanobis(known, np.zeros(len(known), np.int64), 0.01, rows)


def unlikely(run: LoadedRun, division: DataSplit) -> Score:
    """Return the negative confidence (Hendrycks and Gimpel 2017)."""
    model, params = run.checkpoint.model, run.checkpoint.params
    return lambda pixels: (
        -calibration.probabilities(model, params, scale_pixels(pixels)).max(axis=1)
    )


def energy(run: LoadedRun, division: DataSplit) -> Score:
    """Return -log sum_k exp z_k (Liu and others, Energy-based OOD detection, 2020)."""
    model, params = run.checkpoint.model, run.checkpoint.params
    return lambda pixels: (
        -np.logaddexp.reduce(calibration.log_scores(model, params, scale_pixels(pixels)), axis=1)
    )


def nearest_hidden(run: LoadedRun, division: DataSplit) -> Score:
    """Return the nearest-neighbour distance in the last hidden layer (Sun 2022)."""
    inside = hidden(run)
    known = unit(inside(division.pixels[division.trained]))
    return lambda pixels: nearest_distances(unit(inside(pixels)), known)


def mahalanobis_hidden(run: LoadedRun, division: DataSplit) -> Score:
    """Return the Mahalanobis distance in the last hidden layer (Lee 2018)."""
    inside = hidden(run)
    return mahalanobis(
        inside(division.pixels[division.trained]), division.labels[division.trained], 1e-6, inside
    )


WAYS: dict[str, Callable[[LoadedRun, DataSplit], Score]] = {
    "nearest, strokes": nearest_strokes,
    "nearest, pixels": nearest_pixels,
    "PCA residual": pca_residual,
    "Mahalanobis, pixels": mahalanobis_pixels,
    "confidence": unlikely,
    "energy": energy,
    "nearest, hidden": nearest_hidden,
    "Mahalanobis, hidden": mahalanobis_hidden,
}
PRINTED = "digits in fonts: should be low"  # the one kind that is not out of distribution


def rows(pixels: Array) -> Array:
    """Return the pixels of each image as one row, from 0 to 1."""
    return scale_pixels(pixels).reshape(len(pixels), -1)


def unit(vectors: Array) -> Array:
    """Scale vectors to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9))


def mahalanobis(known: Array, labels: Array, ridge: float, view: Score) -> Score:
    """Return Mahalanobis distances from the class means, with one common covariance."""
    means = np.stack([known[labels == label].mean(axis=0) for label in np.unique(labels)])
    covariance = np.cov((known - means[labels]).T) + ridge * np.eye(known.shape[1])
    whiten = np.linalg.cholesky(np.linalg.inv(covariance))

    def score(pixels: Array) -> Array:
        x = view(pixels)
        far = [np.square((x - mean) @ whiten).sum(axis=1) for mean in means]
        return np.asarray(np.min(far, axis=0))

    return score


def hidden(run: LoadedRun) -> Score:
    """Return a function that computes the inputs of the last Linear layer."""
    model, params = run.checkpoint.model, run.checkpoint.params
    last = max(i for i, layer in enumerate(model.layers) if isinstance(layer, Linear))
    part = Model(model.layers[:last])
    return lambda pixels: compute_outputs(part, params[:last], scale_pixels(pixels))


def auroc(familiar: Array, strange: Array) -> float:
    """Return how often an unfamiliar image has a larger number than a familiar one."""
    familiar = np.sort(familiar)
    below = [np.searchsorted(familiar, strange, side) for side in ("left", "right")]
    return float(np.mean(below) / len(familiar))


def measure(score: Score, digits: Array, kinds: dict[str, Array]) -> dict[str, str]:
    """Return the share of each kind above the threshold, and the AUROC."""
    order = np.random.default_rng(1).permutation(len(digits))
    one, other = (score(digits[half]) for half in np.array_split(order, 2))
    line = np.sort(one)[int(np.ceil((len(one) + 1) * 0.99)) - 1]
    far = {kind: score(images) for kind, images in kinds.items()}
    shares = {kind: float(np.mean(each > line)) for kind, each in far.items()}
    strange = [kind for kind in kinds if kind != PRINTED]
    shares["**mean of these**"] = float(np.mean([shares[kind] for kind in strange]))
    shares["validation digits: false positives"] = float(np.mean(other > line))
    shares[PRINTED] = shares.pop(PRINTED)
    curve = np.mean([auroc(other, far[kind]) for kind in strange])
    return {kind: f"{100 * share:.1f}" for kind, share in shares.items()} | {
        "AUROC": f"{curve:.3f}"
    }


def main() -> None:
    """Print a table for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN")
    cache = find_cache()
    for run in load_runs(cache, parser.parse_args().runs):
        division = split_examples(cache, run.run, run.checkpoint, run.configuration)
        digits, rng = division.pixels[division.held_out], np.random.default_rng(0)
        kinds = all_kinds(digits, division.labels[division.held_out], rng)
        kinds[PRINTED] = in_fonts("0123456789", rng)
        columns = {}
        for name, way in WAYS.items():
            start = time.perf_counter()
            score = way(run, division)
            ready = f"{time.perf_counter() - start:.1f}"
            columns[name] = measure(score, digits, kinds) | {"setup, seconds": ready}
        print(f"\n| {run.name}, % above the threshold | {' | '.join(columns)} |")
        print(f"|---|{'--:|' * len(columns)}")
        for kind in columns[name]:
            print(f"| {kind} | {' | '.join(column[kind] for column in columns.values())} |")


if __name__ == "__main__":
    main()
