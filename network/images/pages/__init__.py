"""From a photo, scan or drawing of handwriting to digits like those of MNIST."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.images.pages.draw_steps import draw_steps as draw_steps
    from network.images.pages.fit_digit import (
        centre_by_mass as centre_by_mass,
        fit_into_box as fit_into_box,
    )
    from network.images.pages.grey import read_pictures as read_pictures
    from network.images.pages.ink import light_on_dark as light_on_dark
    from network.images.pages.left_out import format_left_out as format_left_out
    from network.images.pages.read import (
        Box as Box,
        Digit as Digit,
        PICTURES as PICTURES,
        Page as Page,
        PageOptions as PageOptions,
        options_for as options_for,
        page_text as page_text,
        prepare_page as prepare_page,
        read_page as read_page,
        require_digits as require_digits,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
