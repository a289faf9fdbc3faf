"""The option `european`: a share of the training images is redrawn in European shapes, once.

The images to redraw and their strokes follow from the seed. So a run that is resumed, replayed or
trained by another process sees the same ones. Validation images stay as they are.
"""

import numpy as np

from network.core.data import Examples, split_validation
from network.images.european import draw_european
from network.training.configuration import Configuration
from network.training.option import OptionError

DIGITS = tuple("0123456789")


def split_and_redraw(
    examples: Examples, share: float, seed: int, european: float
) -> tuple[Examples, Examples]:
    """Return the training examples, of which a part is redrawn, and the validation examples.

    Raises: UsageError if no training examples are left.
    """
    training, validation = split_validation(examples, share, seed)
    if european:
        rng = np.random.default_rng([seed, 0]).spawn(2)[1]  # the first draws the initial weights
        images = draw_european(training.images, training.labels, european, rng)
        training = Examples(images, training.labels)
    return training, validation


def require_digits(configuration: Configuration, classes: tuple[str, ...]) -> None:
    """Require a dataset of the ten digits if some of them are to be redrawn.

    Raises: OptionError.
    """
    if configuration.european and classes != DIGITS:
        raise OptionError(
            "european",
            "{european} needs a dataset of the digits 0 to 9, but {dataset} is {name}",
            name=configuration.dataset,
        )
