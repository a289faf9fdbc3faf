"""Objects of known libraries are named, and no code that runs hides among them."""

import pickle
import pickletools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from pipeline.inspection.foreign import OBJECTS, PARTS
from pipeline.inspection.pickles import inspect_pickle

STATE = {"data": np.zeros((2, 3), np.uint8), "target": [1, 2]}


def instance(name, state=STATE):
    """Pickle an object of a class that need not exist, as protocol 2 does."""
    module, _, attribute = name.rpartition(".")
    content = pickle.dumps(state, 2)[2:-1]
    return f"\x80\x02c{module}\n{attribute}\n)\x81".encode("latin-1") + content + b"b."


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_of_a_known_library_is_named_and_not_read(name):
    report = inspect_pickle(instance(name))
    assert report.status == "refused"
    assert OBJECTS[name] in report.verdict
    assert "np.savez" in report.verdict
    assert name in report.imports


ATTACKS = ["os.system", "builtins.eval", "pandas.read_pickle", "pandas.eval", "joblib.load"]
ATTACKS += ["sklearn.utils._bunch.os", "pandas.core.frame.DataFrame.to_pickle", "numpy.load"]


@given(known=st.sampled_from(sorted(OBJECTS)), attack=st.sampled_from(ATTACKS), first=st.booleans())
def test_one_other_name_beside_it_is_hostile_as_ever(known, attack, first):
    module, _, attribute = attack.rpartition(".")
    call = f"c{module}\n{attribute}\n(X\x01\0\0\0xtR".encode()
    plain = instance(known)[2:-1]
    both = call + b"0" + plain if first else plain + b"0" + call
    report = inspect_pickle(b"\x80\x02" + both + b".")
    assert report.status == "hostile"
    assert attack in report.verdict


@given(part=st.sampled_from(sorted(PARTS)))
def test_the_parts_alone_are_not_enough(part):
    assert inspect_pickle(instance(part)).status == "hostile"


@given(
    value=st.sampled_from([[1, 2], {"a": b"x" * 300}, (1.5, "text"), [], ((),)]),
    n=st.integers(0, 5),
)
def test_the_protocol_is_the_one_that_was_written(value, n):
    data = pickle.dumps(value, n)
    needed = max(opcode.proto for opcode, _, _ in pickletools.genops(data))
    assert inspect_pickle(data).format == f"pickle, protocol {max(needed, n if n > 1 else 0)}"


@pytest.mark.parametrize("text", ["image,label\n1,2\n3,4\n", "import sys\nx = 1\n", "i like it\n"])
@pytest.mark.parametrize("first", ["", "c", "(", "I", "S", "(i"])
def test_a_text_that_begins_like_a_pickle_is_a_text(text, first):
    assert inspect_pickle((first + text).encode()).format == "text"
