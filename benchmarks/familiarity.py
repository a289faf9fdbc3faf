"""Compare ways to tell images unlike those that a network was trained on.

    python benchmarks/familiarity.py RUN [RUN ...]       # the table in docs/results.md

Each way gives an image a number, larger for stranger ones. What is held out of the run's training
is halved: one half says where the line is, such that 1 % of it lie beyond; the other half, which
knows nothing of that, shows how many digits are called strange. The test images are not looked at.
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
from network.runs.evaluate import LoadedRun, load_runs
from network.runs.held_out import DataSplit, split_examples
from pipeline.storage.cache import find_cache

Score = Callable[[Array], Array]  # pixels (N, 28, 28) uint8 -> (N,), larger is stranger


def nearest_strokes(run: LoadedRun, division: DataSplit) -> Score:
    """Ours: the distance to the nearest training image, by where strokes are."""
    known = stroke_vectors(division.pixels[division.trained])
    return lambda pixels: nearest_distances(stroke_vectors(pixels), known)


def nearest_pixels(run: LoadedRun, division: DataSplit) -> Score:
    """The Euclidean distance to the nearest training image."""
    known = rows(division.pixels[division.trained])
    squares = np.square(known).sum(axis=1)

    def score(pixels: Array) -> Array:
        parts = np.array_split(rows(pixels), max(1, len(pixels) // 250))
        far = [(squares - 2 * part @ known.T).min(axis=1) for part in parts]
        return np.asarray(np.concatenate(far) + np.square(rows(pixels)).sum(axis=1))

    return score


def pca_residual(run: LoadedRun, division: DataSplit) -> Score:
    """What 100 principal components of the training images cannot draw."""
    known = rows(division.pixels[division.trained])
    mean = known.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(known.T))
    main = axes[:, -100:]  # of the largest variance

    def score(pixels: Array) -> Array:
        x = rows(pixels) - mean
        return np.asarray(np.square(x - x @ main @ main.T).sum(axis=1))

    return score


def mahalanobis_pixels(run: LoadedRun, division: DataSplit) -> Score:
    """The Mahalanobis distance of the pixels, with a variance of 0.01 added to each."""
    known = rows(division.pixels[division.trained])
    return mahalanobis(known, np.zeros(len(known), np.int64), 0.01, rows)


def unlikely(run: LoadedRun, division: DataSplit) -> Score:
    """1 minus the probability of the answer (Hendrycks and Gimpel 2017)."""
    model, params = run.checkpoint.model, run.checkpoint.params
    return lambda pixels: (
        -calibration.probabilities(model, params, scale_pixels(pixels)).max(axis=1)
    )


def energy(run: LoadedRun, division: DataSplit) -> Score:
    """-log sum_k exp z_k (Liu and others, Energy-based out-of-distribution detection, 2020)."""
    model, params = run.checkpoint.model, run.checkpoint.params
    return lambda pixels: (
        -np.logaddexp.reduce(calibration.log_scores(model, params, scale_pixels(pixels)), axis=1)
    )


def nearest_hidden(run: LoadedRun, division: DataSplit) -> Score:
    """The nearest training image by what the last hidden layer makes of both (Sun 2022)."""
    inside = hidden(run)
    known = unit(inside(division.pixels[division.trained]))
    return lambda pixels: nearest_distances(unit(inside(pixels)), known)


def mahalanobis_hidden(run: LoadedRun, division: DataSplit) -> Score:
    """The Mahalanobis distance in the last hidden layer from the nearest class (Lee 2018)."""
    inside = hidden(run)
    return mahalanobis(
        inside(division.pixels[division.trained]), division.labels[division.trained], 1e-6, inside
    )


WAYS: dict[str, Callable[[LoadedRun, DataSplit], Score]] = {
    "nearest by strokes": nearest_strokes,
    "nearest by pixels": nearest_pixels,
    "PCA residual": pca_residual,
    "Mahalanobis, pixels": mahalanobis_pixels,
    "probability": unlikely,
    "energy": energy,
    "nearest, hidden": nearest_hidden,
    "Mahalanobis, hidden": mahalanobis_hidden,
}
PRINTED = "digits in fonts: better not"  # the name of the kind that is none


def rows(pixels: Array) -> Array:
    """Lay the pixels of each image in a row, 0 to 1."""
    return scale_pixels(pixels).reshape(len(pixels), -1)


def unit(vectors: Array) -> Array:
    """Make vectors as long as 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9))


def mahalanobis(known: Array, labels: Array, ridge: float, view: Score) -> Score:
    """Measure distances from class means, with one covariance around them for all."""
    means = np.stack([known[labels == label].mean(axis=0) for label in np.unique(labels)])
    covariance = np.cov((known - means[labels]).T) + ridge * np.eye(known.shape[1])
    whiten = np.linalg.cholesky(np.linalg.inv(covariance))

    def score(pixels: Array) -> Array:
        x = view(pixels)
        far = [np.square((x - mean) @ whiten).sum(axis=1) for mean in means]
        return np.asarray(np.min(far, axis=0))

    return score


def hidden(run: LoadedRun) -> Score:
    """Return what computes the inputs of the last layer with weights."""
    model, params = run.checkpoint.model, run.checkpoint.params
    last = max(i for i, layer in enumerate(model.layers) if isinstance(layer, Linear))
    part = Model(model.layers[:last])
    return lambda pixels: compute_outputs(part, params[:last], scale_pixels(pixels))


def auroc(familiar: Array, strange: Array) -> float:
    """Tell how often a strange image gets the larger of two numbers."""
    familiar = np.sort(familiar)
    below = [np.searchsorted(familiar, strange, side) for side in ("left", "right")]
    return float(np.mean(below) / len(familiar))


def measure(score: Score, digits: Array, kinds: dict[str, Array]) -> dict[str, str]:
    """Tell what share of each kind is called strange where 1 % of digits are; and the AUROC."""
    order = np.random.default_rng(1).permutation(len(digits))
    one, other = (score(digits[half]) for half in np.array_split(order, 2))
    line = np.sort(one)[int(np.ceil((len(one) + 1) * 0.99)) - 1]
    far = {kind: score(images) for kind, images in kinds.items()}
    shares = {kind: float(np.mean(each > line)) for kind, each in far.items()}
    strange = [kind for kind in kinds if kind != PRINTED]
    shares["**mean of these**"] = float(np.mean([shares[kind] for kind in strange]))
    shares["held-out digits: false alarms"] = float(np.mean(other > line))
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
            columns[name] = measure(score, digits, kinds) | {"seconds to get ready": ready}
        print(f"\n| {run.name}, % called strange | {' | '.join(columns)} |")
        print(f"|---|{'--:|' * len(columns)}")
        for kind in columns[name]:
            print(f"| {kind} | {' | '.join(column[kind] for column in columns.values())} |")


if __name__ == "__main__":
    main()
