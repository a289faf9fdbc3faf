"""Hostile pickles are refused and run no code; plain ones are read exactly."""

import json
import os
import pickle
import struct
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.pickles.safe_load import UnsafePickleError, is_plain_lists, load_bytes, load_untrusted
from tests.support.attacks import (
    BOMBS,
    BROKEN,
    IMPORTS,
    LENGTHS,
    LIES,
    OPCODES,
    PICKLES,
    array,
    pickled,
)
from tests.support.checkout import REPOSITORY

MEGABYTES = 50  # that a hostile pickle may add to the process
SECONDS = 1.5  # of processor time per file

# Reads each case in a separate process, in which Python's audit hooks report every step.
EXAMINE = """
import collections, json, os, pickle, resource, signal, sys
import encodings.ascii, encodings.raw_unicode_escape  # in which pickletools reads text
from pathlib import Path
from pipeline.errors import CorruptError
from pipeline.pickles.our_format import read_pickle

def examine(variants, path):
    outcomes, events, message = collections.Counter(), [], ""
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
        signal.setitimer(signal.ITIMER_PROF, float(sys.argv[1]))  # restarted for each file
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
SOUND += [pickle.dumps([[[1, 2, 300]], (1.5, None, {"a": b"b"})], proto) for proto in range(6)]


def damaged(count=4000):
    """Change, drop or insert a few bytes of valid pickles."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        data = bytearray(SOUND[rng.integers(len(SOUND))])
        for _ in range(rng.integers(1, 4)):
            position = int(rng.integers(len(data)))
            data[position : position + rng.integers(0, 3)] = rng.bytes(rng.integers(0, 3))
        yield bytes(data)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    return examine({name: [data] for name, data in HOSTILE.items()}, folder)


@pytest.fixture(scope="module")
def damage_verdicts(tmp_path_factory):
    cases = {f"cut {i}": [data[:end] for end in range(len(data))] for i, data in enumerate(SOUND)}
    return examine({**cases, "damaged": list(damaged())}, tmp_path_factory.mktemp("damaged"))


def examine(cases, folder):
    """Read the files of each case in a process of its own; return what each did."""
    if not hasattr(os, "fork"):
        pytest.skip("each case gets a process by fork, which this system has not")
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
    assert verdict["message"].isprintable()  # one line, without control characters


@pytest.mark.parametrize(
    ("cases", "reason"),
    [
        (IMPORTS, "; only arrays are allowed. Nothing in it was run"),
        (OPCODES, "is not one that plain data needs. Nothing in it was run"),
        (LENGTHS, "not a readable pickle: "),
    ],
    ids=["imports", "opcodes", "lengths"],
)
def test_the_error_says_why_it_is_refused(cases, reason, verdicts):
    messages = {case: verdicts[case]["message"] for case in cases}
    assert {case: text for case, text in messages.items() if reason not in text} == {}


@pytest.mark.parametrize("number", range(len(SOUND)))
def test_a_pickle_cut_anywhere_is_refused(number, damage_verdicts):
    assert damage_verdicts[f"cut {number}"]["outcomes"] == {"refused": len(SOUND[number])}


def test_a_damaged_pickle_is_read_or_refused_and_runs_nothing(damage_verdicts):
    verdict = damage_verdicts["damaged"]
    assert set(verdict["outcomes"]) == {"read", "refused"}
    assert verdict["events"] == []
    assert verdict["peak"] < MEGABYTES


@pytest.mark.parametrize("lie", LIES)
def test_an_array_that_is_not_what_it_says_is_refused(lie, tmp_path):
    with pytest.raises(CorruptError, match=r"file: (refused|not a readable pickle): "):
        load(pickled(array(**LIES[lie])), tmp_path)


def test_the_same_array_without_a_lie_is_read(tmp_path):
    assert load(pickled(array()), tmp_path).tobytes() == b"abcdef"


NUMBERS = (
    npst.integer_dtypes(endianness="?")
    | npst.unsigned_integer_dtypes(endianness="?")
    | npst.floating_dtypes(endianness="?", sizes=(16, 32, 64))
    | npst.boolean_dtypes()
)


