"""Dates as feeds and pages write them: RFC 822, RFC 3339, and the forms of the Korean, Japanese, Chinese and Russian
press, with or without zone. Pure; a zone-less date is read in the time zone of its feed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.errors import ConfigError
from schemas.records import PublishedPrecision

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january января янв",
            "feb february февраля фев",
            "mar march марта мар",
            "apr april апреля апр",
            "may мая май",
            "jun june июня июн",
            "jul july июля июл",
            "aug august августа авг",
            "sep sept september сентября сен сент",
            "oct october октября окт",
            "nov november ноября ноя нояб",
            "dec december декабря дек",
        ),
        start=1,
    )
    for name in names.split()
}
_ZONES: Final = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "west": 60, "cet": 60, "cest": 120, "eet": 120,
    "eest": 180, "msk": 180, "мск": 180, "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "kst": 540, "jst": 540, "hkt": 480, "sgt": 480, "pht": 480, "awst": 480, "ulat": 480, "ict": 420,
    "wib": 420, "ist": 330, "vlat": 600, "aest": 600, "aedt": 660,
}  # fmt: skip
_CENTRAL: Final = -360
_CHINESE: Final = frozenset({"Asia/Shanghai", "Asia/Taipei", "Asia/Macau", "Asia/Hong_Kong", "Asia/Chongqing", "PRC"})
_ERAS: Final = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}

_YMD: Final = re.compile(r"(?<!\d)(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)\s?[.日일]?")
_YM: Final = re.compile(r"^(\d{4})-(\d{2})$")
_DMY: Final = re.compile(r"(?<!\d)(\d{1,2})[\s./-]+([^\W\d_]{3,9})\.?,?[\s./-]*(\d{4}|\d{2})(?![\d:])", re.UNICODE)
_MDY: Final = re.compile(r"([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?![\d:])", re.UNICODE)
_UNIX_DATE: Final = re.compile(r"([^\W\d_]{3})\s+(\d{1,2})\s+(\d{1,2}:\d{2}:\d{2})(\s+\S+)?\s+(\d{4})$", re.UNICODE)
_NUMERIC: Final = re.compile(r"^(?:[^\W\d_]+,\s*)?(\d{1,2})[\s/.-](\d{1,2})[\s/.-](\d{4})(?!\d)", re.UNICODE)
_COMPACT: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?(?=$|[Z+\s-])")
_EPOCH: Final = re.compile(r"^\d{10}(\d{3})?$")
_CLOCK: Final = re.compile(
    r"(?:(午前|午後|上午|下午|오전|오후|a\.?m\.?|p\.?m\.?)\s*)?"
    r"(\d{1,2})\s*(?:[:：]|시|時|时|点|點|h(?=\d))\s*(\d{2}|\d(?=\s*[분分]))"
    r"(?:\s*(?:[:：]|분|分)\s*(\d{2}|\d(?=\s*[초秒]))(?:[.,]\d+)?)?\s*[분分초秒]?\s*(a\.?m\.?|p\.?m\.?)?",
    re.IGNORECASE,
)
_OFFSET: Final = re.compile(r"(?:utc|gmt)?\s*([+-])(\d{1,2}):?(\d{2})?\s*(?:\(|$|\[)", re.IGNORECASE)
_NAME: Final = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,4})(?![^\W\d_])", re.UNICODE)
_PM: Final = frozenset({"午後", "下午", "오후", "pm"})
_AM: Final = frozenset({"午前", "上午", "오전", "am"})


class Moment(msgspec.Struct, frozen=True):
    """A date as far as it was given: UTC, and how exact. A bare day is its noon in the feed's zone."""

    at: datetime
    precision: PublishedPrecision


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """The IANA zone; ConfigError for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"timezone {name!r} is unknown: write an IANA name such as Asia/Seoul") from error


@lru_cache(maxsize=4096)
def parse_date(text: str, timezone_name: str = "UTC") -> Moment | None:
    """The moment that the text names, None where it names none between 1990 and 2100. Never raises but ConfigError."""
    local = zone(timezone_name)
    plain = unicodedata.normalize("NFKC", text[:200]).strip()
    try:
        moment = _epoch(plain) or _written(plain, local, timezone_name)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and 1990 <= moment.at.year < 2100 else None  # noqa: PLR2004


def _epoch(text: str) -> Moment | None:
    if not _EPOCH.match(text):
        return None
    return Moment(datetime.fromtimestamp(int(text[:10]), UTC), "second")


def _written(text: str, local: tzinfo, zone_name: str) -> Moment | None:
    found = _day(text)
    if found is None:
        return None
    (year, month, day), rest, compact = found
    if compact is not None:
        hour, minute, second = compact
        precision: PublishedPrecision = "minute" if second is None else "second"
        offset = _offset(rest, zone_name)
    else:
        clock = _CLOCK.search(rest)
        if clock is None:
            noon = datetime(year, month, day, 12, tzinfo=local)
            return Moment(noon.astimezone(UTC), "day")
        hour, minute, second = _time(clock)
        precision = "minute" if second is None else "second"
        offset = _offset(rest[clock.end() :], zone_name)
        if offset is None:
            offset = _offset(rest[: clock.start()], zone_name)
    start = datetime(year, month, day, tzinfo=local if offset is None else offset)
    # 24:00 is the next day's midnight, and a leap second the next minute's first.
    wall = start.replace(tzinfo=None) + timedelta(hours=hour, minutes=minute, seconds=second or 0)
    return Moment(wall.replace(tzinfo=start.tzinfo).astimezone(UTC), precision)


_Found = tuple[tuple[int, int, int], str, tuple[int, int, int | None] | None]


def _day(text: str) -> _Found | None:
    for era, before in _ERAS.items():
        if text.startswith(era):
            first = re.match(r"\s*(\d{1,3}|元)\s*年", text[len(era) :])
            if first:
                count = 1 if first[1] == "元" else int(first[1])
                text = f"{before + count}年{text[len(era) + first.end() :]}"
    if match := _COMPACT.match(text):
        year, month, day, hour, minute, second = match.groups()
        clock = None if hour is None else (int(hour), int(minute), None if second is None else int(second))
        return (int(year), int(month), int(day)), text[match.end() :], clock
    if match := _YMD.search(text):
        return (int(match[1]), int(match[2]), int(match[3])), text[match.end() :].lstrip("T"), None
    if match := _YM.match(text):
        return (int(match[1]), int(match[2]), 1), "", None
    return _day_by_name(text)


def _day_by_name(text: str) -> _Found | None:
    if (match := _UNIX_DATE.search(text)) and (month := _MONTHS.get(match[1].lower())):
        return (int(match[5]), month, int(match[2])), f"{match[3]}{match[4] or ''}", None
    for match in _DMY.finditer(text):
        if month := _MONTHS.get(match[2].lower()):
            year = int(match[3])
            year += 2000 if year < 100 else 0  # noqa: PLR2004
            return (year, month, int(match[1])), text[match.end() :], None
    for match in _MDY.finditer(text):
        if month := _MONTHS.get(match[1].lower()):
            return (int(match[3]), month, int(match[2])), text[: match.start()] + " " + text[match.end() :], None
    if match := _NUMERIC.match(text):
        return (int(match[3]), int(match[2]), int(match[1])), text[match.end() :], None
    return None


def _time(clock: re.Match[str]) -> tuple[int, int, int | None]:
    before, minute, second, after = clock[1], clock[3], clock[4], clock[5]
    hour = int(clock[2])
    half = (before or after or "").lower().replace(".", "")
    if half in _PM and hour < 12:  # noqa: PLR2004
        hour += 12
    elif half in _AM and hour == 12:  # noqa: PLR2004
        hour = 0
    if hour > 24 or int(minute) > 59 or int(second or 0) > 60:  # noqa: PLR2004
        raise ValueError(clock[0])
    return hour, int(minute), None if second is None else int(second)


def _offset(text: str, zone_name: str) -> tzinfo | None:
    if match := _OFFSET.search(text.strip()):
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours <= 14 and minutes < 60:  # noqa: PLR2004
            sign = -1 if match[1] == "-" else 1
            return timezone(sign * timedelta(hours=hours, minutes=minutes))
    for match in _NAME.finditer(text):
        name = match[1].lower()
        if name == "cst":  # China's for a Chinese feed, North America's for all others
            return timezone(timedelta(minutes=480 if zone_name in _CHINESE else _CENTRAL))
        if name in _ZONES:
            return timezone(timedelta(minutes=_ZONES[name]))
    return None
