"""One request at a time per host, a pause between requests, and silence for as long as the host asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from schemas.errors import TransientError

_LONGEST_WAIT: Final = 5.0
"""Seconds that a caller is held up for a host's Retry-After; beyond it the caller is told to come back."""
_MOST_HOSTS: Final = 2000


class _Host:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.ready_at = 0.0
        self.silent_until = 0.0


class Politeness:
    """Thread-safe. `pause` in seconds; `monotonic` and `sleep` are the stopwatch and the wait."""

    def __init__(self, pause: float, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._pause = pause
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Wait for this host's turn and hold it; TransientError `host_paused` while the host wants silence."""
        host = self._enter(name)
        try:
            with host.lock:
                self._await(name, host)
                try:
                    yield
                finally:
                    host.ready_at = self._monotonic() + self._pause
        finally:
            with self._lock:
                host.users -= 1

    def silence(self, name: str, seconds: float) -> None:
        """The host asked for no request within this time."""
        with self._lock:
            host = self._hosts.setdefault(name, _Host())
        host.silent_until = max(host.silent_until, self._monotonic() + seconds)

    def _enter(self, name: str) -> _Host:
        with self._lock:
            if len(self._hosts) >= _MOST_HOSTS:
                now = self._monotonic()
                idle = [n for n, h in self._hosts.items() if not h.users and max(h.ready_at, h.silent_until) <= now]
                for stale in idle:
                    del self._hosts[stale]
            host = self._hosts.setdefault(name, _Host())
            host.users += 1
            return host

    def _await(self, name: str, host: _Host) -> None:
        now = self._monotonic()
        if host.silent_until - now > _LONGEST_WAIT:
            wait = host.silent_until - now
            raise TransientError(f"{name} asked for silence, {wait:.0f} s are left", "host_paused", wait)
        wait = max(host.ready_at, host.silent_until) - now
        if wait > 0:
            self._sleep(wait)
