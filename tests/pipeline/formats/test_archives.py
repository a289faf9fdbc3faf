"""A tar archive that was cut anywhere is damaged, never a smaller archive."""

import gzip
import io
import tarfile
import zipfile

import numpy as np
import pytest

from pipeline.errors import CorruptError
from pipeline.formats.import_dataset import describe_source
from tests.support.image_sources import png

BLOCK = tarfile.BLOCKSIZE
COUNT = 6


def tar(kind=tarfile.GNU_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for i in range(COUNT):
            length = 1 if kind == tarfile.USTAR_FORMAT else 110  # more headers
            data = png(np.full((28, 28), i, np.uint8))
            member = tarfile.TarInfo(f"{i % 2}/{i}{'a' * length}.png")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def zipped(data, name="a.tar"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


AROUND = {  # by suffix
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".zip": zipped,
    ".tar.zip": lambda it: zipped(gzip.compress(it), "a.tgz"),
}


def describe(folder, suffix, data):
    folder.mkdir(exist_ok=True)
    path = folder / f"mine{suffix}"
    path.write_bytes(data)
    return describe_source(path, folder / "unpacked")[:2]


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("suffix", AROUND)
def test_a_whole_archive_is_read(suffix, kind, tmp_path):
    data = tar(kind).rstrip(b"\0")
    whole = data + bytes(-len(data) % BLOCK + 2 * BLOCK)
    for ending in (b"", bytes(BLOCK), bytes(30_000)):
        found = describe(tmp_path / str(len(ending)), suffix, AROUND[suffix](whole + ending))
        assert found == ("png", f"{COUNT} images of 2 classes: 0, 1")


@pytest.mark.parametrize("suffix", AROUND)
def test_a_cut_archive_is_damaged_wherever_it_was_cut(suffix, tmp_path):
    data = tar().rstrip(b"\0")
    data += bytes(-len(data) % BLOCK)
    for place in (*range(BLOCK, len(data) + BLOCK + 1, BLOCK), BLOCK * 3 + 100, len(data) - 1):
        cut = (data + bytes(BLOCK))[:place]
        with pytest.raises(CorruptError) as caught:
            describe(tmp_path / str(place), suffix, AROUND[suffix](cut))
        assert "damaged archive" in caught.value.message
        assert "Copy" in caught.value.hint or "again" in caught.value.hint


@pytest.mark.parametrize("lost", [1, 4, 8, 20])
def test_gzip_data_without_their_end_are_damaged(lost, tmp_path):
    with pytest.raises(CorruptError, match="damaged"):
        describe(tmp_path, ".tar.gz", gzip.compress(tar())[:-lost])


def test_a_damaged_header_is_not_the_end(tmp_path):
    data = bytearray(tar())
    place = data.index(b"ustar", 2000)
    data[place - 60] ^= 255
    with pytest.raises(CorruptError, match="damaged archive"):
        describe(tmp_path, ".tar", bytes(data))


def test_archives_joined_to_one_file_are_refused(tmp_path):
    with pytest.raises(CorruptError, match="more files follow after the end"):
        describe(tmp_path, ".tar", tar() + tar())