@given(
    array=npst.arrays(
        NUMBERS
        | npst.unicode_string_dtypes(endianness="?", min_len=1)
        | npst.byte_string_dtypes(min_len=1),
        npst.array_shapes(min_dims=0, max_side=4),
    ),
    protocol=st.integers(0, 5),
    order=st.sampled_from("CF"),
    turn=st.integers(0, 3),
)
def test_arrays_of_numbers_are_read_exactly(array, protocol, order, turn, tmp_path_factory):
    array = np.array(array, order=order)
    array = array.transpose(np.roll(range(array.ndim), turn))
    data = pickle.dumps(array, protocol)
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
    protocol=st.integers(0, 5),
)
def test_plain_data_is_read_exactly(value, protocol, tmp_path_factory):
    again = load(pickle.dumps(value, protocol), tmp_path_factory.getbasetemp())
    assert again == value
    assert type(again) is type(value)


@given(numbers=npst.arrays(NUMBERS, 3), protocol=st.integers(0, 5))
def test_numbers_of_numpy_are_read_exactly(numbers, protocol, tmp_path_factory):
    again = load(pickle.dumps(list(numbers), protocol), tmp_path_factory.getbasetemp())
    assert [number.tobytes() for number in again] == [number.tobytes() for number in list(numbers)]
    assert {number.dtype for number in again} == {numbers.dtype.newbyteorder("=")}


@given(
    values=st.lists(st.integers(-2, 300) | st.floats(-9, 9) | st.booleans(), min_size=4),
    repeats=st.integers(1, 30),
    frame=st.integers(1, 60),
)
def test_runs_of_numbers_are_read_as_one_by_one_and_frames_may_end_in_them(values, repeats, frame):
    pieces = [pickle.dumps(value, 3)[2:-1] for value in values * repeats]
    expected = tuple(values * repeats)
    assert load_bytes(b"(" + b"".join(pieces) + b"t.") == expected
    head, rest = b"(" + b"".join(pieces[:frame]), b"".join(pieces[frame:]) + b"t."
    assert load_bytes(framed(len(head), head) + rest) == expected
    if len(pieces[0]) > 1:
        with pytest.raises(UnsafePickleError, match=r"a frame ends inside|frames do not end"):
            load_bytes(framed(2, b"(" + b"".join(pieces) + b"t."))
    whole = list(map(int, expected))
    assert load_bytes(pickle.dumps(whole, 0)) == whole


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_objects_become_lists(protocol, tmp_path):
    first, *rest = load(
        pickle.dumps(np.array([np.arange(3), None, "a"], object), protocol), tmp_path
    )
    assert first.tolist() == [0, 1, 2]
    assert rest == [None, "a"]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("kind", "shared"), [("(nd)?array", np.arange(3)), ("list", [1, 2]), ("str", "a" * 257)]
)
def test_what_is_large_may_be_there_only_once(kind, shared, protocol, tmp_path):
    with pytest.raises(UnsafePickleError, match=f"it uses the same {kind} more than once"):
        load(pickle.dumps((shared, shared), protocol), tmp_path)


@pytest.mark.parametrize("name", ["numpy ndarray", "numpy dtype", "_codecs encode"])
def test_a_name_is_no_value(name, tmp_path):
    with pytest.raises(UnsafePickleError, match=r"file: .* name instead of data"):
        load(pickled(b"c", name.replace(" ", "\n").encode(), b"\n"), tmp_path)


def test_arrays_written_by_python_2_are_read(tmp_path):
    data = pickled(
        array(content=b"U\x06abcd\xff\0")
    )  # SHORT_BINSTRING, which Python 3 never writes
    assert load(data, tmp_path).tolist() == [*b"abcd\xff\0"]


def test_an_absent_file_is_missing(tmp_path):
    with pytest.raises(MissingError, match="nothing not found"):
        load_untrusted(tmp_path / "nothing")


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(StorageError, match=r"cannot read .*: "):
        load_untrusted(tmp_path)


