"""Import and export of datasets, one file per format."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.formats.export_dataset import export_dataset as export_dataset
    from pipeline.formats.import_dataset import (
        ImportOptions as ImportOptions,
        import_dataset as import_dataset,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
