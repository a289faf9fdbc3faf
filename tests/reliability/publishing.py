"""A program that publishes two files, and does nothing else.

Every command writes by the function that it calls, so what is true of each of its system calls is
true of every command.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline.errors import StorageError
from pipeline.storage.cache import Digest, publish
from pipeline.terminal.command_line import run_app

CHUNK_BYTES, CHUNKS = 5_000, 3  # so that a file takes several writes
app = typer.Typer()


@app.command()
def publish_all(cache_dir: Annotated[Path, typer.Option()], age: int = 0) -> None:
    """Publish a file in a new folder, and one in the place of an older one."""
    publish(cache_dir / f"folder of age {age}" / "file", chunks(age))
    publish(cache_dir / "file", chunks(age), check)


def chunks(age: int) -> Iterator[bytes]:
    """Yield the content of a file."""
    for number in range(CHUNKS):
        yield bytes([age, number]) * (CHUNK_BYTES // 2)


def check(path: Path, digest: Digest) -> None:
    """Look at what was written before it gets its name, as `build-pickles` does."""
    if path.stat().st_size != digest.size:
        raise StorageError(f"{path} was cut")


def main() -> NoReturn:
    """Run it as the commands are run: every end has its exit code and its one line."""
    run_app(app, "pipeline")
