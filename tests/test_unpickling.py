"""Hostile pickles are refused, run nothing and take no memory; plain ones are read exactly."""

import json
import os
import pickle
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from attacks import BOMBS, BROKEN, IMPORTS, LENGTHS, LIES, OPCODES, PICKLES, array, pickled
from conftest import REPOSITORY
from hypothesis import given
from hypothesis.extra import numpy as npst

from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.unpickling import RefusedError, load_untrusted

MEGABYTES = 50  # that a hostile pickle may take beside the process as it is
SECONDS = 1.5  # of processor time

# Reads each case in a process of its own, whose every step Python's audit hooks tell of.
EXAMINE = """
import collections, json, os, pickle, resource, signal, sys
import encodings.ascii, encodings.raw_unicode_escape  # in which pickletools reads text
from pathlib import Path
from pipeline.errors import CorruptError
from pipeline.pickles import read_pickle

def examine(variants, path):
    outcomes, events, message = collections.Counter(), [], ""
    signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
    harmless = {("open", "r"), ("builtins.id", None)}
    def hook(event, arguments):
        kind = (event, arguments[1] if event == "open" else None)
        if watching and kind not in harmless:
            events.append(event)
    watching = False
    sys.addaudithook(hook)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for variant in variants:
        path.write_bytes(variant)
        watching = True
        try:
            read_pickle(path)
            outcome = "read"
        except CorruptError as error:
            outcome, message = "refused", error.message
        except Exception as error:
            outcome = repr(error)[:80]
        watching = False
        outcomes[outcome] += 1
        path.unlink()
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"outcomes": outcomes, "events": events, "message": message, "peak": peak}

cases, verdicts = pickle.load(sys.stdin.buffer), {}
for name, variants in cases.items():
    verdict, path = Path("verdict.json"), Path("case.pickle")
    verdict.unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    if not (process := os.fork()):
        verdict.write_text(json.dumps(examine(variants, path)))
        os._exit(0)
    _, status = os.waitpid(process, 0)
    dead = {"outcomes": {f"ended by signal {status}": 1}, "events": [], "message": "", "peak": 0}
    verdicts[name] = dead if status else json.loads(verdict.read_text())
print(json.dumps(verdicts))
"""


HOSTILE = {**IMPORTS, **OPCODES, **LENGTHS, **BROKEN, **BOMBS, **PICKLES["lies"]}

EXAMPLES = (np.arange(784).reshape(1, 28, 28) % 256).astype(np.uint8), np.array([7])
SOUND = [pickle.dumps(EXAMPLES, protocol) for protocol in (2, 3, 4, 5)]
SOUND += [pickle.dumps([[[1, 2, 300]], (1.5, None, {"a": b"b"})], proto) for proto in (2, 3, 4, 5)]


