"""The evidence gate (ontology.md, relation index 8): corroboration decides whether a change is told, never its size."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.records import Contribution, Event

GROUPS: Final = 2
"""Independent ownership groups on the leading event, else as many events."""
HABIT: Final = 0.5
ALONE: Final = 0.8
"""A change of which one ownership group alone reports this part rests on that group."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a change may be told. `rests_on` names the one group that it rests on, "" where there are more."""

    open: bool
    rests_on: str
    owners: tuple[str, ...]
    robust: bool


def judge(
    contributions: Sequence[Contribution], events: Mapping[str, Event], undated: Collection[str] = frozenset()
) -> Gate:
    """`contributions` carry the change, first the leading one; `events` by id; `undated` those deeds whose
    day no report gives: cooperation that "goes on" cannot be more than half of a change.

    Open with two independent groups on the leading event or two carrying events, unless it rests on one ownership
    group. All state media of a country are one group, so what one party's state media alone tell rests on them.
    """
    parts = [(part, events[part.event_id]) for part in contributions if part.event_id in events]
    if not parts:
        return Gate(open=False, rests_on="", owners=(), robust=False)
    owners = tuple(sorted({owner for _, event in parts for owner in event.owners}))
    total = sum(part.share for part, _ in parts)
    alone = {
        owner: sum(part.share for part, event in parts if set(event.owners) <= {owner}) / total for owner in owners
    }
    rests_on = max(sorted(alone), key=lambda owner: alone[owner], default="")
    if not rests_on or (len(owners) > 1 and alone[rests_on] < ALONE):
        rests_on = ""
    enough = len(parts[0][1].owners) >= GROUPS or len(parts) >= GROUPS
    enough = enough and sum(part.share for part, event in parts if event.event_id in undated) <= HABIT * total
    return Gate(open=enough and not rests_on, rests_on=rests_on, owners=owners, robust=True)
