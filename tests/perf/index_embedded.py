"""Figures of the embedded index: `python tests/perf/index_embedded.py [SIGNALS]` (100,000 unless told).

Prints upserts a second, latency of searches, counts and scans, time from commit to visible in another connection, and
puts of the relation store. Invented sentences with word frequencies by Zipf's law; the seed is fixed.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

import msgspec

from connectors.conformance.index import sample
from connectors.index.embedded import EmbeddedRelationStore, EmbeddedSignalIndex
from schemas import codec
from schemas.ontology import DYADS, event_types, polarity_of
from schemas.ports.index import Replacement
from schemas.query import EVERYTHING, Text
from schemas.query_fields import active
from schemas.query_syntax import parse
from schemas.records import Actor, Contribution, Estimate, Evidence, Position, Publisher, Relation, Share, Signal

START = datetime(2021, 1, 1, tzinfo=UTC)
PLACE = Position(partition=0, offset=1)
COMMON = """
china japan korea talks hotline ministers sanction joint drill maritime security agreement visit tokyo beijing seoul said
tuesday would resume the of on in a to and after pause export controls chips island patrol coast guard
"""
WORDS = [*COMMON.split(), *(f"word{number}" for number in range(3000))]
WEIGHTS = [1 / (rank + 1) for rank in range(len(WORDS))]
QUERIES = (
    "", "word2500", "hotline", "hotline dyad:CHN-JPN", '"joint drill"', "publisher:p7.example",
    "source:CHN type:(AGREE OR CONSULT) published:2023-08", "context:military -china", "confidence:>=0.5 NOT (hotline OR type:ACCUSE)",
)  # fmt: skip


def invented(number: int, rnd: random.Random) -> Signal:
    """A signal of a random pair, type, day and publisher, with 24 words; three to an article."""
    dyad = rnd.choice(DYADS)
    source, target = rnd.sample(dyad.split("-"), 2)
    kind = rnd.choice(list(event_types().values()))
    return sample(
        number,
        " ".join(rnd.choices(WORDS, WEIGHTS, k=24)).capitalize() + ".",
        source=Actor(code=source),
        target=Actor(code=target),
        dyad=dyad,
        type=kind.name,
        quad=kind.quad,
        score=kind.score,
        polarity=polarity_of(kind.score),
        contexts=("diplomatic", "military")[: rnd.randint(0, 2)],
        published=START + timedelta(seconds=rnd.randrange(3 * 365 * 86400)),
        first_seen=START,
        publisher=Publisher(id=f"p{rnd.randrange(60)}.example", name="P", country="JPN", owner="o"),
        article_id=f"art{number // 3}",
        revision=1_000_001,
        why={"rule": "x", "path": ["nsubj", "dobj"]},
    )


def by_article(signals: Iterable[Signal]) -> list[Replacement]:
    """One replacement for each article."""
    return [
        Replacement(article_id=article, revision=1_000_001, signals=tuple(of), version_seen=START, position=PLACE)
        for article, of in groupby(signals, key=lambda signal: signal.article_id)
    ]


def tell(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(name: str, work: Callable[[], object], times: int = 15) -> None:
    """Median and worst of several runs."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1e3)
    tell(f"{name:66} p50 {statistics.median(taken):7.1f} ms, max {max(taken):7.1f} ms")


def signals(path: Path, count: int) -> None:
    """The signal index."""
    rnd = random.Random(1)
    made = [invented(number, rnd) for number in range(count)]
    index, other = EmbeddedSignalIndex(path), EmbeddedSignalIndex(path)
    begin, used = time.perf_counter(), time.process_time()
    for at in range(0, count, 600):
        index.replace_many(by_article(made[at : at + 600]))
    wall, cpu = time.perf_counter() - begin, time.process_time() - used
    tell(
        f"upserts: {count / wall:,.0f}/s, {count / cpu:,.0f} a CPU second; {path.stat().st_size / count:,.0f} B a signal"
    )
    for text in QUERIES:
        query = active(parse(text))
        total = index.search(query).total
        say(f"newest {text!r}, {total:,} hits", lambda query=query: index.search(query))  # type: ignore[misc]  # bound now
        if "hotline" in text or "word" in text:
            say(f"rank   {text!r}", lambda query=query: index.search(query, sort="rank"))  # type: ignore[misc]  # bound now
    cursor = index.search(active(Text("hotline"))).cursor
    say("second page of 'hotline'", lambda: index.search(active(Text("hotline")), cursor=cursor))
    say("histogram of everything by day", lambda: index.histogram(EVERYTHING, interval="day"))
    say(
        "facets of everything, four fields",
        lambda: index.facets(EVERYTHING, ["type", "source", "context", "publisher"]),
    )
    say("scan of a pair", lambda: list(index.scan("CHN-JPN")), 5)
    waits = []
    for number in range(100):
        quote = f"only{number}"
        signal = msgspec.structs.replace(
            invented(count + number, rnd),
            article_id=f"z{number}",
            evidence=Evidence(quote=quote, start=0, end=len(quote)),
        )
        index.replace_many(by_article([signal]))
        begin = time.perf_counter()
        assert other.search(Text(quote)).total == 1
        waits.append((time.perf_counter() - begin) * 1e3)
    tell(f"commit to found by another connection: p50 {statistics.median(waits):.2f} ms, max {max(waits):.2f} ms")
    index.close()
    other.close()


def relations(path: Path) -> None:
    """The relation store: three and a half years of all pairs, one put a day."""
    store = EmbeddedRelationStore(path)
    level = Estimate(value=1, low=0, high=2)
    parts = tuple(Contribution(event_id="e" * 32, signal_ids=("s" * 32, "t" * 32), share=0.1) for _ in range(4))
    sums = {"7": 1.0, "30": 2.0, "180": 3.0}
    days = [START.date() + timedelta(days=number) for number in range(1276)]
    made = [
        [
            Relation(
                dyad=dyad, at=day, known_at=START + timedelta(days=number + 1), level=level, band="ordinary",
                mood=1.1, season=1.2, climate=1.3, cooperation=sums, conflict=sums,
                share={"7": Share(), "30": Share(), "90": Share()}, contributions=parts,
            )
            for dyad in DYADS
        ]
        for number, day in enumerate(days)
    ]  # fmt: skip
    begin = time.perf_counter()
    for states in made:
        store.put(states)
    wall = time.perf_counter() - begin
    count = sum(map(len, made))
    tell(f"relations: {count:,} of {len(codec.encode(made[0][0])):,} B in {wall:.1f} s, {count / wall:,.0f}/s")
    say("latest state of every pair", store.latest)
    say("latest as of a year ago", lambda: store.latest(datetime(2023, 1, 1, tzinfo=UTC)))
    say("900 days of one pair", lambda: store.relations("CHN-JPN", date(2022, 1, 1), date(2024, 6, 30)))
    store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        tell(f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        signals(Path(folder) / "index.db", int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
        relations(Path(folder) / "relations.db")
