"""Texts of errors: in one line, escaped, without the words of libraries."""

import gzip
import io
import json
import struct
import zipfile
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import CAUSES, MAX_CAUSE, CorruptError, UsageError, describe_cause, excerpt


@given(st.text(), st.integers(1, 50))
@example("a\x1b[2J\r\nb\u202e\udcff", 100)
def test_an_excerpt_is_one_printable_line_and_not_long(text, limit):
    shown = excerpt(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit + len("...")


@given(st.text(), st.text())
def test_no_text_in_an_error_moves_the_cursor(message, hint):
    assert str(CorruptError(message, hint)).isprintable()


def raised(call, *arguments):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call(*arguments)
    return caught.value


ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as archive:
    archive.writestr("a", b"content")
LIBRARIES = {
    "a ZIP file without its end": lambda: zipfile.ZipFile(io.BytesIO(ARCHIVE.getvalue()[:-9])),
    "a member that is missing": lambda: zipfile.ZipFile(ARCHIVE).getinfo("b"),
    "a damaged member": lambda: zipfile.ZipFile(
        io.BytesIO(ARCHIVE.getvalue().replace(b"content", b"context"))
    ).read("a"),
    "gzip data cut off": lambda: gzip.decompress(gzip.compress(b"content")[:-9]),
    "gzip data changed": lambda: gzip.decompress(gzip.compress(b"content")[:-8] + bytes(8)),
    "no gzip data": lambda: gzip.decompress(b"content"),
    "no zlib data": lambda: zlib.decompress(b"content"),
    "zlib data cut off": lambda: zlib.decompress(zlib.compress(b"content")[:-2]),
    "a structure cut off": lambda: struct.unpack("<q", b"1"),
    "no UTF-8": b"\xff\x1b".decode,
    "no JSON": lambda: json.loads("{\n1"),
    "JSON in JSON": lambda: json.loads("[" * 100_000),
}


@pytest.mark.parametrize("kind", LIBRARIES)
def test_an_error_of_a_library_is_described_in_plain_words(kind):
    error = raised(LIBRARIES[kind])
    cause = describe_cause(error)
    assert cause.startswith("it is not JSON") or cause in {it for _, _, it in CAUSES}


@given(st.text(min_size=1))
def test_any_other_cause_is_one_printable_line(text):
    for error in (ValueError(text), KeyError(text), OSError(text)):
        assert describe_cause(error).isprintable()
        assert len(describe_cause(error)) <= MAX_CAUSE + len("...")


def test_a_message_that_ends_with_dots_gets_no_further_one():
    assert str(UsageError("expected file:///...", "Name it")) == "expected file:///... Name it"
    assert str(UsageError("not found", "Name it")) == "not found. Name it"
