"""What is wrong with a feed's items: repeated or shared identifiers, missing, impossible or stale dates."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

import msgspec

from connectors.feeds.entries import canonical_url
from schemas.ports.feeds import FeedBatch, FeedItem, Problem

ZOMBIE_AFTER: Final = timedelta(days=60)
"""A feed that answers but whose newest item is older than this is taken for dead."""
FUTURE_TOLERANCE: Final = timedelta(minutes=15)


def _is_home(url: str) -> bool:
    return url.count("/") == 2 and "?" not in url  # noqa: PLR2004


class Review:
    """Collects problems of one document and makes the batch; each code is reported once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._problems: dict[str, Problem] = {}

    def note(self, code: str, message: str) -> None:
        """Remember a problem; the first of a code stands."""
        self._problems.setdefault(code, Problem(code=code, message=message))

    def failed(self, code: str, message: str) -> FeedBatch:
        """The batch of a document that is no feed."""
        self.note(code, message)
        return FeedBatch(outcome="failed", heard=False, problems=tuple(self._problems.values()))

    def batch(self, items: list[FeedItem], kind: str, title: str) -> FeedBatch:
        """The batch of a feed, its items in the feed's order.

        Codes: `no_items`, `empty_item`, `duplicate_guid`, `duplicate_url`, `no_date`, `future_date`, `zombie`.
        """
        kept = [item for item in items if item.url or item.guid or item.title or item.content or item.summary]
        if len(kept) < len(items):
            self.note("empty_item", f"{len(items) - len(kept)} items say nothing at all")
        if not kept:
            self.note("no_items", "the feed has no items")
        kept = self._urls(self._guids(kept))
        self._dates([item for item in kept if item.published is not None or not item.retracted])
        return FeedBatch(
            outcome="items", heard=True, items=tuple(kept), problems=tuple(self._problems.values()),
            format=kind, title=title,
        )  # fmt: skip

    def _guids(self, items: list[FeedItem]) -> list[FeedItem]:
        """One GUID on several addresses identifies none of them."""
        addresses: dict[str, set[str]] = {}
        for item in items:
            if item.guid and not item.retracted:
                addresses.setdefault(item.guid, set()).add(canonical_url(item.url))
        shared = {guid for guid, urls in addresses.items() if len(urls) > 1}
        if shared:
            self.note("duplicate_guid", f"{len(shared)} identifiers stand for several items and are ignored")
        return [msgspec.structs.replace(item, guid="") if item.guid in shared else item for item in items]

    def _urls(self, items: list[FeedItem]) -> list[FeedItem]:
        """One address for several items of different identifiers and titles is a section's, not the items'.

        Two may be an article and its correction, unless the address is the home page.
        """
        owners: dict[str, set[tuple[str, str]]] = {}
        for item in items:
            if item.url and item.guid and not item.retracted:
                owners.setdefault(canonical_url(item.url), set()).add((item.guid, item.title))
        shared = {
            url
            for url, those in owners.items()
            if min(len({guid for guid, _ in those}), len({title for _, title in those})) > (1 if _is_home(url) else 2)
        }
        if shared:
            self.note("duplicate_url", f"{len(shared)} addresses stand for several items and are ignored")
        return [
            msgspec.structs.replace(item, url="") if item.guid and canonical_url(item.url) in shared else item
            for item in items
        ]

    def _dates(self, items: list[FeedItem]) -> None:
        counts = Counter(
            "no_date" if item.published is None else "future_date"
            for item in items
            if item.published is None or item.published > self._now + FUTURE_TOLERANCE
        )
        if counts["no_date"]:
            self.note("no_date", f"{counts['no_date']} of {len(items)} items carry no readable date")
        if counts["future_date"]:
            self.note("future_date", f"{counts['future_date']} of {len(items)} items are dated in the future")
        dated = [item.published for item in items if item.published is not None]
        if dated and max(dated) < self._now - ZOMBIE_AFTER:
            self.note("zombie", f"the newest item is of {max(dated).date().isoformat()}")
