"""A small data directory made by the real stores, and the command run in process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.cli.app import main
from pipelines.wiring.home import Home, Stamp
from pipelines.wiring.stores import Stores
from schemas import topics
from schemas.envelope import to_log
from schemas.records import (
    Actor,
    Alert,
    AlertEvidence,
    Article,
    Change,
    Contribution,
    DeadLetter,
    Estimate,
    EventDate,
    Evidence,
    Heard,
    Original,
    Position,
    Publisher,
    Relation,
    Share,
    Signal,
)

NIPPON = Publisher(id="nippon-relay", name="Nippon Relay", country="JPN", owner="relay-group", language="en")
KANTO = Publisher(id="kanto", name="Kanto <Courier>", country="JPN", owner="kanto-group", language="en")
START = datetime(2023, 8, 24, 9, tzinfo=UTC)


def article(number: int, text: str, publisher: Publisher = NIPPON) -> Article:
    seen = START + timedelta(days=number)
    return Article(
        article_id=f"article{number:024d}",
        url=f"https://nippon-relay.example/{number}",
        canonical_url=f"https://nippon-relay.example/{number}",
        title=f"Article {number}",
        text=text,
        language="en",
        published=seen,
        first_seen=seen,
        version_seen=seen,
        publisher=publisher,
    )


def signal(
    number: int,
    of: Article,
    source: str,
    target: str,
    type_: str,
    *,
    score: float,
    factuality: str = "fact",
    spans: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None = None,
) -> Signal:
    day = of.published.date()
    where = dict(zip(("source_span", "target_span", "trigger_span"), spans, strict=True)) if spans else {}
    return Signal(
        signal_id=f"{number:032x}",
        article_id=of.article_id,
        url=of.url,
        source=Actor(code=source, sector="GOV"),
        target=Actor(code=target),
        dyad="-".join(sorted((source, target))),
        type=type_,
        quad=4 if score < 0 else 1,
        score=score,
        factuality=msgspec.convert(factuality, Any),
        polarity=1 if score > 0 else -1,
        event_date=EventDate(start=day, end=day, precision="day"),
        evidence=Evidence(quote=of.text, start=0, end=len(of.text), **where),
        confidence=0.8,
        why={"rule": "test.rule", "trigger": "ban"},
        language="en",
        published=of.published,
        first_seen=of.first_seen,
        publisher=of.publisher,
        article_position=Position(partition=0, offset=number),
        revision=1_000_001,
        coder="rules-1",
    )


def state(dyad: str, at: date, level: float, *contributions: Contribution) -> Relation:
    return Relation(
        dyad=dyad,
        at=at,
        known_at=datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=1),
        level=Estimate(value=level, low=max(level - 1.5, -9.0), high=min(level + 1.5, 9.0)),
        band="tension" if level < -3 else "ordinary",
        mood=level - 2,
        season=level - 1,
        climate=level + 1,
        share={"7": Share(value=0.8, baseline=0.4, z=2.5), "30": Share(value=0.5, baseline=0.4)},
        directed=dict.fromkeys((f"{dyad[:3]}>{dyad[4:]}", f"{dyad[4:]}>{dyad[:3]}"), level),
        events=4,
        owners=2,
        baseline="mixed",
        contributions=contributions,
    )


@dataclass
class Sample:
    """The made directory and what lies in it."""

    home: Home
    alert: Alert
    signals: list[Signal]

    @property
    def path(self) -> str:
        return str(self.home.path)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return make_sample(tmp_path / "data")


def make_sample(path: Path) -> Sample:
    home = Home(path)
    home.prepare(Stamp())
    stores = Stores(home)
    articles = [
        article(0, "China banned seafood from Japan on Thursday."),
        article(1, "Tokyo protested, and the hotline stayed silent.", KANTO),
        article(2, "China and Japan may talk on the hotline."),
    ]
    signals = [
        signal(1, articles[0], "CHN", "JPN", "SANCTION", score=-6, spans=((0, 5), (26, 31), (6, 12))),
        signal(2, articles[1], "JPN", "CHN", "ACCUSE", score=-3),
        signal(3, articles[2], "CHN", "JPN", "CONSULT", score=2.5, factuality="conditional"),
    ]
    stores.articles.put(articles)
    for of, found in zip(articles, signals, strict=True):
        assert found.article_position is not None
        stores.index.replace(of.article_id, 1_000_001, [found], of.version_seen, found.article_position)
    part = Contribution(event_id="e" * 32, signal_ids=(signals[0].signal_id,), share=-0.75)
    against = Contribution(event_id="f" * 32, signal_ids=(signals[2].signal_id,), share=0.25)
    days = [date(2023, 8, 22) + timedelta(days=n) for n in range(5)]
    change = Change(
        change_id="c" * 32,
        dyad="CHN-JPN",
        at=days[2],
        known_at=START + timedelta(hours=15),
        direction="tension",
        before=0.4,
        after=0.9,
        score=8.5,
        probability=0.0002,
        detectors=("S7",),
        contributions=(part,),
        counter_evidence=(against,),
        publishers=("kanto", "nippon-relay"),
        owners=("kanto-group", "relay-group"),
        clusters=2,
    )
    stores.relations.put(
        [state("CHN-JPN", day, -1.0 - n, part) for n, day in enumerate(days)] + [state("JPN-KOR", days[-1], 0.5)],
        [change],
    )
    alert = Alert(
        alert_id="a1b2c3d4e5f6" + "0" * 20,
        known_at=change.known_at,
        state="firing",
        rule="change",
        subject="CHN-JPN",
        direction="tension",
        opened=change.known_at,
        updated=change.known_at,
        title="China and Japan: tension above its usual share",
        summary="Conflict makes up 90 % of the weight.\n- a ban",
        change=change,
        evidence=(
            AlertEvidence(
                signal_id=signals[0].signal_id,
                quote=signals[0].evidence.quote,
                url=signals[0].url,
                publisher="Nippon Relay",
                event_date=signals[0].event_date,
                type="SANCTION",
                share=1.0,
            ),
        ),
    )
    stores.alerts.put([alert])
    stores.log.append(topics.ALERT, [to_log(alert)])
    stores.log.append(topics.HEARD, [to_log(Heard(day=day)) for day in days])
    stores.close()
    return Sample(home, alert, signals)


def add_dead_letter(sample: Sample) -> DeadLetter:
    letter = DeadLetter(
        deadletter_id="d" * 32,
        stage="extract",
        error_type="QuarantinedError",
        code="not_json",
        message="not a JSON record",
        original=Original(topic=topics.ARTICLE, partition=0, offset=7, key="k", value="eyJ4Ig=="),
        first_failed=START,
        last_failed=START,
    )
    stores = Stores(sample.home)
    stores.log.append(topics.DEADLETTER, [to_log(letter)])
    stores.close()
    return letter


@dataclass
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.out.splitlines()]


Detente = Callable[..., Ran]


@pytest.fixture
def detente(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Detente:
    """Runs the command in process, away from this machine's own settings."""
    for name in ("DETENTE_DATA", "DETENTE_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
