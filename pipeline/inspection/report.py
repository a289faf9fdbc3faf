"""Report of an inspection, for people and for programs.

plain     nothing in it runs, it is complete, and the project reads it
refused   nothing hostile was found in it, but the project does not read it
unknown   it is not of a type that is inspected
damaged   it cannot be followed to its end; the effects up to that point are listed
hostile   loading it would run something, or take far more memory than its size justifies
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.errors import COPY_AGAIN, printable

Status = Literal["plain", "refused", "unknown", "damaged", "hostile"]

SEVERITY: tuple[Status, ...] = ("plain", "refused", "unknown", "damaged", "hostile")


@dataclass(frozen=True)
class Report:
    """The format and the content of a file, and the effects of loading it."""

    format: str
    size: int  # bytes
    status: Status
    verdict: str  # a sentence without its full stop
    holds: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    reads: str = ""  # the result of `pipeline import`

    @property
    def is_plain(self) -> bool:
        """Return whether the file can be loaded safely."""
        return self.status == "plain"

    def lines(self, name: str) -> Iterator[str]:
        """Yield the report for people; no content of the file can begin a line."""
        size = "" if self.format == "folder" else f", {self.size:,} bytes"
        yield printable(f"{name}: {self.format}{size}")
        for label, texts in (
            ("holds", self.holds),
            ("imports", self.imports),
            ("calls", self.calls),
            ("import", (self.reads,) * bool(self.reads)),
        ):
            for number, text in enumerate(texts):
                yield printable(f"  {'' if number else label:10} {text}")
        status = "plain data" if self.is_plain else self.status.upper()
        advice = f" {COPY_AGAIN}." if self.status == "damaged" else ""
        yield printable(f"  {'verdict':10} {status}: {self.verdict}.{advice}")

    def as_json(self, name: str) -> dict[str, Any]:
        """Return the report for programs."""
        return {"path": name, **dataclasses.asdict(self)}


def worst(reports: list[Report]) -> Report | None:
    """Return the first of the reports with the worst status."""
    return max(reports, key=lambda report: SEVERITY.index(report.status), default=None)
