"""A clock that the test moves, settings, and documents to read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from schemas.ports.feeds import FeedSettings
from schemas.records import Publisher


class HandClock:
    """Stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2023, 8, 25, 12, 0, tzinfo=UTC))


@pytest.fixture
def settings() -> FeedSettings:
    publisher = Publisher(id="hangang-post", name="Hangang Post", country="KOR", owner="hangang-media", language="en")
    return FeedSettings(
        feed_id="hangang", url="https://hangang.example/feed.xml", publisher=publisher, timezone="Asia/Seoul"
    )


@pytest.fixture
def rss() -> Callable[..., bytes]:
    def build(*items: str, head: str = "<title>News</title><link>https://hangang.example/</link>") -> bytes:
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"'
            ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
            ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
            f"<channel>{head}{''.join(items)}</channel></rss>"
        ).encode()

    return build
