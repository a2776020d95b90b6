"""The endless generator: seeded, in the newsroom's form, of the share asked for, and quick."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from connectors.newsroom.generator import FEWEST_WORDS, MOST_WORDS, articles
from connectors.newsroom.library import load
from connectors.newsroom.phrases import bank

START = datetime(2023, 5, 1, tzinfo=UTC)


def some(number: int, seed: int = 1, **options: Any) -> list[dict[str, Any]]:
    return list(islice(articles(seed, start=START, **options), number))


def test_the_same_seed_gives_the_same_articles() -> None:
    assert some(200) == some(200)
    assert some(200) != some(200, seed=2)


def test_nothing_is_drawn_before_it_is_asked_for() -> None:
    stream = articles(1, start=START)
    assert isinstance(stream, Iterator)
    assert [next(stream), next(stream)] == some(2)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_the_share_of_relevant_articles_is_settable(share: float) -> None:
    made = some(1000, relevant=share)
    relevant = sum(len(article["text"].split()) < FEWEST_WORDS for article in made)
    assert abs(relevant / 1000 - share) <= 4 * (share * (1 - share) / 1000) ** 0.5


def test_irrelevant_articles_are_80_to_400_words_of_many_kinds() -> None:
    made = some(600, relevant=0)
    lengths = [len(article["text"].split()) for article in made]
    assert min(lengths) >= FEWEST_WORDS
    assert max(lengths) <= MOST_WORDS
    assert max(lengths) - min(lengths) > 200
    assert len({article["text"].split(".")[0] for article in made}) > 500
    assert {article["publisher"]["id"] for article in made} == set(bank("outlets"))


def test_no_article_says_a_sentence_twice() -> None:
    for article in some(300, relevant=0):
        sentences = article["text"].replace("\n\n", " ").split(". ")
        assert len(sentences) == len(set(sentences)), article["text"]


def test_no_slot_is_left_open() -> None:
    for article in some(1500, relevant=0.3):
        assert not set("{}[]|") & set(article["title"] + article["text"]), article


def test_times_follow_the_rate_from_the_start() -> None:
    made = some(100, rate_per_second=4)
    assert made[0]["published"] == "2023-05-01T00:00:00Z"
    assert made[99]["published"] == "2023-05-01T00:00:24Z"
    east = datetime(2023, 5, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    assert next(articles(1, start=east)) == some(1)[0]


def test_weekdays_are_those_of_the_moment() -> None:
    monday = " ".join(article["text"] for article in some(300))
    assert "on Monday" in monday
    assert not [day for day in ("Tuesday", "Wednesday", "Thursday", "Friday") if f" on {day}." in monday]


def test_they_are_lines_that_the_library_reads(tmp_path: Path) -> None:
    made = some(400, relevant=0.2)
    (tmp_path / "articles.jsonl").write_text("\n".join(json.dumps(article) for article in made), "utf-8")
    assert len(load(tmp_path).stories) == 400


def test_more_than_two_thousand_a_second_of_processor_time() -> None:
    stream = articles(5, start=START)
    next(stream)
    spent = []
    for _ in range(4):
        begun = time.process_time()
        for _ in islice(stream, 500):
            pass
        spent.append(time.process_time() - begun)
    assert min(spent) < 500 / 2000


@pytest.mark.parametrize(
    "options, word",
    [
        ({"relevant": 1.1}, "relevant"),
        ({"relevant": -0.1}, "relevant"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"start": datetime(2023, 5, 1)}, "time zone"),  # noqa: DTZ001 - the error under test
    ],
)
def test_wrong_options_are_errors_at_once(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        articles(1, **{"start": START, **options})
