"""A feed over HTTP: conditional requests, backoff, moves and deaths."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from connectors.feeds.backoff import GONE_AFTER, wait
from connectors.feeds.entries import canonical_url
from connectors.feeds.syndication import EntryMemory, parse_feed
from connectors.net import HttpClient, Response, retry_after
from schemas.errors import DetenteError, TransientError
from schemas.ports.clock import Clock
from schemas.ports.feeds import FeedBatch, FeedItem, FeedSettings, Problem

FULL_EVERY: Final = 24
"""Polls: some servers answer 304 for ever, so every so often the whole feed is asked for."""
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_GONE: Final = 410
_MOST_LINKS: Final = 500
_ACCEPT: Final = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


class _Memo(msgspec.Struct, kw_only=True):
    """What a checkpoint holds. `links` gives the addresses of entries whose identifiers are none."""

    etag: str = ""
    last_modified: str = ""
    moved: str = ""
    conditional: int = 0
    failures: int = 0
    due: datetime | None = None
    links: dict[str, str] = {}


class HttpFeedSource:
    """Port FeedSource. `checkpoint` is what an earlier source of the same feed returned, b"" for a new feed.

    A checkpoint that cannot be read is dropped: the feed is then read in full, which loses nothing.
    """

    def __init__(self, settings: FeedSettings, client: HttpClient, clock: Clock, checkpoint: bytes = b"") -> None:
        self.settings = settings
        self._client = client
        self._clock = clock
        self._memory = EntryMemory()
        self._memo = _read(checkpoint)

    def next_batch(self) -> FeedBatch:
        """One poll; see FeedSource. Codes beside those of `parse_feed`: `http_404` and the like, and the client's."""
        now = self._clock.now()
        try:
            response = self._client.get(self._memo.moved or self.settings.url, self._headers())
        except TransientError as error:
            return self._failed(now, Problem(code=error.code, message=error.message), error.retry_after)
        except DetenteError as error:
            self._memo.moved = ""
            return self._failed(now, Problem(code=error.code, message=error.message), None)
        return self._answered(response, now)

    def next_due(self) -> datetime:
        """When to poll next; now for a feed never polled."""
        return self._memo.due or self._clock.now()

    def checkpoint(self) -> bytes:
        """The validators and the rest, as canonical JSON."""
        return msgspec.json.encode(self._memo, order="deterministic")

    def close(self) -> None:
        """The client is shared and stays open."""
        self._memory = EntryMemory()

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": _ACCEPT}
        if self._memo.conditional < FULL_EVERY - 1:
            if self._memo.etag:
                headers["If-None-Match"] = self._memo.etag
            if self._memo.last_modified:
                headers["If-Modified-Since"] = self._memo.last_modified
        return headers

    def _answered(self, response: Response, now: datetime) -> FeedBatch:
        asked = retry_after(response.headers, now)
        if response.moved and canonical_url(response.moved) and response.status in {_OK, _NOT_MODIFIED}:
            self._memo.moved = response.moved
        if response.status == _NOT_MODIFIED:
            self._memo.conditional += 1
            self._well(now, asked)
            return FeedBatch(outcome="not_modified", heard=True)
        if response.status == _GONE:
            self._memo.failures += 1
            self._memo.due = now + timedelta(seconds=max(GONE_AFTER, asked or 0.0))
            return FeedBatch(outcome="gone", heard=False, problems=(_status(response.status),))
        if response.status != _OK:
            self._memo.moved = ""  # back to the configured address: the move may have been the mistake
            return self._failed(now, _status(response.status), asked)
        batch = parse_feed(response.body, response.headers, response.url, self.settings, now, self._memory)
        if batch.outcome != "items":
            return self._failed(now, batch.problems[-1], asked, batch.problems)
        self._memo.etag = response.headers.get("etag", "")
        self._memo.last_modified = response.headers.get("last-modified", "")
        self._memo.conditional = 0
        self._well(now, asked)
        return self._addressed(batch)

    def _addressed(self, batch: FeedBatch) -> FeedBatch:
        """Gives tombstones, which carry an entry's identifier only, the address that the entry had."""
        links = self._memo.links
        items = tuple(
            msgspec.structs.replace(item, url=links[item.guid]) if _needs_address(item) and item.guid in links else item
            for item in batch.items
        )
        named = {item.guid: item.url for item in items if item.guid and item.url and not canonical_url(item.guid)}
        kept = {guid: url for guid, url in links.items() if guid not in named}
        self._memo.links = dict(list({**kept, **named}.items())[-_MOST_LINKS:])
        return msgspec.structs.replace(batch, items=items)

    def _well(self, now: datetime, asked: float | None) -> None:
        self._memo.failures = 0
        self._memo.due = now + timedelta(seconds=wait(self.settings.every, 0, asked, self.settings.feed_id))

    def _failed(
        self, now: datetime, problem: Problem, asked: float | None, problems: tuple[Problem, ...] = ()
    ) -> FeedBatch:
        self._memo.failures += 1
        self._memo.etag = self._memo.last_modified = ""
        seconds = wait(self.settings.every, self._memo.failures, asked, self.settings.feed_id)
        self._memo.due = now + timedelta(seconds=seconds)
        return FeedBatch(outcome="failed", heard=False, problems=problems or (problem,))


def _needs_address(item: FeedItem) -> bool:
    return item.retracted and not item.url and bool(item.guid)


def _status(status: int) -> Problem:
    return Problem(code=f"http_{status}", message=f"the server answered {status}")


def _read(checkpoint: bytes) -> _Memo:
    try:
        return msgspec.json.decode(checkpoint, type=_Memo) if checkpoint else _Memo()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Memo()
