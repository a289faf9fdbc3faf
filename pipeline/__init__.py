"""Dataset pipeline: download, verify and convert images into pickles.

Stages, in order: `fetch_dataset` downloads the raw files, `build_pickles` converts them to pickles
of two parallel lists, and `read_split` reads these as arrays. Each stage verifies its input by
hash.
"""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.errors import ProjectError as ProjectError
    from pipeline.storage import Cache as Cache, find_cache as find_cache
    from pipeline.datasets import (
        Dataset as Dataset,
        find_dataset as find_dataset,
        all_datasets as all_datasets,
    )
    from pipeline.download import fetch_dataset as fetch_dataset
    from pipeline.load_dataset import (
        load_dataset as load_dataset,
        LoadedDataset as LoadedDataset,
        LabelledImages as LabelledImages,
    )
    from pipeline.build import build_pickles as build_pickles
    from pipeline.pickles import read_split as read_split, load_untrusted as load_untrusted
    from pipeline.verify import verify_dataset as verify_dataset
    from pipeline.formats import (
        import_dataset as import_dataset,
        ImportOptions as ImportOptions,
        export_dataset as export_dataset,
    )
    from pipeline.inspection import inspect_file as inspect_file
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
