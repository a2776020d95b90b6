"""The rule `breaking` (ontology.md, relation index 11): one weighty deed, told by two who do not depend on each other.

A material fact (quad 2 or 4, |score| at least 5) between the pair, reported by two independent ownership groups that
each tell this type of deed and its day: "both sides go on exchanging data" is a fact, but nothing that broke, and a
report of an expulsion does not attest the seizure of a boat on the same day.
A signed or ratified treaty counts as a deed too (SUPPORT:sign, SUPPORT:ratify, score 6): PLOVER files it under verbal
cooperation, yet it binds, and between close partners it is often the only act large enough to tell of.

Rare for the pair: the rule stays silent where the pair has seen deeds as weighty, of the same sign and told by as many
groups, more than RARE times in the year before (allies drill together every month: that is how they live), and for
QUIET_DAYS after it fired in a direction unless a deed is worse than the one it told of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from schemas.ontology import event_types
from schemas.records import Direction, Event

GROUPS: Final = 2
RARE: Final = 1
YEAR: Final = 365
QUIET_DAYS: Final = 30
FRESH_DAYS: Final = 7
"""A deed is breaking for a week: what is corroborated later is history by then."""
WORSE: Final = 1.0
_BINDING: Final = frozenset({"sign", "ratify"})


class Deed(msgspec.Struct, frozen=True):
    """A material fact, attested by so many groups."""

    event: Event
    score: float
    groups: int = 0

    @property
    def direction(self) -> Direction:
        """Which way it pushes."""
        return "easing" if self.score > 0 else "tension"

    @property
    def day(self) -> date:
        """Its day."""
        return self.event.event_date.start


def deed_of(event: Event, score: float, groups: int) -> Deed | None:
    """The event as a deed, None where it is none or not (yet) attested by two groups."""
    kind = event_types().get(event.type)
    material = kind is not None and kind.quad in {2, 4}
    binding = event.type == "SUPPORT" and event.mode in _BINDING
    attested = groups >= GROUPS and event.factuality == "fact" and event.event_date.precision == "day"
    if not (material or binding) or not attested or event.target is None:
        return None
    return Deed(event=event, score=score, groups=groups)


def is_breaking(deed: Deed, history: Sequence[Deed], told: Sequence[Deed], min_score: float, today: date) -> bool:
    """`history`: the pair's deeds of the year before; `told`: those the rule fired on."""
    size = abs(deed.score)
    if size < min_score or not 0 <= (today - deed.day).days <= FRESH_DAYS:
        return False
    same = [d for d in told if d.direction == deed.direction]
    if any(d.event.matter_id == deed.event.matter_id for d in same):
        return False
    recent = [abs(d.score) for d in same if abs((deed.day - d.day).days) <= QUIET_DAYS]
    if recent and size < max(recent) + WORSE:
        return False
    alike = [
        d
        for d in history
        if d.direction == deed.direction
        and abs(d.score) >= size
        and d.groups >= deed.groups
        and 0 < (deed.day - d.day).days <= YEAR
        and d.event.event_id != deed.event.event_id
    ]
    return len(alike) <= RARE