def framed(length, content):
    return b"\x80\x04\x95" + struct.pack("<Q", length) + content


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x80\x06N.", "protocol 6; expected 5 at most"),
        (b"Nr\x08\0\0\0.", "it stores memo entry 8 in a file of 7 bytes"),
        (b"N.abc", "3 bytes follow its end"),
        (framed(3, b"N."), "a frame ends at byte 14; the file ends at byte 13"),
        (framed(1, b"U\x01a."), "a frame ends inside the SHORT_BINSTRING of byte 11"),
        (framed(9, b"]."), "its frames do not end where opcodes do"),
        (framed(3, b"](K]e."), "its frames do not end where opcodes do"),
        (b"N" + b"(" * 1001 + b".", "lists more than 1,000 deep in each other"),
        (b"](" + b"N\x85" * 20_000 + b"e.", "it is nearly all empty lists, which need far more"),
        (b"](" + b"]" * 21_846 + b"e.", "it is nearly all empty lists, which need far more memory"),
        (b"](" + b"(t" * 40_000 + b"e.", "it is nearly all empty lists, which need far more mem"),
    ],
    ids=range(11),
)
def test_what_a_pickle_may_not_do_is_told(data, reason):
    with pytest.raises(UnsafePickleError) as caught:
        load_bytes(data)
    assert caught.value.message.startswith(reason)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x80\x05N.", None),
        (b"Nr\x07\0\0\0.", None),
        (framed(2, b"N."), None),
        (framed(2, b"](") + b"K\x01e.", [1]),
        (b"(" + b"N" * 300_000 + b"t.", (None,) * 300_000),
        (b"](" + b"N\x85" * 16_500 + b"N" * 9000 + b"e.", [(None,)] * 16_500 + [None] * 9000),
        (b"](" + b"]" * 21_845 + b"e.", [[]] * 21_845),
        (b"](" + b"]" * 21_846 + b"K]K]e.", [[]] * 21_846 + [ord("]")] * 2),
        (b"](" + b"K]" * 40_000 + b"e.", [ord("]")] * 40_000),
        (b"](" + b"]q]" * 40_000 + b"e.", [[]] * 40_000),
    ],
    ids=range(10),
)
def test_what_a_pickle_may_just_do_is_read(data, expected):
    assert load_bytes(data) == expected


NO_SHAPE = "an array without a valid shape or type"
OTHER_KEYS = "a dictionary with keys other than texts and small numbers"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (array(shape=b"](K\x06e"), NO_SHAPE),
        (array(shape=b"G" + struct.pack(">d", 6) + b"\x85"), NO_SHAPE),
        (array(shape=b"J" + struct.pack("<i", -6) + b"\x85"), NO_SHAPE),
        (array(shape=b"(" + b"K\x01" * 65 + b"t", content=b"C\x01a"), NO_SHAPE),
        (array().partition(b"cnumpy\ndtype")[0] + b"N\x89C\x06abcdeftb", NO_SHAPE),
        (array(b"O8"), "an array of 6 objects whose content does not match"),
        (array(b"O8", content=b"]"), "an array of 6 objects whose content does not match"),
        (array(b"V6"), "an array of type 'V6'; expected numbers"),
        (array(b"V" + b"1" * 30), f"an array of type 'V{'1' * 19}'; expected numbers"),
        (array(content=b"K\x06"), "an array of type 'u1'; expected numbers"),
        (array(content=b"C\x05abcde"), "an array of 6 uint8 in 5 bytes"),
        (b"N0", "opcode POP is not one that plain data needs"),
        (b"N(\x85t", "it takes more from the stack than there is"),
        (b"}Na", "items are added to a value that is not a list"),
        (b"]U\x01aNs", OTHER_KEYS),
        (b"}NNs", OTHER_KEYS),
        (b"cos\nsystem\n", "it imports 'os.system'; only arrays are allowed"),
        (b"cos\n" + b"a" * 200 + b"\n", f"it imports 'os.{'a' * 97}'; only arrays are allowed"),
        (b"K\x01U\x01a\x93", "it imports '1.a'; only arrays are allowed"),
        (b"]U\x01a\x93", "it imports '[].a'; only arrays are allowed"),
        (b"cnumpy\ndtype\n)R", "it makes a call that pickles of arrays do not make"),
        (b"]Nb", "it sets the state of a value that is not an array"),
    ],
    ids=range(22),
)
def test_what_no_data_need_is_refused_for_that_reason(data, reason):
    with pytest.raises(UnsafePickleError) as caught:
        load_bytes(pickled(data))
    assert caught.value.message == reason


