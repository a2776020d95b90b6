from __future__ import annotations

from datetime import date

import pytest

from pipelines.extract import document
from pipelines.extract.actors import Gazetteer

DAY = date(2023, 7, 20)


def bound(text: str) -> dict[str, tuple[str, ...]]:
    """Anaphors of the last sentence with the codes they stand for."""
    passage = document.read(text, Gazetteer.load(), DAY)[-1]
    return {text[r.start : r.end]: r.codes for r in passage.referents if r.anaphor}


@pytest.mark.parametrize(
    "text, words, codes",
    [
        ("China met Japan. The two countries agreed.", "The two countries", ("CHN", "JPN")),
        ("China met Japan in Jakarta. Both sides agreed.", "Both sides", ("CHN", "JPN")),
        ("China met Japan. Rain fell. The pair agreed.", "The pair", ("CHN", "JPN")),
        ("China, Japan and South Korea met. The three nations agreed.", "The three nations", ("CHN", "JPN", "KOR")),
        ("China-Japan ties are old. The two neighbours agreed.", "The two neighbours", ("CHN", "JPN")),
        ("Seoul and Moscow met. They agreed.", "They", ("KOR", "RUS")),
        ("Japan protested. It summoned an envoy.", "It", ("JPN",)),
    ],
)
def test_antecedents(text: str, words: str, codes: tuple[str, ...]) -> None:
    assert bound(text)[words] == codes


def test_nothing_is_bound_without_an_antecedent() -> None:
    assert bound("The weather was fine. The two countries agreed.") == {}


@pytest.mark.parametrize(
    "text, places",
    [
        ("They met in Tokyo.", {"Tokyo"}),
        ("They met in Jakarta, Indonesia, on Friday.", {"Jakarta", "Indonesia"}),
        ("In Seoul, South Korea and Japan agreed.", {"Seoul"}),
        ("Tokyo protested.", set()),
        ("Anger at Tokyo grew over China's drills.", set()),
        ("It lies in Japan's interest.", set()),
    ],
)
def test_places_are_no_actors(text: str, places: set[str]) -> None:
    (passage,) = document.read(text, Gazetteer.load(), DAY)
    assert {text[r.start : r.end] for r in passage.referents if r.place} == places
