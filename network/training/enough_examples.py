"""Require as many examples as the settings of a training need, before it begins.

A share of validation images may round to 0 images. A batch, the last remainder or a thread's part
of it may be too small for a layer. Both depend on the number of examples, not on the options alone.
Runs that began with earlier rules are accepted.
"""

from network.core.data import count_held_out
from network.core.layers import Shape
from network.core.model import Model
from network.training.configuration import Configuration
from network.training.option import OptionError
from pipeline.datasets.records import IMAGE_SHAPE

MAX_TRIED = 1000  # batch sizes to try, to find one that is large enough


def check_examples(configuration: Configuration, model: Model, count: int) -> None:
    """Require enough of `count` examples for validation and for every batch.

    Raises: OptionError.
    """
    if configuration.rules < 2 or configuration.epochs == 0:
        return
    count = min(count, configuration.limit or count)
    held_out = count_held_out(count, configuration.validation)
    if configuration.patience is not None:
        require_held_out("{patience}", configuration, count)
    check_batches(configuration, model, count - held_out)


def require_held_out(what: str, configuration: Configuration, count: int) -> None:
    """Require at least one validation image; the error begins with `what` needs it.

    Raises: OptionError.
    """
    share = configuration.validation
    if count_held_out(count, share) == 0:
        raise OptionError(
            "validation",
            f"{what} needs validation images, but {{validation}} {{share}} of {{count}} images is "
            "none; expected at least {enough}",
            share=f"{share:g}",
            count=f"{count:,}",
            enough=f"{max(0.1, 1 / count):.2g}",
        )


def check_batches(configuration: Configuration, model: Model, count: int) -> None:
    """Require batches of `count` training images that are large enough for every layer.

    Raises: OptionError.
    """
    found = smallest_part(count, configuration.batch_size, configuration.shards)
    shape: Shape = IMAGE_SHAPE
    for layer in model.layers:
        least = layer.least_batch(shape)
        if found < least:
            raise batch_error(configuration, type(layer).__name__, least, found, count)
        shape = layer.shapes(shape)[1]


def batch_error(
    configuration: Configuration, layer: str, least: int, found: int, count: int
) -> OptionError:
    """Return the error that a layer gets too few images, with a sufficient batch size."""
    size, threads = configuration.batch_size, configuration.shards
    larger = range(size + 1, min(count, size + MAX_TRIED) + 1)
    fitting = next((it for it in larger if smallest_part(count, it, threads) >= least), None)
    more = "more images" if threads == 1 else "fewer {shards} or more images"
    expected = more if fitting is None else f"{{batch_size}} {fitting}"
    parts = "" if threads == 1 else f" in {threads} threads"
    return OptionError(
        "batch_size",
        f"{layer} needs {least} images at once to train, but {{batch_size}} {size} of {count:,} "
        f"images{parts} leaves it {found}; expected {expected}",
    )


def smallest_part(count: int, batch_size: int, shards: int) -> int:
    """Return the fewest images per forward pass in an epoch of `count` images.

    They are those of a batch or of the last one, the remainder, shared among threads.
    """
    batches = {min(batch_size, count), count % batch_size or batch_size}
    return min(max(1, size // shards) for size in batches)
