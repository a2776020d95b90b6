"""Signals for tests: a builder with plain words, and a Hypothesis strategy of small, colliding worlds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from schemas.identity import digest
from schemas.ontology import event_types, polarity_of, score_of
from schemas.records import Actor, EventDate, Evidence, Factuality, Position, Precision, Publisher, Signal

START = date(2023, 3, 1)
OWNERS = (
    Publisher(id="a", name="A", country="KOR", owner="a-media", ownership="independent"),
    Publisher(id="b", name="B", country="USA", owner="b-wire", ownership="independent"),
    Publisher(id="c", name="C", country="CHN", owner="c-group", ownership="state"),
    Publisher(id="d", name="D", country="GBR", owner="a-media", ownership="independent"),
)


def day(number: int) -> date:
    return START + timedelta(days=number)


def signal(
    pair: str = "CHN-JPN",
    type_: str = "ACCUSE",
    mode: str | None = None,
    *,
    forth: bool = True,
    reciprocal: bool = False,
    published: int = 0,
    hour: int = 9,
    when: tuple[int, int, Precision] | int | None = None,
    factuality: Factuality = "fact",
    confidence: float = 0.8,
    publisher: Publisher = OWNERS[0],
    article: str = "",
    fingerprint: str = "",
    first_seen: int | None = None,
    revision: int = 1_000_001,
    offset: int = 0,
    retracted: bool = False,
    quote: str = "",
    aimed_at: tuple[str, ...] = (),
) -> Signal:
    """Days are numbers from START. `when` is an own day, or (first, last, precision)."""
    a, _, b = pair.partition("-")
    source, target = (a, b) if forth or reciprocal or b == "*" else (b, a)
    score = score_of(type_, mode)
    at = datetime.combine(day(published), datetime.min.time(), tzinfo=UTC) + timedelta(hours=hour)
    seen = at if first_seen is None else datetime.combine(day(first_seen), datetime.min.time(), tzinfo=UTC)
    article = digest("test article", article or f"{publisher.id}/{published}/{quote}/{fingerprint}")
    span: tuple[int, int, Precision] | None = (when, when, "day") if isinstance(when, int) else when
    words = quote or f"{source} {type_} {target}"
    return Signal(
        signal_id=digest("test signal", article, source, target, type_, mode, factuality, words, str(span)),
        article_id=article,
        source=Actor(code=source),
        target=None if b == "*" else Actor(code=target),
        dyad=None if b == "*" else pair,
        type=type_,
        mode=mode,
        quad=event_types()[type_].quad,
        score=score,
        factuality=factuality,
        polarity=polarity_of(score),
        reciprocal=reciprocal,
        aimed_at=aimed_at,
        event_date=None if span is None else EventDate(start=day(span[0]), end=day(span[1]), precision=span[2]),
        evidence=Evidence(quote=words, start=0, end=len(words)),
        confidence=confidence,
        published=at,
        first_seen=seen,
        publisher=publisher,
        url=f"https://{publisher.id}.example/{article[:8]}",
        fingerprint=fingerprint,
        article_position=Position(partition=0, offset=offset),
        status="retracted" if retracted else "active",
        revision=revision,
    )


TYPES = (("ACCUSE", "disapprove"), ("REJECT", None), ("CONSULT", "visit"), ("SANCTION", "discontinue"), ("AGREE", None))


@st.composite
def signals(
    draw: st.DrawFn, last: int = 40, pairs: tuple[str, ...] = ("CHN-JPN", "JPN-KOR"), *, one_lane: bool = False
) -> Signal:
    """One signal in a world so small that days, families, owners and texts collide; `one_lane`: even smaller."""
    published = draw(st.integers(0, last))
    kind, mode = draw(st.sampled_from(TYPES[:2] if one_lane else TYPES))
    style = draw(st.sampled_from(("day", "day", "none", "none", "later", "coarse", "old")))
    when: tuple[int, int, Precision] | int | None = None
    if style == "day":
        when = published - draw(st.integers(-1, 5))
    elif style == "later":
        when = published + draw(st.integers(2, 9))
    elif style == "coarse":
        start = published - draw(st.integers(-3, 20))
        when = (start, start + draw(st.integers(1, 30)), draw(st.sampled_from(("week", "month", "quarter"))))
    elif style == "old":
        when = published - draw(st.integers(31, 60))
    return signal(
        draw(st.sampled_from(pairs)),
        kind,
        mode,
        forth=one_lane or draw(st.booleans()),
        reciprocal=kind == "CONSULT" and draw(st.booleans()),
        published=published,
        when=when,
        factuality=draw(st.sampled_from(("fact", "fact", "fact", "denied", "opinion", "scheduled"))),
        confidence=draw(st.sampled_from((0.4, 0.6, 0.9))),
        publisher=draw(st.sampled_from(OWNERS)),
        fingerprint=draw(st.sampled_from(("", FINGERPRINTS[0], FINGERPRINTS[1], FINGERPRINTS[2]))),
        quote=f"sentence {draw(st.integers(0, 4))}",
    )


FINGERPRINTS = (
    "".join(f"{i:08x}" for i in range(32)),
    "".join(f"{i if i < 28 else i + 100:08x}" for i in range(32)),
    "".join(f"{i + 1000:08x}" for i in range(32)),
)
"""Two near-duplicates and a text of its own."""
