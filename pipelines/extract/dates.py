"""Dates in English news text, resolved against the day of publication.

Only forms that newsrooms use: "on July 5", "5 July 2023", "in August", "on Friday", "last week", "three years ago",
"earlier this year", "in the 1990s". A form without a year or a month has two readings, the last and the next one; the
caller says which (`future`).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from schemas.records import EventDate, Precision

_MONTHS: Final = {name.lower(): i for i, name in enumerate(calendar.month_name) if name} | {
    name.lower(): i for i, name in enumerate(calendar.month_abbr) if name
} | {"sept": 9}  # fmt: skip
_WEEKDAYS: Final = {name.lower(): i for i, name in enumerate(calendar.day_name)}
_NUMBERS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50,
}  # fmt: skip
_SEASONS: Final = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11)}
_MONTH: Final = (
    r"(?P<month>January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_YEAR: Final = r"(?P<year>(?:1[6-9]|20)\d\d)"
_WEEKDAY: Final = r"(?P<weekday>Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_NUMBER: Final = r"(?P<number>\d{1,3}|" + "|".join(_NUMBERS) + r")"
_CLOSE: Final = 7  # "July 22" in a text of July 20 is a plan, "July 30" of last year is not meant either
_HALF_YEAR: Final = 183
HISTORY_DAYS: Final = 90
"""The codebook's limit: what happened longer before publication is history."""

