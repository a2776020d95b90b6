"""What the feed store's suite stores, also in children that must start fast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeAlias

import msgspec

from connectors.conformance.processes import Parent
from connectors.conformance.samples import START, article
from schemas.ports.feeds import FeedState, FeedStore, StoredVersion
from schemas.ports.log import EventLog

OpenFeedStore: TypeAlias = Callable[[], tuple[FeedStore, EventLog]]
"""Picklable; each call opens the same store, and the log it appends to, once more."""


def state(feed_id: str = "harbour", **fields: Any) -> FeedState:
    """Of a feed that answered."""
    made = FeedState(feed_id=feed_id, checkpoint=b'\x00{"etag": "x"}', polled=START, answered=START, outcome="items")
    return msgspec.structs.replace(made, **fields)


def stored(name: str, version: int = 1, **fields: Any) -> StoredVersion:
    """A version with its hashes."""
    return StoredVersion(
        article=article(name, version, **fields),
        content_hash=f"content {name} {version}",
        item_hash=f"item {name} {version}",
    )


def commit_until_killed(parent: Parent, open_feeds: OpenFeedStore, done: int) -> None:
    """A child that commits one article after another and says so each time."""
    feeds, _ = open_feeds()
    while True:
        number = done + 1
        day = date(2024, 1, 1) + timedelta(days=number)
        feeds.commit(state(failures=number), [stored(f"article{number}")], [day])
        done = number
        parent.say(done)
