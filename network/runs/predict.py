"""Judge answers to images: how likely they are, what else it may be, whether it is familiar."""

from dataclasses import dataclass

import numpy as np

from network.core.data import scale_pixels
from network.core.params import Array
from network.metrics import calibration, conformal
from network.metrics.out_of_distribution import nearest_distances, stroke_vectors
from network.runs.calibrate import Calibration, calibrate, load_calibration
from network.runs.evaluate import LoadedRun
from network.runs.held_out import split_examples
from pipeline.errors import CorruptError, MissingError, ProjectError, UsageError
from pipeline.storage.cache import Cache


@dataclass(frozen=True)
class Prediction:
    """What to think of the answer to one image."""

    probabilities: Array  # (K,)
    prediction_set: tuple[int, ...] | None  # classes in the set of the promised coverage
    distance: float | None  # from the nearest image that the run was trained on
    is_out_of_distribution: bool | None  # is that too far? None: nobody knows
    share_closer: float | None  # of the held-out examples; all that are not far count as nearer

    @property
    def answer(self) -> int:
        """The most likely class, which is the one with the highest score."""
        return int(self.probabilities.argmax())

    @property
    def probability(self) -> float:
        """How likely the answer is."""
        return float(self.probabilities.max())


@dataclass(frozen=True)
class Predictor:
    """A run with all that it takes to judge its answers; made once, it can be asked often."""

    loaded: LoadedRun
    calibration: Calibration | None
    known: Array | None  # (M, D) what it was trained on, where familiarity can be told
    is_saved: bool = True  # or was the calibration made just now?
    unavailable_reason: ProjectError | None = None  # why something of this is missing

    def predict(self, pixels: Array, coverage: float | None = None) -> list[Prediction]:
        """Judge the answers to images.

        Shapes: pixels (N, H, W) uint8.  Units: coverage from 0 to 1.
        Raises: UsageError, MissingError, CorruptError where the coverage cannot be promised.
        """
        checkpoint = self.loaded.checkpoint
        images = scale_pixels(pixels)
        scores = calibration.log_scores(checkpoint.model, checkpoint.params, images)
        temperature = 1.0 if self.calibration is None else self.calibration.temperature
        probabilities = calibration.apply_temperature(scores, temperature)
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

    def find_prediction_sets(self, scores: Array, coverage: float) -> Array:
        """Find the classes that hold the right one as often as promised.

        Shapes: scores (N, K) -> (N, K) bool.
        Raises: as `judge`.
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
        """Compare a distance with those of held-out examples."""
        if distance is None or self.calibration is None or self.calibration.familiarity is None:
            return None, None, None
        measured = self.calibration.familiarity
        return distance, measured.is_out_of_distribution(distance), measured.share_closer(distance)


def load_predictor(cache: Cache, loaded: LoadedRun) -> Predictor:
    """Read what it takes to judge a run's answers; calibrate it now if nobody has.

    What cannot be had is left out, and the judge says why.

    Raises: CorruptError when the run's calibration is damaged.
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
