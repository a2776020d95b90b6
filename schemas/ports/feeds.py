"""Ports of the feeds: where items come from, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from schemas.records import Article, ArticleStatus, Position, PublishedPrecision, Publisher


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One configured feed. `timezone` (IANA) reads dates without zone; `every` is the polling interval in seconds."""

    feed_id: str
    url: str
    name: str = ""
    publisher: Publisher
    language: str = ""
    timezone: str = "UTC"
    format: str = "auto"
    every: float = 900.0
    full_text: Literal["auto", "feed", "page"] = "auto"
    enabled: bool = True
    note: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with an input: a stable code for counters and a sentence for people."""

    code: str
    message: str


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the feed gives it, before it becomes an article. `content` and `summary` are plain text."""

    guid: str = ""
    url: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    published: datetime | None = None
    published_precision: PublishedPrecision = "none"
    published_from: str = ""
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str = ""
    retracted: bool = False


class FeedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll gave. `heard` says that the publisher answered (with or without news)."""

    outcome: Literal["items", "not_modified", "failed", "gone"]
    heard: bool
    items: tuple[FeedItem, ...] = ()
    problems: tuple[Problem, ...] = ()
    format: str = ""
    title: str = ""


class FeedSource(Protocol):
    """One feed, polled. Not thread-safe; one owner. `next_batch` never raises for what the far side does wrong:
    that is an outcome with problems. It raises ConfigError for settings, TerminalError for this side's disk.
    """

    settings: FeedSettings

    def next_batch(self) -> FeedBatch:
        """Poll once, conditionally where the far side allows it."""
        ...

    def next_due(self) -> datetime:
        """When to poll next: the interval, Retry-After, backoff after failures."""
        ...

    def checkpoint(self) -> bytes:
        """Validators, failures and due time, to be stored with what the last batch gave and handed to a new source."""
        ...

    def close(self) -> None:
        """Release connections. Idempotent."""
        ...


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a feed between polls. `answered` is the last poll that was heard."""

    feed_id: str
    checkpoint: bytes = b""
    next_due: datetime | None = None
    polled: datetime | None = None
    answered: datetime | None = None
    failures: int = 0
    outcome: str = ""
    problem: str = ""
    newest: datetime | None = None


class KnownArticle(msgspec.Struct, frozen=True, kw_only=True):
    """The latest stored version of an article: enough to tell new, unchanged and changed apart."""

    article_id: str
    version: int
    content_hash: str
    item_hash: str
    status: ArticleStatus
    first_seen: datetime


class StoredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version to store with the hashes that recognise it: of title and text, and of the feed's entry."""

    article: Article
    content_hash: str
    item_hash: str


class FeedStore(Protocol):
    """State of feeds and versions of articles. Thread-safe. `commit` is one transaction with the article log
    (embedded) or its outbox (cluster): either all of it is durable or nothing.
    """

    def state(self, feed_id: str) -> FeedState | None:
        """What was last committed for this feed."""
        ...

    def states(self) -> list[FeedState]:
        """All feeds ever polled, by id."""
        ...

    def known(self, article_ids: Sequence[str]) -> dict[str, KnownArticle]:
        """The latest versions of those of the articles that are stored."""
        ...

    def commit(self, state: FeedState, versions: Sequence[StoredVersion], heard: Sequence[date] = ()) -> list[Position]:
        """Store the feed's new state, the versions, and append each version to the article topic.

        A version that is stored already is not appended again (its position is left out). For each day of `heard`
        that has no heard record yet, one is appended. Returns the positions of the appended articles, in order.
        """
        ...