Resolver = Callable[[re.Match[str], date, bool], tuple[date, date, Precision] | None]


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date expression at [start, end) of the text it was found in."""

    start: int
    end: int
    match: re.Match[str]
    resolver: Resolver

    @property
    def coarse(self) -> bool:
        """A year, a decade, a month: in a noun phrase it dates the noun, not the clause."""
        return self.resolver in {_year, _decade, _month}

    def resolve(self, published: date, *, future: bool = False) -> EventDate | None:
        """The days meant. `future` prefers the coming one where the words leave both open; None out of calendar."""
        try:
            found = self.resolver(self.match, published, future)
        except (ValueError, OverflowError):
            return None
        return None if found is None else EventDate(start=found[0], end=found[1], precision=found[2])


def is_history(when: EventDate, published: date) -> bool:
    """Over 90 days before publication."""
    return (published - when.end).days > HISTORY_DAYS


def _month_range(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])


def _guess_year(published: date, month: int, day: int, *, future: bool) -> int:
    """The year of a day without one: the last such day up to a week ahead, or the next one."""
    candidate = date(published.year, month, min(day, calendar.monthrange(published.year, month)[1]))
    ahead = (candidate - published).days
    if future:
        return published.year + 1 if ahead < -_CLOSE else published.year
    return published.year - 1 if ahead > _CLOSE else published.year


def _day(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    month, day = _MONTHS[m["month"].rstrip(".").lower()], int(m["day"])
    year = int(m["year"]) if m["year"] else _guess_year(published, month, day, future=future)
    when = date(year, month, day)
    return when, when, "day"


def _month(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    month = _MONTHS[m["month"].rstrip(".").lower()]
    if m["year"]:
        year = int(m["year"])
    elif m["which"] and m["which"].strip().lower() == "next":
        year = _guess_year(published, month, 28, future=True)
    else:
        year = published.year if month == published.month else _guess_year(published, month, 1, future=future)
    return *_month_range(year, month, month), "month"


def _year(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    year = int(m["year"])
    return date(year, 1, 1), date(year, 12, 31), "year"


def _decade(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    year = int(m["decade"])
    return date(year, 1, 1), date(year + 9, 12, 31), "year"


def _weekday(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    back = (published.weekday() - _WEEKDAYS[m["weekday"].lower()]) % 7
    which = (m["which"] or "").strip().lower()
    if which == "next" or (future and which != "last"):
        when = published + timedelta(days=(7 - back) % 7 or (7 if which == "next" else 0))
    else:
        when = published - timedelta(days=back or (7 if which == "last" else 0))
    return when, when, "day"


def _near(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    word = m["near"].lower()
    shift = -1 if "yesterday" in word or "last night" in word else 1 if "tomorrow" in word else 0
    when = published + timedelta(days=shift)
    return when, when, "day"


def _ago(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    raw = m["number"].lower()
    number = int(raw) if raw.isdigit() else _NUMBERS[raw]
    unit = m["unit"].lower()
    if unit == "day":
        when = published - timedelta(days=number)
        return when, when, "day"
    if unit == "week":
        return _week(published - timedelta(weeks=number))
    if unit == "month":
        months = published.year * 12 + published.month - 1 - number
        return *_month_range(months // 12, months % 12 + 1, months % 12 + 1), "month"
    year = published.year - number * {"year": 1, "decade": 10, "century": 100}[unit]
    return date(year, 1, 1), date(year, 12, 31), "year"


def _week(day: date) -> tuple[date, date, Precision]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6), "week"


def _relative(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    shift = {"last": -1, "past": -1, "previous": -1, "this": 0, "next": 1, "coming": 1}[m["which"].lower()]
    unit = m["unit"].lower()
    if unit == "week":
        return _week(published + timedelta(weeks=shift))
    if unit == "month":
        months = published.year * 12 + published.month - 1 + shift
        return *_month_range(months // 12, months % 12 + 1, months % 12 + 1), "month"
    if unit == "year":
        return date(published.year + shift, 1, 1), date(published.year + shift, 12, 31), "year"
    if unit in _SEASONS:
        return _season(unit, published, shift, future=future)
    return None


def _season(name: str, published: date, shift: int, *, future: bool) -> tuple[date, date, Precision]:
    first, last = _SEASONS[name]
    year = published.year
    if shift < 0 and published.month <= last:
        year -= 1
    elif shift > 0 or future:
        year += published.month >= first
    return *_month_range(year, first, last), "quarter"


def _season_of_year(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    first, last = _SEASONS[m["season"].lower()]
    return *_month_range(int(m["year"]), first, last), "quarter"


_THE_YEAR_OF_SOMETHING_ELSE: Final = (
    r"tons?|tonnes?|people|troops|soldiers|km|kilomet|miles|percent|yen|yuan|won|dollars|points|men|feet|m\b"
)
_RELATIVE_UNITS: Final = r"(?P<unit>week|month|year|spring|summer|autumn|fall)"


def _half_century(m: re.Match[str], published: date, future: bool) -> tuple[date, date, Precision] | None:
    year = published.year - 50
    return date(year, 1, 1), date(year, 12, 31), "year"


def _form(pattern: str, resolver: Resolver, *, any_case: bool = False) -> tuple[re.Pattern[str], Resolver]:
    return re.compile(pattern, re.IGNORECASE if any_case else 0), resolver


_FORMS: Final[tuple[tuple[re.Pattern[str], Resolver], ...]] = (
    _form(
        rf"\b{_MONTH}\s(?P<day>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?(?:\s?[-–]\s?\d{{1,2}})?(?:,?\s{_YEAR})?",
        _day,
    ),
    _form(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH}(?:,?\s{_YEAR})?", _day),
    _form(rf"\b(?P<which>last\s|next\s|this\s)?{_MONTH}(?:,?\s(?:of\s)?{_YEAR})?(?!\s\d)", _month),
    _form(rf"\b(?P<season>[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all)\s(?:of\s)?{_YEAR}\b", _season_of_year),
    _form(rf"\b(?P<which>last\s|next\s|this\s|on\s)?{_WEEKDAY}\b", _weekday),
    _form(
        r"\b(?P<near>yesterday|today|tomorrow|last night|tonight|this morning|this afternoon)\b", _near, any_case=True
    ),
    _form(
        rf"\b(?:(?:almost|nearly|some|about|over)\s)?{_NUMBER}\s(?P<unit>day|week|month|year|decade)s?\s"
        r"(?:ago|earlier|before)\b(?:\s(?:this|last)\s(?:week|month|year))?",
        _ago,
        any_case=True,
    ),
    _form(r"\bhalf a century ago\b", _half_century, any_case=True),
    _form(rf"\b(?P<which>last|past|previous|this|next|coming)\s{_RELATIVE_UNITS}\b", _relative, any_case=True),
    _form(r"\bthe\s(?:early\s|late\s|mid-)?(?P<decade>(?:1[6-9]|20)\d0)s\b", _decade),
    _form(rf"(?<![$€£¥\d.,-])\b{_YEAR}\b(?!\s?(?:{_THE_YEAR_OF_SOMETHING_ELSE})|[.,]\d|%)", _year),
)
_BEFORE_A_MONTH: Final = frozenset(
    {
        "in", "since", "until", "last", "next", "this", "by", "from", "of", "early", "late", "mid", "and", "to",
        "between", "for", "before", "after", "during", "through",
    }
)  # fmt: skip
_MAY_VERB: Final = re.compile(r"\bmay\b")


def find(text: str) -> tuple[DateMention, ...]:
    """All date expressions, left to right; where forms overlap the earlier form of the list wins."""
    taken: list[DateMention] = []
    for pattern, resolver in _FORMS:
        for match in pattern.finditer(text):
            if _MAY_VERB.search(match.group()) or _is_capital_may(match, text):
                continue
            if any(match.start() < d.end and d.start < match.end() for d in taken):
                continue
            taken.append(DateMention(match.start(), match.end(), match, resolver))
    return tuple(sorted(taken, key=lambda d: d.start))


def _is_capital_may(match: re.Match[str], text: str) -> bool:
    """As in "May" at the start of a sentence, without day or year, may be the verb; names ("Theresa May") neither."""
    if match.group().strip() not in {"May", "March"}:
        return False
    before = text[: match.start()].rstrip().rsplit(" ", 1)[-1].lower()
    return before not in _BEFORE_A_MONTH
