from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.sentences import split


def texts(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split(text)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Ties improved.On July 5 they met.", ["Ties improved.", "On July 5 they met."]),
        ("Lt. Gen. Kim met Adm. Lee. They spoke.", ["Lt. Gen. Kim met Adm. Lee.", "They spoke."]),
        ("The U.S. Navy left on Aug. 4 at noon.", ["The U.S. Navy left on Aug. 4 at noon."]),
        ("One line\nAnother line", ["One line", "Another line"]),
        ("He said 3.5 percent. Fine.", ["He said 3.5 percent.", "Fine."]),
        ("   ", []),
        ("", []),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize(
    "text, dateline, first",
    [
        ("SEOUL, July 12 -- The talks ended.", "SEOUL, July 12 -- ", "The talks ended."),
        ("BEIJING (Sample) — The talks ended.", "BEIJING (Sample) — ", "The talks ended."),
        ("TOKYO - The talks ended.", "TOKYO - ", "The talks ended."),
        ("The talks -- long ones -- ended.", "", "The talks -- long ones -- ended."),
    ],
)
def test_the_dateline_is_no_part_of_the_sentence(text: str, dateline: str, first: str) -> None:
    found = split(text)
    assert found[0].dateline == dateline
    assert texts(text)[0] == first


@given(st.text(max_size=200))
def test_spans_are_ordered_disjoint_and_trimmed(text: str) -> None:
    last = 0
    for s in split(text):
        assert last <= s.start < s.end <= len(text)
        assert text[s.start : s.end] == text[s.start : s.end].strip()
        last = s.end
