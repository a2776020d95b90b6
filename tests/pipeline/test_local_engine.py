"""The graph on the real runner, the real log and the real index: fused, once built, committed only when written."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import translations

from connectors.index.embedded import EmbeddedArticleStore, EmbeddedSignalIndex
from connectors.log.embedded import EmbeddedLog
from pipelines.beam.steps import ArticleCoder
from pipelines.beam.transforms import ExtractSignals, Sinks
from pipelines.engines.local import GROUP, LocalEngine
from pipelines.extract.coder import CODER_RELEASE, Extraction
from schemas import topics
from schemas.codec import decode
from schemas.envelope import to_log
from schemas.identity import signal_id, signal_revision
from schemas.ports.log import LogRecord
from schemas.records import Actor, Article, DeadLetter, Evidence, Publisher, Signal

AT = datetime(2024, 1, 2, tzinfo=UTC)
PUBLISHER = Publisher(id="p", name="P", country="JPN", owner="p", ownership="independent", language="en")


def article(number: int, version: int = 1, text: str = "", status: str = "active") -> Article:
    return Article(
        article_id=f"{number:032x}",
        version=version,
        status=status,  # type: ignore[arg-type]
        text=text or f"Tokyo protested to Beijing, number {number}.",
        published=AT,
        first_seen=AT,
        version_seen=AT + timedelta(days=version - 1),
        publisher=PUBLISHER,
    )


@dataclass(frozen=True)
class OneSignalEach:
    """A coder whose output is known: one signal a text, none for 'silent', an error for 'poison'."""

    def __call__(self) -> ArticleCoder:
        return self

    def extract(self, article: Article) -> Extraction:
        if "poison" in article.text:
            raise ValueError("cannot be read")
        if "silent" in article.text:
            return Extraction(signals=(), outcome="irrelevant", discarded=())
        signal = Signal(
            signal_id=signal_id(article.article_id, "JPN", "CHN", "ACCUSE", "disapprove", "fact", article.text, 0),
            article_id=article.article_id,
            article_version=article.version,
            source=Actor(code="JPN"),
            target=Actor(code="CHN"),
            dyad="CHN-JPN",
            type="ACCUSE",
            mode="disapprove",
            quad=3,
            score=-2.0,
            factuality="fact",
            polarity=-1,
            evidence=Evidence(quote=article.text, start=0, end=len(article.text)),
            confidence=0.9,
            published=article.published,
            first_seen=article.first_seen,
            publisher=article.publisher,
            revision=signal_revision(article.version, CODER_RELEASE),
        )
        return Extraction(signals=(signal,), outcome="relevant", discarded=())


@dataclass(frozen=True)
class SinksIn:
    folder: Path

    def __call__(self) -> Sinks:
        return Sinks(
            log=EmbeddedLog(self.folder / "detente.db"),
            index=EmbeddedSignalIndex(self.folder / "index.db"),
            articles=EmbeddedArticleStore(self.folder / "index.db"),
        )


def engine(folder: Path, batch_size: int = 1000, attempts: int = 2) -> LocalEngine:
    log = EmbeddedLog(folder / "detente.db")
    transform = ExtractSignals(SinksIn(folder), OneSignalEach())
    return LocalEngine(log, transform, batch_size=batch_size, attempts=attempts)


def signals_in(log: EmbeddedLog) -> list[Signal]:
    found = []
    for partition, end in log.end_offsets(topics.SIGNAL).items():
        found += [decode(stored.value, Signal) for stored in log.read(topics.SIGNAL, partition, 0, end)]
    return sorted(found, key=lambda signal: (signal.signal_id, signal.revision))


def drain(made: LocalEngine) -> int:
    total = 0
    while taken := made.step(0.0):
        total += taken
    return total


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_every_article_ends_written_once_whatever_the_batch(tmp_path: Path, batch_size: int) -> None:
    log = EmbeddedLog(tmp_path / "detente.db")
    log.append(topics.ARTICLE, [to_log(article(n)) for n in range(25)])
    assert drain(engine(tmp_path, batch_size)) == 25
    signals = signals_in(log)
    assert len(signals) == len({signal.signal_id for signal in signals}) == 25
    assert log.committed(GROUP, topics.ARTICLE) == {p: e for p, e in log.end_offsets(topics.ARTICLE).items() if e}
    index = EmbeddedSignalIndex(tmp_path / "index.db")
    assert [s.signal_id for s in index.scan("CHN-JPN")] == [s.signal_id for s in signals]
    assert EmbeddedArticleStore(tmp_path / "index.db").get(article(3).article_id) is not None


def test_what_cannot_be_read_becomes_a_dead_letter_and_the_rest_goes_on(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "detente.db")
    good, poison = article(1), article(2, text="poison")
    log.append(topics.ARTICLE, [to_log(good), to_log(poison), LogRecord(key="x", value=b"{half a rec")])
    assert drain(engine(tmp_path)) == 3
    letters = [decode(s.value, DeadLetter) for s in log.read(topics.DEADLETTER, 0, 0, 10)]
    assert sorted((letter.stage, letter.code) for letter in letters) == [
        ("decode", "not_json"),
        ("extract", "ValueError"),
    ]
    assert len(signals_in(log)) == 1


def test_a_corrected_article_withdraws_what_no_longer_holds(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "detente.db")
    made = engine(tmp_path)
    for version in (article(1), article(1, 2, "Tokyo did not protest, silent."), article(1, 3, status="retracted")):
        log.append(topics.ARTICLE, [to_log(version)])
        drain(made)
    statuses = [(signal.status, signal.revision // 1_000_000) for signal in signals_in(log)]
    assert statuses == [("active", 1), ("retracted", 2)]
    assert list(EmbeddedSignalIndex(tmp_path / "index.db").scan("CHN-JPN")) == []


def test_an_uncommitted_batch_is_read_again_and_changes_nothing(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "detente.db")
    log.append(topics.ARTICLE, [to_log(article(n)) for n in range(5)])
    drain(engine(tmp_path))
    before = signals_in(log)
    log.consumer(GROUP, [topics.ARTICLE]).commit({(topics.ARTICLE, p): 0 for p in range(4)})
    drain(engine(tmp_path))
    assert {(s.signal_id, s.revision) for s in signals_in(log)} == {(s.signal_id, s.revision) for s in before}
    assert [s for s in signals_in(log) if s.signal_id == before[0].signal_id] == [before[0], before[0]]


def test_nothing_is_committed_when_the_batch_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EmbeddedLog(tmp_path / "detente.db")
    log.append(topics.ARTICLE, [to_log(article(1))])
    made = engine(tmp_path, attempts=1)

    def fail(self: EmbeddedSignalIndex, *_: object) -> list[Signal]:
        raise OSError("no space left on device")

    monkeypatch.setattr(EmbeddedSignalIndex, "replace_many", fail)
    with pytest.raises(Exception, match="no space left"):
        made.step(0.0)
    assert log.committed(GROUP, topics.ARTICLE) == {}
    monkeypatch.undo()
    assert drain(engine(tmp_path)) == 1


def test_stop_ends_the_loop_after_the_batch_under_way(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "detente.db")
    log.append(topics.ARTICLE, [to_log(article(1))])
    stop = threading.Event()
    engine(tmp_path).run(stop, stop.set)
    assert len(signals_in(log)) == 1


def test_the_graph_is_one_fused_stage_without_a_shuffle(tmp_path: Path) -> None:
    made = engine(tmp_path)
    transforms = made._graph.components.transforms.values()
    forbidden = ("beam:transform:group_by_key", "beam:transform:reshuffle", "beam:transform:group_into_batches")
    assert not [t.unique_name for t in transforms if t.spec.urn.startswith(forbidden)]
    _, stages = translations.create_and_optimize_stages(
        made._graph, phases=list(translations.standard_optimize_phases()), known_runner_urns=frozenset()
    )
    writing = [stage for stage in stages if any("write" in t.unique_name for t in stage.transforms)]
    assert len(writing) == 1
    named = " ".join(sorted(t.unique_name for t in writing[0].transforms))
    for step in ("read", "code", "write", "dead letters"):
        assert step in named, named


def test_the_transform_stands_apart_from_the_engine() -> None:
    assert issubclass(ExtractSignals, beam.PTransform)
