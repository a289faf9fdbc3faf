"""Inspection of a pickle by the project's own reader, and its effects.

A pickle is plain if the reader accepts it. The trace explains the verdict and can make it
worse, never better: if readers would read different things from one file (inconsistent frames,
several pickles in a row), a harmless result from our reader is not enough.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptError
from pipeline.inspection.contents import MAX_LEVELS, count_levels, describe_lines
from pipeline.inspection.foreign import name_foreign, unknown_first
from pipeline.inspection.report import Report, Status
from pipeline.inspection.trace import Trace
from pipeline.inspection.unknown import inspect_unknown
from pipeline.pickles.foreign_formats import LayoutError
from pipeline.pickles.machine import UnsafePickleError
from pipeline.pickles.our_format import read_our_layout
from pipeline.pickles.safe_load import MAX_OPCODES, frames_hold, is_plain_lists, load_bytes
from pipeline.pickles.values import ENDLESS, CallResult, show
from pipeline.storage.content import describe_content
from pipeline.storage.decompression import BOMB_BYTES

SAVE = "In Python: np.savez('mine.npz', x_train=images, y_train=labels), and import that"
HEAD_BYTES = 4096
PROTO = 0x80  # the opcode that states the protocol
OLDEST = frozenset(b"(ta.")  # the opcodes of lists that protocol 0 has
MANY_WORDS = 100_000_000  # of memory, where a file that unfolds to more is hostile
WORDS_PER_BYTE = 64  # unless the file is large itself
MUCH_DECLARED = BOMB_BYTES  # that an opcode may request before it is hostile


@dataclass(frozen=True)
class ParsedPickle:
    """The result of the project's reader for a pickle."""

    is_lists: bool  # only lists, tuples and integers, which need no trace
    value: Any = None
    error: CorruptError | None = None


def inspect_pickle(data: bytes) -> Report:
    """Inspect a pickle: its content, its imports and calls, and its verdict."""
    if (ours := inspect_our_layout(data)) is not None:
        return ours
    reading = parse_pickle(data)
    is_clear = reading.is_lists and reading.error is None and frames_hold(data)
    traces = [] if is_clear else trace_pickle(data)
    if traces and not is_pickle(data, traces[0]):
        return inspect_unknown(data)
    status, verdict = judge_pickle(data, reading, traces)
    stated = protocol_of_lists(data) if is_clear else 0
    protocol = max([stated, *[trace.protocol for trace in traces]])
    if reading.error is None:
        holds = describe_lines(reading.value)
    else:
        tops = [trace.stack[-1] for trace in traces if trace.is_whole]
        holds = tuple(show(top) for top in tops if not isinstance(top, CallResult))
    return Report(
        f"pickle, protocol {protocol}" if len(traces) < 2 else f"{len(traces)} pickles",
        len(data),
        status,
        verdict,
        holds[:20],
        tuple(dict.fromkeys(name for trace in traces for name in trace.imports)),
        tuple(dict.fromkeys(call for trace in traces for call in trace.calls)),
    )


def protocol_of_lists(data: bytes) -> int:
    """Return the protocol that nested lists of integers state or need."""
    return data[1] if data[0] == PROTO else int(not set(data) <= OLDEST)


def is_pickle(data: bytes, trace: Trace) -> bool:
    """Return whether a file is a pickle, even a damaged one.

    It states its protocol, reaches its end, or would run something on the way. A request for a
    value by its identity does not count: every PNG and PPM picture begins with one. Nor does an
    import in a text of what Python cannot name: `image,label` would import from "mage,label".
    """
    calls = [text for text in trace.foreign_calls if not text.startswith("persistent_load(")]
    imports = trace.foreign_imports
    if describe_content(data[:HEAD_BYTES]) == "text":
        no_names = [it for it in imports if not all(map(str.isidentifier, it.split(".")))]
        imports = [it for it in imports if it not in no_names]
        calls = [it for it in calls if it.partition("(")[0] not in no_names]
    is_active = bool(calls or imports or trace.frames.lie)
    return data[0] == PROTO or trace.damage is None or is_active


