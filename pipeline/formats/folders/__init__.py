"""Reader of folders of pictures: by class, by split, nested, with litter."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.formats.folders.litter import count_kinds as count_kinds
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
