"""The invented routine between states: which pair does what on which day, drawn at random.

Every day of every pair is drawn alone: with the pair's rate an event, conflictual with the pair's share, its kind by
the pair's weights; with a ninth of the rate something that is no event. Rates and mix hold for the whole time, and
neither turns nor quiet windows are known here, so that invented routine makes no turn.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, Final, TypeVar

import msgspec

from connectors.newsroom.phrases import bank, pick, template

OTHER_KINDS: Final = ("denial", "plan", "commentary", "background", "figures", "watching")
T = TypeVar("T")
_OTHER_SHARE: Final = 0.1
_NEXT_DAY: Final = 0.25
_WORLD: Final = ("pacific-wire", "harbor-dispatch", "meridian-review", "straits-monitor")
_HOURS: Final = {"USA": (14, 22), "RUS": (7, 17), "GBR": (8, 20), "MNG": (2, 12)}
_OWN_DEEDS: Final = frozenset({"passage", "blocking", "coastguard", "detention", "sentence", "arrest", "curb", "duty"})
"""What a state's own state media do not report in these words."""
_KIND_FILES: Final = ("kinds-conflict", "kinds-cooperation", "kinds-other")


class Kind(msgspec.Struct, frozen=True):
    """A kind of brief: its intended coding, its patterns, and what its slots are drawn from."""

    name: str
    type: str
    mode: str
    titles: tuple[str, ...]
    leads: tuple[str, ...]
    seconds: tuple[str, ...]
    conflict: bool
    factuality: str = "fact"
    reciprocal: bool = False
    topic: str = ""
    place: str = ""
    number: tuple[int, int] | None = None


class Deed(msgspec.Struct, frozen=True):
    """A kind within a pair's mix; without source either side acts."""

    kind: str
    source: str
    weight: float


class Pair(msgspec.Struct, frozen=True):
    """A pair's routine: events a day, share of conflictual ones, and the mix of each half."""

    dyad: str
    rate: float
    conflict: float
    conflicts: tuple[Deed, ...]
    cooperations: tuple[Deed, ...]
    others: tuple[str, ...]

    @property
    def states(self) -> tuple[str, str]:
        """The two codes in code order."""
        a, b = self.dyad.split("-")
        return a, b


class Routine(msgspec.Struct, frozen=True):
    """One row of `routine.csv`."""

    id: str
    date: date
    published: datetime
    dyad: str
    source: str
    target: str
    kind: str
    publisher: str
    topic: str
    place: str
    number: str
    type: str
    mode: str
    factuality: str
    reciprocal: bool


@cache
def kinds() -> dict[str, Kind]:
    """By name."""
    return {
        name: msgspec.convert({**entry, "name": name, "conflict": file == "kinds-conflict"}, Kind)
        for file in _KIND_FILES
        for name, entry in bank(file).items()
    }


@cache
def pairs() -> dict[str, Pair]:
    """By dyad, in alphabetical order."""
    return {
        dyad: Pair(
            dyad=dyad,
            rate=entry["rate"],
            conflict=entry["conflict"],
            conflicts=tuple(_deed(text) for text in entry["conflicts"]),
            cooperations=tuple(_deed(text) for text in entry["cooperations"]),
            others=tuple(entry.get("others", OTHER_KINDS)),
        )
        for dyad, entry in sorted(bank("pairs").items())
    }


def draw(seed: int, first: date, last: date) -> list[Routine]:
    """The routine of these days (both included), by date and pair. The same seed gives the same rows, and a day's rows
    do not depend on which other days are asked for, save that nothing is published after `last`.
    """
    rows = [row for day in range((last - first).days + 1) for row in _day(seed, first + timedelta(days=day), last)]
    return sorted(rows, key=lambda row: (row.date, row.id))


def some_event(pair: Pair, day: date, rng: Random) -> Routine:
    """An event of the pair's mix on this day."""
    conflict = rng.random() < pair.conflict
    deeds = pair.conflicts if conflict else pair.cooperations
    deed = weighted(deeds, tuple(deed.weight for deed in deeds), rng)
    return _row(pair, kinds()[deed.kind], deed.source or pick(pair.states, rng), day, rng)


