"""Inspection of a file without loading it: its content, the effects of loading."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.inspection.files import inspect_file as inspect_file
    from pipeline.inspection.report import Report as Report
    from pipeline.inspection.zips import (
        ZIP_MAGICS as ZIP_MAGICS,
        do_overlap as do_overlap,
        leads_outside as leads_outside,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
