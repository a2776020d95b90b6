"""At most one run per data directory: a lock that the kernel frees when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import weakref
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from schemas.errors import DuplicateRunError, TerminalError
from schemas.ports.clock import Clock, SystemClock


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds the lock, as its file says."""

    pid: int
    started: datetime


class RunLock:
    """A context manager on the lock file (made if missing, never removed: removing it would race with the next run).

    `acquire` raises DuplicateRunError naming the holder, TerminalError where the file cannot be made or locked. The
    lock is flock(2): it belongs to the open file, so this object must live as long as the run; children made by fork
    close their copy at once and children made by exec never have one, so none of them can outlive the run as holder.
    """

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._descriptor: int | None = None
        mine = weakref.ref(self)

        def leave_to_parent() -> None:
            if (lock := mine()) is not None:
                lock.abandon()

        os.register_at_fork(after_in_child=leave_to_parent)

    def acquire(self) -> None:
        """Take the lock without waiting, and write who has it."""
        if self._descriptor is not None:
            return
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise DuplicateRunError(self._taken()) from error
        except OSError as error:
            os.close(descriptor)
            raise TerminalError(
                f"{self.path} cannot be locked ({error.strerror}); put the data directory on a local disk", "no_lock"
            ) from error
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(Holder(pid=os.getpid(), started=self._clock.now())), 0)

    def release(self) -> None:
        """Idempotent."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            # Unlocked, not only closed: a child forked a moment ago may not have closed its copy yet.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None

    def abandon(self) -> None:
        """Close this process's copy and leave the lock to the process that took it: what a forked child does."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise TerminalError(
                f"{self.path} cannot be opened ({error.strerror}); check owner and permissions of the data directory",
                "no_lock",
            ) from error

    def _written(self) -> Holder | None:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Holder)
        except (OSError, msgspec.DecodeError):
            return None

    def _taken(self) -> str:
        holder = self._written()
        by = f"process {holder.pid}, started {holder.started:%Y-%m-%d %H:%M:%S} UTC" if holder else "another process"
        return f"{self.path.parent} is in use by {by}; stop it, or name another data directory with --data"
