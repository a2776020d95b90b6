"""`detente run` as a newcomer types it: real processes, a real newsroom over HTTP, the documented output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("run")]
LIMIT = 180


def detente(command: list[str], environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments], env=environ, capture_output=True, text=True, timeout=LIMIT, check=False
    )


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


def wait_for(path: Path, limit: float = 60.0) -> str:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text().strip()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path} did not come")


def test_once_ends_by_itself_with_the_documented_json(
    command: list[str], environ: dict[str, str], newsroom: Path, tmp_path: Path
) -> None:
    data = str(tmp_path / "data")
    ran = detente(command, environ, "run", "--once", "--newsroom", str(newsroom), "--data", data, "--json")
    assert ran.returncode == 0, ran.stderr
    verdict = json.loads(ran.stdout)
    assert set(verdict) == {"turns", "quiet", "alerts"}
    (turn,) = verdict["turns"]
    assert set(turn) == {"date", "dyad", "direction", "label", "found", "alert_id", "alert_at"}
    assert (turn["label"], turn["found"]) == ("Seafood ban", True)
    (window,) = verdict["quiet"]
    assert set(window) == {"from", "to", "dyad", "why", "alert_ids"}
    assert window["alert_ids"] == []
    assert all(set(alert) == {"alert_id", "at", "dyad", "direction", "rule", "turn"} for alert in verdict["alerts"])
    assert turn["alert_id"] in {alert["alert_id"] for alert in verdict["alerts"]}
    follow(command, environ, data, turn["alert_id"])


def follow(command: list[str], environ: dict[str, str], data: str, alert_id: str) -> None:
    """From the alert to its sentences, signals and the pair's course, as an analyst would."""
    alert = json.loads(detente(command, environ, "alerts", "show", alert_id, "--json", "--data", data).stdout)
    assert alert["subject"] == "CHN-JPN"
    assert any("ban on all seafood" in item["quote"] for item in alert["evidence"])
    assert all(item["url"].startswith("https://") and item["publisher"] for item in alert["evidence"])
    signal_id = alert["evidence"][0]["signal_id"]
    shown = json.loads(detente(command, environ, "signals", "show", signal_id, "--json", "--data", data).stdout)
    assert shown["evidence"]["quote"] == alert["evidence"][0]["quote"]
    found = lines(detente(command, environ, "search", "seafood", "--json", "--data", data).stdout)
    assert found
    assert all("seafood" in line["evidence"]["quote"].lower() for line in found)
    days = lines(
        detente(
            command, environ, "relations", "CHN-JPN", "--since", "2022-05-10", "--until", "2022-05-15", "--json",
            "--data", data,
        ).stdout
    )  # fmt: skip
    assert [day["at"] for day in days] == [f"2022-05-{n}" for n in range(10, 16)]
    assert days[-1]["level"]["value"] < days[0]["level"]["value"]


def test_once_prints_a_table_with_sentences_and_addresses(
    command: list[str], environ: dict[str, str], newsroom: Path, tmp_path: Path
) -> None:
    ran = detente(command, environ, "--data", str(tmp_path / "data"), "run", "--once", "--newsroom", str(newsroom))
    assert ran.returncode == 0, ran.stderr
    for part in (
        "Seafood ban",
        "found",
        "1 of 1 turns found",
        "0 of 1 quiet windows broken",
        "https://relay.example/20",
    ):
        assert part in ran.stdout
    assert "MISSED" not in ran.stdout
    assert "pages: http://127.0.0.1:" in ran.stderr


def test_serves_until_ctrl_c_restarts_what_dies_and_leaves_nothing_behind(
    command: list[str], environ: dict[str, str], newsroom: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    arguments = [*command, "--data", str(data), "run", "--newsroom", str(newsroom)]
    process = subprocess.Popen(
        arguments, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        address = wait_for(data / "console.url")
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            assert answer.status == 200
        second = detente(command, environ, "--data", str(data), "run", "--newsroom", str(newsroom))
        assert second.returncode == 1
        assert "in use by process" in second.stderr
        children = children_of(process.pid)
        assert len(children) == 5
        console = next(
            pid
            for pid in children
            if b"console\0" in Path(f"/proc/{pid}/cmdline").read_bytes()[-20:]
            or b"\0console\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        (data / "console.url").unlink()
        os.kill(console, signal.SIGKILL)
        wait_for(data / "console.url")
        children = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 0, stderr
    assert '"process": "console"' in stderr
    assert "Traceback" not in stderr
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert not (data / "console.url").exists()


def test_a_wrong_newsroom_is_said_with_its_place(command: list[str], environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text('{"id": "a"}\n')
    ran = detente(command, environ, "--data", str(tmp_path / "data"), "run", "--once", "--newsroom", str(tmp_path))
    assert ran.returncode == 2
    assert "articles.jsonl" in ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
