"""A feed from a local file: a feed document, or JSON Lines of articles."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from connectors.feeds.backoff import wait
from connectors.feeds.dates import parse_date
from connectors.feeds.entries import absolute, author_names, is_retraction, language_tag, title_text
from connectors.feeds.plaintext import normalised
from connectors.feeds.review import Review
from connectors.feeds.syndication import parse_feed
from schemas.errors import ConfigError
from schemas.ports.clock import Clock
from schemas.ports.feeds import FeedBatch, FeedItem, FeedSettings, Problem

LARGEST: Final = 256 * 1024 * 1024
"""Bytes of a file that is read as a feed."""


class _Memo(msgspec.Struct, kw_only=True):
    digest: str = ""
    failures: int = 0
    due: datetime | None = None


class FileFeedSource:
    """Port FeedSource over `settings.url`: a path or a file: address, `*.jsonl` or format `jsonl` for JSON Lines.

    Lines hold `text` and optionally `id, title, url, published, updated, language, authors`. A line that is no article
    is a problem (`bad_line`) and the rest goes on. A file whose bytes did not change answers `not_modified`.
    """

    def __init__(self, settings: FeedSettings, clock: Clock, checkpoint: bytes = b"") -> None:
        self.settings = settings
        self._path = _path(settings.url)
        self._clock = clock
        try:
            self._memo = msgspec.json.decode(checkpoint, type=_Memo) if checkpoint else _Memo()
        except msgspec.DecodeError:
            self._memo = _Memo()

    def next_batch(self) -> FeedBatch:
        """Read the file if it changed. Codes beside those of `parse_feed`: `no_file`, `too_large`, `bad_line`."""
        now = self._clock.now()
        try:
            if self._path.stat().st_size > LARGEST:
                message = f"{self._path} is larger than {LARGEST} bytes"
                return self._failed(now, Problem(code="too_large", message=message))
            body = self._path.read_bytes()
        except OSError as error:
            message = f"{self._path} cannot be read: {error.strerror}"
            return self._failed(now, Problem(code="no_file", message=message))
        digest = hashlib.sha256(body).hexdigest()
        if digest == self._memo.digest:
            self._well(now, digest)
            return FeedBatch(outcome="not_modified", heard=True)
        batch = self._parsed(body, now)
        if batch.outcome != "items":
            return self._failed(now, *batch.problems)
        self._well(now, digest)
        return batch

    def next_due(self) -> datetime:
        """When to look again; now for a file never read."""
        return self._memo.due or self._clock.now()

    def checkpoint(self) -> bytes:
        """The digest of the bytes read last, and the rest, as canonical JSON."""
        return msgspec.json.encode(self._memo, order="deterministic")

    def close(self) -> None:
        """Holds nothing open."""

    def _parsed(self, body: bytes, now: datetime) -> FeedBatch:
        if self.settings.format == "jsonl" or self._path.suffix in {".jsonl", ".ndjson"}:
            return parse_lines(body, self.settings, now)
        return parse_feed(body, {}, self._path.as_uri(), self.settings, now)

    def _well(self, now: datetime, digest: str) -> None:
        due = now + timedelta(seconds=wait(self.settings.every, 0, None, self.settings.feed_id))
        self._memo = _Memo(digest=digest, due=due)

    def _failed(self, now: datetime, *problems: Problem) -> FeedBatch:
        failures = self._memo.failures + 1
        due = now + timedelta(seconds=wait(self.settings.every, failures, None, self.settings.feed_id))
        self._memo = _Memo(failures=failures, due=due)
        return FeedBatch(outcome="failed", heard=False, problems=problems)


def parse_lines(body: bytes, settings: FeedSettings, now: datetime) -> FeedBatch:
    """JSON Lines of articles as a batch. Never raises for anything in them."""
    review = Review(now)
    items = []
    for number, line in enumerate(body.decode("utf-8-sig", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        item = _item(line, settings)
        if item is None:
            review.note("bad_line", f"line {number} is no article: a JSON object with text is expected")
        else:
            items.append(item)
    return review.batch(items, "jsonl", settings.name)


def _item(line: str, settings: FeedSettings) -> FeedItem | None:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        return None
    published = parse_date(_string(row, "published"), settings.timezone)
    updated = parse_date(_string(row, "updated"), settings.timezone)
    title = title_text(_string(row, "title"))
    authors = row.get("authors")
    return FeedItem(
        guid=_string(row, "id"),
        url=absolute("", _string(row, "url")),
        title=title,
        content=normalised(row["text"]),
        published=published.at if published else None,
        published_precision=published.precision if published else "none",
        published_from="feed" if published else "",
        updated=updated.at if updated else None,
        authors=author_names([name for name in authors if isinstance(name, str)] if isinstance(authors, list) else []),
        language=language_tag(_string(row, "language")) or settings.language,
        retracted=is_retraction(title),
    )


def _string(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _path(url: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme not in {"", "file"} or parts.netloc not in {"", "localhost"}:
        raise ConfigError(f"feed {url!r}: a path or a file: address is expected here")
    return Path(unquote(parts.path) if parts.scheme else url).absolute()
