"""Where a newsroom's simulated time stands, on one line of a terminal's stderr."""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from pipelines.wiring.home import Home
from pipelines.wiring.stores import Stores
from schemas.errors import DetenteError

_EVERY: Final = 0.5
_WIDTH: Final = 30
_CLEAR: Final = "\r\x1b[K"


class DayBar:
    """Shows the day that the newsroom has reached while the run goes on.

    A context manager with a thread of its own; `clear` takes the line away before something else is printed.
    """

    def __init__(self, home: Home, first: datetime, last: datetime) -> None:
        self._home = home
        self._first = first
        self._last = last
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="day-bar")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        self.clear()

    def clear(self) -> None:
        """Take the line away; it comes back at the next look."""
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()

    def line(self, now: datetime) -> str:
        """The line of a moment."""
        whole = (self._last - self._first).total_seconds() or 1.0
        part = min(max((now - self._first).total_seconds() / whole, 0.0), 1.0)
        full = round(part * _WIDTH)
        return f"{now:%Y-%m-%d}  {'━' * full}{'╌' * (_WIDTH - full)} {part:4.0%}"

    def _ready(self) -> bool:
        stamp = self._home.stamp
        return stamp is not None and stamp.kind == "newsroom" and self._home.log_file.exists()

    def _watch(self) -> None:
        stores: Stores | None = None
        while not self._done.wait(_EVERY):
            try:
                if stores is None and self._ready():
                    stores = Stores(self._home)
                if stores is not None and (now := stores.clock.now()) >= self._first:
                    sys.stderr.write(_CLEAR + self.line(now))
                    sys.stderr.flush()
            except DetenteError:
                # The directory is being made, or made afresh: the next look will find it.
                stores = None
        if stores is not None:
            stores.close()
