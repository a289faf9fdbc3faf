"""Datasets by name: the published ones and your own."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.datasets.records import (
        Dataset as Dataset,
        IMAGE_SHAPE as IMAGE_SHAPE,
        RawFile as RawFile,
        Split as Split,
    )
    from pipeline.datasets.registry import (
        DATASETS as DATASETS,
        all_datasets as all_datasets,
        as_dataset as as_dataset,
        dataset_names as dataset_names,
        find_dataset as find_dataset,
    )
    from pipeline.datasets.user_datasets import (
        MAX_CLASSES as MAX_CLASSES,
        SPLIT as SPLIT,
        check_dataset_name as check_dataset_name,
        publish_record as publish_record,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
