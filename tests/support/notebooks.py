"""Execute the notebooks of the examples again, each from an empty folder with a cache of its own.

    python -m tests.support.notebooks                    # writes them again where they are
    python -m tests.support.notebooks --out FOLDER       # into a folder

A notebook is kept as it was executed, so that its outputs can be read without running it.
"""

import os
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

from tests.support.checkout import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "docs" / "examples").glob("*.ipynb"))
METADATA = {  # the same whoever executes it
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS_A_CELL = 600  # against what hangs


def execute(path: Path) -> nbformat.NotebookNode:
    """Return a notebook with the outputs of its cells, run in order by a new kernel.

    Raises: CellExecutionError where a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        os.environ.update(
            MNIST_CACHE_DIR=str(Path(folder, "cache")), IPYTHONDIR=str(Path(folder, "ipython")),
            JUPYTER_RUNTIME_DIR=str(Path(folder, "runtime")), PYTHONPATH=str(REPOSITORY),
        )  # fmt: skip
        place = Path(folder, "empty")
        place.mkdir()
        client = NotebookClient(
            notebook, timeout=SECONDS_A_CELL, record_timing=False, coalesce_streams=True,
            kernel_name="python3", resources={"metadata": {"path": str(place)}},
        )  # fmt: skip
        client.execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def main() -> None:
    """Execute all notebooks, or those named, and write them."""
    parser = ArgumentParser(description="Execute the notebooks again.")
    parser.add_argument("notebooks", nargs="*", type=Path, default=NOTEBOOKS)
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    for path in arguments.notebooks:
        target = path if arguments.out is None else arguments.out / path.name
        nbformat.write(execute(path), target)


if __name__ == "__main__":
    main()
