from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract import dates

PUBLISHED = date(2023, 7, 20)  # a Thursday


@pytest.mark.parametrize(
    "text, start, end, precision",
    [
        ("on July 5", "2023-07-05", "2023-07-05", "day"),
        ("on 5 July 2022", "2022-07-05", "2022-07-05", "day"),
        ("on Dec. 8", "2022-12-08", "2022-12-08", "day"),
        ("on Tuesday", "2023-07-18", "2023-07-18", "day"),
        ("on Thursday", "2023-07-20", "2023-07-20", "day"),
        ("last Thursday", "2023-07-13", "2023-07-13", "day"),
        ("yesterday", "2023-07-19", "2023-07-19", "day"),
        ("in August", "2022-08-01", "2022-08-31", "month"),
        ("in August 2019", "2019-08-01", "2019-08-31", "month"),
        ("last month", "2023-06-01", "2023-06-30", "month"),
        ("last week", "2023-07-10", "2023-07-16", "week"),
        ("earlier this year", "2023-01-01", "2023-12-31", "year"),
        ("in 2013", "2013-01-01", "2013-12-31", "year"),
        ("three years ago", "2020-01-01", "2020-12-31", "year"),
        ("Fifty years ago this week", "1973-01-01", "1973-12-31", "year"),
        ("in the 1990s", "1990-01-01", "1999-12-31", "year"),
        ("in the spring of 2021", "2021-03-01", "2021-05-31", "quarter"),
    ],
)
def test_forms(text: str, start: str, end: str, precision: str) -> None:
    (found,) = dates.find(text)
    when = found.resolve(PUBLISHED)
    assert when is not None
    assert (when.start.isoformat(), when.end.isoformat(), when.precision) == (start, end, precision)


@pytest.mark.parametrize(
    "text, start",
    [
        ("on Friday", "2023-07-21"),
        ("in August", "2023-08-01"),
        ("on Jan. 5", "2024-01-05"),
        ("next month", "2023-08-01"),
    ],
)
def test_the_future_is_ahead(text: str, start: str) -> None:
    (found,) = dates.find(text)
    when = found.resolve(PUBLISHED, future=True)
    assert when is not None
    assert when.start.isoformat() == start


@pytest.mark.parametrize(
    "text", ["It may rain.", "2000 troops", "$1990", "March past the stand", "the 52nd", "Feb. 31"]
)
def test_what_is_no_date(text: str) -> None:
    assert [d.resolve(PUBLISHED) for d in dates.find(text) if d.resolve(PUBLISHED)] == []


def test_history_begins_after_ninety_days() -> None:
    (found,) = dates.find("on April 20")
    when = found.resolve(PUBLISHED)
    assert when is not None
    assert not dates.is_history(when, PUBLISHED - timedelta(days=1))
    assert dates.is_history(when, PUBLISHED)


@given(st.text(alphabet="July Aug.Mondy0123459,agorsthe-", max_size=60), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_any_text_gives_ordered_ranges_or_none(text: str, published: date) -> None:
    for found in dates.find(text):
        for future in (False, True):
            when = found.resolve(published, future=future)
            assert when is None or when.start <= when.end
