"""Days and moments as people type them; what is not understood is a ConfigError that shows the right form."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from schemas.errors import ConfigError
from schemas.ontology import CORE, DYADS

_FORMS: Final = "write 2023-08-24"


def day(value: str, flag: str) -> date | None:
    """A day, None for "". A month or a year stands for its first day."""
    if not value:
        return None
    padded = value + "-01" * (2 - value.count("-")) if value.count("-") < 2 else value  # noqa: PLR2004  parts of a date
    try:
        return date.fromisoformat(padded)
    except ValueError as error:
        raise ConfigError(f"{flag}: {value!r} is no day; {_FORMS}", "bad_date") from error


def last_day(value: str, flag: str) -> date | None:
    """As `day`; a month or a year stands for its last day."""
    first = day(value, flag)
    if first is None or value.count("-") == 2:  # noqa: PLR2004
        return first
    following = date(first.year + 1, 1, 1) if "-" not in value else (first + timedelta(days=31)).replace(day=1)
    return following - timedelta(days=1)


def midnight(value: date) -> datetime:
    """The start of the day, UTC."""
    return datetime.combine(value, time(), UTC)


def moment(value: str, flag: str) -> datetime | None:
    """A time, None for ""; a day stands for its end; without a zone it is UTC."""
    if not value:
        return None
    if len(value) == len("2023-08-24"):
        last = last_day(value, flag)
        return midnight(last + timedelta(days=1)) if last else None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise ConfigError(f"{flag}: {value!r} is no time; write 2023-08-24T12:00:00Z", "bad_time") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def dyad(value: str, flag: str = "DYAD") -> str:
    """One of the 28 pairs, written in either order or case, or a posture key such as PRK-*."""
    parts = value.upper().split("-")
    if len(parts) == 2:  # noqa: PLR2004  a pair
        key = value.upper() if parts[1] == "*" else "-".join(sorted(parts))
        if key in DYADS or (parts[1] == "*" and parts[0] in CORE):
            return key
    raise ConfigError(
        f"{flag}: {value!r} is none of the 28 pairs; write two of {' '.join(CORE)}, such as CHN-JPN", "unknown_dyad"
    )
