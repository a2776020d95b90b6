"""Daily sums per pair and per direction (ontology.md, relation index 3): all that levels and shares need."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipelines.relations.fold import Folded
from pipelines.relations.weights import rounded
from schemas.ports.state import Sums
from schemas.records import Event

LATE_SUFFIX = "~late"
"""Series of back-fill beside a series: it teaches level and baseline, and is outside every window of detection."""


def direction_series(source: str, target: str) -> str:
    """Name of one side's series: `CHN>JPN`."""
    return f"{source}>{target}"


def series_of(event: Event) -> tuple[str, ...]:
    """The series that an event enters: its pair's once and one side's, or, reciprocal, each side's; a posture key."""
    if event.target is None:
        return (event.dyad,)
    forth = direction_series(event.source, event.target)
    if not event.reciprocal:
        return event.dyad, forth
    return event.dyad, forth, direction_series(event.target, event.source)


def series_names(key: str) -> tuple[str, ...]:
    """All series that the events of a key may enter, back-fill included."""
    if key.endswith("-*"):
        names: tuple[str, ...] = (key,)
    else:
        a, b = key.split("-")
        names = (key, direction_series(a, b), direction_series(b, a))
    return (*names, *(name + LATE_SUFFIX for name in names))


def daily_sums(events: Iterable[Folded]) -> dict[str, dict[date, Sums]]:
    """Sums of every series and day that these events touch. Events without a day or without weight enter none."""
    totals: dict[tuple[str, date], list[float]] = {}
    for folded in events:
        day, v = folded.day, folded.event.weight
        if day is None or v == 0:
            continue
        for name in series_of(folded.event):
            row = totals.setdefault((name + LATE_SUFFIX if folded.late else name, day), [0.0, 0.0, 0.0, 0])
            row[0] += max(v, 0.0)
            row[1] += max(-v, 0.0)
            row[2] += v * v
            row[3] += 1
    sums: dict[str, dict[date, Sums]] = {}
    for (name, day), (c, f, q, n) in sorted(totals.items()):
        sums.setdefault(name, {})[day] = Sums(c=rounded(c), f=rounded(f), q=rounded(q), n=int(n))
    return sums
