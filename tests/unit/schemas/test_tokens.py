from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tokens import normalised, tokens

CASES = json.loads((Path(__file__).parent / "golden" / "tokens.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["text"][:20]))
def test_tokens_are_those_of_lucene(case: dict[str, list[str]]) -> None:
    """Made by Lucene 10.3 (standard, cjk_width, lowercase, cjk_bigram) on the normalised text."""
    assert tokens(case["text"]) == case["tokens"]  # type: ignore[arg-type]  # the text is a string


@settings(deadline=None)
@given(st.text(alphabet=st.characters() | st.sampled_from(["\ud800", "'", "’", "_", ".", "日", "カ", "한"])))
def test_any_text_has_tokens_that_fit_into_one_line(text: str) -> None:
    found = tokens(text)
    assert all(found)
    assert not any(letter.isspace() for word in found for letter in word)
    assert tokens(normalised(text)) == found
    assert max(map(len, found), default=0) <= 255


@settings(deadline=None)
@given(st.text(alphabet="aB1._,:;'’-“” \n$"))
def test_the_fast_way_for_plain_text_equals_the_general_one(text: str) -> None:
    whole = [word for word in tokens(f"{text} ж") if word != "ж"]  # a letter that the fast way does not take
    assert tokens(text) == whole
