"""What is named without having happened is no fact, though no "not" and no modal verb stands by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.extract.coder import Coder
from schemas.records import Article, Publisher

DAY = datetime(2024, 3, 14, tzinfo=UTC)


def factualities(text: str) -> list[str]:
    article = Article(
        article_id="a",
        published=DAY,
        first_seen=DAY,
        version_seen=DAY,
        publisher=Publisher(id="p", name="P"),
        text=text,
    )
    return [signal.factuality for signal in Coder.load().extract(article, scope="all").signals]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Tokyo stopped short of recalling its ambassador from Beijing.", "denied"),
        ("Pyongyang stopped short of threatening Seoul.", "denied"),
        ("Washington is unlikely to expel Chinese diplomats.", "conditional"),
        ("Washington nearly expelled a Chinese diplomat.", "denied"),
        ("Seoul ruled out sending weapons to Kyiv.", "denied"),
        ("The rumour that China had bombed Taiwan was false.", "denied"),
        ("Reports of a Chinese attack on a Taiwanese ship turned out to be wrong.", "denied"),
        ("The Kremlin said reports that it had sent missiles to Pyongyang were untrue.", "denied"),
        ("China said claims that it had jammed Taiwanese radars were baseless.", "denied"),
        ("In a war game, Chinese missiles destroyed American bases.", "conditional"),
        ("It would be a mistake for Tokyo to impose sanctions on Moscow.", "opinion"),
        ("Seoul would have sanctioned Moscow had the talks failed.", "conditional"),
        ("The talks between Moscow and Tokyo remain frozen.", "denied"),
    ],
)
def test_frames(text: str, expected: str) -> None:
    assert factualities(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Tokyo recalled its ambassador from Beijing shortly after the report.",
        "Reports said China had attacked a Taiwanese ship.",
        "Washington expelled nearly a dozen Chinese diplomats.",
        "South Korea and the United States held a war game off Busan.",
    ],
)
def test_the_same_words_elsewhere_change_nothing(text: str) -> None:
    assert "fact" in factualities(text)
