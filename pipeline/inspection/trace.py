"""Trace of a pickle: the effects of loading it, opcode by opcode.

The stack and the memo hold symbolic values (`pickles.values`), so an attack that hides a name in
the memo, or makes it with one call to use it in the next, is followed as the unpickler would
follow it. If a pickle is damaged, all effects up to that point are known.

Foreign imports and calls are those that plain data and arrays never need. Whether a name is
harmless is not judged: every list of dangerous names has been got round.

Source: `Lib/pickle.py` and `Modules/_pickle.c`, which differ in nothing that counts here.
"""

import pickletools
from collections.abc import Callable
from typing import Any

from pipeline.inspection.stack import PickleStack
from pipeline.pickles.opcodes import (
    Frames,
    MalformedPickleError,
    TruncatedPickleError,
    read_opcodes,
)
from pipeline.pickles.safe_load import MAX_OPCODES
from pipeline.pickles.values import (
    NAMES,
    CallResult,
    Container,
    GlobalReference,
    UnknownValue,
    count_words,
    is_bytearray,
    is_empty_dictionary,
    is_for_arrays,
    show,
    show_items,
)

MAX_NOTES = 50  # kept of each kind
PROTOCOLS = {opcode.name: opcode.proto for opcode in pickletools.opcodes}  # that introduced it


class Trace(PickleStack):
    """The effects of loading a pickle."""

    def __init__(self, data: bytes, start: int = 0, limit: int = MAX_OPCODES) -> None:
        super().__init__()
        self.protocol = 0
        self.start = self.end = start  # of what was followed
        self.count = 0  # of its opcodes
        self.imports: dict[str, None] = {}  # in the order of the file, each once
        self.calls: dict[str, None] = {}
        self.foreign_imports: list[str] = []  # what plain data and arrays never need
        self.foreign_calls: list[str] = []
        self.frames = Frames()
        self.damage: MalformedPickleError | None = None
        self.unfinished = ""
        self.call_count = 0
        try:
            self.follow(data, limit)
        except MalformedPickleError as error:
            self.damage = error
        self.words = count_words([*self.stack, *self.memo.values()]) if self.is_whole else 0

    def follow(self, data: bytes, limit: int) -> None:
        """Follow every opcode to STOP, or up to `limit` of them.

        Raises: MalformedPickleError if the unpickler would fail.
        """
        for opcode in read_opcodes(data, self.start):
            if self.count == limit:
                self.unfinished = f"it has more than the {MAX_OPCODES:,} opcodes that are followed"
                return
            self.count += 1
            self.protocol = max(self.protocol, PROTOCOLS[opcode.name])
            self.frames.check(opcode, len(data))
            step = STEPS.get(opcode.name)
            if step is None:
                self.stack.append(opcode.argument)
            else:
                step(self, opcode.argument)
            self.end = opcode.end

    @property
    def is_whole(self) -> bool:
        """Return whether the pickle was followed to its STOP."""
        return self.damage is None and not self.unfinished

    @property
    def declared(self) -> int:
        """Return the bytes of memory that it requests before it checks for them."""
        bytes_missing = self.damage.declared if isinstance(self.damage, TruncatedPickleError) else 0
        return max(bytes_missing, 16 * self.most_memo)

    def note_foreign_call(self, text: str) -> None:
        """Record a call that plain data never makes; others leave room for it."""
        if len(self.foreign_calls) < MAX_NOTES:
            self.foreign_calls.append(text)
            self.calls[text] = None

    def add(self, method: str, kinds: tuple[str, ...], items: list[Any]) -> None:
        """Add items to the topmost value; if it is not a container, this is a call."""
        target = self.top()
        if not items:
            return
        if kinds[0] == "dict" and len(items) % 2:
            raise MalformedPickleError("it has a key without a value")
        if isinstance(target, Container) and target.kind in kinds:
            target.items.extend(items)
        elif isinstance(target, GlobalReference | CallResult | UnknownValue):
            self.note_foreign_call(f"{show(target)}.{method}({show_items(items, 2)})")
        elif not is_bytearray(target):
            raise MalformedPickleError(
                f"it adds items to {show(target)}, which is not a collection"
            )

    def find(self, module: Any, name: Any) -> GlobalReference:
        """Record an import."""
        module, name = (part if isinstance(part, str) else show(part) for part in (module, name))
        imported = GlobalReference(module, name)
        is_foreign = (module, name) not in NAMES
        if not is_foreign or len(self.foreign_imports) < MAX_NOTES:
            self.imports[show(imported)] = None
            self.foreign_imports += [show(imported)] * is_foreign
        return imported

    def call(self, callee: Any, arguments: Any, keywords: Any = None) -> None:
        """Record a call, and push a symbolic result."""
        if not isinstance(callee, GlobalReference | CallResult | UnknownValue):
            raise MalformedPickleError(f"it calls {show(callee)}, which is not a function")
        items = list(arguments.items) if isinstance(arguments, Container) else [arguments]
        made = CallResult(callee, items, keywords)
        self.call_count += 1
        if not is_for_arrays(made):
            if len(self.foreign_calls) < MAX_NOTES:  # to write it costs more than to follow it
                self.note_foreign_call(show(made))
        elif self.call_count <= MAX_NOTES:
            self.calls[show(made)] = None
        self.stack.append(Container("dict", []) if is_empty_dictionary(made) else made)

    def call_with_arguments(self, _: Any) -> None:
        """Follow REDUCE and NEWOBJ."""
        arguments, callee = self.pop(), self.pop()
        self.call(callee, arguments)

    def call_with_keywords(self, _: Any) -> None:
        """Follow NEWOBJ_EX."""
        keywords, arguments, callee = self.pop(), self.pop(), self.pop()
        self.call(callee, arguments, keywords if isinstance(keywords, Container) else None)

    def call_first(self, _: Any) -> None:
        """Follow OBJ: the first value since the MARK is called with the others."""
        items = self.pop_to_mark()
        if not items:
            raise MalformedPickleError("it takes more values from the stack than there are")
        self.call(items[0], Container("tuple", items[1:]))

    def call_named(self, names: tuple[Any, Any]) -> None:
        """Follow INST: a name is imported and called with the values since the MARK."""
        callee = self.find(*names)  # which `Lib/pickle.py` does before it searches for the MARK
        self.call(callee, Container("tuple", self.pop_to_mark()))

    def find_from_stack(self, _: Any) -> None:
        """Follow STACK_GLOBAL."""
        name, module = self.pop(), self.pop()
        self.stack.append(self.find(module, name))

    def build(self, _: Any) -> None:
        """Follow BUILD: `__setstate__` is called, or attributes are set."""
        state, target = self.pop(), self.top()
        if isinstance(target, GlobalReference | UnknownValue) or (
            isinstance(target, CallResult) and not is_for_arrays(target)
        ):
            self.note_foreign_call(f"{show(target)}.__setstate__({show(state, 2)})")

    def persistent(self, key: Any) -> None:
        """Follow PERSID and BINPERSID: a function of the loader is called."""
        text = f"persistent_load({show(key)})"
        self.note_foreign_call(text)
        self.stack.append(UnknownValue(text))

    def set_protocol(self, protocol: int) -> None:
        """Follow PROTO."""
        if protocol > 5:
            raise MalformedPickleError(f"its protocol is {protocol}; the highest is 5")
        self.protocol = max(self.protocol, protocol)


