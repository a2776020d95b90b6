"""Titles and summaries in words: what changed, by how much against what, who says so, what would undo it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from pipelines.alerting.basis import Basis
from schemas.ontology import event_types
from schemas.records import Contribution, Direction, Event, Signal

STATES: Final = {
    "CHN": "China",
    "JPN": "Japan",
    "KOR": "South Korea",
    "MNG": "Mongolia",
    "PRK": "North Korea",
    "RUS": "Russia",
    "TWN": "Taiwan",
    "USA": "the United States",
}
_PERIODS: Final = {
    "S7": "the last seven days",
    "S30": "the last thirty days",
    "DRIFT": "the last ninety days",
    "B7": "the last seven days",
}
_SHOWN: Final = 3
_LONGEST_QUOTE: Final = 240


def state_name(code: str) -> str:
    """The state's name within a sentence; an unknown code stands for itself."""
    return STATES.get(code, code)


def pair_name(dyad: str) -> str:
    """As in: China and Japan."""
    return " and ".join(state_name(code) for code in dyad.split("-"))


def day_name(day: date) -> str:
    """As in: 24 August 2023."""
    return f"{day.day} {day:%B %Y}"


def change_title(dyad: str, direction: Direction, channel: str) -> str:
    """One line, first the pair."""
    if channel == "NEW":
        kind = "a kind of conflict not seen for a year" if direction == "tension" else "a new kind of cooperation"
        return _first_upper(f"{pair_name(dyad)}: {kind}")
    word = "tension above its usual share" if direction == "tension" else "easing, cooperation above its usual share"
    return _first_upper(f"{pair_name(dyad)}: {word}")


def breaking_title(event: Event) -> str:
    """One line: who did what to whom."""
    return f"Breaking: {deed_name(event)}"


def deed_name(event: Event) -> str:
    """As in: sanction (discontinue) by China towards Japan on 24 August 2023."""
    kind = event.type.lower() + (f" ({event.mode})" if event.mode else "")
    when = event.event_date
    day = f"on {day_name(when.start)}" if when.precision == "day" else f"around {day_name(when.start)}"
    if event.target is None:
        return f"{kind} by {state_name(event.source)} {day}"
    link = f"between {state_name(event.source)} and" if event.reciprocal else f"by {state_name(event.source)} towards"
    return f"{kind} {link} {state_name(event.target)} {day}"


def change_summary(basis: Basis) -> str:
    """The whole explanation of a `change` alert."""
    change = basis.change
    channel = change.detectors[0]
    lines = [_what_changed(basis, channel), _responsible(basis), _reporters(basis)]
    lines += [_against(basis), _undone(basis), _calibration(basis)]
    return "\n".join(line for line in lines if line)


def breaking_summary(basis: Basis) -> str:
    """The whole explanation of a `breaking` alert."""
    event = basis.events[basis.change.contributions[0].event_id]
    kind = event_types().get(event.type)
    quad = "material" if kind is not None and kind.quad in {2, 4} else "binding"
    first = (
        f"A {quad} deed told as a fact by independent sources: {deed_name(event)}. "
        "No deed of this weight, so well attested, is usual for this pair."
    )
    return "\n".join(line for line in (first, _responsible(basis), _reporters(basis), _undone(basis)) if line)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _what_changed(basis: Basis, channel: str) -> str:
    change = basis.change
    against = {"shipped": "what is assumed of this pair", "mixed": "its short history so far"}.get(
        basis.origin, "the year before"
    )
    score = f"(-ln p {change.score:.1f}, limit {basis.limit:.1f})"
    if channel == "NEW":
        leading = basis.events.get(change.contributions[0].event_id) if change.contributions else None
        kind = leading.type.lower() if leading else "deed"
        return (
            f"{_first_upper(kind)}: not reported between {pair_name(change.dyad)} for more than a year, and now in the "
            f"week to {day_name(change.at)} {score}."
        )
    return (
        f"Conflict makes up {_percent(change.after)} of the weight of what passed between {pair_name(change.dyad)} in "
        f"{_PERIODS[channel]}, to {day_name(change.at)}, against {_percent(change.before)} in {against} {score}."
    )


def _responsible(basis: Basis) -> str:
    told = [_event_line(part, basis) for part in basis.change.contributions[:_SHOWN]]
    more = len(basis.change.contributions) - len(told)
    tail = [f"- and {more} more {'event' if more == 1 else 'events'}"] if more > 0 else []
    return "\n".join(["Responsible:", *told, *tail]) if told else ""


def _event_line(part: Contribution, basis: Basis) -> str:
    event = basis.events.get(part.event_id)
    if event is None:
        return f"- an event no longer held ({_percent(part.share)})"
    quote = _best_quote([basis.signals[s] for s in part.signal_ids if s in basis.signals])
    groups = len(event.owners)
    by = f"{groups} ownership {'group' if groups == 1 else 'groups'}"
    return f"- {deed_name(event)} ({_percent(part.share)}, {by}){quote}"


def _best_quote(signals: Sequence[Signal]) -> str:
    if not signals:
        return ""
    best = min(signals, key=lambda s: (s.factuality != "fact", -s.confidence, s.signal_id))
    quote = " ".join(best.evidence.quote.split())
    if len(quote) > _LONGEST_QUOTE:
        quote = quote[: _LONGEST_QUOTE - 1].rsplit(" ", 1)[0] + " ..."
    publisher = f" ({best.publisher.name})" if best.publisher else ""
    return f': "{quote}"{publisher}'


def _reporters(basis: Basis) -> str:
    change, gate = basis.change, basis.gate
    if gate.rests_on:
        return f"Pending: it rests on {gate.rests_on} alone."
    groups = len(change.owners)
    line = (
        f"Reported by {len(change.publishers)} publishers of {groups} independent ownership "
        f"{'group' if groups == 1 else 'groups'} ({', '.join(change.owners)})."
    )
    if not gate.robust:
        line += " Not robust: no single event carries it."
    elif not gate.open:
        line += " Pending: no event that carries it is told by two groups, or most of it goes on without a day."
    return line


def _against(basis: Basis) -> str:
    parts = [p for p in basis.change.counter_evidence if p.event_id in basis.events][:_SHOWN]
    if not parts:
        return "Against it: nothing in the same days."
    return "Against it: " + "; ".join(deed_name(basis.events[p.event_id]) for p in parts) + "."


def _undone(basis: Basis) -> str:
    contributions = basis.change.contributions
    if not contributions or contributions[0].event_id not in basis.events:
        return ""
    leading = basis.events[contributions[0].event_id]
    line = f"It would be undone if the reports of the {deed_name(leading)} were withdrawn"
    if basis.change.detectors[0] in _PERIODS:
        line += f", and is over when the share of conflict is back near {_percent(basis.change.before)} for two weeks"
    return line + "."


def _calibration(basis: Basis) -> str:
    return "" if basis.change.calibrated else "Limits are pooled, not yet calibrated for this pair."
