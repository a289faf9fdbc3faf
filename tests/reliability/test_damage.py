"""R10: no damage to an artefact is accepted: bits flipped, ends cut off, headers changed."""

import gzip
import math
import struct
from itertools import chain, product

import numpy as np
import pytest

from network.runs.folder import load_run, summarise_run
from pipeline.download.raw_files import check_raw, read_image_chunks, read_label_chunks
from pipeline.storage.cache import Cache
from pipeline.storage.idx import idx_bytes, read_idx
from tests.reliability.every_artefact import (
    DATASET,
    FILES,
    IMAGES,
    LABELS,
    accepts,
    make_artefacts,
    make_run,
)

pytestmark = pytest.mark.slow

FIGURE = (
    "R10: {changes} changes to {artefacts} artefacts, {accepted} accepted as something else "
    "({unharmed} in what is around zipped content, which was the published one)"
)
HEADERS = (
    "R10: {changes} changed bytes in the headers of {files} IDX files, {accepted} accepted; "
    "without a known hash {described} accepted, whose header still says what is there"
)
KINDS = (
    *("images, gzipped", "images", "labels, gzipped", "labels", "pickle", "manifest", "record"),
    *("checkpoint", "configuration", "test result", "calibration"),
)
GRID = 64  # bytes between two ends at which a file is cut
ELEMENT_BYTES = {0x08: 1, 0x09: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8}


@pytest.fixture
def artefacts(tmp_path):
    return make_artefacts(tmp_path)


def flipped(data, bits):
    changed = bytearray(data)
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def with_flips(data, count, rng):
    """Flip every single bit in random order, so many of them; then two to five at once."""
    total = 8 * len(data)
    for bit in rng.permutation(total)[:count].tolist():
        yield flipped(data, [bit])
    for _ in range(count - total):
        yield flipped(data, rng.choice(total, rng.integers(2, 6), replace=False).tolist())


def cut_off(data):
    for end in range(0, len(data), GRID):
        yield data[:end]


def is_same_content(data, published):
    """Tell whether gzipped data is the published content still, byte for byte."""
    return published[:2] == b"\x1f\x8b" and gzip.decompress(data) == gzip.decompress(published)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_accepted(kind, artefacts, amount, figure):
    artefact = artefacts[kind]
    assert len(artefact.accepted_by()) == len(artefact.readers)
    published, rng = artefact.path.read_bytes(), np.random.default_rng(0)
    flips = amount(1_000, 5_000 + 1_000_000 // len(KINDS))
    changes, unharmed, accepted = 0, 0, []
    for data in chain(cut_off(published), with_flips(published, flips, rng)):
        artefact.path.write_bytes(data)
        changes += 1
        if artefact.accepted_by():
            if is_same_content(data, published):
                unharmed += 1
            else:
                accepted.append(data.hex())
    figure(FIGURE, changes=changes, artefacts=1, accepted=len(accepted), unharmed=unharmed)
    assert accepted == []
    assert changes >= flips or len(published) * 8 < flips
    assert unharmed == 0 or "gzipped" in kind


def test_every_kind_of_artefact_is_damaged(artefacts, tmp_path):
    assert set(artefacts) == set(KINDS)
    cache = Cache(tmp_path / "cache", "test")
    files = {path for path in cache.root.rglob("*") if path.is_file() and path.suffix != ".lock"}
    same_kind = {
        *(cache.raw("tiny") / name for name in FILES if "test" in name),
        cache.pickle("tiny", "test"),
    }
    read_by_nobody = {cache.runs() / "tiny" / "history.jsonl"}
    assert files == {
        *(artefact.path for artefact in artefacts.values() if "plain" not in artefact.path.parts),
        *same_kind, *read_by_nobody,
    }  # fmt: skip


def test_the_history_of_a_run_is_for_people_and_nothing_reads_it(tmp_path):
    run = make_run(Cache(tmp_path, "test"))
    before = load_run(run)[1], summarise_run(run)
    for content in (b"", b"{", bytes(100)):
        run.history.write_bytes(content)
        assert (load_run(run)[1], summarise_run(run)) == before


def says_what_is_there(data):
    """Tell whether an IDX header describes exactly the bytes of its file."""
    zeros, code, rank = struct.unpack_from(">HBB", data)
    if zeros or code not in ELEMENT_BYTES or not rank or len(data) < 4 + 4 * rank:
        return False
    lengths = struct.unpack_from(f">{rank}I", data, 4)
    return len(data) == 4 + 4 * rank + math.prod(lengths) * ELEMENT_BYTES[code]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    ("file", "size", "read"),
    [(IMAGES, 16, read_image_chunks), (LABELS, 8, read_label_chunks)],
    ids=["images", "labels"],
)
def test_no_header_but_the_true_one_is_accepted(file, size, read, pack, tmp_path, figure):
    cache, published = Cache(tmp_path, "test"), gzip.decompress(FILES[file.name])
    path = cache.raw("tiny") / file.name
    path.parent.mkdir(parents=True)
    accepted = described = changes = 0
    for place, value in product(range(size), range(256)):
        data = published[:place] + bytes([value]) + published[place + 1 :]
        path.write_bytes(pack(data))
        known = [accepts(lambda: check_raw(path, file))]
        known.append(accepts(lambda: list(read(cache, DATASET, "train"))))
        is_read = accepts(lambda: read_idx(path))
        assert is_read == says_what_is_there(data), data[:size].hex()
        assert not is_read or idx_bytes(read_idx(path)) == data
        if data == published:
            assert all(known)
            continue
        changes += 1
        accepted += any(known)
        described += is_read
    figure(HEADERS, changes=changes, files=1, accepted=accepted, described=described)
    assert changes == 255 * size
    assert accepted == 0
