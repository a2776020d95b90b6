"""The error tree: every failure of Detente is one of four kinds, and the kind decides what happens next.

ConfigError stops a command with exit code 2 and says what to write instead; TransientError is retried with backoff;
TerminalError stops the process with what to fix; QuarantinedError turns the one record into a dead letter.
All survive pickling, since Beam carries them between processes: the arguments are the whole state.
"""

from __future__ import annotations


class DetenteError(Exception):
    """Root of the tree. `code` is a short stable word for counters and dead letters, `message` a sentence."""

    def __init__(self, message: str, code: str = "error") -> None:
        super().__init__(message, code)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return self.message


class ConfigError(DetenteError):
    """A setting or an argument is wrong: which one, from where, and what to write instead. Exit code 2."""

    def __init__(self, message: str, code: str = "config") -> None:
        super().__init__(message, code)


class TransientError(DetenteError):
    """May go away by itself: retry with backoff. `retry_after` is in seconds where the other side named it."""

    def __init__(self, message: str, code: str = "transient", retry_after: float | None = None) -> None:
        super().__init__(message, code)
        self.args = (message, code, retry_after)
        self.retry_after = retry_after


class TerminalError(DetenteError):
    """Will not go away by itself: stop and say what to fix. Exit code 1."""

    def __init__(self, message: str, code: str = "terminal") -> None:
        super().__init__(message, code)


class UnreachableError(TransientError):
    """A service could not be reached; a command that cannot wait ends with exit code 3."""

    def __init__(self, message: str, code: str = "unreachable", retry_after: float | None = None) -> None:
        super().__init__(message, code, retry_after)


class QuarantinedError(DetenteError):
    """This one record cannot be processed; it becomes a dead letter and the rest goes on."""

    def __init__(self, message: str, code: str = "quarantined") -> None:
        super().__init__(message, code)


class DuplicateRunError(TerminalError):
    """Another process holds what only one may hold (a data directory, the evaluator's group)."""

    def __init__(self, message: str, code: str = "duplicate_run") -> None:
        super().__init__(message, code)
