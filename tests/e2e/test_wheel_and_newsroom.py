"""The wheel, alone in a fresh environment, reads the bundled newsroom over HTTP; what it says afterwards is true.

One run serves every test of this module: it is the product as a newcomer meets it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

REQUIRED = {
    ("CHN-JPN", "easing", 2023, "spring"),
    ("CHN-JPN", "tension", 2023, "August"),
    ("JPN-KOR", "easing", 2023, "March"),
    ("CHN-USA", "tension", 2023, "February"),
    ("CHN-USA", "easing", 2023, "November"),
    ("CHN-TWN", "tension", 2022, "August"),
    ("KOR-PRK", "tension", 2023, "November"),
    ("PRK-RUS", "easing", 2023, "September"),
    ("PRK-RUS", "easing", 2024, "June"),
    ("JPN-RUS", "tension", 2022, "March"),
}
"""The turns that must be found, by pair, direction, year and when."""
_SPRING = ("March", "April", "May")


@dataclass(frozen=True)
class Installed:
    """The command in its own environment, its data directory, and the verdict of its run."""

    command: Path
    data: Path
    verdict: dict[str, Any]

    def __call__(self, *arguments: str) -> str:
        done = run([str(self.command), "--data", str(self.data), *arguments], self.data.parent)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self(*arguments, "--json").splitlines()]


def run(command: list[str], folder: Path, seconds: float = 600) -> subprocess.CompletedProcess[str]:
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("DETENTE_", "PYTHONPATH", "VIRTUAL_ENV"))}
    return subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True, timeout=seconds, check=False)


def checked(command: list[str], folder: Path, seconds: float = 600) -> None:
    done = run(command, folder, seconds)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    checked([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)], folder)
    wheel = next(folder.glob("detente-*.whl"))
    environment = folder / "environment"
    checked([sys.executable, "-m", "venv", "--without-pip", str(environment)], folder)
    python = environment / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    lock = ROOT / "requirements" / "run.lock"
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    checked([*install, "--require-hashes", "-r", str(lock)], folder)
    checked([*install, "--no-deps", str(wheel)], folder)
    command, data = environment / "bin" / "detente", folder / "data"
    done = run([str(command), "--data", str(data), "run", "--newsroom", "--once", "--json"], folder, 800)
    assert done.returncode == 0, done.stderr[-4000:]
    return Installed(command, data, json.loads(done.stdout))


def test_every_required_turn_is_found(installed: Installed) -> None:
    found = set()
    for turn in installed.verdict["turns"]:
        day = date.fromisoformat(turn["date"])
        if turn["found"]:
            for when in (day.strftime("%B"), *(["spring"] if day.strftime("%B") in _SPRING else [])):
                found.add((turn["dyad"], turn["direction"], day.year, when))
    assert REQUIRED - found == set()


def test_no_alert_falls_into_a_quiet_window(installed: Installed) -> None:
    assert [window for window in installed.verdict["quiet"] if window["alert_ids"]] == []


def test_few_alerts_are_outside_the_turns(installed: Installed) -> None:
    others = [(a["dyad"], a["at"][:4]) for a in installed.verdict["alerts"] if a["turn"] is None and a["at"] >= "2022"]
    assert max((others.count(key) for key in others), default=0) <= 2


def test_every_firing_alert_quotes_its_sentences_with_publisher_and_address(installed: Installed) -> None:
    fired = {alert["alert_id"] for alert in installed.verdict["alerts"]}
    shown = [alert for alert in installed.lines("alerts", "list", "--limit", "1000") if alert["alert_id"] in fired]
    assert len(shown) == len(fired) > 0
    for told in shown:
        assert told["evidence"], told["title"]
        for evidence in told["evidence"]:
            assert evidence["quote"]
            assert evidence["publisher"]
            assert evidence["url"].startswith("https://")


def test_hotline_signals_of_both_signs_have_the_word_in_their_quote(installed: Installed) -> None:
    found = installed.lines("search", "hotline", "--limit", "200")
    assert {1, -1} <= {signal["polarity"] for signal in found}
    assert all("hotline" in signal["evidence"]["quote"].lower() for signal in found)


def test_a_pair_has_one_state_a_day_and_moves_with_its_turns(installed: Installed) -> None:
    rows = installed.lines("relations", "CHN-JPN", "--since", "2022-01-01", "--until", "2024-06-29")
    days = [date.fromisoformat(row["at"]) for row in rows]
    assert days == [date(2022, 1, 1) + timedelta(days=n) for n in range(len(days))]
    assert days[-1] >= date(2024, 6, 26)
    level = {day: row["level"] for day, row in zip(days, rows, strict=True)}
    fortnight = timedelta(days=15)
    for before, sign in ((date(2023, 3, 31), 1), (date(2023, 8, 23), -1)):
        after = level[before + fortnight]
        moved = sign * (after["value"] - level[before]["value"])
        assert moved > (after["high"] - after["low"]) / 2, (before, level[before], after)


def test_a_withdrawn_report_takes_its_alert_with_it(installed: Installed) -> None:
    states = {a["alert_id"]: a for a in installed.lines("alerts", "list", "--limit", "200")}
    assert any(alert["state"] == "retracted" for alert in states.values())


def test_a_second_run_has_nothing_left_to_do_and_says_the_same(installed: Installed) -> None:
    again = json.loads(installed("run", "--newsroom", "--once", "--json"))
    assert again == installed.verdict
