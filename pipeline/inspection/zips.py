"""Inspection of a ZIP archive, such as `.npz`, and of each of its members.

Source: APPNOTE.TXT of PKWARE, sections 4.3 and 4.4; the overlapping members are those of David
Fifield, "A better zip bomb".
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath

from pipeline.errors import CorruptError, describe_cause, excerpt
from pipeline.inspection.report import Report, worst
from pipeline.storage.decompression import is_bomb

MEMBER_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
ZIP_MAGICS = (b"PK\x03\x04", END_SIGNATURE)
COUNTED_ELSEWHERE = 0xFFFF  # in the 64-bit record before it
HEADER_BYTES = 30  # of a member, before its name
MAX_MEMBERS = 10_000
SHOWN_MEMBERS = 20
Member = zipfile.ZipInfo


def inspect_zip(data: bytes, inspect: Callable[[bytes], Report]) -> Report:
    """Describe the members of a ZIP archive, and inspect each with `inspect`."""
    try:
        archive = open_zip(data)
        members = archive.infolist()
        if threat := find_threat(members, len(data)):
            return Report("zip", len(data), "hostile", threat, list_members(members))
        reports = [inspect(read_member(archive, member)) for member in members]
    except CorruptError as error:
        return Report("zip", len(data), "damaged", error.message)
    is_npz = bool(reports) and all(report.format.startswith("npy") for report in reports)
    return summarise_zip("npz" if is_npz else "zip", len(data), members, reports)


def open_zip(data: bytes) -> zipfile.ZipFile:
    """Read the list of members.

    Raises: CorruptError.
    """
    if data.count(MEMBER_SIGNATURE) > MAX_MEMBERS:
        raise CorruptError(f"it lists more than {MAX_MEMBERS:,} members")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # damaged zips raise nearly every kind
        raise CorruptError(f"not a readable ZIP archive ({describe_cause(error)})") from error
    stated = int.from_bytes(data[data.rfind(END_SIGNATURE) :][10:12], "little")
    if stated not in (len(archive.infolist()), COUNTED_ELSEWHERE):
        raise CorruptError(f"it states {stated:,} members and lists {len(archive.infolist()):,}")
    return archive


def find_threat(members: list[Member], size: int) -> str:
    """Return the harm of unpacking a ZIP archive; empty if there is none."""
    names = [member.filename for member in members]
    content = sum(member.file_size for member in members)
    if duplicates := len(names) - len(set(names)):
        return f"{duplicates:,} names occur twice, and readers differ in which member counts"
    if outside := next(filter(leads_outside, names), ""):
        return f"unpacking it would write outside the folder, to {excerpt(outside)}"
    if do_overlap(members):
        return f"its members share the same bytes, and are {content:,} bytes unpacked"
    if is_bomb(content, size):
        return f"it unpacks to {content:,} bytes, {content // size:,} times its size"
    return ""


def leads_outside(name: str) -> bool:
    """Return whether a member's name leads out of the unpacked folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name


def do_overlap(members: list[Member]) -> bool:
    """Return whether two members have bytes in common."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            return True
        end = member.header_offset + HEADER_BYTES + member.compress_size
    return False


def read_member(archive: zipfile.ZipFile, member: Member) -> bytes:
    """Read a member whose size is acceptable.

    Raises: CorruptError.
    """
    try:
        with archive.open(member) as file:
            content = file.read(member.file_size)
            if len(content) != member.file_size or file.read(1):
                raise ValueError(f"its size is not {member.file_size:,} bytes")
    except Exception as error:  # as above
        what = f'"{excerpt(member.filename)}" is damaged ({describe_cause(error)})'
        raise CorruptError(what) from error
    return content


def summarise_zip(kind: str, size: int, members: list[Member], reports: list[Report]) -> Report:
    """Combine the reports of the members into one."""
    named = list(zip(members, reports, strict=True))
    worst_report = worst(reports)
    compressed = [m for m in members if m.compress_type != zipfile.ZIP_STORED]
    if worst_report is None:
        status, verdict = "refused", "it is empty"
    elif not worst_report.is_plain:
        name = next(m.filename for m, report in named if report is worst_report)
        status, verdict = worst_report.status, f'"{excerpt(name)}": {worst_report.verdict}'
    elif kind == "npz" and compressed:
        status = "refused"
        verdict = "its arrays are compressed; this project reads stored ones"
    else:
        status, verdict = "plain", "loading it runs nothing"
    return Report(
        f"{kind}, {len(members):,} member{'s' * (len(members) != 1)}",
        size,
        status,  # type: ignore[arg-type]
        verdict,
        list_members(members, reports),
        tuple(f"{m.filename[:100]}: {text}" for m, report in named for text in report.imports),
        tuple(f"{m.filename[:100]}: {text}" for m, report in named for text in report.calls),
    )


def list_members(members: list[Member], reports: list[Report] | None = None) -> tuple[str, ...]:
    """Write the first members with their sizes, and their content if it is known."""
    lines = []
    for number, member in enumerate(members[:SHOWN_MEMBERS]):
        ratio = member.file_size / max(1, member.compress_size)
        packed = f", packed {ratio:,.0f}:1" if member.compress_type else ""
        holds = f"  {'; '.join(reports[number].holds)[:100]}" if reports else ""
        lines.append(f"{member.filename[:100]}  {member.file_size:,} bytes{packed}{holds}")
    more = len(members) - SHOWN_MEMBERS
    return (*lines, f"and {more:,} more") if more > 0 else tuple(lines)
