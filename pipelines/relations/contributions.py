"""Which events a change or a level rests on: leave one out (ontology.md, relation index 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.relations.channels import Reading, window_reading
from pipelines.relations.fold import Folded
from pipelines.relations.level import level
from pipelines.relations.share import Base, Window
from pipelines.relations.weights import rounded
from schemas.records import Contribution


@dataclass(frozen=True, slots=True)
class Attribution:
    """`carrying` events in order of their share (adding up to 1), those that speak `against` likewise; `robust` says
    that the deviation rests on events that can be named: without the first of them the score falls.
    """

    carrying: tuple[Contribution, ...]
    against: tuple[Contribution, ...]
    robust: bool


def of_share(reading: Reading, window: Window, base: Base, events: Sequence[Folded]) -> Attribution:
    """Events of the window by how much the channel's score falls (carrying) or rises (against) without each."""
    falls: list[tuple[float, Folded]] = []
    for folded in events:
        v = folded.event.weight
        if v == 0:
            continue
        rest = window.less(max(v, 0.0), max(-v, 0.0), v * v, 1)
        without = window_reading(reading.channel, reading.direction, rest, base, reading.before)
        falls.append((reading.score - (without.score if without else 0.0), folded))
    sign = 1 if reading.direction == "tension" else -1
    carrying = [(fall, e) for fall, e in falls if fall > 0 and e.event.weight * sign < 0]
    against = [(-fall, e) for fall, e in falls if fall < 0 and e.event.weight * sign > 0]
    return Attribution(_shares(carrying), _shares(against), robust=bool(carrying))


def of_new(events: Sequence[Folded], against: Sequence[Folded]) -> Attribution:
    """The events of the new type, each by its weight."""
    carrying = [(abs(e.event.weight), e) for e in events]
    return Attribution(_shares(carrying), _shares([(abs(e.event.weight), e) for e in against]), robust=bool(carrying))


def of_level(
    c: float, f: float, k: float, b: float, events: Sequence[tuple[float, Folded]], most: int
) -> list[Contribution]:
    """Events, each with its decay factor, by how much the level moves without them, the `most` weighty first; shares
    are signed: what pulls the level up is positive. Absolute shares of all add up to 1.
    """
    value = level(c, f, k, b)
    moves: list[tuple[float, Folded]] = []
    for decay, folded in events:
        v = folded.event.weight * decay
        rest = level(max(c - max(v, 0.0), 0.0), max(f - max(-v, 0.0), 0.0), k, b)
        moves.append((value - rest, folded))
    total = sum(abs(move) for move, _ in moves)
    if total <= 0:
        return []
    moves.sort(key=lambda pair: (-abs(pair[0]), pair[1].event.event_id))
    return [_contribution(move / total, folded) for move, folded in moves[:most]]


def _shares(parts: Sequence[tuple[float, Folded]]) -> tuple[Contribution, ...]:
    total = sum(part for part, _ in parts)
    if total <= 0:
        return ()
    ordered = sorted(parts, key=lambda pair: (-pair[0], pair[1].event.event_id))
    return tuple(_contribution(part / total, folded) for part, folded in ordered)


def _contribution(share: float, folded: Folded) -> Contribution:
    return Contribution(event_id=folded.event.event_id, signal_ids=folded.event.signal_ids, share=rounded(share))
