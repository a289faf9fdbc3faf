"""A run in Python: its history, predictions, test evaluation, plots and exports."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from network.api.images import Source, read_source, to_pixels
from network.api.notebook import curve_svg, format_layer, table_html
from network.api.prediction import Prediction, Predictions
from network.core.data import load_examples, scale_pixels
from network.core.model import Model
from network.core.params import Array, Params, named_arrays
from network.images.pages.read import Box
from network.metrics.accuracy import ClassificationResult, compute_outputs
from network.runs import names
from network.runs.calibrate import Calibration, calibrate_run
from network.runs.evaluate import common_dataset, evaluate_run, load_runs
from network.runs.exports.formats import export_run
from network.runs.folder import LoadedRun, read_history
from network.runs.own_dataset import find_classes
from network.runs.predict import Prediction as FoundPrediction
from network.runs.predict import Predictor, load_predictor
from network.training.checks import check_range, format_list
from network.training.configuration import OPTIONS, Configuration
from network.training.state import EpochDone
from pipeline.datasets.registry import DATASETS
from pipeline.errors import UsageError
from pipeline.storage.arguments import checked
from pipeline.storage.cache import Cache, absolute, find_cache, publish
from pipeline.storage.levels import require_highest
from pipeline.storage.outputs import HTML, ONNX, SAFETENSORS, Output, require_outputs
from pipeline.terminal.counted import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {".html": HTML, ".onnx": ONNX, ".safetensors": SAFETENSORS}  # of exports, by suffix


@dataclass(frozen=True, eq=False)
class Run:
    """A trained network, with its configuration and its history.

    Two runs are equal if they are the same folder.

    Example:
        >>> run = train("mnist-sample", preset="fast-97", epochs=10)
        >>> test = load_dataset("mnist-sample").test
        >>> run.predict(test.images[:3])
        [7 (99... %), 2 (... %), 1 (9... %)]
    """

    loaded: LoadedRun
    cache: Cache

    @property
    def name(self) -> str:
        return self.loaded.name

    @property
    def folder(self) -> Path:
        """The folder of its files."""
        return self.loaded.run.folder

    @property
    def configuration(self) -> Configuration:
        """All training options, defaults included."""
        return self.loaded.configuration

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes: "0" to "9" for digits."""
        return find_classes(self.cache, self.loaded)

    @property
    def model(self) -> Model:
        """Its layers; their numbers are in `params`."""
        return self.loaded.model

    @property
    def params(self) -> Params:
        """Its parameters: one dictionary of arrays per layer, all read-only.

        So the results that the run saves are those of its checkpoint. To change them, take a copy:
        `copy.deepcopy(run.params)`, for example to train it further with `train_step`.
        """
        for _, array in named_arrays(self.loaded.params):
            array.flags.writeable = False
        return [dict(layer) for layer in self.loaded.params]  # arrays cannot be replaced either

    @cached_property
    def history(self) -> list[EpochDone]:
        """The loss and the validation accuracy after each epoch."""
        return read_history(self.loaded.run) if self.loaded.run.history.exists() else []

    @property
    def validation_accuracy(self) -> float | None:
        """The accuracy on validation images after the last epoch, 0 to 1."""
        return self.history[-1].validation_accuracy if self.history else None

    @checked
    def predict(
        self, source: Source, coverage: float | None = None, highest: float | None = None
    ) -> Predictions:
        """Predict the digits on a photo, a scan or a drawing, or those of an array.

        `source` is the path of an image file or its bytes, a Pillow image, or an array: (28, 28) or
        (N, 28, 28), light ink on a dark ground as in MNIST, 0 to 255 or, as floats, 0 to 1.
        With `coverage`, such as 0.99, each prediction has a set of classes that contains the
        correct one at that rate. `highest` is the pixel of full ink, such as 16, if it is not 255
        (or 1 for floats). An unusual scale, dark ink or a blank image is
        a `UserWarning`.

        Returns: a list, also for one image; `predict_one` returns its prediction.

        Raises: UsageError, MissingError, CorruptError.
        """
        return predict_source(self, source, coverage, highest)

    @checked
    def predict_one(
        self, source: Source, coverage: float | None = None, highest: float | None = None
    ) -> Prediction:
        """Predict a single image: an array (28, 28), or a picture of one digit, as in `predict`.

        Raises: UsageError for several digits; otherwise as `predict`.
        """
        found = predict_source(self, source, coverage, highest)
        if len(found) != 1:
            raise UsageError(f"source has {len(found)} digits; expected one", "Use run.predict")
        return found[0]

    @checked
    def calibrate(self) -> Calibration:
        """Calibrate the run on its validation images and save this: `network calibrate`.

        Without a saved calibration, `predict` computes one: once per process, in some seconds.

        Raises: UsageError, MissingError, CorruptError, StorageError.
        """
        result = calibrate_run(self.cache, self.loaded)
        self.__dict__.pop("predictor", None)  # the next one reads the saved calibration
        return result

    @checked
    def scores(self, images: Array | list[Any]) -> Array:
        """Return the outputs of the network, one row of scores per image.

        Shapes: images (N, 28, 28), as for `predict` -> (N, K).
        """
        pixels, notes = to_pixels(images, expects_light=expects_light_ink(self))
        warn_of(notes)
        if not len(pixels):
            return np.zeros((0, len(self.classes)), np.float32)
        return compute_outputs(self.model, self.params, scale_pixels(pixels))

    @checked
    def test(
        self, split: str = "test", dataset: str | None = None, limit: int | None = None
    ) -> ClassificationResult:
        """Evaluate the run on a split or its first images, and log it: `network test`.

        The result has `accuracy`, `interval` (95 %), `correct`, `count` and `confusion`. Choose
        settings by `validation_accuracy`: a test set that you tune on is not a fair test.

        Raises: UsageError, MissingError, CorruptError, StorageError.
        """
        OPTIONS["limit"].check(limit)
        chosen = common_dataset(self.cache, [self.loaded], dataset)
        examples = load_examples(self.cache, chosen, split, limit)
        return evaluate_run(self.loaded, chosen, split, examples).result

    @overload
    def plot(self, kind: str = "learning", axes: None = None) -> "Figure": ...
    @overload
    def plot(self, kind: str, axes: "Axes") -> "Axes": ...
    @overload
    def plot(self, kind: str = "learning", *, axes: "Axes") -> "Axes": ...
    @checked
    def plot(self, kind: str = "learning", axes: "Axes | None" = None) -> "Figure | Axes":
        """Draw a chart of the run on validation images, as a figure or into your axes.

        Kinds: learning, per-class, confusion, mistakes, weights, reliability, coverage, robustness,
        loss, accuracy. Into axes: loss, accuracy, confusion. It needs the extra `plots`.

        Raises: UsageError for an unknown kind, MissingError without the extra.
        """
        from network.plots.drawing import check_plot, draw_figure, draw_panel
        from network.plots.subject import load_subjects

        check_plot(kind, axes)
        (subject,) = load_subjects(self.cache, [self.name], "validation")
        return draw_figure(kind, subject) if axes is None else draw_panel(kind, subject, axes)

    @checked
    def export(self, path: str | Path, force: bool = False) -> Path:
        """Write the run as .html (a web page), .onnx or .safetensors.

        The last two need extras. An earlier export is replaced; any other file only with `force`.

        Raises: UsageError for another suffix, MissingError without the extra, StorageError.
        """
        target = absolute(Path(path), "path")
        if target.suffix not in KINDS:
            raise UsageError(f'path is "{path}"; expected a name that ends in {format_list(KINDS)}')
        output = Output("path", target, KINDS[target.suffix])
        require_outputs([output], force=force, by_force="force=True")
        dataset = common_dataset(self.cache, [self.loaded])
        if target.suffix == ".html":
            from network.lab.standalone import page_to_bytes

            examples = load_examples(self.cache, dataset, "train")
            data = page_to_bytes(self.loaded, dataset, examples)
        else:
            data = export_run(self.loaded, dataset, target.suffix[1:])
        publish(target, [data])
        return target

    @cached_property
    def predictor(self) -> Predictor:
        """The run with its calibration, computed on validation images if none is saved."""
        return load_predictor(self.cache, self.loaded)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.folder == other.folder

    def __hash__(self) -> int:
        return hash(self.folder)

    def __repr__(self) -> str:
        accuracy = self.validation_accuracy
        scored = "" if accuracy is None else f", validation accuracy {100 * accuracy:.2f} %"
        return f"Run {self.name}: {counted(len(self.history), 'epoch')}{scored}"

    def _repr_html_(self) -> str:
        """Return the run and its loss curve as HTML, for a notebook."""
        rows = [("run", self.name), ("dataset", self.configuration.dataset)]
        rows += [("layers", ", ".join(map(format_layer, self.model.layers)))]
        if self.validation_accuracy is not None:
            rows += [("validation accuracy", f"{100 * self.validation_accuracy:.2f} %")]
        losses = [epoch.loss for epoch in self.history]
        if not losses:
            return table_html(rows)
        course = f"{losses[0]:.3g} to {losses[-1]:.3g} in {counted(len(losses), 'epoch')}"
        rows += [("training loss", course)]
        return table_html(rows) + curve_svg(losses, f"training loss, {course}")


