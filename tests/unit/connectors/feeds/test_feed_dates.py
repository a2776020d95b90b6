from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.dates import parse_date
from schemas.errors import ConfigError

MOMENT = "2023-08-24T06:10"  # UTC

FORMS = [
    # RFC 822 and its neighbours
    ("Thu, 24 Aug 2023 06:10:00 GMT", "UTC", MOMENT, "second"),
    ("Thu, 24 Aug 2023 15:10:00 +0900", "UTC", MOMENT, "second"),
    ("Thu, 24 Aug 2023 15:10 KST", "UTC", MOMENT, "minute"),
    ("Thu, 24 Aug 23 06:10 GMT", "UTC", MOMENT, "minute"),
    ("Thu,24 Aug 2023 15:10:00 +0900", "UTC", MOMENT, "second"),
    ("Thu, 24  Aug  2023  15:10:00  +0900", "UTC", MOMENT, "second"),
    ("Thu, 24 08 2023 15:10:00 +0900", "UTC", MOMENT, "second"),
    ("24 Aug 2023 02:10:00 EDT", "UTC", MOMENT, "second"),
    ("Thu, 24 Aug 2023 15:10:00 GMT+9", "UTC", MOMENT, "second"),
    ("Thu, 24 Aug 2023 14:10:00 CST", "Asia/Shanghai", MOMENT, "second"),
    ("Thu, 24 Aug 2023 00:10:00 CST", "America/Chicago", MOMENT, "second"),
    ("Thu Aug 24 15:10:00 KST 2023", "UTC", MOMENT, "second"),
    ("Thu, 24 August 2023 09:10:00 MSK", "UTC", MOMENT, "second"),
    # RFC 3339 and its neighbours
    ("2023-08-24T06:10:00Z", "Asia/Seoul", MOMENT, "second"),
    ("2023-08-24T15:10:00+09:00", "UTC", MOMENT, "second"),
    ("2023-08-24T15:10:00.123456+0900", "UTC", MOMENT, "second"),
    ("2023-08-24T15:10+09:00", "UTC", MOMENT, "minute"),
    ("2023-08-24 15:10:00", "Asia/Seoul", MOMENT, "second"),
    ("20230824T151000+0900", "UTC", MOMENT, "second"),
    ("20230824151000", "Asia/Seoul", MOMENT, "second"),
    ("1692857400", "Asia/Seoul", MOMENT, "second"),
    ("1692857400000", "Asia/Seoul", MOMENT, "second"),
    # Korean, Japanese, Chinese
    ("2023.08.24 15:10", "Asia/Seoul", MOMENT, "minute"),
    ("2023. 8. 24. (목) 15:10", "Asia/Seoul", MOMENT, "minute"),
    ("2023-08-24 오후 3:10", "Asia/Seoul", MOMENT, "minute"),
    ("입력 2023.08.24. 오후 3:10", "Asia/Seoul", MOMENT, "minute"),
    ("2023년 8월 24일 15시 10분", "Asia/Seoul", MOMENT, "minute"),
    ("2023年8月24日 15:10", "Asia/Tokyo", MOMENT, "minute"),
    ("2023年8月24日午後3時10分", "Asia/Tokyo", MOMENT, "minute"),
    ("令和5年8月24日 15:10", "Asia/Tokyo", MOMENT, "minute"),
    ("2023年08月24日14时10分", "Asia/Shanghai", MOMENT, "minute"),
    ("2023-08-24 下午2:10", "Asia/Taipei", MOMENT, "minute"),
    ("民國112年8月24日 14:10", "Asia/Taipei", MOMENT, "minute"),
    ("２０２３年８月２４日　１５：１０", "Asia/Tokyo", MOMENT, "minute"),
    # English and Russian prose
    ("August 24, 2023 2:10 a.m. EDT", "UTC", MOMENT, "minute"),
    ("Aug. 24, 2023, 3:10 PM", "Asia/Seoul", MOMENT, "minute"),
    ("24 августа 2023, 09:10", "Europe/Moscow", MOMENT, "minute"),
    # Edges of the day
    ("2023-08-24 24:00:00", "UTC", "2023-08-25T00:00", "second"),
    ("2023-08-24 12:05 AM", "UTC", "2023-08-24T00:05", "minute"),
    ("2023-08-24 오전 12:05", "UTC", "2023-08-24T00:05", "minute"),
    ("2023-08-24 12:05 PM", "UTC", "2023-08-24T12:05", "minute"),
    # Days
    ("2023-08-24", "Asia/Seoul", "2023-08-24T03:00", "day"),
    ("2023/8/24", "UTC", "2023-08-24T12:00", "day"),
    ("20230824", "UTC", "2023-08-24T12:00", "day"),
    ("24 Aug 2023", "UTC", "2023-08-24T12:00", "day"),
    ("August 24, 2023", "UTC", "2023-08-24T12:00", "day"),
    ("平成31年4月1日", "UTC", "2019-04-01T12:00", "day"),
    ("令和元年5月1日", "UTC", "2019-05-01T12:00", "day"),
]  # fmt: skip


@pytest.mark.parametrize("text, zone, expected, precision", FORMS)
def test_forms(text: str, zone: str, expected: str, precision: str) -> None:
    moment = parse_date(text, zone)
    assert moment is not None
    assert moment.at.isoformat().startswith(expected)
    assert moment.at.tzinfo is UTC
    assert moment.precision == precision


@pytest.mark.parametrize(
    "text",
    ["", "soon", "yesterday", "2023-13-01", "2023-02-30", "1970-01-01T00:00:00Z", "0", "0000-00-00 00:00:00",
     "2199-01-01", "2023-08-24 25:10", "2023-08-24 12:61", "99 Foo 2023", "2023", "９９９９-９９-９９"],
)  # fmt: skip
def test_no_dates(text: str) -> None:
    assert parse_date(text) is None


def test_summer_time_is_the_zones() -> None:
    winter, summer = parse_date("2023-01-24 12:00", "Europe/London"), parse_date("2023-07-24 12:00", "Europe/London")
    assert winter is not None
    assert summer is not None
    assert (winter.at.hour, summer.at.hour) == (12, 11)


def test_unknown_zone_is_a_setting() -> None:
    with pytest.raises(ConfigError, match="Asia/Seoul"):
        parse_date("2023-08-24", "Seoul")


@given(st.text(max_size=60))
def test_never_raises(text: str) -> None:
    parse_date(text)


@given(st.datetimes(min_value=datetime.fromisoformat("1991-01-01"), max_value=datetime.fromisoformat("2099-01-01")))
def test_what_we_write_is_read_back(moment: datetime) -> None:
    exact = moment.replace(microsecond=0, tzinfo=UTC)
    for text in (exact.isoformat(), exact.strftime("%a, %d %b %Y %H:%M:%S +0000"), exact.strftime("%Y%m%d%H%M%S")):
        read = parse_date(text, "Asia/Seoul" if "+" in text else "UTC")
        assert read is not None
        assert read.at == exact
