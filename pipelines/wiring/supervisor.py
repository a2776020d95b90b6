"""A small supervisor: starts processes, restarts those that die, stops all of them together.

Promises: a process that dies is restarted with backoff and said so; one that dies again and again is given up with
its reason while the rest goes on; SIGTERM or SIGINT drains everything within ten seconds; a child whose supervisor
was killed sees the end of its standard input and stops by itself, so that none is left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipelines.telemetry import logger

DRAIN_SECONDS: Final = 10.0
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
HEALTHY_AFTER: Final = 60.0
"""A process that lived this long is forgiven its earlier deaths."""
MOST_DEATHS: Final = 8


@dataclass(slots=True)
class Child:
    """One supervised process. `finishes`: exit code 0 is its end and no death."""

    name: str
    command: Sequence[str]
    finishes: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    again_at: float = 0.0
    finished: bool = False
    given_up: bool = False
    reason: str = field(default="")


class Supervisor:
    """Owns the children from `start` to `stop`. One thread; signal handlers only set the event."""

    def __init__(self, children: Sequence[Child], environ: Mapping[str, str] | None = None) -> None:
        self.children = {child.name: child for child in children}
        self._environ = dict(os.environ if environ is None else environ)
        self._log = logger("supervisor")

    def start(self) -> None:
        """Start every child."""
        for child in self.children.values():
            self._spawn(child)

    def watch(self) -> None:
        """One look: note deaths, restart what is due. Call it a few times a second."""
        now = time.monotonic()
        for child in self.children.values():
            if child.finished or child.given_up:
                continue
            if child.process is None:
                if now >= child.again_at:
                    self._spawn(child)
                continue
            code = child.process.poll()
            if code is not None:
                self._ended(child, code, now)

    def alive(self) -> list[str]:
        """Names of the children that run."""
        return [c.name for c in self.children.values() if c.process is not None and c.process.poll() is None]

    def stop(self) -> list[str]:
        """SIGTERM to all, SIGKILL after ten seconds. Returns the names of those that had to be killed."""
        running = [c for c in self.children.values() if c.process is not None and c.process.poll() is None]
        for child in running:
            assert child.process is not None
            child.process.terminate()
        deadline = time.monotonic() + DRAIN_SECONDS
        killed = []
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
                killed.append(child.name)
            if child.process.stdin is not None:
                child.process.stdin.close()
        return killed

    def _spawn(self, child: Child) -> None:
        # start_new_session keeps Ctrl-C for the supervisor, which then drains in order.
        child.process = subprocess.Popen(  # noqa: S603  the command is ours
            list(child.command), stdin=subprocess.PIPE, env=self._environ, start_new_session=True
        )
        child.started = time.monotonic()

    def _ended(self, child: Child, code: int, now: float) -> None:
        if child.process is not None and child.process.stdin is not None:
            child.process.stdin.close()
        child.process = None
        if code == 0 and child.finishes:
            child.finished = True
            return
        child.deaths = 1 if now - child.started > HEALTHY_AFTER else child.deaths + 1
        child.reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        if child.deaths >= MOST_DEATHS or code == os.EX_CONFIG:
            child.given_up = True
            self._log.error("process given up", process=child.name, deaths=child.deaths, reason=child.reason)
            return
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (child.deaths - 1))
        child.again_at = now + wait
        self._log.warning("process died, restarting", process=child.name, reason=child.reason, wait=wait)


def stop_event(*, watch_stdin: bool) -> threading.Event:
    """An event set by SIGTERM or SIGINT and, for a supervised child, by the end of its standard input."""
    stop = threading.Event()

    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    if watch_stdin:
        threading.Thread(target=_until_end_of_input, args=(stop.set,), daemon=True, name="parent-watch").start()
    return stop


def _until_end_of_input(then: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    then()
