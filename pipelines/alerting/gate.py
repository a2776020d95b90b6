"""The evidence gate (ontology.md, relation index 8): corroboration decides whether a change is told, never its size.

One departure from the letter ("two groups on the leading event, or two events"), measured on the sample newsroom with
its routine: of ninety deviations without a turn at a limit of 3.2, eighty-four rested on events of which each was told
by one group alone; of fourteen with a turn, four did, and these were strong. So a fifth of a change must be told by
two groups. Failing that, many events or a strong score will do: three events at three times the limit, six at one and
a half times.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.records import Contribution, Event

GROUPS: Final = 2
"""Independent ownership groups on an event that carries a change."""
CARRIES: Final = 0.2
"""Part of a change that must be told by two groups."""
FEW: Final = 3
MANY: Final = 6
ENOUGH: Final = 9.0
"""Events (FEW at least, MANY at most counted) times the score in units of its limit: from here on a change stands
without corroboration of any one event."""
ALONE: Final = 0.8
"""A change of which one ownership group alone reports this part rests on that group."""
HABIT: Final = 0.5
"""Cooperation that "goes on" without a day of its own cannot be more than this part of a change."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a change may be told. `rests_on` names the one group that it rests on, "" where there are more."""

    open: bool
    rests_on: str
    owners: tuple[str, ...]
    robust: bool


def judge(
    contributions: Sequence[Contribution],
    events: Mapping[str, Event],
    undated: Collection[str] = frozenset(),
    strength: float = 1.0,
) -> Gate:
    """`contributions` carry the change, first the leading one; `events` by id; `undated` the deeds whose day no report
    gives; `strength` the score in units of its limit.

    All state media of a country are one group, so what one party's state media alone tell rests on them.
    """
    parts = [(part, events[part.event_id]) for part in contributions if part.event_id in events]
    if not parts:
        return Gate(open=False, rests_on="", owners=(), robust=False)
    owners = tuple(sorted({owner for _, event in parts for owner in event.owners}))
    total = sum(part.share for part, _ in parts)
    rests_on = _sole_group(parts, owners, total)
    corroborated = sum(part.share for part, event in parts if len(event.owners) >= GROUPS) >= CARRIES * total
    enough = corroborated or (len(parts) >= FEW and min(len(parts), MANY) * strength >= ENOUGH)
    dated = sum(part.share for part, event in parts if event.event_id in undated) <= HABIT * total
    return Gate(open=enough and dated and not rests_on, rests_on=rests_on, owners=owners, robust=True)


def _sole_group(parts: Sequence[tuple[Contribution, Event]], owners: Sequence[str], total: float) -> str:
    """The group that alone tells most of it, "" where there is none."""
    alone = {
        owner: sum(part.share for part, event in parts if set(event.owners) <= {owner}) / total for owner in owners
    }
    first = max(sorted(alone), key=lambda owner: alone[owner], default="")
    return first if first and (len(owners) == 1 or alone[first] >= ALONE) else ""
