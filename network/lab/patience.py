"""The server's patience with connections that do not send what they began.

Uvicorn closes a connection that is idle between two requests, but waits for ever for the rest of
a request line or of headers.
"""

from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0  # for the head of a request, from its first byte or that of the connection


class PatientProtocol(H11Protocol):
    """A connection that is closed when the head of a request has not come in time."""

    waits_since: float | None = None  # on the clock of the loop; None: a request is answered

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.watch()

    def watch(self) -> None:
        """Note whether a head is waited for, and look again when its time is over."""
        cycle: Any = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self.waits_since = None
        elif self.waits_since is None:
            self.waits_since = self.loop.time()
            self.loop.call_later(HEAD_SECONDS, self.close_late, self.waits_since)

    def close_late(self, since: float) -> None:
        """Close the connection if what it waited for then has not come yet."""
        if self.waits_since == since and not self.transport.is_closing():
            self.transport.close()
