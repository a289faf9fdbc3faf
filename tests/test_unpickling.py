"""Hostile pickles are refused, run nothing and take no memory; plain ones are read exactly."""

import json
import os
import pickle
import struct
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
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


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value


def pickled(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


def images(content):
    """Make a dictionary that looks as if these were the images of a data set."""
    return pickled(b"}(", text(b"images"), content, text(b"labels"), b"](K\x01eu")


def wrapped(opening, content, closing, levels):
    return opening * levels + content + closing * levels


def array(code=b"u1", shape=b"K\x06\x85", content=b"C\x06abcdef", order=b"|"):
    """Write the opcodes of an array's pickle, true or not."""
    dtype = b"cnumpy\ndtype\n(" + text(code) + b"K\x00K\x01tR"
    dtype += b"(K\x03" + text(order) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
    return made + b"(K\x01" + shape + dtype + b"\x89" + content + b"tb"


CALLS = [
    ("os", "system", "touch ran"),
    ("posix", "system", "touch ran"),
    ("nt", "system", "touch ran"),
    ("subprocess", "getoutput", "touch ran"),
    ("subprocess", "Popen", "touch ran"),
    ("pty", "spawn", "/bin/true"),
    ("builtins", "eval", "open('ran', 'w')"),
    ("builtins", "exec", "open('ran', 'w')"),
    ("builtins", "getattr", "x"),
    ("builtins", "__import__", "os"),
    ("__builtin__", "eval", "open('ran', 'w')"),
    ("importlib", "import_module", "this"),
    ("runpy", "run_path", "ran"),
    ("timeit", "timeit", "open('ran', 'w')"),
    ("pickle", "loads", "x"),
    ("operator", "attrgetter", "x"),
    ("functools", "partial", "x"),
    ("io", "open", "ran"),
    ("numpy", "load", "ran"),
    ("numpy", "ones", "x"),
    ("numpy", "memmap", "ran"),
    ("numpy", "fromfile", "ran"),
    ("numpy.testing._private.utils", "runstring", "open('ran', 'w')"),
    ("numpy.f2py", "compile", "x"),
    ("numpy.core.multiarray", "scalar", "x"),
    ("numpy._core.multiarray", "fromfile", "ran"),
    ("pipeline.cache", "publish", "ran"),
    ("pipeline.unpickling", "Name", "x"),
    ("numpy", "dtype.__class__", "x"),
    ("\x1b[2Jcleared", "\x07bell", "x"),
]

IMPORTS = {}
for module, name, argument in CALLS:
    arguments = b"(" + text(argument.encode()) + b"tR"
    IMPORTS[f"{module}.{name} by GLOBAL"] = pickled(
        b"c", module.encode(), b"\n", name.encode(), b"\n", arguments
    )
    IMPORTS[f"{module}.{name} by STACK_GLOBAL"] = pickled(
        text(module.encode()), text(name.encode()), b"\x93", arguments
    )

OPCODES = {
    "EXT1": pickled(b"\x82\x01"),
    "EXT2": pickled(b"\x83\x01\0"),
    "EXT4": pickled(b"\x84\x01\0\0\0"),
    "PERSID": pickled(b"Pos\n"),
    "BINPERSID": pickled(b"K\x01Q"),
    "INST": pickled(b"(S'touch ran'\nios\nsystem\n"),
    "OBJ": pickled(b"(", text(b"touch ran"), b"o"),
    "NEWOBJ": pickled(b"cnumpy\ndtype\n)\x81"),
    "NEWOBJ_EX": pickled(b"cnumpy\ndtype\n)}\x92"),
    "NEXT_BUFFER": pickled(b"\x97"),
    "READONLY_BUFFER": pickled(b"N\x98"),
    "FROZENSET": pickled(b"(K\x01\x91"),
    "EMPTY_SET": pickled(b"\x8f"),
    "INT": pickled(b"I1\n"),
    "PUT": pickled(b"Np99999999999\n"),
}

LENGTHS = {
    f"{opcode!r} of {length:,} bytes": pickled(opcode, length.to_bytes(width, "little"), b"ab")
    for opcodes, width in ((b"\x8cCU\x8a", 1), (b"XBT", 4), (b"\x8d\x8e\x96", 8))
    for opcode in struct.unpack(f"{len(opcodes)}c", opcodes)
    for length in (200, 2 ** (8 * width) - 1)
    if length < 1 << 8 * width
} | {"PROTO": b"\x80", "LONG4": pickled(b"\x8b\xff\xff\xff\x7f")}

BROKEN = {
    "no opcode": pickled(b"\xff"),
    "LONG_BINPUT of 2**24": pickled(b"Nr\0\0\0\x01"),
    "LONG_BINPUT": pickled(b"Nr\xff\xff\xff\xff"),
    "nothing": b"",
    "no STOP": b"\x80\x02]",
    "protocol 6": b"\x80\x06N.",
    "an empty stack": pickled(b"a"),
    "no MARK": pickled(b"t"),
    "absent memo": pickled(b"h\x07"),
    "frame past the end": pickled(b"\x95" + b"\xff" * 8),
    "frame of nothing": b"\x80\x05\x95\x01\0\0\0\0\0\0\0N.",
    "BUILD on a list": pickled(b"]}b"),
    "BUILD on a dictionary": pickled(b"}}", text(b"a"), b"K\x01sb"),
    "BUILD on a name": pickled(b"cnumpy\ndtype\n", text(b"eval"), b"\x85b"),
    "BUILD a name that calls itself": pickled(b"cnumpy\ndtype\nq\0h\0\x85b)R"),
    "REDUCE of a list": pickled(b"])R"),
    "a name alone": pickled(b"cnumpy\ndtype\n"),
    "numpy.ndarray called": pickled(b"cnumpy\nndarray\nM\xff\xff\x85R"),
    "another encoding": pickled(b"c_codecs\nencode\n", text(b"x"), text(b"rot13"), b"\x86R"),
    "GLOBAL without an end": pickled(b"cos"),
    "GLOBAL whose newline came before": pickled(b"K\ncos"),
}

LONG = text(bytes(100_000))
BIG = b"J\xa0\x86\x01\0\x85"  # the shape (100000,)
DOUBLED = wrapped(b"](", b"K\x01", b"q\1h\1e", 25)  # each list holds the one inside it twice

BOMBS = {
    "deep lists": pickled(wrapped(b"]", b"", b"a", 20_000)),
    "deep lists with an array": pickled(b"(", array(), wrapped(b"](", b"K\x01", b"e", 500), b"t"),
    "list in itself": pickled(b"]q\0h\0a"),
    "list in itself, with an array": pickled(b"]q\0(h\0", array(), b"e"),
    "images in themselves": images(b"]q\0(h\0h\0e"),
    "doubled lists": images(wrapped(b"](", b"K\x01", b"q\1h\1e", 60)),
    "doubled lists with an array": images(wrapped(b"](", array(), b"q\1h\1e", 30)),
    "wide below the fourth level": images(
        wrapped(b"](", wrapped(b"](", b"K\x01", b"q\1" + b"h\1" * 59 + b"e", 4), b"e", 4)
    ),
    "one long text": images(b"](" + text(bytes(8000)) + text(b"b") + b"q\1" + b"h\1" * 8000 + b"e"),
    "one array again and again": images(
        b"](" + array(b"u1", BIG, b"B" + LONG[1:]) + b"q\1" + b"h\1" * 2000 + b"e"
    ),
    "one text encoded again and again": pickled(
        b"](c_codecs\nencode\nq\0", LONG, text(b"latin1"), b"\x86q\1R", b"h\0h\1R" * 2000, b"e"
    ),
    "one state for many arrays": pickled(
        b"](cnumpy.core.multiarray\n_reconstruct\nq\0NNN\x87R(K\1", BIG, b"cnumpy\ndtype\n",
        text(b"u1"), b"\x85R\x89", LONG, b"tq\2b", b"h\0NNN\x87Rh\2b" * 2000, b"e",
    ),
    "tuples in tuples": pickled(b")" + b"\x85" * 2_000_000),
    "many small tuples": pickled(b"(" + b"N\x85" * 1_000_000 + b"t"),
    "many small lists": pickled(b"(" + b"]Na" * 700_000 + b"t"),
    "many small dictionaries": pickled(b"(" + b"}NNs" * 500_000 + b"t"),
    "deep tuple as a key": pickled(b"}N" + b"\x85" * 500_000 + b"Ns"),
    "doubled tuple as a key": pickled(b"}", wrapped(b"(", b"K\x01", b"q\1h\1t", 40), b"Ns"),
    "keys of one hash": pickled(
        b"}(" + b"".join(b"\x8a\x0b" + (i * (2**61 - 1)).to_bytes(11, "little") + b"N"
                         for i in range(20_000)) + b"u"
    ),
    "doubled list as a type": pickled(b"cnumpy\ndtype\n", DOUBLED, b"\x85R"),
    "doubled list as a byte order": pickled(
        b"cnumpy\ndtype\n", text(b"u1"), b"\x85RN", DOUBLED, b"\x86b"
    ),
    "doubled list as an encoding": pickled(
        b"c_codecs\nencode\n", text(b""), DOUBLED, b"\x86R"
    ),
    "array of a terabyte": pickled(array(shape=b"\x8a\x06\0\0\0\0\0\1\x85")),
}  # fmt: skip

LIES = {
    "more than there is": {"shape": b"K\x07\x85"},
    "less than there is": {"shape": b"K\x05\x85"},
    "any length": {"shape": b"J\xff\xff\xff\xff\x85"},
    "no tuple": {"shape": b"N"},
    "a fraction": {"shape": b"G\x40\x18\0\0\0\0\0\0\x85"},
    "text as a length": {"shape": text(b"6") + b"\x85"},
    "half an element": {"code": b"u4"},
    "objects made of bytes": {"code": b"O", "shape": b"K\x06\x85"},
    "objects that are missing": {"code": b"O", "content": b"](K\x01e"},
    "objects of no shape": {"code": b"O", "shape": b"N", "content": b"](K\x01e"},
    "raw memory": {"code": b"V6"},
    "dates": {"code": b"M8"},
    "text": {"code": b"U1"},
    "an impossible width": {"code": b"f1"},
    "a record": {"code": b"u1,u1"},
    "another byte order": {"order": b"!"},
    "content that is a number": {"content": b"K\x06"},
    "content that is a list": {"content": b"]"},
    "content with letters past one byte": {"content": text("ĀĀĀ".encode())},
}

HOSTILE = {**IMPORTS, **OPCODES, **LENGTHS, **BROKEN, **BOMBS}
HOSTILE |= {f"array: {lie}": pickled(array(**changed)) for lie, changed in LIES.items()}

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
