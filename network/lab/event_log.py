"""Events in the order in which they happened, kept, so that who was away can have them all.

An event's id is the log's own name and a number: `k3x9-17`. A page that comes back says the last
id it has seen, and gets what came after; one that asks a new log with the id of another gets all.

Source: WHATWG, HTML, section 9.2 (server-sent events): `id`, `retry`, and Last-Event-ID.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from threading import Event as Flag
from typing import Any, Protocol, TypeAlias

from network.lab.plain_json import write_json

Event: TypeAlias = dict[str, Any]

LOOK = 0.1  # seconds between two looks for new events
HEARTBEAT = 10.0  # seconds without an event, after which a line is sent all the same


class Source(Protocol):
    """Where events come from."""

    @property
    def name(self) -> str:
        """A name that no other source has."""

    @property
    def is_over(self) -> bool:
        """Are there all the events that there will be, as far as can be seen now?"""

    def events(self) -> Sequence[Event]:
        """Return all events so far; the next time the same ones, and perhaps more."""


class EventLog:
    """What has happened so far; one thread adds, others read."""

    def __init__(self) -> None:
        self.name, self.is_over, self.kept = secrets.token_hex(4), False, list[Event]()

    def add(self, event: Event) -> None:
        """Add what has just happened."""
        self.kept.append(event)

    def events(self) -> Sequence[Event]:
        return self.kept


def seen_by(source: Source, last_id: str) -> int:
    """Return how many events of a source somebody has seen whose last id is this."""
    name, _, number = last_id.rpartition("-")
    is_ours = name == source.name and number.isascii() and number.isdigit() and len(number) < 10
    return int(number) if is_ours else 0


async def stream(source: Source, last_id: str, is_closing: Flag) -> AsyncIterator[str]:
    """Write a source's events as they come, from the one after the last seen on, to the end."""
    yield "retry: 1000\n\n"
    seen, quiet = seen_by(source, last_id), 0.0
    while not is_closing.is_set():
        is_over, found = source.is_over, source.events()  # in this order: none comes in between
        if lines := [
            f"id: {source.name}-{number}\ndata: {write_json(event)}\n\n"
            for number, event in enumerate(found[seen:], seen + 1)
        ]:
            yield "".join(lines)  # in one piece: one that has gone is noticed between two
        if is_over:
            yield 'data: {"type": "end"}\n\n'
            return
        quiet = 0.0 if lines else quiet + LOOK
        seen = max(seen, len(found))
        if quiet >= HEARTBEAT:
            yield ": still here\n\n"
            quiet = 0.0
        await asyncio.sleep(LOOK)
