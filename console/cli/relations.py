"""`detente relations`: state of one pair or of all, its days, its events, its changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from console.cli import dates, lookup, output
from console.cli.session import Given, Session
from schemas.errors import ConfigError
from schemas.ontology import DYADS

if TYPE_CHECKING:
    from schemas.ports.index import RelationStore
    from schemas.records import Change, Event, Relation

_COLUMNS: Final = (
    "pair", "day", "level", "90 %", "", "band", "mood", "season", "climate", "7 days", "z", "30 days", "z", "events",
    "baseline",
)  # fmt: skip
_NUMBERS: Final = ("level", "mood", "season", "climate", "share 7", "share 30", "z", "events")
_SCALE: Final = 9.0
_GAUGE: Final = 19


def relations(
    dyad: str = "",
    /,
    *,
    at: str = "",
    as_of: str = "",
    since: str = "",
    until: str = "",
    events: Annotated[bool, Parameter(negative="")] = False,
    changes: Annotated[bool, Parameter(negative="")] = False,
    session: Given,
) -> int:
    """State of one pair with what it rests on, or of all 28; with --since and --until one row a day.

    Parameters
    ----------
    dyad
        A pair such as CHN-JPN, or a posture key such as PRK-*; all 28 pairs where it is left out.
    at
        The state at the end of this day.
    as_of
        As it was known at this time.
    since
        First day.
    until
        Last day.
    events
        The events of the pair instead of its state.
    changes
        The changes that were found instead of the state.
    """
    key = dates.dyad(dyad) if dyad else ""
    first, last = dates.day(since, "--since"), dates.last_day(until, "--until")
    known = dates.moment(as_of, "--as-of")
    if events and changes:
        raise ConfigError("--events and --changes are two questions; ask one", "two_questions")
    if first and last and first > last:
        raise ConfigError(f"--since {first} lies after --until {last}", "bad_range")
    store = session.stores.relations
    if changes:
        return _changes(session, store.changes(key or None, first, last, known))
    if events:
        if not key:
            raise ConfigError("--events needs a pair: detente relations CHN-JPN --events", "no_dyad")
        return _events(session, store.events(key, first, last))
    if first or last:
        return _days(session, [key] if key else DYADS, first, last, known)
    day = dates.last_day(at, "--at")
    return _state(session, key, day, known) if key else _matrix(session, day, known)


def _days(
    session: Session, keys: tuple[str, ...] | list[str], first: date | None, last: date | None, known: datetime | None
) -> int:
    states = [state for key in keys for state in session.stores.relations.relations(key, first, last, known)]
    return _listed(session, states)


def _matrix(session: Session, day: date | None, known: datetime | None) -> int:
    store = session.stores.relations
    if day is None:
        latest = store.latest(known)
        return _listed(session, [latest[key] for key in DYADS if key in latest])
    states = [state for key in DYADS if (state := store.relation(key, day, known)) is not None]
    return _listed(session, states)


def _listed(session: Session, states: list[Relation]) -> int:
    if session.json:
        output.lines(states)
    elif states:
        output.table(_COLUMNS, map(_row, states), right=_NUMBERS)
    else:
        output.say("no state yet")
    return 0


def _row(state: Relation) -> tuple[object, ...]:
    level = state.level
    cells: list[object] = [
        state.dyad,
        state.at,
        f"{level.value:+.1f}",
        f"{level.low:+.1f} .. {level.high:+.1f}",
        gauge(level.value, level.low, level.high),
        state.band,
        f"{state.mood:+.1f}",
        f"{state.season:+.1f}",
        f"{state.climate:+.1f}",
    ]
    for window in ("7", "30"):
        share = state.share.get(window)
        cells.append("" if share is None or share.value is None else f"{share.value:.0%}")
        cells.append("" if share is None or share.z is None else f"{share.z:+.1f}")
    return (*cells, state.events, state.baseline)


def gauge(value: float, low: float, high: float) -> str:
    """The interval and the value on a line from -9 to 9."""
    cells = ["·"] * _GAUGE
    cells[_cell(0.0)] = "|"
    for cell in range(_cell(low), _cell(high) + 1):
        cells[cell] = "─"
    cells[_cell(value)] = "●"
    return "".join(cells)


def _cell(value: float) -> int:
    return round((value + _SCALE) / (2 * _SCALE) * (_GAUGE - 1))


def _state(session: Session, key: str, day: date | None, known: datetime | None) -> int:
    store: RelationStore = session.stores.relations
    state = store.relation(key, day, known)
    if state is None:
        output.say(f"no state of {key} yet")
        return 0
    if session.json:
        output.line(state)
        return 0
    _spoken(state)
    _contributions(session, state)
    return 0


def _spoken(state: Relation) -> None:
    level = state.level
    output.text(f"{state.dyad}  {state.band}  at the end of {state.at}, known at {state.known_at:%Y-%m-%d %H:%M} UTC")
    output.text(
        f"  level    {level.value:+.1f}  (90 %: {level.low:+.1f} .. {level.high:+.1f})  "
        f"-9 {gauge(level.value, level.low, level.high)} 9"
    )
    output.text(
        f"  mood     {state.mood:+.1f}   season {state.season:+.1f}   climate {state.climate:+.1f}  "
        "(half-lives 7, 30, 180 days)"
    )
    for window, share in sorted(state.share.items(), key=lambda item: int(item[0])):
        if share.value is not None:
            usual = f"{share.baseline:.0%}" if share.baseline is not None else "?"
            z = f"z {share.z:+.1f}" if share.z is not None else "too few events to judge"
            output.text(f"  tension  {share.value:.0%} of the last {window} days' weight, usually {usual}  ({z})")
    for direction, value in sorted(state.directed.items()):
        output.text(f"  {direction}  {value:+.1f}")
    own = {"shipped": "assumed, no history yet", "mixed": "part assumed, part own", "own": "own history"}
    output.text(f"  baseline {state.baseline} ({own[state.baseline]}); {state.events} events, {state.owners} owners")


def _contributions(session: Session, state: Relation) -> None:
    output.text()
    output.text("What it rests on" if state.contributions else "It rests on no event yet, only on what is assumed.")
    for part, hits in lookup.quoted(session.stores.index, state.contributions):
        for hit in hits[:1]:
            signal = hit.signal
            kind = signal.type + (f":{signal.mode}" if signal.mode else "")
            when = signal.event_date.start if signal.event_date else ""
            output.text(f"  {part.share:>5.0%}  {kind}  {signal.factuality}  {when}  {signal.signal_id}")
            output.text(f"         “{' '.join(signal.evidence.quote.split())}”")
            output.text(f"         {signal.publisher.name if signal.publisher else ''}  {signal.url}")


def _events(session: Session, found: list[Event]) -> int:
    if session.json:
        output.lines(found)
        return 0
    rows = [
        (
            event.event_date.start,
            event.source,
            "↔" if event.reciprocal else "→",
            event.target or "",
            event.type + (f":{event.mode}" if event.mode else ""),
            event.factuality,
            f"{event.weight:+.2f}",
            len(event.signal_ids),
            event.clusters,
            len(event.owners),
            event.event_id,
        )
        for event in found
    ]
    columns = ("day", "who", "", "whom", "type", "factuality", "weight", "signals", "texts", "owners", "event")
    output.table(columns, rows, right=("weight", "signals", "texts", "owners"))
    return 0


def _changes(session: Session, found: list[Change]) -> int:
    if session.json:
        output.lines(found)
        return 0
    rows = [
        (
            change.at,
            change.dyad,
            change.direction,
            f"{change.before:.0%}",
            f"{change.after:.0%}",
            f"{change.score:.1f}",
            " ".join(change.detectors),
            len(change.owners),
            change.change_id,
        )
        for change in found
    ]
    columns = ("day", "pair", "direction", "before", "after", "score", "channels", "owners", "change")
    output.table(columns, rows, right=("before", "after", "score", "owners"))
    return 0
