"""Log of events in order, kept so that a page can reconnect without missing any.

The id of an event is the name of the log and a number: `k3x9-17`. A page that reconnects sends the
last id that it received, and gets the later events. With the id of another log, it gets all events.

Source: WHATWG, HTML, section 9.2 (server-sent events): `id`, `retry`, and Last-Event-ID.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from threading import Event as Flag
from typing import Any, Protocol, TypeAlias

from network.lab.plain_json import write_json

Event: TypeAlias = dict[str, Any]

POLL = 0.1  # seconds between two checks for new events
HEARTBEAT = 10.0  # seconds without an event, after which a comment is sent


class Source(Protocol):
    """A source of events."""

    @property
    def name(self) -> str:
        """Unique name of the source."""

    @property
    def is_over(self) -> bool:
        """Return whether no more events will follow, as far as is known now."""

    def events(self) -> Sequence[Event]:
        """Return all events so far; later calls return the same ones and possibly more."""


class EventLog:
    """A list of events; one thread adds to it, others read it."""

    def __init__(self) -> None:
        self.name, self.is_over, self.kept = secrets.token_hex(4), False, list[Event]()

    def add(self, event: Event) -> None:
        """Add an event."""
        self.kept.append(event)

    def events(self) -> Sequence[Event]:
        return self.kept


def seen_by(source: Source, last_id: str) -> int:
    """Return the number of events of a source up to the one with this id."""
    name, _, number = last_id.rpartition("-")
    is_ours = name == source.name and number.isascii() and number.isdigit() and len(number) < 10
    return int(number) if is_ours else 0


async def stream(source: Source, last_id: str, is_closing: Flag) -> AsyncIterator[str]:
    """Stream the events of a source, starting after the last received one."""
    yield "retry: 1000\n\n"
    seen, quiet = seen_by(source, last_id), 0.0
    while not is_closing.is_set():
        is_over, found = source.is_over, source.events()  # in this order, to miss no event
        if lines := [
            f"id: {source.name}-{number}\ndata: {write_json(event)}\n\n"
            for number, event in enumerate(found[seen:], seen + 1)
        ]:
            yield "".join(lines)  # in one piece: a closed connection is noticed between two
        if is_over:
            yield 'data: {"type": "end"}\n\n'
            return
        quiet = 0.0 if lines else quiet + POLL
        seen = max(seen, len(found))
        if quiet >= HEARTBEAT:
            yield ": still here\n\n"
            quiet = 0.0
        await asyncio.sleep(POLL)
