"""Files of other programs are read exactly, or refused with the position."""

import gzip
import io
import pickle
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import CorruptError, MissingError, ProjectError, UsageError
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from pipeline.storage.idx import idx_bytes
from tests.support.image_sources import (
    IN_CSV,
    KAGGLE,
    LABELS,
    PIXELS,
    ROWS,
    N,
    idx_pair,
    images,
    lines,
    npz,
    pickled,
    png,
    save,
)

FAULTS = "R9: {files} damaged sources of images, {faults} faults"


PAIR = PIXELS, LABELS
HALF = N // 2
TRAIN, TEST = (PIXELS[:HALF], LABELS[:HALF]), (PIXELS[HALF:], LABELS[HALF:])

READ = {
    "images": images,
    "images with 3 channels": lambda it: images(it, mode="RGB"),
    "opaque images with 4 channels": lambda it: images(it, mode="RGBA"),
    "grey images with a palette": lambda it: images(it, mode="P"),
    "images as BMP": lambda it: images(it, kind="BMP"),
    "images as GIF": lambda it: images(it, kind="GIF"),
    "Kaggle's CSV": lambda it: save(it / "train.csv", lines(KAGGLE)),
    "the CSV of mnist-in-csv": lambda it: save(it / "a.csv", lines(IN_CSV)),
    "CSV without header": lambda it: save(it / "a.csv", lines()),
    "CSV in quotes": lambda it: save(it / "a.csv", lines(KAGGLE, quote='"')),
    "CSV of Windows": lambda it: save(it / "a.csv", b"\xef\xbb\xbf" + lines(KAGGLE, end="\r\n")),
    "CSV with a last newline": lambda it: save(it / "a.csv", lines() + b"\n"),
    "CSV zipped": lambda it: save(it / "a.csv.gz", gzip.compress(lines(KAGGLE))),
    "CSV of another name": lambda it: save(it / "digits", lines()),
    "npz": lambda it: npz(it / "a.npz", images=PIXELS, labels=LABELS),
    "npz compressed": lambda it: npz(it / "a.npz", compressed=True, x=PIXELS, y=LABELS),
    "npz of rows": lambda it: npz(it / "a.npz", data=ROWS, target=LABELS.astype(np.int64)),
    "npz of columns": lambda it: npz(it / "a.npz", X=PIXELS[..., None], y=LABELS[:, None]),
    "npz of floats": lambda it: npz(it / "a.npz", x=PIXELS.astype("f4"), y=LABELS.astype(float)),
    "npz big endian": lambda it: npz(it / "a.npz", x=PIXELS.astype(">i2"), y=LABELS),
    "npz of another name": lambda it: npz(it / "a.npz", x=PIXELS, y=LABELS).rename(it / "digits"),
    "pickle of lists": lambda it: pickled(it / "a", [PIXELS.tolist(), LABELS.tolist()]),
    "pickle of two images": lambda it: pickled(it / "a", [PIXELS.tolist(), LABELS.tolist()], 5),
    "pickle of arrays": lambda it: pickled(it / "a.pkl", PAIR),
    "pickle of rows": lambda it: pickled(it / "a.pkl", {"data": ROWS, "target": LABELS}),
    "pickle of shares / 255": lambda it: pickled(it / "a.pkl", ((ROWS / 255).astype("f4"), LABELS)),
    "pickle of shares * 1/255": lambda it: pickled(
        it / "a.pkl", (ROWS.astype("f4") * np.float32(1 / 255), LABELS.astype(float))
    ),
    "pickle of shares / 256": lambda it: pickled(it / "a.pkl", ((ROWS / 256).astype("f4"), LABELS)),
    "pickle zipped": lambda it: save(it / "a.pkl.gz", gzip.compress(pickle.dumps(PAIR, 4))),
    "IDX": idx_pair,
    "IDX zipped": lambda it: idx_pair(it, "train-images-idx3-ubyte.gz", pack=gzip.compress),
    "IDX with dots": lambda it: idx_pair(it, "train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
    "IDX of torchvision": lambda it: idx_pair(it / "MNIST" / "raw"),
}  # fmt: skip


def read_all(path):
    """Read labels and images of every split."""
    source = find_format(path).read(path, ReadOptions())
    return source, {
        it.split: (np.concatenate(list(it.all_images())), it.labels) for it in source.parts
    }


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("whole", [True, False], ids=["a folder", "a path"])
def test_what_other_programs_write_is_read(kind, whole, tmp_path):
    made = READ[kind](tmp_path)
    path = made if not whole else tmp_path
    if whole and made.suffix in ("", ".npz") and made.is_file() and made.parent == tmp_path:
        path = made  # a name without a meaning, or a path that is always a file
    source, found = read_all(path)
    (part,) = source.parts
    assert np.array_equal(found[part.split][0], PIXELS)
    assert np.array_equal(part.labels, LABELS)
    assert source.classes == ("0", "1", "2", "3")
    some = np.arange(N) % 5 == 2
    assert np.array_equal(np.concatenate(list(part.images(some))), PIXELS[some])


def python2_array(array):
    """Pickle an array like NumPy under Python 2, which wrote Nielsen's file."""
    code = f"{array.dtype.kind}{array.itemsize}".encode()
    shape = b"(" + b"".join(b"J" + struct.pack("<i", n) for n in array.shape) + b"t"
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R(K\x01" + shape
        + b"cnumpy\ndtype\nU\x02" + code + b"K\0K\x01\x87R"
        + b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
        + b"\x89T" + struct.pack("<i", array.nbytes) + array.tobytes() + b"tb"
    )  # fmt: skip


def nielsen(path):
    """Write a small file like mnist.pkl.gz: training, validation and test, pixels / 256."""
    pairs = [TRAIN, TEST, TEST]
    shares = [((pixels / 256).astype("f4").reshape(-1, 784), labels) for pixels, labels in pairs]
    arrays = [python2_array(x) + python2_array(y.astype("i8")) + b"\x86" for x, y in shares]
    return save(path, gzip.compress(b"\x80\x02" + b"".join(arrays) + b"\x87."))


def image_splits(folder, *names):
    for name, (pixels, labels) in zip(names, (TRAIN, TEST), strict=True):
        for i, (image, label) in enumerate(zip(pixels, labels, strict=True)):
            save(folder / name / str(label) / f"{i}.png", png(image))
    return folder


def csv_splits(folder, *names):
    text = lines().split(b"\n")
    save(folder / names[0], b"\n".join(text[:HALF]))
    return save(folder / names[1], b"\n".join(text[HALF:]))


def pickled_splits(folder):
    pickled(folder / "digits_test.pickle", TEST)
    return pickled(folder / "digits_train.pickle", [TRAIN[0].tolist(), TRAIN[1].tolist()])


def idx_splits(folder):
    for name, (pixels, labels) in {"train": TRAIN, "t10k": TEST}.items():
        save(folder / f"{name}-images-idx3-ubyte", idx_bytes(pixels))
        path = save(folder / f"{name}-labels-idx1-ubyte", idx_bytes(labels))
    return path


KERAS = dict(zip(("x_train", "y_train", "x_test", "y_test"), (*TRAIN, *TEST), strict=True))
MEDMNIST = {"train_images": TRAIN[0], "train_labels": TRAIN[1][:, None], "test_images": TEST[0]}
READ_SPLITS = {
    "images": lambda it: image_splits(it, "train", "test"),
    "images in training and testing": lambda it: image_splits(it, "Training", "Testing"),
    "Keras's npz": lambda it: npz(it / "mnist.npz", **KERAS),
    "MedMNIST's npz": lambda it: npz(it / "a.npz", **MEDMNIST, test_labels=TEST[1][:, None]),
    "two CSV files": lambda it: csv_splits(it, "mnist_train.csv", "mnist_test.csv"),
    "two CSV files in a folder": lambda it: csv_splits(it, "train.csv", "test.csv").parent,
    "two pickles": pickled_splits,
    "two pickles in a folder": lambda it: pickled_splits(it).parent,
    "a pickle of two pairs": lambda it: pickled(it / "a", (TRAIN, TEST)),
    "a pickle with Keras's keys": lambda it: pickled(it / "a", KERAS),
    "four IDX files": lambda it: idx_splits(it).parent,
    "four IDX files by one": idx_splits,
    "torchvision's root": lambda it: idx_splits(it / "KMNIST" / "raw").parent.parent.parent,
    "torchvision's folder": lambda it: idx_splits(it / "KMNIST" / "raw").parent.parent,
    "Nielsen's pickle": lambda it: nielsen(it / "mnist.pkl.gz"),
}


@pytest.mark.parametrize("kind", READ_SPLITS)
def test_splits_of_a_source_are_kept(kind, tmp_path):
    path = READ_SPLITS[kind](tmp_path)
    source, found = read_all(path)
    expected = {"train": TRAIN, "test": TEST}
    if kind == "Nielsen's pickle":
        expected["validation"] = TEST
        assert "exactly whole numbers / 256" in source.notes[0]
    assert found.keys() == expected.keys()
    for split, (pixels, labels) in expected.items():
        assert np.array_equal(found[split][0], pixels)
        assert np.array_equal(found[split][1], labels)
    names = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    assert source.classes == (names if "torchvision" in kind else tuple("0123"))


# Refused files, and the messages


def only(name, data):
    return lambda it: save(it / name, data)


def png_of(width, height):
    """Build a PNG that consists of its header only."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + header + crc + png(PIXELS[0])[33:]


def moving():
    frames = [Image.fromarray(pixels) for pixels in PIXELS[:3]]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def changed_line(number, change):
    text = lines(KAGGLE).split(b"\n")
    text[number - 1] = change(text[number - 1])
    return only("a.csv", b"\n".join(text))


def field(number, column, value):
    return changed_line(
        number,
        lambda line: b",".join(
            [*line.split(b",")[: column - 1], value, *line.split(b",")[column:]]
        ),
    )


def listed(text):
    return lambda it: save(images(it) / "classes.txt", text).parent


def flipped(place):
    def make(folder):
        path = npz(folder / "a.npz", x=PIXELS, y=LABELS)
        data = bytearray(path.read_bytes())
        data[data.index(place)] ^= 1
        return save(path, data)

    return make


def of_npz(**arrays):
    return lambda it: npz(it / "a.npz", **{"x": PIXELS, "y": LABELS, **arrays})


def npy_bomb(folder):
    """Save an array whose header declares 100 times as much."""
    path = npz(folder / "a.npz", x=PIXELS, y=LABELS)
    return save(path, path.read_bytes().replace(b"(24, 28, 28), }  ", b"(2400, 28, 28), }"))


def linked(folder):
    images(folder / "a")
    outside = save(folder / "outside.png", png(PIXELS[0]))
    (folder / "a" / "0" / "link.png").symlink_to(outside)
    return folder / "a"


def headed(header, labels=LABELS):
    return lambda it: save(it / "a.csv", lines(header, labels))


LAST = b"\n".join(  # the first pixel is black in all images, as MNIST's is
    b",".join((b"0", *line.split(b",")[2:], b"3")) for line in lines().split(b"\n")
)
REFUSED = {
    "an image of another size": (
        only("7/a.png", png(np.zeros((30, 32), np.uint8))),
        "a.png: 32x30 pixels; expected 28x28. .*--resize",
    ),
    "a moving image": (only("7/a.gif", moving()), "a.gif: an animation"),
    "no image": (only("7/a.png", b"<html>"), "a.png: not an image of type .*: it is a web page"),
    "half an image": (only("7/a.png", png(PIXELS[0])[:200]), "a.png: damaged image"),
    "an image of too many pixels": (only("7/a.png", png_of(6000, 6000)), "more than 25,000,000 p"),
    "an image of far too many pixels": (only("7/a.png", png_of(60000, 60000)), "more than 25,000"),
    "folders too deep": (
        lambda it: save(images(it) / "0" / "more" / "7.png", png(PIXELS[0])).parent.parent.parent,
        "more: a folder in the folder of a class",
    ),
    "another folder beside train": (
        lambda it: (
            save(
                image_splits(it, "train", "test") / "my notes" / "0" / "a.png", b""
            ).parent.parent.parent
        ),
        "my notes is next to train, but not named like a split",
    ),
    "a link that leads out": (linked, "link.png is a link that leads out of"),
    "an empty folder": (lambda it: it, "no supported files found"),
    "a class too few": (listed(b"a\nb\nc\n"), 'the class "3" is not one of the 3 in classes.txt'),
    "a class listed twice": (listed(b"0\n1\n2\n3\n2\n"), 'two classes are named "2"'),
    "an empty class name": (listed(b"0\n\n2\n3\n"), '"" is not a class name'),
    "class names in Latin 1": (listed("ä".encode("latin-1")), "classes.txt: not UTF-8 text"),
    "pixel 256": (field(4, 3, b"256"), 'line 4: column 3 is "256"; expected a whole number'),
    "pixel -1": (field(2, 785, b"-1"), 'line 2: column 785 is "-1"'),
    "pixel 1.5": (field(3, 2, b"1.5"), 'column 2 is "1.5".* all pixels as whole numbers'),
    "no pixel": (field(3, 2, b""), 'line 3: column 2 is "".*Correct the line, or remove it'),
    "a letter in a pixel": (field(3, 2, b"3a"), 'column 2 is "3a".*Correct the line'),
    "nearly 255": (field(3, 2, b"254.9999999"), 'column 2 is "254.9999999".*whole numbers, or all'),
    "columns of one name": (
        headed("label" + ",pixel" * 784),
        '784 of 785 columns have the same name, "pixel".*Number the pixels',
    ),
    "no label beside a split": (
        headed("split" + "".join(f",pixel{i}" for i in range(784)), ["train", "test"] * 12),
        "the columns are pixels and split. Add a column named label",
    ),
    "a TIFF without its tags": (
        only("7/a.tif", b"II*\0" + bytes(100)),
        r"a.tif: damaged image \(a TIFF without its tags\). Copy or download the file again",
    ),
    "pixel in Arabic digits": (field(3, 2, "٣".encode()), "line 3: column 2 is"),
    "a column less": (
        changed_line(5, lambda line: line[: line.rindex(b",")]),
        "line 5: 784 values",
    ),
    "a column more": (
        changed_line(5, lambda line: line + b",0"),
        "line 5: 786 values; expected a l",
    ),
    "an open quote": (changed_line(6, lambda line: b'"' + line), "line 6: "),
    "a label in Latin 1": (
        field(6, 1, "ä".encode("latin-1")),
        "line 6: the label is not UTF-8 text",
    ),
    "no label": (field(6, 1, b""), "line 6: an empty label, one of 1 in 24"),
    "label 256": (field(6, 1, b"256"), "line 6: label 256; expected 255 at most"),
    "labels last without header": (
        only("a.csv", LAST),
        "not clear whether the labels are the first or the last",
    ),
    "no labels": (only("test.csv", KAGGLE[6:].encode() + b"\n"), "no column named label found"),
    "columns in disorder": (
        only("a.csv", KAGGLE.replace("l1,", "l2,").encode()),
        "others: pixel2; missing: pixel1. Expected",
    ),
    "an endless line": (only("a.csv", b"1," * (1 << 21)), "line 1: longer than 65,536 bytes"),
    "257 classes": (
        only("a.csv", b"".join(b"n%d" % i + b",0" * 784 + b"\n" for i in range(257))),
        'line 257: "n256" is class 257; expected 256 at most',
    ),
    "CSV files that are no set": (
        lambda it: save(save(it / "a.csv", b"1").with_name("b.csv"), b"").parent,
        "2 files .a.csv, b.csv. are not the splits of one dataset",
    ),
    "damaged gzip": (only("a.csv.gz", gzip.compress(lines())[:-50]), "damaged gzip data"),
    "npz without labels": (
        lambda it: npz(it / "a.npz", a=PIXELS),
        "no labels that fit a 24x28x28: no other arrays. .*x_train and y_train.*np.savez",
    ),
    "npz of objects": (of_npz(y=np.array([None] * N)), "Python objects"),
    "npz with NaN": (of_npz(x=np.where(PIXELS > 3, np.nan, 0)), "a pixel is not a number"),
    "npz with pixel -1": (of_npz(x=PIXELS.astype(int) - 1), "a pixel is -1"),
    "npz with pixel 256": (of_npz(x=PIXELS.astype(np.uint16) + 1), "a pixel is 256"),
    "npz with label 1.5": (of_npz(y=LABELS + 1.5), "y: a label is .*.5; expected a whole number"),
    "npz of 32x32": (of_npz(x=np.zeros((N, 32, 32), np.uint8)), "x: 24 images of 32x32.*--resize"),
    "npz in colour": (of_npz(x=np.zeros((N, 28, 28, 3), np.uint8)), "in colour, 28x28.*--grey"),
    "npz with a label less": (of_npz(y=LABELS[1:]), "x 24x28x28 and y 23; expected a label for ea"),
    "npz with two labels each": (of_npz(y=np.c_[LABELS, LABELS]), "y: 2 numbers .* not one-hot"),
    "npz with two kinds of labels": (
        of_npz(label=LABELS),
        "several arrays that may be the labels of x 24x28x28: y 24, label 24",
    ),
    "npz with two kinds of images": (
        of_npz(images=PIXELS),
        "several arrays that may be the images",
    ),
    "npz with a bit flipped": (
        flipped(PIXELS[3].tobytes()),
        "damaged .npz file .its content has another checksum",
    ),
    "npz with a strange header": (
        flipped(b"shape"),
        "x is not an array of numbers, or its header is damaged",
    ),
    "npz cut": (
        lambda it: save(it / "a.npz", npz(it / "b.npz", x=PIXELS).read_bytes()[:-30]),
        "damaged .npz file",
    ),
    "npz of classes beyond": (
        of_npz(classes=np.array(["a", "b"])),
        "label 3 is beyond the 2 class names",
    ),
    "npz with a greedy header": (
        npy_bomb,
        "x declares uint8 of shape .2400, 28, 28., 1,881,728 bytes; found 18,944",
    ),
    "pickle of a number": (only("a.pkl", pickle.dumps(7)), "no images among its arrays: no arrays"),
    "pickle of one image": (
        only("a.pkl", pickle.dumps(PIXELS[0])),
        "no images among its arrays: 28x28 without a name",
    ),
    "pickle of other names": (
        only("a.pkl", pickle.dumps({"a": 1})),
        "no images among its arrays: no arrays",
    ),
    "pickle of other fractions": (
        only("a.pkl", pickle.dumps((PIXELS / 300, LABELS))),
        "fractions, but not whole numbers / 255 or / 256",
    ),
    "pickle of 14x56": (
        only("a.pkl", pickle.dumps((PIXELS.reshape(N, 14, 56), LABELS))),
        "a.pkl: 24 images of 14x56 pixels; expected 28x28",
    ),
    "pickle with pixel 256": (
        only("a.pkl", pickle.dumps((PIXELS + np.int16(1), LABELS))),
        "a.pkl: a pixel is 256; expected a whole number from 0 to 255",
    ),
    "hostile pickle": (only("a.pkl", pickle.dumps(print)), "refused: it imports .builtins.print"),
    "hostile pickle zipped": (
        only("a.pkl.gz", gzip.compress(pickle.dumps(print))),
        "a.pkl.gz: refus",
    ),
    "IDX of 27x28": (
        lambda it: save(
            idx_pair(it).with_name("train-images-idx3-ubyte"), idx_bytes(PIXELS[:, 1:])
        ),
        r"uint8 of shape .24, 27, 28.; expected uint8 of .N, 28, 28",
    ),
    "IDX with a label less": (
        lambda it: save(idx_pair(it), idx_bytes(LABELS[1:])),
        "23 labels for 24",
    ),
    "IDX cut": (
        lambda it: save(idx_pair(it), idx_bytes(LABELS)[:-1]),
        "at most|ends 1 bytes too early",
    ),
    "anything else": (
        only("a.bin", b"\x7fELF"),
        "a.bin: format not supported; it is a program",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_not_be_exact_is_refused_by_name_and_place(kind, tmp_path):
    make, message = REFUSED[kind]
    made = make(tmp_path)
    path = made if made.parent == tmp_path else tmp_path
    with pytest.raises((CorruptError, UsageError), match=message):
        read_all(path)


def test_idx_files_without_their_partners_are_missing(tmp_path):
    idx_pair(tmp_path).unlink()
    with pytest.raises(MissingError, match="the train labels are missing next to train-images"):
        find_format(tmp_path).read(tmp_path, ReadOptions())


def test_nothing_and_what_is_neither_file_nor_folder_are_refused(tmp_path):
    with pytest.raises(MissingError, match="nothing not found"):
        find_format(tmp_path / "nothing")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        find_format(type(tmp_path)("/dev/null"))


def damaged(data, rng):
    """Flip, cut, repeat or fill a piece of a file."""
    data, kind = bytearray(data), rng.integers(4)
    start = int(rng.integers(min(len(data), 400 if rng.integers(2) else len(data))))
    length = int(rng.integers(1, 9))
    if kind == 0:
        data[start] ^= 1 << rng.integers(8)
    elif kind == 1:
        del data[start : start + (length if rng.integers(2) else len(data))]
    elif kind == 2:
        data[start:start] = data[start : start + length]
    else:
        data[start : start + length] = rng.bytes(length)
    return bytes(data)


@pytest.mark.parametrize("usual", [8, pytest.param(25, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", {**READ, **READ_SPLITS})
def test_a_damaged_source_is_read_or_refused_in_one_line(kind, usual, tmp_path, amount, figure):
    made = {**READ, **READ_SPLITS}[kind](tmp_path)
    path = made if made.is_file() else tmp_path
    files = [it for it in tmp_path.rglob("*") if it.is_file()]
    victim = made if made.is_file() else files[0]
    data, rng, faults = victim.read_bytes(), np.random.default_rng(0), []
    tries = amount(usual, 5000)
    for _ in range(tries):
        victim.write_bytes(damaged(data, rng))
        try:
            read_all(path)
        except ProjectError as error:
            faults += [error.message] if "\n" in error.message else []
        except Exception as error:  # noqa: BLE001 - users must never see any of these
            faults.append(repr(error))
    figure(FAULTS, files=tries, faults=len(faults))
    assert faults == []
