"""Processes that outlive the command that started them, and are ended by their own id only."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATIENCE: Final = 30.0
"""Seconds that a process gets to end by itself."""
_LOOK: Final = 0.1


class StartError(Exception):
    """A server did not start; the message ends with the end of its log."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process by the name of its files in `folder`: NAME.pid (id and start time) and NAME.log."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        """What it writes on standard output and error."""
        return self.folder / f"{self.name}.log"

    @property
    def _note(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def pid(self) -> int | None:
        """Its id while it lives. A number that the system has given to another process since does not count."""
        try:
            pid, started = self._note.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return None
        return int(pid) if _started(int(pid)) == started else None

    def spawn(self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        """Start it in a session of its own. Does nothing while it lives."""
        if self.pid is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            child = subprocess.Popen(  # noqa: S603 - commands of this package
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )
        self.adopt(child.pid)

    def adopt(self, pid: int) -> None:
        """Note a process that something else started."""
        self._note.write_text(f"{pid} {_started(pid)}", encoding="ascii")

    def wait(self, ready: Callable[[], bool], seconds: float) -> None:
        """Until it is ready. StartError when it ends first or takes longer."""
        until = time.monotonic() + seconds
        while not ready():
            if self.pid is None:
                raise StartError(f"{self.name} ended while starting:\n{tail(self.log)}")
            if time.monotonic() > until:
                raise StartError(f"{self.name} was not ready in {seconds:.0f} s:\n{tail(self.log)}")
            time.sleep(_LOOK)  # another process: nothing tells us when a server is ready

    def stop(self, *, kill: bool = False) -> bool:
        """End it, by force after half a minute or at once. Whether it lived."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
            if not self._ended(PATIENCE):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                self._ended(PATIENCE)
        self._note.unlink(missing_ok=True)
        return pid is not None

    def _ended(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.pid is not None:
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK / 2)  # no child of this process: it cannot be waited for
        return True


def port_is_open(port: int) -> bool:
    """Whether something listens on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail(path: Path, most: int = 2000) -> str:
    """The end of a text file; empty where there is none."""
    try:
        return path.read_bytes()[-most:].decode("utf-8", "replace")
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When this process was started, in ticks since boot; empty for one that is gone or only waits to be buried."""
    with contextlib.suppress(ChildProcessError, PermissionError):
        os.waitpid(pid, os.WNOHANG)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
