"""Connections to checked addresses only, under one deadline for the whole exchange.

The check happens where the connection is made, on the very address that is connected to: no name is resolved again
between check and connect. Host header and SNI keep the name, since the pool above knows only the name.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore2

from connectors.net.addresses import Resolver, permitted

_LEAST: Final = 0.001
"""Seconds: a timeout of zero would mean non-blocking."""


class Deadline(threading.local):
    """The moment at which the calling thread's exchange must end, in seconds of `time.monotonic`."""

    at: float = float("inf")

    def start(self, seconds: float) -> None:
        """Begin an exchange that may take this long."""
        self.at = time.monotonic() + seconds

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        """The smaller of the timeout and what is left, in seconds; raises `error` when nothing is."""
        rest = self.at - time.monotonic()
        if rest <= 0:
            raise error("the time limit for the whole exchange is over")
        return max(_LEAST, rest if timeout is None else min(timeout, rest))


class DeadlineStream(httpcore2.NetworkStream):
    """A connection whose every read and write ends by the deadline, however slowly the far side drips."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Bytes from the far side, b"" at its end."""
        return self._inner.read(max_bytes, self._deadline.left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All bytes to the far side."""
        self._inner.write(buffer, self._deadline.left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        """Idempotent."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted; the certificate must name `server_hostname`."""
        seconds = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """As the inner stream has it."""
        return self._inner.get_extra_info(info)


class PinnedBackend(httpcore2.NetworkBackend):
    """Resolves, checks and connects. `trusted` (host, port) pairs skip the check: the operator named them."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool,
        trusted: frozenset[tuple[str, int]] = frozenset(),
        deadline: Deadline | None = None,
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._trusted = trusted
        self._inner = httpcore2.SyncBackend()
        self.deadline = deadline or Deadline()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first address that answers; RefusedError, UnreachableError or httpcore's own errors."""
        allow = self._allow_private or (host, port) in self._trusted
        addresses = permitted(host, port, self._resolver, allow_private=allow)
        failure: Exception = httpcore2.ConnectError(f"no address of {host} answered")
        for place, address in enumerate(addresses):
            rest = self.deadline.left(timeout, httpcore2.ConnectTimeout)
            share = rest if place == len(addresses) - 1 else rest / 2
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return DeadlineStream(stream, self.deadline)
        raise failure
