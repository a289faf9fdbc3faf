"""Readers of ARFF and parquet, and the columns that all tables share."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.formats.tables.unlabelled import ID as ID
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
