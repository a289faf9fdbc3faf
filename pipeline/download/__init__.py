"""Download of raw files from mirrors, and their verification."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.download.fetch import fetch_dataset as fetch_dataset
    from pipeline.download.raw_files import (
        check_raw as check_raw,
        read_image_chunks as read_image_chunks,
        read_label_chunks as read_label_chunks,
        read_label_rows as read_label_rows,
    )
    from pipeline.download.mirrors import is_local as is_local
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
