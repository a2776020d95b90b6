"""The file channel: whole lines, none twice, whatever a crash or a full disk left behind."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from connectors.channels.file import FileChannel
from connectors.conformance.samples import alert
from schemas.codec import decode, encode
from schemas.records import Alert


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.jsonl"


def alerts(path: Path) -> list[Alert]:
    return [decode(line, Alert) for line in path.read_bytes().splitlines()]


def test_a_line_that_is_there_is_not_written_again_by_a_new_process(path: Path) -> None:
    FileChannel("archive", path).send(alert("abcdef01"), 1)
    attempt = FileChannel("archive", path).send(alert("abcdef01"), 1)
    assert (attempt.outcome, attempt.detail) == ("delivered", "was there already")
    FileChannel("archive", path).send(alert("abcdef01", 2), 1)
    assert alerts(path) == [alert("abcdef01"), alert("abcdef01", 2)]


@pytest.mark.parametrize("kept", [1, 10, 20, 300])
def test_a_line_that_a_crash_tore_is_written_anew(path: Path, kept: int) -> None:
    channel = FileChannel("archive", path)
    channel.send(alert("abcdef01"), 1)
    with path.open("ab") as file:
        file.write(encode(alert("abcdef02"))[:kept])
    channel.send(alert("abcdef02"), 1)
    assert alerts(path) == [alert("abcdef01"), alert("abcdef02")]


def test_what_others_wrote_stays(path: Path) -> None:
    path.write_text('{"note": "mine"}\nnot even JSON abcdef01', encoding="utf-8")
    FileChannel("archive", path).send(alert("abcdef01"), 1)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ['{"note": "mine"}', "not even JSON abcdef01"]
    assert decode(lines[2].encode(), Alert) == alert("abcdef01")


def test_a_file_that_was_rotated_away_is_made_anew(path: Path) -> None:
    channel = FileChannel("archive", path)
    channel.send(alert("abcdef01"), 1)
    path.rename(path.with_suffix(".1"))
    channel.send(alert("abcdef02"), 1)
    assert alerts(path) == [alert("abcdef02")]


def test_a_missing_directory_is_tried_again_later(tmp_path: Path) -> None:
    channel = FileChannel("archive", tmp_path / "none" / "alerts.jsonl")
    attempt = channel.send(alert("abcdef01"), 1)
    assert attempt.outcome == "retry"
    assert "No such file" in attempt.detail
    (tmp_path / "none").mkdir()
    assert channel.send(alert("abcdef01"), 2).outcome == "delivered"


def test_a_full_disk_leaves_no_half_line(path: Path) -> None:
    channel = FileChannel("archive", path)
    channel.send(alert("abcdef01"), 1)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the limit then shows as an error of write
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100,) * 2)
        os._exit(7 if FileChannel("archive", path).send(alert("abcdef02"), 1).outcome == "retry" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert alerts(path) == [alert("abcdef01")]
