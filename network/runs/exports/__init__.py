"""Exports of a run to the file formats of other programs, one file per format."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.runs.exports.formats import export_run as export_run
    from network.runs.exports.onnx_file import to_bytes as to_bytes
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
