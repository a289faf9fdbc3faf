"""The IDX format: files read and refused, byte for byte."""

import gzip
import struct
import tracemalloc
import zipfile

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.storage.decompression import BombError, check_decompression, is_bomb
from pipeline.storage.idx import DTYPES, idx_bytes, open_idx, read_idx

VECTOR = bytes.fromhex("0000 08 01  00000003  07 08 09")
ZIPPED = gzip.compress(VECTOR, mtime=0)
ARRAYS = npst.arrays(
    st.sampled_from(list(DTYPES.values())),
    npst.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=4),
)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Read bytes as if they were a file."""
    path = tmp_path_factory.mktemp("idx") / "file"

    def read(data):
        path.write_bytes(data)
        return read_idx(path)

    return read


def header(code, *lengths):
    return bytes([0, 0, code, len(lengths)]) + struct.pack(f">{len(lengths)}I", *lengths)


@pytest.mark.parametrize(
    ("data", "expected"),
    [  # zeros, type, rank; dimensions; elements
        ("0000 08 01  00000002  00 ff", np.array([0, 255], np.uint8)),
        ("0000 09 01  00000002  00 ff", np.array([0, -1], np.int8)),
        ("0000 0b 01  00000001  0102", np.array([258], np.int16)),
        ("0000 0c 01  00000001  fffffffe", np.array([-2], np.int32)),
        ("0000 0d 01  00000001  3fc00000", np.array([1.5], np.float32)),
        ("0000 0e 01  00000001  bff8000000000000", np.array([-1.5], np.float64)),
        ("0000 08 02  00000002 00000001  05 06", np.array([[5], [6]], np.uint8)),
        ("0000 08 02  00000001 00000002  05 06", np.array([[5, 6]], np.uint8)),
        ("0000 08 01  00000000", np.array([], np.uint8)),
        ("0000 08 02  00000003 00000000", np.zeros((3, 0), np.uint8)),
        ("0000 08 02  ffffffff 00000000", np.zeros((2**32 - 1, 0), np.uint8)),
    ],
)
def test_the_format_byte_for_byte(data, expected, read):
    array = read(bytes.fromhex(data))
    assert array.shape == expected.shape
    assert array.dtype.newbyteorder("=") == expected.dtype
    assert (array == expected).all()
    assert idx_bytes(expected) == bytes.fromhex(data)


@given(array=ARRAYS, is_zipped=st.booleans())
def test_every_type_and_rank_is_read_as_it_was_written(array, is_zipped, read):
    data = idx_bytes(array)
    again = read(gzip.compress(data, 1) if is_zipped else data)
    assert again.shape == array.shape
    assert again.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    assert idx_bytes(again) == data  # NaN too


@given(array=npst.arrays(np.dtype("<i2"), (2, 3)))
def test_the_byte_order_in_memory_does_not_show_in_the_file(array):
    assert idx_bytes(array) == idx_bytes(array.astype(">i2")) == idx_bytes(np.asfortranarray(array))


@pytest.mark.parametrize("array", [np.zeros(2, np.uint16), np.zeros(2, complex), np.uint8(1)])
def test_what_the_format_cannot_hold_is_not_written(array):
    with pytest.raises(ValueError, match=f"IDX cannot hold {array.dtype} in {array.ndim} dim"):
        idx_bytes(array)


@pytest.mark.parametrize("end", range(len(VECTOR)))
def test_a_truncated_file_is_refused(end, read):
    with pytest.raises(CorruptError, match=r"bytes too early|the header declares 11 bytes"):
        read(VECTOR[:end])


def test_how_much_is_missing_is_told(read):
    with pytest.raises(CorruptError, match="file: ends 2 bytes too early"):
        read(VECTOR[:6])
    with pytest.raises(CorruptError, match="declares 1,000,008 bytes; the file can hold 108 at mo"):
        read(header(0x08, 10**6) + bytes(100))


def test_a_file_may_be_as_large_as_it_is_known_to_be_and_no_larger(tmp_path):
    (tmp_path / "file").write_bytes(ZIPPED)
    with open_idx(tmp_path / "file", 11) as stream:
        assert stream.content_size == 11
    message = "the header declares 11 bytes; the file can hold 10 at most"
    with pytest.raises(CorruptError, match=message), open_idx(tmp_path / "file", 10):
        pass


@pytest.mark.parametrize("end", range(2, len(ZIPPED)))
def test_a_truncated_zipped_file_is_refused(end, read):
    with pytest.raises(CorruptError, match=r"damaged gzip data|header declares|bytes too early"):
        read(ZIPPED[:end])


@pytest.mark.parametrize("position", range(len(ZIPPED)))
def test_damage_to_a_zipped_file_is_refused_or_changes_nothing(position, read):
    refused = 0
    for bit in range(8):
        data = bytearray(ZIPPED)
        data[position] ^= 1 << bit
        try:
            assert read(bytes(data)).tolist() == [7, 8, 9]
        except CorruptError:
            refused += 1
    is_free = 3 <= position < 10 or position == len(ZIPPED) - 9  # flag, date, system; padding
    assert is_free or refused == 8


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_extra_bytes_are_refused(pack, read):
    with pytest.raises(CorruptError, match=r"more bytes than the shape \(3,\) needs"):
        read(pack(VECTOR + b"\0"))


def test_a_second_gzip_member_is_refused(read):
    with pytest.raises(CorruptError, match="more bytes than"):
        read(gzip.compress(VECTOR) + gzip.compress(b"more"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>404 Not Found</html>", "begins with the bytes 3c 68; expected two zero bytes"),
        (b"\0\1\x08\x01\0\0\0\0", "begins with the bytes 00 01"),
        (b"\0\0\x0a\x01\0\0\0\0", "element type 0x0a; expected one of 0x08, 0x09, 0x0b, 0x0c"),
        (b"\0\0\x08\x00", "0 dimensions; expected at least 1"),
    ],
)
def test_a_wrong_header_is_refused_and_named(data, message, read):
    with pytest.raises(CorruptError, match=message):
        read(data)


@pytest.mark.parametrize("position", range(8))
def test_no_header_but_the_true_one_fits_the_file(position, read):
    for value in set(range(256)) - {VECTOR[position]}:
        data = VECTOR[:position] + bytes([value]) + VECTOR[position + 1 :]
        if (position, value) == (2, 0x09):  # int8 has the size of uint8
            assert read(data).dtype == np.int8
        else:
            with pytest.raises(CorruptError, match="file: "):
                read(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "lengths", [(2**32 - 1,), (1, 2**31), (2**32 - 1,) * 3, (2**32 - 1,) * 4]
)  # fmt: skip
def test_a_header_that_promises_more_than_the_file_can_hold_allocates_nothing(lengths, pack, read):
    data = pack(header(0x0E, *lengths) + bytes(100))
    tracemalloc.start()
    try:
        with pytest.raises(CorruptError, match=r"header declares [\d,]+ bytes; the file can hold"):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("lengths", [(1,) * 64, (0, 2**24, 2**24)], ids=["64 dimensions", "2**48"])
def test_the_largest_shapes_that_an_array_can_have_are_read(lengths, read):
    assert read(header(0x08, *lengths) + b"\0" * all(lengths)).shape == lengths


@pytest.mark.parametrize(
    "lengths",
    [
        *((1,) * 65, (1,) * 255, (0, 2**24, 2**24 + 1)),
        *((0, *(2**32 - 1,) * 3), (*(2**32 - 1,) * 3, 0)),
    ],
    ids=["65 dimensions", "255 dimensions", "0 x large", "0 x huge", "huge x 0"],
)
def test_a_shape_that_no_array_can_have_is_refused(lengths, read):
    with pytest.raises(CorruptError, match=r"dimensions|shape"):
        read(header(0x08, *lengths) + (b"\0" if all(lengths) else b""))


@pytest.mark.parametrize(("most", "size"), [(64 << 20, 1), (64 << 20, 671_088), (10**8, 10**6)])
def test_a_bomb_is_more_than_64_mebibytes_and_than_a_hundred_times_its_file(most, size):
    assert not is_bomb(most, size)
    assert is_bomb(most + 1, size)


def test_a_bomb_is_told_by_its_size(read):
    check_decompression("x", 64 << 20, 2)
    with pytest.raises(BombError, match="x: it unpacks to 67,108,865 bytes, 33,554,432 times its"):
        check_decompression("x", (64 << 20) + 1, 2)
    zeros = gzip.compress(bytes(1 << 24), 9)  # gzip may have several members
    with pytest.raises(BombError, match="file: it unpacks to 67,108,865 bytes, 1,027 times"):
        read(gzip.compress(header(0x08, (64 << 20) - 7)) + zeros * 4)


def test_items_come_a_mebibyte_at_a_time_and_the_hash_after_them(tmp_path):
    array = np.arange(3 << 20, dtype=np.uint8).reshape(-1, 1 << 10)
    (tmp_path / "file").write_bytes(idx_bytes(array))
    with open_idx(tmp_path / "file") as stream:
        items = list(stream.read_items())
        assert [len(part) for part in items] == [1 << 10] * 3
        assert (np.concatenate(items) == array).all()


@pytest.mark.parametrize(
    ("shape", "counts"),
    [((2**20 + 1,), [2**20, 1]), ((2, 2**20 + 1), [1, 1]), ((5, 2**19), [2, 2, 1])],
)
def test_as_many_items_come_at_a_time_as_a_mebibyte_holds_but_one_at_least(shape, counts, tmp_path):
    array = (np.arange(np.prod(shape)) // 1000).astype(np.uint8).reshape(shape)
    (tmp_path / "file").write_bytes(idx_bytes(array))
    with open_idx(tmp_path / "file") as stream:
        assert [len(items) for items in stream.read_items()] == counts
    assert (read_idx(tmp_path / "file") == array).all()


def test_what_follows_the_elements_is_not_read(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        file.write(VECTOR)
        file.truncate(1 << 26)
    tracemalloc.start()
    try:
        with pytest.raises(CorruptError, match="more bytes than"):
            read_idx(tmp_path / "file")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_member_of_a_zip_is_stored_or_deflated(tmp_path):
    for method in zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2:
        with zipfile.ZipFile(tmp_path / "file", "w", method) as archive:
            archive.writestr("inner", VECTOR)
        if method != zipfile.ZIP_BZIP2:
            with open_idx(tmp_path / "file", member="inner") as stream:
                assert stream.shape == (3,)
    message = r"not a ZIP archive with inner \(compressed by method 12\)"
    with pytest.raises(CorruptError, match=message), open_idx(tmp_path / "file", None, "inner"):
        pass


def test_an_absent_file_is_missing(tmp_path):
    with pytest.raises(MissingError, match="file not found"):
        read_idx(tmp_path / "file")


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(StorageError, match=r"cannot read .*: "):
        read_idx(tmp_path)
