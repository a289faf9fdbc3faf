"""Import and export of datasets: a folder for each family of formats, and what all share."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.formats.export_dataset import export_dataset as export_dataset
    from pipeline.formats.import_dataset import (
        ImportOptions as ImportOptions,
        describe_source as describe_source,
        import_dataset as import_dataset,
    )
    from pipeline.formats.open_source import lend_workspace as lend_workspace
    from pipeline.formats.unlabelled import (
        Input as Input,
        list_inputs as list_inputs,
        open_images as open_images,
    )
    from pipeline.formats.pixels import find_change as find_change
    from pipeline.formats.source import Ids as Ids, Images as Images
    from pipeline.formats.registry import WRITERS as WRITERS
    from pipeline.formats.numbers import whole_numbers as whole_numbers
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
