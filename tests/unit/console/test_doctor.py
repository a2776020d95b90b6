"""The doctor says what is well, what is not, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.wiring.stores import Stores
from schemas import topics
from schemas.envelope import to_log
from schemas.ports.feeds import FeedState
from schemas.records import Heard
from tests.unit.console.conftest import Detente, Ran, Sample, add_dead_letter

NOW = datetime(2023, 8, 26, 12, tzinfo=UTC)


def found(ran: Ran, check: str) -> list[dict[str, Any]]:
    return [line for line in ran.lines if line["check"] == check]


def polled(sample: Sample, *states: FeedState) -> None:
    stores = Stores(sample.home)
    for state in states:
        stores.feeds.commit(state, [])
    stores.close()


@pytest.fixture
def stores(sample: Sample) -> Iterator[Stores]:
    opened = Stores(sample.home)
    yield opened
    opened.close()


def test_a_fresh_machine_is_well_and_told_how_to_start(detente: Detente, tmp_path: Path) -> None:
    ran = detente("doctor", "--json", "--data", str(tmp_path / "none"))
    assert ran.code == 0
    assert found(ran, "data directory")[0]["status"] == "note"
    assert "run --newsroom" in found(ran, "data directory")[0]["remedy"]
    assert found(ran, "language model")[0]["status"] == "ok"
    assert not (tmp_path / "none").exists()


def test_a_full_directory(detente: Detente, sample: Sample) -> None:
    polled(sample, FeedState(feed_id="well", answered=NOW, polled=NOW, outcome="items"))
    ran = detente("doctor", "--json", "--data", sample.path)
    assert ran.code == 0
    assert found(ran, "feeds")[0]["detail"] == "1 of 1 answered, the last at 2023-08-26 12:00 UTC"
    assert [finding["status"] for finding in found(ran, "database")] == ["ok", "ok"]
    assert "ok    python" in detente("doctor", "--data", sample.path).out


def test_when_the_pairs_own_baseline_will_be_ready(detente: Detente, sample: Sample, stores: Stores) -> None:
    baselines = found(detente("doctor", "--json", "--data", sample.path), "baseline")
    assert {finding["status"] for finding in baselines} == {"note"}
    assert all("5 of 365 days observed" in finding["detail"] for finding in baselines)
    assert any("CHN-JPN JPN-KOR" in finding["detail"] for finding in baselines)
    days = [date(2022, 1, 1) + timedelta(days=n) for n in range(360)]
    stores.log.append(topics.HEARD, [to_log(Heard(day=day)) for day in days])
    baselines = found(detente("doctor", "--json", "--data", sample.path), "baseline")
    assert all(finding["remedy"] == "the pairs' own baseline is ready" for finding in baselines)


def test_feeds_that_fail_are_named_with_the_reason(detente: Detente, sample: Sample) -> None:
    polled(
        sample,
        FeedState(feed_id="dead", polled=NOW, failures=4, outcome="failed", problem="http_404"),
        FeedState(feed_id="shaky", polled=NOW, answered=NOW, failures=1, outcome="failed", problem="timeout"),
    )
    ran = detente("doctor", "--json", "--data", sample.path)
    assert ran.code == 4
    assert [(finding["status"], finding["detail"]) for finding in found(ran, "feed")] == [
        ("problem", "dead: 4 failures, never answered: http_404")
    ]


def test_dead_letters_are_a_problem(detente: Detente, sample: Sample) -> None:
    add_dead_letter(sample)
    ran = detente("doctor", "--json", "--data", sample.path)
    assert ran.code == 4
    assert "deadletters list" in found(ran, "dead letters")[0]["remedy"]


def test_a_database_of_a_later_release(detente: Detente, sample: Sample) -> None:
    connection = sqlite3.connect(sample.home.index_file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    ran = detente("doctor", "--json", "--data", sample.path)
    assert ran.code == 4
    assert [f["status"] for f in found(ran, "database")] == ["ok", "problem"]


def test_a_damaged_database(detente: Detente, sample: Sample) -> None:
    for file in sample.home.path.glob("detente.db*"):
        file.unlink()
    sample.home.log_file.write_bytes(b"this is no database at all, whatever its name says" * 50)
    ran = detente("doctor", "--json", "--data", sample.path)
    assert ran.code == 4
    assert "backup" in found(ran, "database")[0]["remedy"]


def test_a_secret_that_is_not_there_and_a_wrong_rule(
    detente: Detente, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    (tmp_path / "detente.toml").write_text(
        '[channels.hook]\nkind = "webhook"\naddress = "https://a.example"\nsecret = "env:HOOK_SECRET"\n'
        '[[rules]]\nid = "r"\ndyads = ["CHN-XXX"]\n'
    )
    ran = detente("doctor", "--json", "--data", str(tmp_path))
    assert ran.code == 4
    assert "HOOK_SECRET" in found(ran, "channel hook")[0]["detail"]
    assert "CHN-XXX" in found(ran, "rule r")[0]["detail"]
