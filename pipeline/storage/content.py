"""File formats by their first bytes, in words for people.

Source: the magic numbers in the specification of each format.
"""

import codecs
import re

TEXT = re.compile(rb"[\t\n\r\x0c -~\x80-\xff]+")
STARTS = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"8BPS", "a Photoshop picture"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x80\2\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19", "a PyTorch file"),
    (b"PAR1", "a parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"MATLAB 5.0", "a MATLAB file"),
    (b"MATLAB 7.3", "a MATLAB 7.3 file, which is HDF5"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"RDX", "a file of R"),
    (b"PK\3\4", "a ZIP archive"),
    (b"PK\5\6", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document"),
    (b"%PDF-", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs.github.com", "a Git LFS pointer, not the file itself"),
)
WRONG_ORDER = "an IDX file whose header has the wrong byte order (little-endian)"
PATTERNS = (
    (rb"P[1-6][\s#]", "a PNM picture"),
    (rb"BM.{8}\0\0", "a BMP picture"),
    (rb"RIFF....WEBP", "a WebP picture"),
    (rb"....ftyp(?:hei|hev|mif|avi)", "a HEIF or AVIF picture"),
    (rb".{257}ustar", "a tar archive"),
    (rb"\s*(?:<!doctype html|<html|<head|<body)", "a web page (HTML)"),
    (rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,1000}-->\s*)?<svg", "an SVG drawing"),
    (rb"\s*<\?xml", "an XML file"),
    (rb"(?:\s*%[^\n]*\n|\s)*@relation\b", "an ARFF file"),
    (rb"[+-]?\d+(?:\.\d+)?(?: \d+:[-+.\de]+)+\s", "a LIBSVM file"),
    (rb"\s*[\[{]\s*[\[{\"\d]", "a JSON file"),
    (rb"x[\x01\x5e\x9c\xda]", "zlib data, as joblib writes it"),
    (rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x40]", "an IDX file"),
    (rb"[\x01-\x40][\x08\x09\x0b-\x0e]\0\0", WRONG_ORDER),
    (rb".{4}\0{4}.{4}\x0a", "a TFRecord file"),
)


def describe_content(start: bytes) -> str:
    """Return the kind of a file, with its article; empty if unknown."""
    for magic, what in STARTS:
        if start.startswith(magic):
            return what
    beginning = start.removeprefix(b"\xef\xbb\xbf")
    for pattern, what in PATTERNS:
        if re.match(pattern, beginning, re.DOTALL | re.IGNORECASE):
            return what
    return "text" if is_text(beginning) else ""


def is_text(start: bytes) -> bool:
    """Return whether bytes are text in UTF-8, perhaps cut within a letter."""
    if not TEXT.fullmatch(start):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def describe_start(start: bytes) -> str:
    """Describe the beginning of a file for an error, or quote it."""
    if not start:
        return "it is empty"
    what = describe_content(start)
    return f"it is {what}" if what else f"it begins with the bytes {start[:8].hex(' ')}"