def predict_source(
    run: Run, source: Source, coverage: float | None, highest: float | None
) -> Predictions:
    """Predict the digits of a source, for a method of the run; see `Run.predict`.

    Raises: UsageError, MissingError, CorruptError.
    """
    check_range("coverage", coverage, 0, 1)
    require_highest(highest, "highest")
    digits, pixels, notes = read_source(source, run.classes, highest, expects_light_ink(run))
    warn_of(notes, frames=1)
    if not len(pixels):
        return Predictions()
    boxes: list[Box | None] = [digit.box for digit in digits] or [None] * len(pixels)
    found = run.predictor.predict(pixels, coverage)
    return Predictions(
        describe_prediction(*each, run.classes) for each in zip(found, pixels, boxes, strict=True)
    )


def expects_light_ink(run: Run) -> bool:
    """Return whether a run was trained on published characters: light ink, dark borders."""
    is_published = run.configuration.dataset in DATASETS
    return is_published and all(len(name) == 1 for name in run.classes)


def warn_of(notes: Sequence[str], frames: int = 0) -> None:
    """Warn of each note at the line that calls a method of a run, some frames of ours above."""
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=4 + frames)


def describe_prediction(
    found: FoundPrediction, pixels: Array, box: Box | None, classes: tuple[str, ...]
) -> Prediction:
    """Return a prediction with the names of its classes and its pixels."""
    in_set = found.prediction_set
    return Prediction(
        label=found.answer,
        name=classes[found.answer],
        probability=found.probability,
        probabilities=found.probabilities,
        prediction_set=None if in_set is None else tuple(classes[label] for label in in_set),
        is_out_of_distribution=found.is_out_of_distribution,
        pixels=pixels,
        box=box,
    )


@checked
def open_run(name: str | None = None, *, cache_dir: Path | str | None = None) -> Run:
    """Load a run by its name, or the one that was trained last.

    Example:
        >>> train("mnist-sample", epochs=2, name="short")
        Run short: 2 epochs, validation accuracy ... %
        >>> open_run("short").configuration.epochs
        2

    Raises: MissingError with the nearest name, CorruptError.
    """
    cache = find_cache(cache_dir)
    (loaded,) = load_runs(cache, [name])
    return Run(loaded, cache)


@checked
def list_runs(*, cache_dir: Path | str | None = None) -> list[Run]:
    """Load all runs, sorted by name.

    Raises: CorruptError.

    Example:
        >>> train("mnist-sample", epochs=1, name="one")
        Run one: 1 epoch, validation accuracy ... %
        >>> [run.name for run in list_runs()]
        ['one']
    """
    cache = find_cache(cache_dir)
    loaded = load_runs(cache, [run.name for run in names.list_runs(cache)])
    return [Run(one, cache) for one in loaded]
