"""Put marks in the order in which they are read: line by line, from left to right."""

from network.images.pages.blob import Mark

OVERLAP = 0.4  # of the lower one's height: what shares as much with a line's last mark goes on


def in_lines(marks: list[Mark]) -> list[list[Mark]]:
    """Group marks into lines from top to bottom, each from left to right.

    From left to right, each mark goes on with the line whose last mark shares most rows with it,
    so that a line may slope; where none shares enough, a line begins.
    """
    lines: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda mark: mark.left + mark.width / 2):
        best = max(lines, key=lambda line: shared_rows(line[-1], mark), default=None)
        if best is not None and shared_rows(best[-1], mark) >= OVERLAP:
            best.append(mark)
        else:
            lines.append([mark])
    return sorted(lines, key=height_of)


def shared_rows(one: Mark, other: Mark) -> float:
    """Return how many rows two marks share, of those that the lower one has."""
    top = max(one.top, other.top)
    bottom = min(one.top + one.height, other.top + other.height)
    return (bottom - top) / min(one.height, other.height)


def height_of(line: list[Mark]) -> float:
    """Return how far down the page the middle of a line is, on average."""
    return sum(mark.top + mark.height / 2 for mark in line) / len(line)
