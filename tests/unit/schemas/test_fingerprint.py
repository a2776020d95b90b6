from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.fingerprint import fingerprint, similarity

REPORT = (
    "The foreign ministers of Japan and China agreed on Tuesday to hold talks on fishing in the autumn, an official "
    "said. They met for an hour in Jakarta. No date was given for the talks, which were broken off two years ago after "
    "a collision near the islets."
)


def test_a_stored_fingerprint_means_the_same_for_ever() -> None:
    assert fingerprint("The two sides agreed to meet again in spring.")[:32] == "12932ac01f6071dc367d1781113246bf"


def test_copies_are_near_and_strangers_far() -> None:
    copy = REPORT.replace("an official said", "a diplomat said").upper()
    other = (
        "A lorry with apples overturned near Lyon on Monday, and the road was closed until the evening, police said."
    )
    assert similarity(fingerprint(REPORT), fingerprint(REPORT)) == 1.0
    assert similarity(fingerprint(REPORT), fingerprint(copy)) > 0.6
    assert similarity(fingerprint(REPORT), fingerprint(other)) < 0.2


def test_case_space_and_points_do_not_matter() -> None:
    assert fingerprint("Tokyo,  and BEIJING\nagreed!") == fingerprint("tokyo and beijing agreed")


def test_empty_texts_resemble_nothing() -> None:
    assert fingerprint(" -- ") == ""
    assert similarity("", fingerprint(REPORT)) == 0.0
    assert similarity("", "") == 0.0


def test_foreign_hashes_are_refused() -> None:
    with pytest.raises(ValueError, match="256 hex digits"):
        similarity("ab", fingerprint(REPORT))


@given(st.text(max_size=80), st.text(max_size=80))
def test_symmetric_and_bounded(a: str, b: str) -> None:
    x, y = fingerprint(a), fingerprint(b)
    assert 0.0 <= similarity(x, y) == similarity(y, x) <= 1.0
    assert not x or len(x) == 256
