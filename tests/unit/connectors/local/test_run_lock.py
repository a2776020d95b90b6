"""One run per data directory, and the lock of a dead one is free."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.conformance.processes import Child, Parent
from connectors.local.run_lock import RunLock
from schemas.errors import DuplicateRunError, TerminalError


class NoonClock:
    def now(self) -> datetime:
        return datetime(2024, 1, 1, 12, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError


def hold(parent: Parent, path: Path) -> None:
    with RunLock(path, NoonClock()):
        parent.say(os.getpid())
        parent.hear()
    parent.say("released")
    parent.hear()


def test_a_second_run_is_told_who_holds_it(tmp_path: Path) -> None:
    with Child(hold, tmp_path / "run.lock") as child:
        pid = child.hear()
        with pytest.raises(DuplicateRunError, match=rf"process {pid}, started 2024-01-01 12:00:00 UTC"):
            RunLock(tmp_path / "run.lock").acquire()
        with pytest.raises(DuplicateRunError, match=str(pid)):
            RunLock(tmp_path / "run.lock").acquire()  # looking has not taken it away
        child.say()
        assert child.hear() == "released"
        with RunLock(tmp_path / "run.lock"):
            pass


def test_a_killed_run_leaves_it_free(tmp_path: Path) -> None:
    with Child(hold, tmp_path / "run.lock") as child:
        child.hear()
        child.kill()
    with RunLock(tmp_path / "run.lock"):
        pass


def test_two_in_one_process_are_two(tmp_path: Path) -> None:
    with RunLock(tmp_path / "run.lock"), pytest.raises(DuplicateRunError, match=str(os.getpid())):
        RunLock(tmp_path / "run.lock").acquire()


def test_taking_and_releasing_twice_is_harmless(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "run.lock")
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    with lock:
        pass


def test_a_forked_child_neither_keeps_nor_frees_it(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "run.lock")
    lock.acquire()
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        os.read(go_read, 1)
        os._exit(0)
    try:
        with pytest.raises(DuplicateRunError):
            RunLock(tmp_path / "run.lock").acquire()
        lock.release()
        with RunLock(tmp_path / "run.lock"):  # though the child still lives
            pass
    finally:
        os.close(go_write)
        os.close(go_read)
        os.waitpid(child, 0)


def test_a_place_that_cannot_be_written_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match="permissions of the data directory"):
        RunLock(tmp_path / "none" / "run.lock").acquire()
