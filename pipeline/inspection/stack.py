"""Stack and memo of the machine that runs pickles.

A MARK is a floor: until it is removed, nothing below it can be reached.
"""

from typing import Any

from pipeline.pickles.opcodes import MalformedPickleError
from pipeline.pickles.values import Container, show

SPARSE_MEMO = 1 << 20  # a table with this many entries is normal


class PickleStack:
    """Values, marks and memo, and how the opcodes move them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack
        self.memo: dict[int, Any] = {}
        self.most_memo = 0  # the largest index far beyond the values in the memo

    def check_height(self, count: int = 1) -> None:
        """Check that there are enough values above the last MARK.

        Raises: MalformedPickleError.
        """
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            raise MalformedPickleError("it takes more values from the stack than there are")

    def pop(self) -> Any:
        """Remove and return the topmost value."""
        self.check_height()
        return self.stack.pop()

    def top(self) -> Any:
        """Return the topmost value."""
        self.check_height()
        return self.stack[-1]

    def pop_to_mark(self) -> list[Any]:
        """Remove and return all values since the last MARK."""
        if not self.marks:
            raise MalformedPickleError("it needs a MARK, but there is none")
        height = self.marks.pop()
        items = self.stack[height:]
        del self.stack[height:]
        return items

    def drop(self, _: Any) -> None:
        """Remove the topmost value, or the MARK if there is none above it."""
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()

    def gather(self, kind: str, count: int | None = None) -> None:
        """Replace `count` values, or all since the last MARK, by a container."""
        if count is None:
            items = self.pop_to_mark()
        else:
            self.check_height(count)
            items = self.stack[len(self.stack) - count :]
            del self.stack[len(self.stack) - count :]
        if kind == "dict" and len(items) % 2:
            raise MalformedPickleError("it has a key without a value")
        self.stack.append(Container(kind, items))

    def put(self, index: Any) -> None:
        """Store the topmost value in the memo."""
        if not isinstance(index, int) or index < 0:
            what = f"it stores a value as {show(index)}, which is not a number"
            raise MalformedPickleError(what)
        self.memo[index] = self.top()
        if index > len(self.memo) + SPARSE_MEMO:
            self.most_memo = max(self.most_memo, index)

    def get(self, index: Any) -> None:
        """Push a value from the memo."""
        if index not in self.memo:
            raise MalformedPickleError(f"it uses value {show(index)}, which does not exist")
        self.stack.append(self.memo[index])
