"""Numbers in words, and the classes that colour them."""

from __future__ import annotations

from datetime import date
from typing import Final

from pipelines.alerting.render import day_name, pair_name
from schemas.records import Relation

_SHADES: Final = ((-6.0, "n3"), (-3.0, "n2"), (-1.0, "n1"), (1.0, "zero"), (3.0, "p1"), (6.0, "p2"))
_LEVELS: Final = {
    "confrontation": "one of confrontation",
    "tension": "one of tension",
    "discord": "one of discord",
    "ordinary": "an ordinary one",
    "good": "a good one",
    "friendly": "a friendly one",
}
_LOUD: Final = 2.0
_BASELINES: Final = {
    "shipped": "Too little was heard so far: the level rests on what is assumed of such a pair.",
    "mixed": "The level rests in part on what is assumed of such a pair, since it was not yet heard for a year.",
    "own": "The level is judged by the pair's own history.",
}


def band_class(level: float) -> str:
    """The shade of a level: n3 (conflict) to p3 (cooperation)."""
    return next((shade for limit, shade in _SHADES if level < limit), "p3")


def signed(value: float, digits: int = 1) -> str:
    """With its sign, and a true minus."""
    text = f"{value:+.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")


def percent(share: float) -> str:
    """Without decimals."""
    return f"{100 * share:.0f} %"


def signed_percent(share: float) -> str:
    """Without decimals, with its sign."""
    return f"{signed(100 * share, 0)} %"


def short_day(day: date) -> str:
    """Such as "24 Aug 2023"."""
    return f"{day.day} {day:%b %Y}"


def state_in_words(state: Relation) -> tuple[str, ...]:
    """What the numbers of a pair's state say, one sentence each."""
    level = state.level
    now = (
        f"At the end of {day_name(state.at)} the relation of {pair_name(state.dyad)} was "
        f"{_LEVELS.get(state.band, state.band)}: level {signed(level.value)} on a scale from −9 to 9, and with 90 % "
        f"certainty between {signed(level.low)} and {signed(level.high)}."
    )
    course = (
        f"By half-lives of 7, 30 and 180 days it stands at {signed(state.mood)}, {signed(state.season)} and "
        f"{signed(state.climate)}: {_movement(state)}."
    )
    said = [now, course]
    said += [sentence for window in ("7", "30") if (sentence := _share(state, window))]
    said.append(f"{_told(state)} in the last 30 days. {_BASELINES[state.baseline]}")
    return tuple(said)


def _told(state: Relation) -> str:
    if state.events == 0:
        return "No event was reported"
    return f"{_counted(state.events, 'event')} reported by {_counted(state.owners, 'independent ownership group')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _movement(state: Relation) -> str:
    step = state.mood - state.climate
    if abs(step) < 1:
        return "lately much as in the long run"
    return "lately better than in the long run" if step > 0 else "lately worse than in the long run"


def _share(state: Relation, window: str) -> str:
    share = state.share.get(window)
    if share is None or share.value is None or share.baseline is None:
        return ""
    if share.z is None:
        return f"In the last {window} days too little happened to compare."
    unusual = "unusual" if abs(share.z) >= _LOUD else "not unusual"
    return (
        f"In the last {window} days conflict made up {percent(share.value)} of what passed between them, against "
        f"{percent(share.baseline)} usually, which is {unusual} (z {signed(share.z)})."
    )
