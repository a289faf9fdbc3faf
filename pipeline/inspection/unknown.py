"""Identification of other files, and decoding of pictures."""

from pipeline.errors import CorruptError
from pipeline.inspection.report import Report
from pipeline.storage.content import describe_content
from pipeline.storage.pictures import PictureOptions, decode_picture

PICTURES = PictureOptions(max_bytes=1 << 27)


def inspect_unknown(data: bytes) -> Report:
    """Identify a file by its first bytes; decode it if it is a picture."""
    what = describe_content(data[:4096])
    kind = what.removeprefix("an ").removeprefix("a ")
    if what.endswith(" picture"):
        return inspect_picture(data, kind)
    verdict = "only pickles, arrays, IDX files, pictures and ZIP archives of them are inspected"
    return Report(kind or "unknown", len(data), "unknown", verdict)


def inspect_picture(data: bytes, kind: str) -> Report:
    """Decode a picture."""
    try:
        height, width = decode_picture(data, kind, PICTURES).shape
    except CorruptError as error:
        is_damaged = "damaged" in error.message
        verdict = error.message.removeprefix(f"{kind}: ")
        return Report(kind, len(data), "damaged" if is_damaged else "refused", verdict)
    holds = (f"picture of {width}x{height} pixels",)
    return Report(kind, len(data), "plain", "loading it runs nothing", holds)
