"""The suite of port ArticleStore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from connectors.conformance.strategies import PUBLISHERS, START
from schemas.ports.index import ArticleStore
from schemas.records import Article

OpenArticles = Callable[[], ArticleStore]


def article(number: int, version: int = 1, seen: int = 0, first: int = 0) -> Article:
    """A version of an article, first seen `first` and itself seen `seen` hours after the start."""
    return Article(
        article_id=f"{number:032x}",
        version=version,
        status="active" if version == 1 else "corrected",
        title=f"Ministers meet, part {number}",
        text="Beijing et Tōkyō — 北京と東京 \U00020bb7. " * 3,
        published=START,
        first_seen=START + timedelta(hours=first),
        version_seen=START + timedelta(hours=seen),
        publisher=PUBLISHERS[number % len(PUBLISHERS)],
    )


def at(hours: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=hours)


class ArticleConformance:
    """Subclass with a fixture `open_articles` that opens a store on a place that nobody has used, again and again."""

    @pytest.fixture
    def open_articles(self) -> OpenArticles:
        raise NotImplementedError

    @pytest.fixture
    def articles(self, open_articles: OpenArticles) -> Iterator[ArticleStore]:
        store = open_articles()
        yield store
        store.close()

    def test_a_version_comes_back_as_it_was(self, articles: ArticleStore, open_articles: OpenArticles) -> None:
        first, second = article(1), article(1, version=2, seen=5)
        articles.put([second, first])
        for store in (articles, open_articles()):
            assert store.get(first.article_id) == second
            assert store.get(first.article_id, 1) == first
            assert store.get(first.article_id, 3) is None
            assert store.get("f" * 32) is None

    def test_an_older_version_that_comes_late_is_not_the_latest(self, articles: ArticleStore) -> None:
        articles.put([article(1, version=2, seen=5)])
        articles.put([article(1)])
        latest = articles.get(article(1).article_id)
        assert latest is not None
        assert latest.version == 2

    def test_putting_twice_changes_nothing(self, articles: ArticleStore) -> None:
        versions = [article(1), article(2, seen=1), article(1, version=2, seen=1)]
        articles.put(versions)
        articles.put(versions[:2])
        articles.put([])
        assert list(articles.scan()) == [article(1), article(1, version=2, seen=1), article(2, seen=1)]

    def test_scan_is_in_the_order_of_versions_and_bounded_by_first_seen(self, articles: ArticleStore) -> None:
        made = [article(number, seen=number % 7 + 3, first=number % 3) for number in range(9)]
        late = article(3, version=2, seen=90, first=0)
        articles.put([late, *made])
        expected = sorted([*made, late], key=lambda one: (one.version_seen, one.article_id, one.version))
        assert list(articles.scan()) == expected
        assert list(articles.scan(at(1))) == [one for one in expected if one.first_seen >= at(1)]
        assert list(articles.scan(at(1), at(2))) == [one for one in expected if one.first_seen == at(1)]
        assert list(articles.scan(until=at(1))) == [one for one in expected if one.first_seen == at(0)]

    def test_scan_of_many_goes_on_while_others_write(self, articles: ArticleStore) -> None:
        articles.put([article(number, seen=number // 50) for number in range(500)])
        found = []
        for number, one in enumerate(articles.scan()):
            found.append(one.article_id)
            if number == 10:
                articles.put([article(900, seen=0)])  # sorts before where the scan is by now
        assert [one for one in found if one != article(900).article_id] == [
            article(number).article_id for number in range(500)
        ]

    def test_closing_twice_is_fine(self, open_articles: OpenArticles) -> None:
        store = open_articles()
        store.close()
        store.close()
