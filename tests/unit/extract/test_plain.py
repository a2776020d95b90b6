"""Layout is no meaning: the same text wrapped, doubled, tabbed or decomposed gives the same signals."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipelines.extract.coder import Coder
from pipelines.extract.plain import plain
from schemas.records import Article, Publisher, Signal

PUBLISHED = datetime(2024, 3, 14, tzinfo=UTC)
TEXT = (
    "Japan lifted its export ban on South Korea on Monday, officials in Tokyo said after months of talks.\n\n"
    "Beijing expelled two American diplomats, and the Chinese foreign ministry summoned the U.S. ambassador.\n\n"
    "Türkiye and North Korea signed a treaty in Ankara. Washington condemned North Korea's launch of a missile.\n\n"
    "The prime ministers of Japan and Mongolia met in Ulaanbaatar on Tuesday."
)


def wrapped(text: str, width: int) -> str:
    return "\n\n".join(textwrap.fill(paragraph, width) for paragraph in text.split("\n\n"))


VARIANTS: dict[str, Callable[[str], str]] = {
    "wrapped at 50": lambda text: wrapped(text, 50),
    "wrapped at 72": lambda text: wrapped(text, 72),
    "wrapped and indented": lambda text: textwrap.indent(wrapped(text, 60), "   "),
    "doubled blanks": lambda text: text.replace(" ", "  "),
    "tabs": lambda text: text.replace(" ", "\t"),
    "no-break blanks": lambda text: text.replace(" ", "\u00a0"),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "old carriage returns": lambda text: text.replace("\n", "\r"),
    "decomposed letters": lambda text: unicodedata.normalize("NFD", text),
    "soft hyphens and zero-width blanks": lambda text: text.replace("ministry", "minis\u00adtry").replace(
        " ", " \u200b"
    ),
    "byte order mark and control characters": lambda text: "\ufeff" + text.replace("Japan", "\x00Ja\x07pan"),
}


def signals(text: str) -> list[Signal]:
    article = Article(
        article_id="a",
        published=PUBLISHED,
        first_seen=PUBLISHED,
        version_seen=PUBLISHED,
        publisher=Publisher(id="p", name="P"),
        text=text,
    )
    return list(Coder.load().extract(article, scope="all").signals)


def meaning(signal: Signal) -> tuple[object, ...]:
    return (signal.source, signal.target, signal.type, signal.mode, signal.factuality, signal.event_date)


@pytest.mark.parametrize("name", VARIANTS)
def test_layout_changes_no_signal(name: str) -> None:
    expected = signals(TEXT)
    assert len(expected) >= 5
    text = VARIANTS[name](TEXT)
    found = signals(text)
    assert [meaning(one) for one in found] == [meaning(one) for one in expected]
    for one in found:
        evidence = one.evidence
        assert text[evidence.start : evidence.end] == evidence.quote
        assert evidence.trigger_span is not None
        assert evidence.start <= evidence.trigger_span[0] < evidence.trigger_span[1] <= evidence.end


@pytest.mark.parametrize("name", VARIANTS)
def test_a_plain_text_is_plain(name: str) -> None:
    once = plain(VARIANTS[name](TEXT))
    assert plain(once.text).at is None
    assert re.sub(r"\s+", " ", once.text).strip() == re.sub(r"\s+", " ", TEXT)


def test_titles_and_lists_stay_lines_of_their_own() -> None:
    text = "Tokyo Lifts Ban\nJapan lifted a ban on South Korea.\nWeather\nSunny in Seoul"
    assert plain(text).text == text


def test_every_character_keeps_its_place() -> None:
    source = "A\u00a0 b\u0308\r\n\r\n c"
    made = plain(source)
    assert made.text == unicodedata.normalize("NFC", "A b\u0308\nc")
    assert source[slice(*made.span(0, len(made.text)))] == source
    assert plain("").text == ""
