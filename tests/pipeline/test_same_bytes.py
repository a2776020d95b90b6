"""The same news gives the same bytes: run twice, in batches of 1, 7 and 1000, shuffled between ticks, with copies.

Four months of the bundled newsroom around a turn, a correction and alerts, through the real graph, log, index and
evaluator. Positions are left out of the comparison where the articles were shuffled.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path

import msgspec
import pytest

from connectors.index.embedded import EmbeddedArticleStore, EmbeddedRelationStore, EmbeddedSignalIndex
from connectors.local.state_store import EmbeddedStateStore
from connectors.log.embedded import EmbeddedLog
from connectors.newsroom.library import bundled
from pipelines.alerting.limits import Limits
from pipelines.alerting.rules import default_rules
from pipelines.beam.steps import ArticleCoder
from pipelines.beam.transforms import ExtractSignals, Sinks
from pipelines.engines.local import LocalEngine
from pipelines.evaluator.assessment import Assessment
from pipelines.evaluator.loop import Evaluator, Ports, Schedule
from pipelines.extract.coder import Coder, Extraction
from pipelines.relations.priors import Priors
from schemas import topics
from schemas.codec import decode, encode
from schemas.envelope import to_log
from schemas.identity import article_id, canonical_url
from schemas.ontology import DYADS
from schemas.ports.clock import SystemClock
from schemas.records import Alert, Article, Heard, Signal

FIRST, LAST = date(2023, 8, 10), date(2023, 9, 20)


@cache
def articles() -> tuple[Article, ...]:
    """Versions of the bundled newsroom in these days, as the feeds would have stored them."""
    made: list[Article] = []
    for story in bundled().stories.values():
        for number, version in enumerate(story.versions, start=1):
            seen = end_of(version.published.date())
            if not FIRST <= version.published.date() <= LAST or "/sample/" in version.url:
                continue
            first = end_of(story.versions[0].published.date())
            made.append(
                Article(
                    article_id=article_id(version.publisher, version.url, "", ""),
                    version=number,
                    status="retracted" if version.retracts else "corrected" if number > 1 else "active",
                    url=version.url,
                    canonical_url=canonical_url(version.url),
                    title=version.title,
                    text=version.text,
                    language="en",
                    published=story.versions[0].published,
                    first_seen=first,
                    version_seen=seen,
                    publisher=version.publisher,
                )
            )
    return tuple(sorted(made, key=lambda a: (a.version_seen, a.article_id, a.version)))


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


@dataclass(frozen=True)
class RememberingCoder:
    """The real coder; what it made of a version is kept, since extraction is no part of what differs here."""

    def __call__(self) -> ArticleCoder:
        return self

    def extract(self, article: Article) -> Extraction:
        return _extracted(article)


@cache
def _extracted_bytes(data: bytes) -> Extraction:
    return Coder.load().extract(decode(data, Article))


def _extracted(article: Article) -> Extraction:
    return _extracted_bytes(encode(article))


@dataclass(frozen=True)
class SinksIn:
    folder: Path

    def __call__(self) -> Sinks:
        return Sinks(
            log=EmbeddedLog(self.folder / "detente.db"),
            index=EmbeddedSignalIndex(self.folder / "index.db"),
            articles=EmbeddedArticleStore(self.folder / "index.db"),
        )


Order = Callable[[Sequence[Article], random.Random], list[Article]]


def as_they_came(day: Sequence[Article], chance: random.Random) -> list[Article]:
    return list(day)


def shuffled(day: Sequence[Article], chance: random.Random) -> list[Article]:
    mixed = list(day)
    chance.shuffle(mixed)
    return mixed


def with_copies(day: Sequence[Article], chance: random.Random) -> list[Article]:
    return [copy for article in day for copy in [article] * chance.choice((1, 2, 3))]


def replay(folder: Path, *, batch_size: int = 1000, order: Order = as_they_came) -> dict[str, str]:
    """Run the days and return a digest of each kind of record."""
    log = EmbeddedLog(folder / "detente.db")
    index = EmbeddedSignalIndex(folder / "index.db")
    relations = EmbeddedRelationStore(folder / "index.db")
    state = EmbeddedStateStore(folder / "evaluator.db")
    engine = LocalEngine(log, ExtractSignals(SinksIn(folder), RememberingCoder()), batch_size=batch_size)
    judge = Assessment(state, rules=default_rules(), limits=Limits.load(), priors=Priors.load())
    now: list[datetime] = []
    ports = Ports(log=log, state=state, relations=relations, index=index, clock=SystemClock())
    evaluator = Evaluator(ports, judge, Schedule(complete=lambda: now[-1]))
    chance = random.Random(11)
    days = {day: list(group) for day, group in groupby(articles(), key=lambda a: a.version_seen)}
    for number in range((LAST - FIRST).days + 1):
        now.append(end_of(FIRST + timedelta(days=number)))
        log.append(topics.ARTICLE, [to_log(article) for article in order(days.get(now[-1], []), chance)])
        log.append(topics.HEARD, [to_log(Heard(day=now[-1].date() - timedelta(days=1)))])
        while engine.step(0.0):
            pass
        while evaluator.step():
            pass
    return {
        "signals": digest(encode(bare(s)) for s in signals_of(log)),
        "events": digest(encode(e) for key in keys(state) for e in relations.events(key)),
        "relations": digest(encode(r) for key in keys(state) for r in relations.relations(key)),
        "changes": digest(encode(c) for c in relations.changes()),
        "alerts": digest(s.value for s in log.read(topics.ALERT, 0, 0, 10_000)),
        "count": str(len(log.read(topics.ALERT, 0, 0, 10_000))),
    }


def keys(state: EmbeddedStateStore) -> list[str]:
    return sorted({*DYADS, *state.keys()})


def signals_of(log: EmbeddedLog) -> Iterator[Signal]:
    distinct = {}
    for partition, end in log.end_offsets(topics.SIGNAL).items():
        for stored in log.read(topics.SIGNAL, partition, 0, end):
            signal = decode(stored.value, Signal)
            distinct[signal.signal_id, signal.revision] = signal
    return (distinct[key] for key in sorted(distinct))


def bare(signal: Signal) -> Signal:
    return msgspec.structs.replace(signal, article_position=None)


def digest(parts: Iterator[bytes]) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    made = replay(tmp_path_factory.mktemp("reference"))
    assert int(made["count"]) >= 3, "the days were chosen for their alerts"
    return made


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_any_batch_size_gives_the_same_bytes(tmp_path: Path, reference: dict[str, str], batch_size: int) -> None:
    assert replay(tmp_path, batch_size=batch_size) == reference


@pytest.mark.parametrize("order", [shuffled, with_copies])
def test_order_between_ticks_and_copies_change_nothing(tmp_path: Path, reference: dict[str, str], order: Order) -> None:
    assert replay(tmp_path, order=order) == reference


def test_the_alerts_told_are_those_of_the_time(tmp_path: Path) -> None:
    replay(tmp_path)
    alerts = [decode(s.value, Alert) for s in EmbeddedLog(tmp_path / "detente.db").read(topics.ALERT, 0, 0, 10_000)]
    assert {"CHN-JPN"} <= {alert.subject for alert in alerts}
    assert all(alert.evidence for alert in alerts)