def buffer(trace: Trace, _: Any) -> None:
    """Follow NEXT_BUFFER: the bytes are not in the file."""
    raise MalformedPickleError("it needs a buffer that is not in the file")


def extension(trace: Trace, code: int) -> None:
    """Follow EXT1, EXT2 and EXT4: a name by its number in `copyreg`."""
    trace.stack.append(trace.find("copyreg", f"extension {code}"))


STEPS: dict[str, Callable[[Trace, Any], None]] = {
    "PROTO": Trace.set_protocol,
    "FRAME": lambda trace, _: None,
    "STOP": lambda trace, _: trace.check_height(),
    "NONE": lambda trace, _: trace.stack.append(None),
    "NEWTRUE": lambda trace, _: trace.stack.append(True),
    "NEWFALSE": lambda trace, _: trace.stack.append(False),
    "EMPTY_LIST": lambda trace, _: trace.gather("list", 0),
    "EMPTY_DICT": lambda trace, _: trace.gather("dict", 0),
    "EMPTY_TUPLE": lambda trace, _: trace.gather("tuple", 0),
    "EMPTY_SET": lambda trace, _: trace.gather("set", 0),
    "MARK": lambda trace, _: trace.marks.append(len(trace.stack)),
    "POP": Trace.drop,
    "POP_MARK": lambda trace, _: trace.pop_to_mark().clear(),
    "DUP": lambda trace, _: trace.stack.append(trace.top()),
    "TUPLE1": lambda trace, _: trace.gather("tuple", 1),
    "TUPLE2": lambda trace, _: trace.gather("tuple", 2),
    "TUPLE3": lambda trace, _: trace.gather("tuple", 3),
    "TUPLE": lambda trace, _: trace.gather("tuple"),
    "LIST": lambda trace, _: trace.gather("list"),
    "DICT": lambda trace, _: trace.gather("dict"),
    "FROZENSET": lambda trace, _: trace.gather("frozenset"),
    "APPEND": lambda trace, _: trace.add("append", ("list",), [trace.pop()]),
    "APPENDS": lambda trace, _: trace.add("extend", ("list",), trace.pop_to_mark()),
    "SETITEM": lambda trace, _: trace.add(
        "__setitem__", ("dict", "list"), [trace.pop(), trace.pop()][::-1]
    ),
    "SETITEMS": lambda trace, _: trace.add("__setitem__", ("dict", "list"), trace.pop_to_mark()),
    "ADDITEMS": lambda trace, _: trace.add("add", ("set",), trace.pop_to_mark()),
    "PUT": Trace.put,
    "BINPUT": Trace.put,
    "LONG_BINPUT": Trace.put,
    "MEMOIZE": lambda trace, _: trace.put(len(trace.memo)),
    "GET": Trace.get,
    "BINGET": Trace.get,
    "LONG_BINGET": Trace.get,
    "GLOBAL": lambda trace, names: trace.stack.append(trace.find(*names)),
    "STACK_GLOBAL": Trace.find_from_stack,
    "EXT1": extension,
    "EXT2": extension,
    "EXT4": extension,
    "REDUCE": Trace.call_with_arguments,
    "NEWOBJ": Trace.call_with_arguments,
    "NEWOBJ_EX": Trace.call_with_keywords,
    "OBJ": Trace.call_first,
    "INST": Trace.call_named,
    "BUILD": Trace.build,
    "PERSID": Trace.persistent,
    "BINPERSID": lambda trace, _: trace.persistent(trace.pop()),
    "NEXT_BUFFER": buffer,
    "READONLY_BUFFER": lambda trace, _: trace.check_height(),
}
