"""Put marks in the order in which they are read: line by line, from left to right."""

from network.images.pages.blob import Blob

OVERLAP = 0.4  # of the lower one's height: what shares as much with a line's last mark goes on


def group_lines(marks: list[Blob]) -> list[list[Blob]]:
    """Group marks into lines from top to bottom, each from left to right.

    From left to right, each mark goes on with the line whose last mark shares most rows with it,
    so that a line may slope; where none shares enough, a line begins.
    """
    lines: list[list[Blob]] = []
    for mark in sorted(marks, key=lambda mark: mark.left + mark.width / 2):
        best = max(lines, key=lambda line: shared_rows(line[-1], mark), default=None)
        if best is not None and shared_rows(best[-1], mark) >= OVERLAP:
            best.append(mark)
        else:
            lines.append([mark])
    return sorted(lines, key=blob_height)


def shared_rows(one: Blob, other: Blob) -> float:
    """Return how many rows two marks share, of those that the lower one has."""
    top = max(one.top, other.top)
    bottom = min(one.top + one.height, other.top + other.height)
    return (bottom - top) / min(one.height, other.height)


def blob_height(line: list[Blob]) -> float:
    """Return how far down the page the middle of a line is, on average."""
    return sum(mark.top + mark.height / 2 for mark in line) / len(line)
