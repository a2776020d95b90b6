"""Real child processes for the suites: started, talked to, and killed by SIGKILL at a known place."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Final, Self

_PATIENCE_SECONDS: Final = 60.0


class Parent:
    """The child's end: `say` something picklable to the parent, `hear` what it says (and block until then)."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source = source
        self._sink = sink

    def say(self, message: object = None) -> None:
        """Tell the parent, at once."""
        pickle.dump(message, self._sink)
        self._sink.flush()

    def hear(self) -> Any:
        """What the parent said next; EOFError when it has gone, which ends the child too."""
        return pickle.load(self._source)


class Child:
    """A Python process that runs `target(parent, *arguments)`; target and arguments must be picklable.

    A context manager: at its end the child is killed if it still runs.
    """

    def __init__(self, target: Callable[..., None], *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "connectors.conformance.processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        self._heard: queue.Queue[object] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.say((target, arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.kill()

    def say(self, message: object = None) -> None:
        """What the child's `hear` returns."""
        assert self._process.stdin is not None
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()

    def hear(self) -> Any:
        """What the child said next; an AssertionError if it ends, or stays silent for a minute."""
        message = self._heard.get(timeout=_PATIENCE_SECONDS)
        assert not isinstance(message, EOFError), f"the child ended with {self._process.wait()} and said no more"
        return message

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.send_signal(signal.SIGKILL)
        self._end()

    def join(self) -> int:
        """Wait for its end; the exit status."""
        self._process.wait(timeout=_PATIENCE_SECONDS)
        return self._end()

    def _end(self) -> int:
        status = self._process.wait(timeout=_PATIENCE_SECONDS)
        self._listener.join(timeout=_PATIENCE_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        return status

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                self._heard.put(pickle.load(self._process.stdout))
            except (EOFError, pickle.UnpicklingError, ValueError):
                self._heard.put(EOFError())
                return


def _main() -> None:
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed must not mix with the messages
    parent = Parent(sys.stdin.buffer, sink)
    with contextlib.suppress(EOFError):
        target, arguments = parent.hear()
        target(parent, *arguments)


if __name__ == "__main__":
    _main()
