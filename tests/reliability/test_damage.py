"""R10: no damage to an artefact is accepted: bits flipped, ends cut off, headers changed."""

import gzip
import json
import math
import re
import struct
from itertools import chain, product

import numpy as np
import pytest

from network.core.data import load_examples
from network.lab.films import describe_film
from network.lab.run_cache import RunCache
from network.lab.watched_run import WatchedRun
from network.plots.subject import load_subjects
from network.runs.calibrate import calibrate_run
from network.runs.checkpoints import save_checkpoint
from network.runs.evaluate import evaluate_run
from network.runs.folder import LoadedRun, load_run
from network.runs.history import pack_epoch
from network.runs.make_film import is_film_complete, make_film
from network.runs.training_run import create_training_run, resume_training_run
from network.sweep.workers.train_many import resume_remote_run
from network.training.configuration import Configuration
from network.training.state import EpochDone
from pipeline.datasets.registry import find_dataset
from pipeline.download.raw_files import check_raw, read_image_chunks, read_label_chunks
from pipeline.errors import CorruptError
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
from tests.support.small_digits import NAME, make_small_digits

pytestmark = pytest.mark.slow

FIGURE = (
    "R10: {changes} changes to {artefacts} artefacts, {accepted} accepted as something else "
    "({unharmed} in what is around zipped content, which was the published one)"
)
DIGITS = "R10: {digits} changed digits of histories, read by {users} users, {accepted} accepted"
HEADERS = (
    "R10: {changes} changed bytes in the headers of {files} IDX files, {accepted} accepted; "
    "without a known hash {described} accepted, whose header still says what is there"
)
KINDS = (
    *("images, gzipped", "images", "labels, gzipped", "labels", "pickle", "manifest", "record"),
    *("checkpoint", "configuration", "test result", "calibration", "history", "frame"),
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


def files_under(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def kinds_of(run):
    """Name the files of a run; of a film one stands for all frames."""
    names = {path.relative_to(run.folder).as_posix() for path in files_under(run.folder)}
    return {re.sub(r"film/\d+", "film/N", name) for name in names}


def test_every_kind_of_artefact_is_damaged(artefacts, tmp_path):
    assert set(artefacts) == set(KINDS)
    cache = Cache(tmp_path / "cache", "test")
    files = {path for path in files_under(cache.root) if path.suffix != ".lock"}
    same_kind = {
        *(cache.raw("tiny") / name for name in FILES if "test" in name),
        cache.pickle("tiny", "test"),
    }
    damaged = {it.path for it in artefacts.values() if "plain" not in it.path.parts}
    assert files == {*damaged, *same_kind}


def test_every_file_that_a_run_has_after_all_that_is_done_with_it_is_damaged(tmp_path):
    made = make_run(Cache(tmp_path / "damaged", "test"))
    cache = make_small_digits(tmp_path, 60)
    chosen = Configuration(dataset=NAME, hidden=(3,), epochs=2, validation=0.4)
    training_run = create_training_run(cache, chosen, "all", film=True)
    list(training_run.train())
    list(make_film(cache, training_run.run))
    loaded = LoadedRun(training_run.run, *load_run(training_run.run))
    calibrate_run(cache, loaded)
    dataset = find_dataset(cache, NAME)
    evaluate_run(loaded, dataset, "test", load_examples(cache, dataset, "test"))
    assert kinds_of(training_run.run) - {"owner.lock", "test.lock"} == kinds_of(made)
    assert {path.stat().st_size for path in training_run.run.folder.glob("*.lock")} == {0}


def sealed_run(tmp_path):
    """Make a run of two epochs out of nine, and return it with its cache."""
    cache = make_small_digits(tmp_path)
    configuration = Configuration(
        dataset=NAME, hidden=(3,), epochs=9, patience=8, batch_size=10, validation=0.4
    )
    training_run = create_training_run(cache, configuration, "p")
    list(training_run.train_until((2, 0)))
    return cache, training_run.run


def users_of_history(cache, run):
    """Name all that reads the history of a run."""
    loaded = RunCache(cache)
    return {
        "resume": lambda: resume_training_run(cache, run),
        "workers": lambda: resume_remote_run(cache, run),
        "plot and report": lambda: load_subjects(cache, ["p"], "validation"),
        "the list of the lab": lambda: loaded.summary("p"),
        "film": lambda: describe_film(cache, LoadedRun(run, *load_run(run))),
        "a film that is compared": lambda: is_film_complete(run, load_run(run)[0]),
        "watched": lambda: WatchedRun(run),
    }


def test_no_digit_of_a_history_is_changed_unnoticed_by_anything_that_reads_it(tmp_path, figure):
    cache, run = sealed_run(tmp_path)
    content, users = run.history.read_bytes(), users_of_history(cache, run)
    assert all(accepts(use) for use in users.values())
    places = [place for place, byte in enumerate(content) if chr(byte).isdigit()]
    for turn, place in enumerate(places):
        digit = b"%d" % ((content[place] - ord("0") + 1) % 10)
        run.history.write_bytes(content[:place] + digit + content[place + 1 :])
        name = list(users)[turn % len(users)]
        with pytest.raises(CorruptError, match=r"history\.jsonl: line [12] is damaged") as error:
            users_of_history(cache, run)[name]()
        assert "\n" not in str(error.value)
    figure(DIGITS, digits=len(places), users=len(users), accepted=0)


def test_lines_of_a_history_are_not_taken_away_exchanged_or_unsealed(tmp_path):
    cache, run = sealed_run(tmp_path)
    lines = run.history.read_bytes().splitlines(keepends=True)
    plain = [{k: v for k, v in json.loads(line).items() if k != "sha256"} for line in lines]
    unsealed = [json.dumps(line).encode() + b"\n" for line in plain]
    better = pack_epoch(EpochDone(**{**plain[0], "validation_accuracy": 1.0}))
    for changed in (
        lines[:1], lines[1:], lines[::-1], [lines[0], lines[0]], [], [b"\n", *lines], unsealed,
        [lines[0], unsealed[1]], [better, lines[1]], [lines[0], b'{"sha256": null}\n'],
    ):  # fmt: skip
        run.history.write_bytes(b"".join(changed))
        assert [name for name, use in users_of_history(cache, run).items() if accepts(use)] == []
        with pytest.raises(CorruptError, match=r"history\.jsonl(: line| has| was changed)"):
            resume_training_run(cache, run)
    checkpoint = load_run(run)[0]
    del checkpoint.meta["history_sha256"]  # as an earlier version saved it
    save_checkpoint(run.checkpoint, checkpoint)
    run.history.write_bytes(b"".join(unsealed))
    assert len(resume_training_run(cache, run)[0].state.history) == 2


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
