"""From a feed's answer to stored versions of articles, in one commit a poll, every item with one counted outcome."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from connectors.feeds.page import extract_page
from connectors.feeds.versions import (
    Body,
    Outcome,
    feed_body,
    from_other_feed,
    identify,
    is_complete,
    is_tombstone,
    item_hash,
    make_version,
    moments,
    without_omission,
)
from connectors.net import HttpClient, Response
from schemas.errors import DetenteError, TransientError
from schemas.ports.clock import Clock
from schemas.ports.feeds import (
    FeedBatch,
    FeedItem,
    FeedSettings,
    FeedSource,
    FeedState,
    FeedStore,
    KnownArticle,
    Problem,
    StoredVersion,
)
from schemas.records import Position

_MOST_PAGES: Final = 100
"""Pages fetched in one poll; the rest is deferred to the next."""
_MOST_ATTEMPTS: Final = 5
"""Polls in which a page may fail to answer before the feed's teaser is stored instead."""
_COMMITTED_EVERY: Final = 8
_REMEMBERED: Final = 50_000
_GONE: Final = frozenset({404, 410})
_LATER: Final = frozenset({408, 425, 429})


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll came to. `counts` by outcome: stored, duplicate, unchanged, deferred, failed; they add up to the
    items. `problems` are the pages' and the feed's, each code once. `positions` are those of the stored
    articles in the log.
    """

    outcome: str
    counts: dict[str, int]
    problems: tuple[Problem, ...] = ()
    positions: tuple[Position, ...] = ()


class _Pending(msgspec.Struct):
    """Items of a feed whose pages did not answer, and the last checkpoint that owes nothing."""

    items: dict[str, FeedItem] = {}
    attempts: dict[str, int] = {}
    checkpoint: bytes = b""


class Intake:
    """Thread-safe for different feeds; one feed is taken by one thread at a time.

    Deterministic: the same answers, clock and store give the same bytes. A page that does not answer defers its item:
    the item is tried again at the next polls, and until then the stored checkpoint stays at the last poll that owed
    nothing, so that a restart reads the feed in full and misses nothing.
    """

    def __init__(self, client: HttpClient, store: FeedStore, clock: Clock, *, most_pages: int = _MOST_PAGES) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._most_pages = most_pages
        self._pending: dict[str, _Pending] = {}
        self._seen: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._uneventful: dict[str, int] = {}
        self._heard: set[date] = set()
        self._lock = threading.Lock()

    def take(self, source: FeedSource) -> Taken:
        """Poll once and commit once. Raises what the store raises, and ConfigError."""
        settings = source.settings
        before = self._store.state(settings.feed_id)
        batch = source.next_batch()
        now = self._clock.now()
        pending = self._pending.setdefault(
            settings.feed_id, _Pending(checkpoint=b"" if before is None else before.checkpoint)
        )
        poll = _Poll(self, settings, pending, now)
        poll.run(pending.items, batch.items)
        if self._is_uneventful(settings.feed_id, batch, poll, now):
            return Taken(outcome=batch.outcome, counts={})
        checkpoint = pending.checkpoint if poll.deferred else source.checkpoint()
        state = _state(source, before, batch, now, checkpoint)
        try:
            positions = self._store.commit(state, poll.versions, [now.date()] if batch.heard else [])
        except BaseException:
            pending.items = poll.latest  # the source has moved on: owe everything until it is durable
            raise
        if batch.heard:
            self._heard = {now.date()}
        pending.items, pending.checkpoint = poll.deferred, checkpoint
        pending.attempts = {name: pending.attempts.get(name, 0) + 1 for name in poll.deferred}
        for name, recognised in poll.recognised.items():
            self.remember(settings.feed_id, name, recognised)
        return Taken(
            outcome=batch.outcome,
            counts={name: poll.counts[name] for name in sorted(poll.counts)},
            problems=tuple({problem.code: problem for problem in (*poll.problems, *batch.problems)}.values()),
            positions=tuple(positions),
        )

    def _is_uneventful(self, feed_id: str, batch: FeedBatch, poll: _Poll, now: datetime) -> bool:
        """Nothing new, on a day known to be heard: worth a commit every eighth time only. What a crash forgets of it
        is that the feed was polled, so it is polled once more.
        """
        with self._lock:
            uneventful = batch.outcome == "not_modified" and not poll.latest and now.date() in self._heard
            self._uneventful[feed_id] = self._uneventful.get(feed_id, 0) + 1 if uneventful else 0
            return self._uneventful[feed_id] % _COMMITTED_EVERY != 0

    def fetch(self, url: str) -> Response:
        """One page."""
        return self._client.get(url, {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"})

    def known(self, names: Sequence[str]) -> dict[str, KnownArticle]:
        """From the store."""
        return self._store.known(names)

    def recognised(self, feed_id: str, article: str) -> str | None:
        """The hash of the entry that was last found to say nothing new."""
        with self._lock:
            return self._seen.get((feed_id, article))

    def remember(self, feed_id: str, article: str, hash_: str) -> None:
        """Spare the next poll the page of an entry that changed in form only."""
        with self._lock:
            self._seen[feed_id, article] = hash_
            self._seen.move_to_end((feed_id, article))
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)

    @property
    def most_pages(self) -> int:
        """Pages that one poll may fetch."""
        return self._most_pages


class _Poll:
    """The items of one poll."""

    def __init__(self, intake: Intake, settings: FeedSettings, pending: _Pending, now: datetime) -> None:
        self._intake = intake
        self._settings = settings
        self._attempts = pending.attempts
        self._now = now
        self._pages = 0
        self._noted: dict[str, Problem] = {}
        self.latest: dict[str, FeedItem] = {}
        self.counts: Counter[Outcome] = Counter()
        self.versions: list[StoredVersion] = []
        self.deferred: dict[str, FeedItem] = {}
        self.recognised: dict[str, str] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Each code once, with the first item that showed it."""
        return tuple(self._noted.values())

    def run(self, pending: Mapping[str, FeedItem], items: Sequence[FeedItem]) -> None:
        """Give every item its outcome, `pending` those of earlier polls by article. The first of several items of one
        article is the newest, unless a later one takes the article back.
        """
        fresh: dict[str, FeedItem] = {}
        for item in items:
            name = identify(item, self._settings)
            if name not in fresh:
                fresh[name] = item
                continue
            self.counts["duplicate"] += 1
            if item.retracted and not fresh[name].retracted:
                fresh[name] = item
        self.latest = {**pending, **fresh}
        known = self._intake.known(list(self.latest)) if self.latest else {}
        for name, item in self.latest.items():
            self.counts[self._outcome(name, item, known.get(name))] += 1
        self.versions.sort(key=lambda version: (version.article.published, version.article.article_id))

    def _outcome(self, name: str, item: FeedItem, known: KnownArticle | None) -> Outcome:
        hash_ = item_hash(item, self._settings)
        if known is None and is_tombstone(item):
            return "unchanged"  # takes back what was never stored
        if known is not None:
            if hash_ in {known.item_hash, self._intake.recognised(self._settings.feed_id, name)}:
                return "unchanged"
            if known.status == "retracted":
                return "unchanged"  # for good: a stale copy of the feed must not bring it back
            if from_other_feed(known, self._settings) and not item.retracted:
                return "duplicate"
        body = self._body(name, item)
        if body is None:
            self.deferred[name] = item
            return "deferred"
        if not body.title and not body.text and not item.retracted:
            self._note("no_text", item, "neither title nor text")
            return "failed"
        version = make_version(item, body, self._settings, known, self._now)
        if version is None:
            self.recognised[name] = hash_
            return "unchanged"
        if known is None and moments(item, body, self._now).clipped:
            self._note("future_date", item, "dated in the future, taken as published now")
        self.versions.append(version)
        return "stored"

    def _body(self, name: str, item: FeedItem) -> Body | None:
        """The item's title and text; None where its page must be asked again."""
        own = feed_body(item)
        if is_complete(item, self._settings) or not item.url or is_tombstone(item):
            return own
        if self._pages >= self._intake.most_pages:
            self._note("page_limit", item, f"more than {self._intake.most_pages} pages in one poll")
            return None
        self._pages += 1
        last = self._attempts.get(name, 0) + 1 >= _MOST_ATTEMPTS
        try:
            response = self._intake.fetch(item.url)
        except TransientError as error:
            self._note(f"page_{error.code}", item, error.message)
            return own if last else None
        except DetenteError as error:
            self._note(f"page_{error.code}", item, error.message)
            return own
        if response.status >= 500 or response.status in _LATER:  # noqa: PLR2004
            self._note(f"page_http_{response.status}", item, f"the page answered {response.status}")
            return own if last else None
        return self._page(item, own, response)

    def _page(self, item: FeedItem, own: Body, response: Response) -> Body:
        if response.status >= 400 and not (item.retracted and response.status in _GONE):  # noqa: PLR2004
            self._note(f"page_http_{response.status}", item, f"the page answered {response.status}")
            return own
        page = extract_page(
            response.body, response.url, response.headers.get("content-type", ""), self._settings.timezone
        )
        for problem in page.problems:
            self._note(f"page_{problem.code}", item, problem.message)
        trusted = self._settings.full_text == "page" and page.text
        if not trusted and len(page.text) < len(without_omission(own.text)):  # the page was not understood
            return own if own.title else msgspec.structs.replace(own, title=page.title)
        return Body(
            title=item.title or page.title,
            text=page.text,
            published=page.published,
            published_precision=page.published_precision,
            authors=page.authors,
            language=page.language,
        )

    def _note(self, code: str, item: FeedItem, message: str) -> None:
        where = item.url or item.guid or item.title
        self._noted.setdefault(code, Problem(code=code, message=f"{where[:200]}: {message}"))


def _state(
    source: FeedSource, before: FeedState | None, batch: FeedBatch, now: datetime, checkpoint: bytes
) -> FeedState:
    failed = batch.outcome in {"failed", "gone"}
    dates = [item.published for item in batch.items if item.published is not None and item.published <= now]
    if before is not None and before.newest is not None:
        dates.append(before.newest)
    return FeedState(
        feed_id=source.settings.feed_id,
        checkpoint=checkpoint,
        next_due=source.next_due(),
        polled=now,
        answered=now if batch.heard else before.answered if before is not None else None,
        failures=(0 if before is None else before.failures) + 1 if failed else 0,
        outcome=batch.outcome,
        problem=batch.problems[0].code if batch.problems else "",
        newest=max(dates, default=None),
    )
