"""Support for the textbook: argument checks, layer properties, faster arithmetic."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.core.plumbing.arguments import (
        CheckedArguments as CheckedArguments,
        Epsilon as Epsilon,
        Share as Share,
        Strength as Strength,
        above as above,
        at_least as at_least,
        at_most as at_most,
        below as below,
        one_of as one_of,
        require as require,
    )
    from network.core.plumbing.speed import (
        divide_by_n as divide_by_n,
        one_hot as one_hot,
        sigmoid as sigmoid,
    )
    from network.core.plumbing.differences import (
        avoid_steep as avoid_steep,
        rounding_of_differences as rounding_of_differences,
    )
    from network.core.plumbing.trainable import Trainable as Trainable
    from network.core.plumbing.model_checks import (
        check_shapes as check_shapes,
        find_label_problem as find_label_problem,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
