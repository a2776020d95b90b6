"""The newsroom as a web server on loopback: feeds and pages of all its outlets, told apart by the Host header, as they
stand at the clock's time.
"""

from __future__ import annotations

import bisect
import hashlib
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

import msgspec

from connectors.feeds.entries import canonical_url
from connectors.newsroom.layout import Layout
from connectors.newsroom.library import Library, NewsroomArticle, Story
from connectors.newsroom.rendering import entry, feed, http_date, page
from schemas.ports.clock import Clock
from schemas.records import Publisher

WINDOW: Final = timedelta(days=3)
FEWEST: Final = 4
"""A feed holds its newest 20 entries or those of the last three days, whichever is more."""


class Document(msgspec.Struct, frozen=True):
    """An answer to be sent."""

    status: int
    kind: str
    body: bytes
    etag: str = ""
    modified: str = ""


class _Outlet:
    """One publisher's feed through time. Thread-safe: a cache entry is replaced whole."""

    def __init__(self, publisher: Publisher, layout: Layout, stories: list[Story]) -> None:
        self._publisher = publisher
        self._layout = layout
        self._changes = sorted(
            ((version.published, version.id, story, version) for story in stories for version in story.versions),
            key=lambda change: change[:2],
        )
        self._times = [change[0] for change in self._changes]
        self._entries: dict[str, str] = {}
        self._cached: tuple[tuple[int, int], Document] | None = None

    def document(self, now: datetime) -> Document:
        """The feed as it stands; rendered once a change."""
        past = bisect.bisect_right(self._times, now)
        recent = past - bisect.bisect_left(self._times, now - WINDOW)
        key = past, max(FEWEST, recent)
        cached = self._cached
        if cached is None or cached[0] != key:
            cached = key, self._render(past, key[1])
            self._cached = cached
        return cached[1]

    def _render(self, past: int, most: int) -> Document:
        shown: dict[str, str] = {}
        for _, identifier, story, version in reversed(self._changes[:past]):
            if len(shown) == most:
                break
            if story.url not in shown:
                shown[story.url] = self._entry(identifier, story, version)
        changed = self._times[past - 1] if past else self._times[0] - timedelta(days=1)
        body = feed(self._publisher, self._layout, list(shown.values()), changed)
        kind = "application/atom+xml" if self._layout.atom else "application/rss+xml"
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        return Document(200, f"{kind}; charset=utf-8", body, etag, http_date(changed))

    def _entry(self, identifier: str, story: Story, version: NewsroomArticle) -> str:
        if identifier not in self._entries:
            self._entries[identifier] = entry(story, version, self._layout)
        return self._entries[identifier]


class Newsroom:
    """What stands at an address at a time; no HTTP in it."""

    def __init__(self, library: Library) -> None:
        self._stories = library.stories
        grouped: dict[str, list[Story]] = {}
        for story in self._stories.values():
            grouped.setdefault(story.versions[0].publisher.id, []).append(story)
        self._outlets = {
            canonical_url(library.layouts[publisher.id].feed_url): _Outlet(
                publisher, library.layouts[publisher.id], grouped[publisher.id]
            )
            for publisher in library.publishers
        }

    def document(self, url: str, now: datetime) -> Document:
        """The feed, page, retraction notice (410), or 404."""
        address = canonical_url(url)
        if outlet := self._outlets.get(address):
            return outlet.document(now)
        story = self._stories.get(address)
        version = story.at(now) if story else None
        if story is None or version is None:
            return Document(404, "text/plain; charset=utf-8", b"Nothing here yet.\n")
        return Document(410 if version.retracts else 200, "text/html; charset=utf-8", page(story, version))


class NewsroomServer:
    """Serves on 127.0.0.1, a free port unless `port` names one. `start`, then `origin`; `close` ends it. Idempotent."""

    def __init__(self, library: Library, clock: Clock, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), Newsroom(library), clock)
        self._thread: threading.Thread | None = None

    @property
    def origin(self) -> str:
        """The gateway for `HttpClient`, for example `http://127.0.0.1:40123`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="newsroom", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], newsroom: Newsroom, clock: Clock) -> None:
        super().__init__(address, _Handler)
        self.newsroom = newsroom
        self.clock = clock


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "newsroom"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 600
    server: _Server

    def do_GET(self) -> None:
        """Answer as of now, with 304 where the client has it already."""
        now = self.server.clock.now()
        document = self.server.newsroom.document(f"https://{self.headers.get('Host', '')}{self.path}", now)
        known = document.etag and self.headers.get("If-None-Match") == document.etag
        self.send_response_only(304 if known else document.status)
        self.send_header("Date", http_date(now.replace(microsecond=0)))
        if document.etag:
            self.send_header("ETag", document.etag)
            self.send_header("Last-Modified", document.modified)
        if not known:
            self.send_header("Content-Type", document.kind)
            self.send_header("Content-Length", str(len(document.body)))
        self.end_headers()
        if not known and self.command != "HEAD":
            self.wfile.write(document.body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Normal work logs nothing."""

    def handle(self) -> None:
        """Serve until the client leaves, in whatever way it does."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True
