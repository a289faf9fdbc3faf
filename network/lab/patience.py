"""A time limit for connections that do not finish the head of a request.

Uvicorn closes a connection that is idle between two requests, but waits without limit for the rest
of a request line or of headers.
"""

from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0  # for the head of a request, from its first byte or from the connection


class PatientProtocol(H11Protocol):
    """A connection that is closed if the head of a request is not complete in time."""

    waits_since: float | None = None  # time of the loop; None: a request is being processed

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.watch()

    def watch(self) -> None:
        """Record whether a head is incomplete, and check again after its time limit."""
        cycle: Any = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self.waits_since = None
        elif self.waits_since is None:
            self.waits_since = self.loop.time()
            self.loop.call_later(HEAD_SECONDS, self.close_late, self.waits_since)

    def close_late(self, since: float) -> None:
        """Close the connection if the head is still incomplete."""
        if self.waits_since == since and not self.transport.is_closing():
            self.transport.close()
