"""Changes to images: augmentation, distortions, resampling."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.images.augmentation import (
        AUGMENTATIONS as AUGMENTATIONS,
        Augmentation as Augmentation,
        Noise as Noise,
        Thickness as Thickness,
        build_augmentation as build_augmentation,
    )
    from network.images.distortions import gaussian as gaussian, identities as identities
    from network.images.european import (
        EUROPEAN_SHAPES as EUROPEAN_SHAPES,
        draw_european as draw_european,
    )
    from network.images.resampling import resample as resample
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