def table(rows: list[Routine]) -> str:
    """The rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Routine.__struct_fields__)
    for row in rows:
        values = msgspec.to_builtins(row)
        values["published"] = stamp(row.published)
        values["reciprocal"] = "true" if row.reciprocal else "false"
        writer.writerow(values.values())
    return out.getvalue()


def read(text: str) -> list[Routine]:
    """What `table` wrote."""
    return [
        msgspec.convert({**row, "reciprocal": row["reciprocal"] == "true"}, Routine, strict=False)
        for row in csv.DictReader(io.StringIO(text))
    ]


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def choose_topic(kind: Kind, dyad: str, source: str, target: str, rng: Random) -> str:
    """What the kind is about between these two; the pair's own topics first, then everybody's."""
    entry: dict[str, Any] = bank("pairs")[dyad]
    own = entry.get("topics", {})
    directed = own.get(f"{source}>{target}", {})
    topics = [*directed.get(kind.topic, ()), *own.get(kind.topic, ())]
    if not (entry.get("closed") and topics):
        lists = bank("lists")
        topics += lists["topic"].get(kind.topic, ())
        if "MNG" not in dyad:
            topics += lists["topic_sea"].get(kind.topic, ())
    return fill_plain(pick(tuple(topics), rng), source, target, rng)


def fill_plain(pattern: str, source: str, target: str, rng: Random) -> str:
    """A pattern filled with the two states' plain names and the word lists."""
    states, lists = bank("states"), bank("lists")

    def fill(name: str) -> str:
        if name[:2] in {"S.", "T."}:
            names: list[str] = states[source if name[0] == "S" else target][name[2:]]
            return pick(tuple(names), rng)
        return fill_plain(pick(tuple(lists[name]), rng), source, target, rng)

    return template(pattern).expand(fill, rng)


def weighted(options: tuple[T, ...], weights: tuple[float, ...], rng: Random) -> T:
    """One of them, each as likely as its weight."""
    left = rng.random() * sum(weights)
    for option, weight in zip(options, weights, strict=True):
        left -= weight
        if left < 0:
            return option
    return options[-1]


def _deed(text: str) -> Deed:
    name, *direction, weight = text.split(" ")
    return Deed(name, direction[0].split(">")[0] if direction else "", float(weight))


def _day(seed: int, day: date, last: date) -> Iterator[Routine]:
    for pair in pairs().values():
        rng = Random(f"{seed}/{pair.dyad}/{day}")  # noqa: S311 - invented news, no secrets
        happens, other = rng.random() < pair.rate, rng.random() < pair.rate * _OTHER_SHARE / (1 - _OTHER_SHARE)
        if happens:
            yield _held(some_event(pair, day, rng), last)
        if other:
            kind = kinds()[pick(pair.others, rng)]
            yield _held(_row(pair, kind, pick(pair.states, rng), day, rng), last)


def _held(row: Routine, last: date) -> Routine:
    if row.published.date() <= last:
        return row
    return msgspec.structs.replace(row, published=row.published - timedelta(days=1))


def _row(pair: Pair, kind: Kind, actor: str, day: date, rng: Random) -> Routine:
    a, b = pair.states
    target = b if actor == a else a
    publisher = _publisher(pair, kind, actor, rng)
    topic = choose_topic(kind, pair.dyad, actor, target, rng) if kind.topic else ""
    equal = kind.reciprocal
    return Routine(
        id=f"brief-{day}-{pair.dyad.lower()}-{kind.name.replace('_', '-')}",
        date=day,
        published=_moment(day, publisher, rng),
        dyad=pair.dyad,
        source=a if equal else actor,
        target=b if equal else target,
        kind=kind.name,
        publisher=publisher,
        topic=topic,
        place=_place(kind, pair.dyad, actor, target, rng),
        number=str(rng.randint(*kind.number)) if kind.number else "",
        type=kind.type,
        mode=kind.mode,
        factuality=kind.factuality,
        reciprocal=equal,
    )


def _place(kind: Kind, dyad: str, source: str, target: str, rng: Random) -> str:
    places: list[str] = []
    if kind.place[:2] in {"S.", "T."}:
        places = bank("states")[source if kind.place[0] == "S" else target][kind.place[2:]]
    elif kind.place:
        places = bank("pairs")[dyad].get(kind.place) or bank("lists")[kind.place]
    return str(pick(tuple(places), rng)) if places else ""


def _publisher(pair: Pair, kind: Kind, actor: str, rng: Random) -> str:
    outlets = bank("outlets")
    weights = tuple(_interest(name, outlet, pair, kind, actor) for name, outlet in outlets.items())
    return weighted(tuple(outlets), weights, rng)


def _interest(name: str, outlet: dict[str, str], pair: Pair, kind: Kind, actor: str) -> float:
    own = outlet["ownership"] == "state"
    if own and outlet["country"] == actor and kind.name in _OWN_DEEDS:
        return 0.0
    if outlet["country"] == "PRK" and (actor != "PRK" or kind.name in OTHER_KINDS) and not kind.reciprocal:
        return 0.0
    if outlet["country"] in pair.states:
        return 2.0
    if outlet["country"] in {"PRK", "TWN", "MNG"}:
        return 0.0
    return 0.7 if name in _WORLD else 0.1


def _moment(day: date, publisher: str, rng: Random) -> datetime:
    """Within the publisher's waking hours, so that its local day is the UTC day; a quarter a day later."""
    early, late = _HOURS.get(bank("outlets")[publisher]["country"], (1, 13))
    day += timedelta(days=int(rng.random() < _NEXT_DAY))
    return datetime(day.year, day.month, day.day, rng.randint(early, late), rng.randrange(60), tzinfo=UTC)
