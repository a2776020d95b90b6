"""Alerts appended to a file, one JSON line each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from schemas.codec import encode, stamp_of
from schemas.ports.channels import Attempt
from schemas.records import Alert

_TAIL_BYTES: Final = 1 << 20
_BEGINNING: Final = f'{{"schema":"{stamp_of(Alert)}"'.encode()


class _Id(msgspec.Struct):
    alert_id: str
    revision: int


_ID: Final = msgspec.json.Decoder(_Id)


class FileChannel:
    """Port Channel on a JSON Lines file, made if missing, opened for each alert (so it may be rotated away).

    A line is synced to disk before it counts as delivered. A revision that is among the last MiB of the file already
    is not written again, which covers a crash between the line and its entry in the delivery log; a line that a crash
    tore is cut off first, if it is one of ours.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path

    def send(self, alert: Alert, attempt: int) -> Attempt:
        """Append, unless it is there."""
        try:
            return self._append(alert)
        except OSError as error:
            return Attempt(outcome="retry", detail=f"{self.path.name}: {error.strerror or type(error).__name__}")

    def close(self) -> None:
        """Nothing is held open."""

    def _append(self, alert: Alert) -> Attempt:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            tail = self._mend(descriptor)
            if any(_is(line, alert) for line in tail.splitlines()):
                return Attempt(outcome="delivered", detail="was there already")
            size = os.fstat(descriptor).st_size
            try:
                _write_all(descriptor, encode(alert) + b"\n")
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
        return Attempt(outcome="delivered")

    @staticmethod
    def _mend(descriptor: int) -> bytes:
        """The end of the file in whole lines, after a torn last line was cut off or, if foreign, ended."""
        size = os.fstat(descriptor).st_size
        start = max(0, size - _TAIL_BYTES)
        tail = os.pread(descriptor, size - start, start)
        whole, newline, last = tail.rpartition(b"\n")
        if last and (last.startswith(_BEGINNING) or _BEGINNING.startswith(last)):
            os.ftruncate(descriptor, size - len(last))
        elif last:
            _write_all(descriptor, b"\n")
        return whole + newline


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _is(line: bytes, alert: Alert) -> bool:
    if alert.alert_id.encode() not in line:
        return False
    try:
        found = _ID.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return (found.alert_id, found.revision) == (alert.alert_id, alert.revision)
