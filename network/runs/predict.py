"""Predictions with probabilities, prediction sets and out-of-distribution detection."""

from dataclasses import dataclass

import numpy as np

from network.core.data import scale_pixels
from network.core.params import Array
from network.metrics import calibration, conformal
from network.metrics.out_of_distribution import nearest_distances, stroke_vectors
from network.runs.calibrate import Calibration, calibrate, load_calibration
from network.runs.folder import LoadedRun
from network.runs.held_out import split_examples
from pipeline.errors import CorruptError, MissingError, ProjectError, UsageError
from pipeline.storage.cache import Cache
from pipeline.storage.value_equality import ValueEquality


@dataclass(frozen=True, eq=False)
class Prediction(ValueEquality):
    """Prediction for one image."""

    probabilities: Array  # (K,)
    prediction_set: tuple[int, ...] | None  # classes in the set of the chosen coverage
    distance: float | None  # to the nearest training image
    is_out_of_distribution: bool | None  # whether that is too far; None: not known
    share_closer: float | None  # of the validation images; all that are not far count as closer

    @property
    def answer(self) -> int:
        """The predicted class, which has the highest score."""
        return int(self.probabilities.argmax())

    @property
    def probability(self) -> float:
        """The confidence: the probability of the predicted class."""
        return float(self.probabilities.max())


@dataclass(frozen=True, eq=False)
class Predictor:
    """A run with its calibration; load it once for many predictions."""

    loaded: LoadedRun
    calibration: Calibration | None
    known: Array | None  # (M, D) vectors of the training images, if distances are calibrated
    is_saved: bool = True  # False: the calibration was just computed
    unavailable_reason: ProjectError | None = None  # why a part of this is missing

    def predict(self, pixels: Array, coverage: float | None = None) -> list[Prediction]:
        """Predict images.

        Shapes: pixels (N, H, W) uint8.  Units: coverage from 0 to 1.
        Raises: UsageError, MissingError, CorruptError if the coverage is not supported.
        """
        checkpoint = self.loaded.checkpoint
        images = scale_pixels(pixels)
        scores = calibration.log_scores(checkpoint.model, checkpoint.params, images)
        probabilities = self.to_probabilities(scores)
        sets = None if coverage is None else self.find_prediction_sets(scores, coverage)
        far = None if self.known is None else nearest_distances(stroke_vectors(pixels), self.known)
        return [
            Prediction(
                probabilities[index],
                None if sets is None else tuple(map(int, np.flatnonzero(sets[index]))),
                *self.compare_distance(None if far is None else float(far[index])),
            )
            for index in range(len(pixels))
        ]

    def to_probabilities(self, scores: Array) -> Array:
        """Return probabilities, which are calibrated if the run has a calibration.

        Shapes: scores (N, K), the logarithms -> (N, K).
        """
        temperature = 1.0 if self.calibration is None else self.calibration.temperature
        return calibration.apply_temperature(scores, temperature)

    def find_prediction_sets(self, scores: Array, coverage: float) -> Array:
        """Return the classes in each image's prediction set of a coverage.

        Shapes: scores (N, K) -> (N, K) bool.
        Raises: as `predict`.
        """
        if self.calibration is None:
            raise self.unavailable_reason or MissingError(
                f"run {self.loaded.name} is not calibrated", "Run `network calibrate`"
            )
        _, threshold = self.calibration.threshold_for(coverage)
        return conformal.prediction_sets(calibration.apply_temperature(scores, 1.0), threshold)

    def compare_distance(
        self, distance: float | None
    ) -> tuple[float | None, bool | None, float | None]:
        """Compare a distance with those of the validation images."""
        if distance is None or self.calibration is None or self.calibration.familiarity is None:
            return None, None, None
        measured = self.calibration.familiarity
        return distance, measured.is_out_of_distribution(distance), measured.share_closer(distance)


def load_predictor(cache: Cache, loaded: LoadedRun) -> Predictor:
    """Load a run's calibration, or compute it if there is none.

    If a part is not available, the predictor works without it and has the reason.

    Raises: CorruptError if the run's calibration is damaged.
    """
    saved = load_calibration(loaded.run, loaded.checkpoint.meta["sha256"])
    try:
        division = split_examples(cache, loaded.run, loaded.checkpoint, loaded.configuration)
        if saved is not None and saved.data == division.sha256:
            found, is_saved = saved, True
        else:
            found, is_saved = calibrate(loaded, division), False
    except (UsageError, MissingError, CorruptError) as error:
        return Predictor(loaded, saved, None, unavailable_reason=error)
    known = None if found.familiarity is None else stroke_vectors(division.pixels[division.trained])
    return Predictor(loaded, found, known, is_saved)
