"""A feed's item and its text to a version of an article: new, corrected, retracted, or none at all. Pure."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

import msgspec

from schemas.identity import article_id, canonical_url, content_hash, digest
from schemas.ports.feeds import FeedItem, FeedSettings, KnownArticle, StoredVersion
from schemas.records import Article, PublishedPrecision

Outcome = Literal["stored", "duplicate", "unchanged", "deferred", "failed"]

_TRUNCATION: Final = ("read more", "continue reading", "more »", "[…]", "[...]", "…", "...")
_CACHED: Final = 8_192
"""Items: every poll brings the entries of the last one again."""
_FULL: Final = 500
"""Characters from which a feed's own content counts as the whole text."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The text that was found for an item, with what its page adds to the feed."""

    title: str
    text: str
    published: datetime | None = None
    published_precision: PublishedPrecision = "none"
    authors: tuple[str, ...] = ()
    language: str = ""


@lru_cache(maxsize=_CACHED)
def identify(item: FeedItem, settings: FeedSettings) -> str:
    """The article's id: address, else GUID, else content."""
    content = "" if canonical_url(item.url) or item.guid else content_hash(item.title, item.content or item.summary)
    return article_id(settings.publisher, item.url, item.guid, content)


@lru_cache(maxsize=_CACHED)
def item_hash(item: FeedItem, settings: FeedSettings) -> str:
    """Recognises an entry that its feed did not change; begins with the mark of the feed."""
    return feed_mark(settings) + digest("item", msgspec.json.encode(item, order="deterministic").decode())[:24]


@lru_cache(maxsize=1024)
def feed_mark(settings: FeedSettings) -> str:
    """Eight hex digits that tell which feed a version came from."""
    return digest("feed", settings.feed_id)[:8]


def from_other_feed(known: KnownArticle, settings: FeedSettings) -> bool:
    """The stored version came through another feed. Only that feed may correct it, else two feeds that cut the same
    article differently would correct each other for ever.
    """
    return not known.item_hash.startswith(feed_mark(settings))


def without_omission(text: str) -> str:
    """A teaser without the signs that it goes on."""
    stripped = text.rstrip()
    for sign in _TRUNCATION:
        if stripped.lower().endswith(sign):
            stripped = stripped[: -len(sign)].rstrip()
    return stripped


def is_complete(item: FeedItem, settings: FeedSettings) -> bool:
    """The feed holds the whole text, so that no page need be fetched."""
    if settings.full_text != "auto":
        return settings.full_text == "feed"
    if not item.url:
        return True
    text = item.content or item.summary
    if without_omission(text) != text.rstrip():
        return False
    return bool(item.content) and (len(text) >= _FULL or len(text) >= 2 * len(item.summary) > 0)


def is_tombstone(item: FeedItem) -> bool:
    """The feed takes an entry back (RFC 6721) rather than showing it under a new title."""
    return item.retracted and item.published is None


def feed_body(item: FeedItem) -> Body:
    """What the feed itself says."""
    return Body(title=item.title, text=item.content or item.summary)


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """When an article was published as far as known, and what had to be assumed."""

    published: datetime
    precision: PublishedPrecision
    source: str
    clipped: bool


def moments(item: FeedItem, body: Body, first_seen: datetime) -> Moments:
    """The feed's date, else the page's, else the time at which the article was first seen, which no date may pass."""
    if item.published is not None:
        published, precision, source = item.published, item.published_precision, item.published_from
    elif body.published is not None:
        published, precision, source = body.published, body.published_precision, "page"
    else:
        return Moments(published=first_seen, precision="none", source="first_seen", clipped=False)
    clipped = published > first_seen
    return Moments(published=min(published, first_seen), precision=precision, source=source, clipped=clipped)


def make_version(
    item: FeedItem, body: Body, settings: FeedSettings, known: KnownArticle | None, now: datetime
) -> StoredVersion | None:
    """The version to store, None where title and text are as stored.

    A first version is `active` (or `retracted`); a later one `corrected` or `retracted`. A retraction without text of
    its own keeps no text: what was said no longer stands.
    """
    content = content_hash(body.title, body.text)
    if known is not None and known.content_hash == content and not item.retracted:
        return None
    first_seen = now if known is None else known.first_seen
    when = moments(item, body, first_seen)
    status: Literal["active", "corrected", "retracted"] = "active" if known is None else "corrected"
    article = Article(
        article_id=identify(item, settings),
        version=1 if known is None else known.version + 1,
        status="retracted" if item.retracted else status,
        url=item.url,
        canonical_url=canonical_url(item.url),
        title=body.title,
        text=body.text,
        language=item.language or body.language or settings.language or settings.publisher.language,
        published=when.published,
        published_precision=when.precision,
        published_from=when.source,
        updated=item.updated,
        first_seen=first_seen,
        version_seen=now,
        publisher=settings.publisher,
        feed_id=settings.feed_id,
        guid=item.guid,
        authors=item.authors or body.authors,
    )
    return StoredVersion(article=article, content_hash=content, item_hash=item_hash(item, settings))