def inspect_our_layout(data: bytes) -> Report | None:
    """Recognise the pickles that this project writes, fast."""
    try:
        pixels, _, _ = read_our_layout(Path("pickle"), io.BytesIO(data), len(data))
    except LayoutError:
        return None
    count, rows, columns = pixels.shape
    holds = f"{count:,} images of {rows}x{columns} and {count:,} labels"
    verdict = "loading it runs nothing, and it has the layout of this project's pickles"
    return Report("pickle, protocol 2", len(data), "plain", verdict, (holds,))


def parse_pickle(data: bytes) -> ParsedPickle:
    """Read a pickle as `safe_load.load_untrusted` does, running nothing."""
    is_lists = is_plain_lists(data)
    try:
        return ParsedPickle(is_lists, load_bytes(data))
    except CorruptError as error:
        return ParsedPickle(is_lists, error=error)


def trace_pickle(data: bytes) -> list[Trace]:
    """Trace the pickles of a file, in order, up to the first without an end."""
    traces: list[Trace] = []
    start, left = 0, MAX_OPCODES
    while (start < len(data) or not traces) and left > 0:
        trace = Trace(data, start, left)
        traces.append(trace)
        if not trace.is_whole:
            break
        start, left = trace.end, left - trace.count
    return traces


def judge_pickle(data: bytes, reading: ParsedPickle, traces: list[Trace]) -> tuple[Status, str]:
    """Return the status of a pickle, the worst first, and the reason."""
    if threat := find_threat(data, traces) or find_depth(reading):
        ours = "This project refuses it" if reading.error else "This project runs no code in it"
        return "hostile", f"{threat}. {ours}"
    if foreign := name_foreign(traces):
        return "refused", f"it holds {foreign}, which loading it would import. {SAVE}"
    if damage := find_damage(data, reading, traces):
        return "damaged", damage
    if refusal := find_refusal(reading, traces):
        return "refused", refusal
    calls = any(trace.calls for trace in traces)
    constructors = " except functions that create arrays or bytes" * calls
    return "plain", f"loading it runs nothing{constructors}"


def find_refusal(reading: ParsedPickle, traces: list[Trace]) -> str:
    """Return why an intact and harmless pickle is not read; empty if it is."""
    if any(trace.unfinished for trace in traces):
        return f"{traces[-1].unfinished}, so its effects are unknown"
    if reading.error is not None:
        return f"{reading.error.message}. Loading it would run nothing"
    if len(traces) > 1:
        return "it holds several pickles; this project reads files with one"
    return ""


def find_threat(data: bytes, traces: list[Trace]) -> str:
    """Return what loading a pickle would do; empty if it is harmless."""
    is_known = bool(name_foreign(traces))
    for number, trace in enumerate(traces):
        if not is_known and (done := unknown_first(trace.foreign_calls or trace.foreign_imports)):
            what = f"would {'run' if trace.foreign_calls else 'import'} {done[0]}"
            what += ", among others" if len(done) > 1 else ""
            end = f" before it fails: {trace.damage.message}" if trace.damage else ""
            which = f"pickle {number + 1} in it" if number else "it"
            return f"loading {which} with pickle.load {what}{end}"
        if trace.frames.lie:
            return f"{trace.frames.lie}, so readers would disagree on what it does"
        if trace.declared > max(MUCH_DECLARED, WORDS_PER_BYTE * len(data)):
            return f"loading it would request {trace.declared:,} bytes of memory"
        if trace.words == ENDLESS:
            return "it expands without end"
        if trace.words > max(MANY_WORDS, WORDS_PER_BYTE * len(data)):
            return f"it expands to {trace.words:,} words of memory"
    return ""


def find_depth(reading: ParsedPickle) -> str:
    """Return a message if lists are nested too deep."""
    if reading.error is None and count_levels(reading.value) > MAX_LEVELS:
        return f"its lists are nested more than {MAX_LEVELS} deep; most programs fail at that"
    return ""


def find_damage(data: bytes, reading: ParsedPickle, traces: list[Trace]) -> str:
    """Return where a pickle is damaged; empty if it is not."""
    for number, trace in enumerate(traces):
        if trace.damage is not None and number:
            return f"the {len(data) - trace.start:,} bytes after its end are not a pickle"
        if trace.damage is not None:
            return f"{trace.damage.message}. Nothing would run before that"
    if reading.error is not None and not isinstance(reading.error, UnsafePickleError):
        return f"{reading.error.message}. Loading it would run nothing"
    return ""