def test_a_key_without_a_value_is_refused():
    with pytest.raises(CorruptError):
        load_bytes(pickled(b"}(U\x01au"))


@pytest.mark.parametrize("code", [b"O", b"O4", b"O8"])
def test_an_array_of_objects_has_one_of_three_codes(code):
    assert load_bytes(pickled(array(code, b"K\x01\x85", b"](K\x05e"))) == [5]


@pytest.mark.parametrize("shape", [(0, 3), (1,) * 64])
def test_an_array_may_be_empty_and_have_as_many_dimensions_as_in_numpy(shape):
    assert load_bytes(pickle.dumps(np.zeros(shape))).shape == shape


def test_a_byte_order_may_be_that_of_the_machine():
    assert load_bytes(pickled(array(order=b"="))).tobytes() == b"abcdef"


def test_a_short_text_is_used_again_from_wherever_it_was_put():
    text = b"U\xff" + b"a" * 255
    assert load_bytes(pickled(b"](" + text + b"q\x07h\x07e")) == ["a" * 255] * 2
    assert load_bytes(pickle.dumps(["b" * 256] * 2)) == ["b" * 256] * 2


def test_the_kind_of_damage_is_told():
    with pytest.raises(CorruptError) as caught:
        load_bytes(b"h\x05.")
    assert caught.value.message == "it uses memo entry 5, which it has not made"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_lists_of_integers_go_to_the_fast_reader(protocol):
    value = [[0, 10, 255], (256, 2570), [70_000, -1], (), (1,), (1, 2, 3), (1, 2, 3, 4)]
    assert is_plain_lists(pickle.dumps(value, protocol))
    assert is_plain_lists(pickle.dumps([[number] for number in range(300)], protocol))
    for other in ["a"], [None], [1.5], [2**40], {1: 2}, [value[0], value[0]]:
        assert not is_plain_lists(pickle.dumps(other, protocol))
    assert not is_plain_lists(b"c]K\x01.")


def test_the_memo_of_lists_counts_to_about_the_size_of_the_file():
    padding = b"K\x01" * 33_000  # 66,000 bytes
    assert is_plain_lists(b"](" + padding + b"er\0\0\x01\0.")
    assert not is_plain_lists(b"](" + padding + b"er\0\0\x02\0.")
    assert not is_plain_lists(b"](er\0\0\x01\0.")
    assert is_plain_lists(b"](" + b"K\x01" * (8 << 20) + b"e.")  # 256 times as many


PYTHON_2 = {  # cPickle.dump(value, file), opcode by opcode
    "a list": (b"(lp1\nI1\naI-2\naL3L\naI01\naF1.5\naNa.", [1, -2, 3, True, 1.5, None]),
    "a tuple": (b"(S'a\\xff'\np1\nS\"it's\"\np2\nVb\\u20ac\np3\nt.", ("a\xff", "it's", "b€")),
    "a dictionary": (b"(dp1\nS'x'\np2\nI5\nsS'y'\np3\ng2\ns.", {"x": 5, "y": "x"}),
    "a dictionary at once": (b"(S'x'\nI5\nS'y'\nI6\nd.", {"x": 5, "y": 6}),
    "a list at once": (b"(I5\nI6\nl.", [5, 6]),
    "protocol 1": (b"]q\x01(K\x05M\x00\x01U\x01aq\x02h\x02e.", [5, 256, "a", "a"]),
    "keys of bytes": (b"\x80\x03}C\x04dataK\x01s.", {b"data": 1}),
}  # fmt: skip


@pytest.mark.parametrize("kind", PYTHON_2)
def test_what_python_2_writes_is_read(kind):
    data, expected = PYTHON_2[kind]
    assert pickle.loads(data, encoding="latin-1") == expected
    assert load_bytes(data) == expected


def test_an_array_of_python_2_in_protocol_0_is_read():
    data = (
        b"cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntS'b'\ntRp3\n"
        b"(I1\n(I2\nI2\ntcnumpy\ndtype\np4\n(S'u1'\nI0\nI1\ntRp5\n(I3\nS'|'\nNNNI-1\nI-1\nI0\n"
        b"tbI01\nS'\\x00a\\xff\\n'\ntb."
    )
    assert load_bytes(data).tolist() == [[0, 255], [97, 10]]  # I01: columns first