def damaged(count=4000):
    """Change, drop or insert a few bytes of sound pickles."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        data = bytearray(SOUND[rng.integers(len(SOUND))])
        for _ in range(rng.integers(1, 4)):
            position = int(rng.integers(len(data)))
            data[position : position + rng.integers(0, 3)] = rng.bytes(rng.integers(0, 3))
        yield bytes(data)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    if not hasattr(os, "fork"):
        pytest.skip("each case gets a process by fork, which this system has not")
    folder = tmp_path_factory.mktemp("hostile")
    cases = {name: [data] for name, data in HOSTILE.items()}
    cases |= {f"cut {i}": [data[:end] for end in range(len(data))] for i, data in enumerate(SOUND)}
    cases["damaged"] = list(damaged())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EXAMINE, str(SECONDS)],
        input=pickle.dumps(cases), cwd=folder, check=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert not (folder / "ran").exists()
    return json.loads(done.stdout)


def load(data, tmp_path):
    (tmp_path / "file").write_bytes(data)
    return load_untrusted(tmp_path / "file")


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_pickle_is_harmless(case, verdicts):
    verdict = verdicts[case]
    assert verdict["outcomes"] == {"refused": 1}
    assert verdict["events"] == []
    assert verdict["peak"] < MEGABYTES
    assert verdict["message"].isprintable()  # one line, and nothing that a terminal obeys


@pytest.mark.parametrize(
    ("cases", "reason"),
    [
        (IMPORTS, "; only arrays are allowed. Nothing in it was run"),
        (OPCODES, "is not one that plain data needs. Nothing in it was run"),
        (LENGTHS, "no readable pickle: "),
    ],
    ids=["imports", "opcodes", "lengths"],
)
def test_the_error_says_why_it_is_refused(cases, reason, verdicts):
    messages = {case: verdicts[case]["message"] for case in cases}
    assert {case: text for case, text in messages.items() if reason not in text} == {}


@pytest.mark.parametrize("number", range(len(SOUND)))
def test_a_pickle_cut_anywhere_is_refused(number, verdicts):
    assert verdicts[f"cut {number}"]["outcomes"] == {"refused": len(SOUND[number])}


def test_a_damaged_pickle_is_read_or_refused_and_runs_nothing(verdicts):
    assert set(verdicts["damaged"]["outcomes"]) == {"read", "refused"}
    assert verdicts["damaged"]["events"] == []
    assert verdicts["damaged"]["peak"] < MEGABYTES


@pytest.mark.parametrize("lie", LIES)
def test_an_array_that_is_not_what_it_says_is_refused(lie, tmp_path):
    with pytest.raises(CorruptError, match=r"file: (refused|no readable pickle): "):
        load(pickled(array(**LIES[lie])), tmp_path)


def test_the_same_array_without_a_lie_is_read(tmp_path):
    assert load(pickled(array()), tmp_path).tobytes() == b"abcdef"


@given(
    array=npst.arrays(
        npst.integer_dtypes(endianness="?")
        | npst.unsigned_integer_dtypes(endianness="?")
        | npst.floating_dtypes(endianness="?", sizes=(16, 32, 64))
        | npst.boolean_dtypes(),
        npst.array_shapes(min_dims=0, max_side=4),
    ),
    protocol=st.integers(2, 5),
    order=st.sampled_from("CF"),
)
def test_arrays_of_numbers_are_read_exactly(array, protocol, order, tmp_path_factory):
    data = pickle.dumps(np.array(array, order=order), protocol)
    again = load(data, tmp_path_factory.getbasetemp())
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()


@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.floats(allow_nan=False)
        | st.text()
        | st.binary(min_size=1),
        lambda inner: (
            st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner)
        ),
        max_leaves=20,
    ),
    protocol=st.integers(2, 5),
)
def test_plain_data_is_read_exactly(value, protocol, tmp_path_factory):
    again = load(pickle.dumps(value, protocol), tmp_path_factory.getbasetemp())
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_of_objects_become_lists(protocol, tmp_path):
    first, *rest = load(
        pickle.dumps(np.array([np.arange(3), None, "a"], object), protocol), tmp_path
    )
    assert first.tolist() == [0, 1, 2]
    assert rest == [None, "a"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "shared", [np.arange(3), [1, 2], "a" * 1000], ids=["array", "list", "text"]
)
def test_what_is_large_may_be_there_only_once(shared, protocol, tmp_path):
    with pytest.raises(RefusedError, match=r"it uses the same .* more than once"):
        load(pickle.dumps((shared, shared), protocol), tmp_path)


@pytest.mark.parametrize("name", ["numpy ndarray", "numpy dtype", "_codecs encode"])
def test_a_name_is_no_value(name, tmp_path):
    with pytest.raises(CorruptError, match=r"file: "):
        load(pickled(b"c", name.replace(" ", "\n").encode(), b"\n"), tmp_path)


def test_arrays_written_by_python_2_are_read(tmp_path):
    data = pickled(
        array(content=b"U\x06abcd\xff\0")
    )  # SHORT_BINSTRING, which Python 3 never writes
    assert load(data, tmp_path).tolist() == [*b"abcd\xff\0"]


def test_an_absent_file_is_missing(tmp_path):
    with pytest.raises(MissingError, match="nothing is not there"):
        load_untrusted(tmp_path / "nothing")


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(StorageError, match=r"cannot read .*: "):
        load_untrusted(tmp_path)
