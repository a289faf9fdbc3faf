"""Export formats of a run, each with the module that writes it."""

from importlib import import_module

from network.runs.folder import LoadedRun
from pipeline.datasets.records import Dataset
from pipeline.extras import needs_extra

# name -> module with `to_bytes(loaded, dataset)`; its package is in the extra
FORMATS = {
    "onnx": "network.runs.exports.onnx_file",
    "safetensors": "network.runs.exports.safetensors_file",
}


def export_run(loaded: LoadedRun, dataset: Dataset, format_name: str) -> bytes:
    """Return the file of a run in one of the formats.

    Raises: MissingError if the package that writes it is not installed.
    """
    with needs_extra("export", f"the export to {format_name}"):
        module = import_module(FORMATS[format_name])
    data: bytes = module.to_bytes(loaded, dataset)
    return data
