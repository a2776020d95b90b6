"""On which day a signal counts (ontology.md, relation index 1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from schemas.records import Signal

COARSE_REACH: Final = 7
"""A signal with week, month, quarter or year looks for its event this many days around its publication."""

_DAY: Final = timedelta(days=1)


def publication_day(signal: Signal) -> date:
    """UTC date of publication; without one the day it was first seen, else the last day of its event date.

    ValueError for a signal that has none of the three: it cannot be placed in time.
    """
    if signal.published is not None:
        return signal.published.date()
    if signal.first_seen is not None:
        return signal.first_seen.date()
    if signal.event_date is not None:
        return signal.event_date.end
    raise ValueError(f"signal {signal.signal_id} has no publication day, first_seen or event date")


def own_day(signal: Signal) -> date | None:
    """The event's day where the text gives it exactly and it is not to come.

    One day after the UTC date counts as the publication day (zones); a later day is none ("will visit on Friday").
    """
    when = signal.event_date
    if when is None or when.precision != "day":
        return None
    published = publication_day(signal)
    if when.start <= published:
        return when.start
    return published if when.start == published + _DAY else None


def own_range(signal: Signal) -> tuple[date, date] | None:
    """First and last day of a coarser date (week, month, quarter, year) that is not wholly to come."""
    when = signal.event_date
    if when is None or when.precision == "day" or when.start > publication_day(signal):
        return None
    return when.start, when.end


def day_of(signal: Signal) -> date:
    """The day under which a signal is kept: a pure function of the signal alone.

    Its own day; for a coarse date that ends more than a week before publication, the first day of its range; else
    the publication day, from where the fold looks for its event.
    """
    day = own_day(signal)
    if day is not None:
        return day
    published = publication_day(signal)
    span = own_range(signal)
    if span is not None and span[1] < published - COARSE_REACH * _DAY:
        return span[0]
    return published
