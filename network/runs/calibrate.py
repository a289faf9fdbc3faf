"""Calibration of a run on validation images, saved next to its weights.

The temperature is fitted to all of them, and evaluated by cross-validation: each tenth is measured
with the temperature that fits the other nine. If that does not lower the log-loss, or if there are
too few misclassified images to fit it, the temperature stays 1. Prediction sets and the detection
of out-of-distribution images need no temperature: their thresholds come from all examples.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, TypeVar, get_type_hints

import numpy as np

from network.core.params import Array
from network.metrics import calibration, conformal
from network.metrics.calibration import COLDEST, HOTTEST
from network.metrics.out_of_distribution import (
    DistanceDetector,
    fit_detector,
    held_out_distances,
    stroke_vectors,
)
from network.runs.folder import LoadedRun, Run
from network.runs.held_out import AGAIN, DataSplit, require_steps, split_examples
from network.runs.ownership import SavedState, own_run
from network.training.checks import fits_type
from pipeline.errors import CorruptError, StorageError, UsageError, describe_cause
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import publish_json, read_json
from pipeline.storage.value_equality import ValueEquality

FORMAT = 1
FOLDS = 10  # of the cross-validation
MIN_EXAMPLES = 20  # validation images; fewer are too few
MIN_MISTAKES = 10  # misclassified ones, for a temperature
MAX_EXAMPLES = 100_000  # upper limit of any number in a calibration

Kind = TypeVar("Kind")


@dataclass(frozen=True, eq=False)
class Calibration(ValueEquality):
    """Calibration of a run."""

    weights: str  # sha256 of the calibrated parameters
    data: str  # and of the examples
    examples: int  # that were held out
    mistakes: int  # among the predictions
    temperature: float  # 1 if no other is better
    log_loss: tuple[float, ...]  # with temperature 1, and fitted to other examples
    calibration_error: tuple[float, ...]  # expected calibration error, the same two; 0 to 1
    thresholds: dict[str, float]  # of prediction sets, by their coverage
    set_sizes: dict[str, float]  # classes per set, on average
    familiarity: DistanceDetector | None  # None: too few examples

    def __post_init__(self) -> None:
        numbers = (
            *self.log_loss,
            *self.calibration_error,
            *self.thresholds.values(),
            *self.set_sizes.values(),
        )
        if not COLDEST <= self.temperature <= HOTTEST or not all(
            0 <= it <= MAX_EXAMPLES for it in numbers
        ):
            raise ValueError(f"temperature {self.temperature}, and {numbers}"[:500])
        pairs = self.log_loss, self.calibration_error
        if [*map(len, pairs)] != [2, 2]:
            raise ValueError(f"values are {pairs}; expected two each, before and after"[:500])
        if not self.thresholds or self.set_sizes.keys() != self.thresholds.keys():
            raise ValueError(
                f"thresholds are for {[*self.thresholds]}, sizes for {[*self.set_sizes]}"
            )
        if not all(0 < float(coverage) < 1 for coverage in self.thresholds):
            raise ValueError(f"coverages are {[*self.thresholds]}")

    def threshold_for(self, coverage: float) -> tuple[str, float]:
        """Find the lowest calibrated coverage that is at least the wanted one, with its threshold.

        Raises: UsageError.
        """
        names = sorted(self.thresholds, key=float)
        for name in names:
            if float(name) >= coverage:
                return name, self.thresholds[name]
        raise UsageError(
            f"coverage is {coverage:g}; {self.examples:,} validation images support "
            f"{names[-1]} at most",
            "Choose a lower value",
        )

    def __repr__(self) -> str:
        error = 100 * self.calibration_error[self.temperature != 1]
        sizes = ", ".join(f"{size:.2f} at {name}" for name, size in self.set_sizes.items())
        return (
            f"Calibration on {self.examples:,} validation images: calibration error {error:.2f} %, "
            f"temperature {self.temperature:.3f}, classes in a prediction set by coverage: {sizes}"
        )


def calibrate_run(cache: Cache, loaded: LoadedRun) -> Calibration:
    """Calibrate a run and save the result in its folder.

    Raises: StorageError if it cannot be saved, and as `calibrate_and_save` does.
    """
    result, unsaved = calibrate_and_save(cache, loaded)
    if unsaved is not None:
        raise unsaved
    return result


def calibrate_and_save(cache: Cache, loaded: LoadedRun) -> tuple[Calibration, StorageError | None]:
    """Calibrate a run; return the result, and the error if it cannot be saved in its folder.

    Raises: UsageError if it has too few validation images; MissingError, CorruptError;
    StorageError if another process writes the run or has changed it.
    """
    run, saved = loaded.run, SavedState(loaded.checkpoint.file_hash)
    with own_run(run):
        saved.require(run)
        division = split_examples(cache, run, loaded.checkpoint, loaded.configuration)
        result = calibrate(loaded, division)
        saved.require(run)
        try:
            publish_json(run.calibration, {"format": FORMAT, **asdict(result)})
        except StorageError as error:
            return result, error
    return result, None


def load_calibration(run: Run, weights: str) -> Calibration | None:
    """Read the calibration of a run; None if there is none for these weights.

    Raises: CorruptError.
    """
    if not run.calibration.is_file():
        return None
    again = f"Run `network calibrate {run.name}` to replace it"
    values = read_json(run.calibration, again, FORMAT)
    try:
        del values["format"]
        if values["familiarity"] is not None:
            values["familiarity"] = read_calibration(DistanceDetector, values["familiarity"])
        found = read_calibration(Calibration, values)
    except (KeyError, TypeError, ValueError) as error:
        what = f"{run.calibration} is damaged ({describe_cause(error)})"
        raise CorruptError(what, again) from error
    return found if found.weights == weights else None


def read_calibration(kind: type[Kind], values: dict[str, Any]) -> Kind:
    """Build a dataclass from its plain data.

    Raises: KeyError, TypeError, ValueError.
    """
    for name, hint in get_type_hints(kind).items():
        if not fits_type(values[name], hint):
            raise TypeError(f"{name} is {show_value(values[name])}")
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def find_share(images: int) -> str:
    """Return how to train with enough validation images."""
    share = math.ceil(100 * MIN_EXAMPLES / max(images, 1)) / 100
    return AGAIN.format(max(share, 0.1)) if share <= 0.5 else "Train on more images"


def calibrate(loaded: LoadedRun, division: DataSplit) -> Calibration:
    """Compute the calibration of a run.

    Raises: UsageError if there are too few validation images, or the run is untrained.
    """
    require_steps(loaded.name, loaded.checkpoint, loaded.configuration)
    if (count := len(division.held_out)) < MIN_EXAMPLES:
        raise UsageError(
            f"run {loaded.name} has {count} validation images; expected at least {MIN_EXAMPLES}",
            find_share(len(division.held_out) + len(division.trained)),
        )
    checkpoint, examples = loaded.checkpoint, division.examples
    labels = examples.labels
    scores = calibration.log_scores(checkpoint.model, checkpoint.params, examples.images)
    before, after = calibration.apply_temperature(scores, 1.0), cross_calibrate(scores, labels)
    losses = tuple(calibration.log_loss(each, labels) for each in (before, after))
    errors = tuple(
        calibration.expected_calibration_error(calibration.reliability_bins(each, labels))
        for each in (before, after)
    )
    mistakes = int(np.sum(scores.argmax(axis=1) != labels))
    is_better = mistakes >= MIN_MISTAKES and losses[1] < losses[0]
    thresholds = find_thresholds(before, labels)
    far = held_out_distances(stroke_vectors(division.pixels), division.trained, division.held_out)
    return Calibration(
        weights=checkpoint.meta["sha256"],
        data=division.sha256,
        examples=count,
        mistakes=mistakes,
        temperature=calibration.fit_temperature(scores, labels) if is_better else 1.0,
        log_loss=losses,
        calibration_error=errors,
        thresholds=thresholds,
        set_sizes={
            coverage: float(conformal.prediction_sets(before, it).sum(axis=1).mean())
            for coverage, it in thresholds.items()
        },
        familiarity=fit_detector(far),
    )


def cross_calibrate(scores: Array, labels: Array) -> Array:
    """Compute probabilities, each fold with the temperature that fits the other folds.

    Shapes: scores (N, K), labels (N,) -> (N, K).
    """
    fold_of = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    probabilities = np.empty_like(scores)
    for fold in range(FOLDS):
        inside, others = fold_of == fold, fold_of != fold
        temperature = calibration.fit_temperature(scores[others], labels[others])
        probabilities[inside] = calibration.apply_temperature(scores[inside], temperature)
    return probabilities


def find_thresholds(probabilities: Array, labels: Array) -> dict[str, float]:
    """Compute the threshold of every coverage that the number of examples supports.

    Shapes: probabilities (N, K), labels (N,).
    """
    found = {
        f"{coverage:g}": conformal.conformal_threshold(probabilities, labels, coverage)
        for coverage in conformal.COVERAGES
    }
    return {coverage: value for coverage, value in found.items() if value is not None}
