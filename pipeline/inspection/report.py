"""What an inspection found out about a file, and how it reads.

plain     nothing in it runs, it holds what it says, and the project reads it
refused   nothing hostile was found in it, but the project does not read it either
unknown   it is nothing that is looked into, so that nothing is known of it
damaged   it cannot be followed to its end; what it does up to there is told
hostile   loading it would run something, or take far more memory than its size justifies
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.errors import printable

Status = Literal["plain", "refused", "unknown", "damaged", "hostile"]

SEVERITY: tuple[Status, ...] = ("plain", "refused", "unknown", "damaged", "hostile")


@dataclass(frozen=True)
class Report:
    """What a file is, what it holds, and what would happen to who loads it."""

    format: str
    size: int  # bytes
    status: Status
    verdict: str  # a sentence without its full stop
    holds: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    reads: str = ""  # what `pipeline import` makes of it

    @property
    def is_plain(self) -> bool:
        """Whether the file can be loaded without a thought."""
        return self.status == "plain"

    def lines(self, name: str) -> Iterator[str]:
        """Write the report for people; nothing in the file can begin a line of its own."""
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
        yield printable(f"  {'verdict':10} {status}: {self.verdict}.")

    def as_json(self, name: str) -> dict[str, Any]:
        """Write the report for programs."""
        return {"path": name, **dataclasses.asdict(self)}


def worst(reports: list[Report]) -> Report | None:
    """Return the first of the reports that say the worst."""
    return max(reports, key=lambda report: SEVERITY.index(report.status), default=None)
