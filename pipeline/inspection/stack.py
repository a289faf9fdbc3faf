"""The stack and the memo of the machine that pickles are programs for.

A MARK is a floor: until it is taken away, nothing below it can be reached.
"""

from typing import Any

from pipeline.pickles.opcodes import MalformedPickleError
from pipeline.pickles.values import Container, show

SPARSE_MEMO = 1 << 20  # a table of as many entries surprises nobody


class PickleStack:
    """Values, marks and memo, and how the opcodes move them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack
        self.memo: dict[int, Any] = {}
        self.most_memo = 0  # the largest index far beyond what there is to remember

    def check_height(self, count: int = 1) -> None:
        """Refuse to go below what was on the stack at the last MARK.

        Raises: MalformedPickleError.
        """
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            raise MalformedPickleError("it takes more from the stack than there is")

    def pop(self) -> Any:
        """Take the topmost value."""
        self.check_height()
        return self.stack.pop()

    def top(self) -> Any:
        """Look at the topmost value."""
        self.check_height()
        return self.stack[-1]

    def pop_to_mark(self) -> list[Any]:
        """Take all values since the last MARK."""
        if not self.marks:
            raise MalformedPickleError("it looks for a MARK that is not there")
        height = self.marks.pop()
        items = self.stack[height:]
        del self.stack[height:]
        return items

    def drop(self, _: Any) -> None:
        """Take the topmost value, or the MARK where there is none above it."""
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()

    def gather(self, kind: str, count: int | None = None) -> None:
        """Put a container in the place of so many values, or of all since the last MARK."""
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
        """Remember the topmost value."""
        if not isinstance(index, int) or index < 0:
            raise MalformedPickleError(f"it remembers a value as {show(index)}, which is no number")
        self.memo[index] = self.top()
        if index > len(self.memo) + SPARSE_MEMO:
            self.most_memo = max(self.most_memo, index)

    def get(self, index: Any) -> None:
        """Take a value out of the memo."""
        if index not in self.memo:
            raise MalformedPickleError(f"it uses value {show(index)}, which it has not made")
        self.stack.append(self.memo[index])
