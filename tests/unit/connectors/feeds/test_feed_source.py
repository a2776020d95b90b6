from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from connectors.feeds.backoff import wait
from connectors.feeds.files import FileFeedSource
from connectors.feeds.source import FULL_EVERY, HttpFeedSource
from connectors.net import HttpClient
from schemas.errors import ConfigError
from schemas.ports.feeds import FeedSettings, FeedSource

if TYPE_CHECKING:
    from tests.unit.connectors.conftest import Site
    from tests.unit.connectors.feeds.conftest import HandClock

Rss = Callable[..., bytes]
ITEM = "<item><title>A</title><link>https://hangang.example/1</link><guid isPermaLink='false'>n1</guid><pubDate>Thu, 24 Aug 2023 06:10:00 GMT</pubDate></item>"


@pytest.fixture
def client(site: Site) -> Iterator[HttpClient]:
    with HttpClient(gateway=site.origin) as client:
        yield client


@pytest.fixture
def source(settings: FeedSettings, client: HttpClient, clock: HandClock) -> HttpFeedSource:
    return HttpFeedSource(settings, client, clock)


def test_a_poll(site: Site, source: FeedSource, rss: Rss, clock: HandClock) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(
        h, 200, rss(ITEM), ETag='"1"', Last_Modified="Thu, 24 Aug 2023 06:10:00 GMT"
    )
    assert source.next_due() == clock.now()
    batch = source.next_batch()
    assert (batch.outcome, batch.heard, [item.title for item in batch.items]) == ("items", True, ["A"])
    assert source.next_due() == clock.now() + timedelta(seconds=900)
    assert "if-none-match" not in site.seen[0][3]


def test_conditional_requests_and_a_full_one_now_and_then(site: Site, source: FeedSource, rss: Rss) -> None:
    """A server that answers 304 for ever is asked in full every 24th time."""

    def stale(handler: BaseHTTPRequestHandler) -> None:
        conditional = "if-none-match" in site.seen[-1][3]
        site.reply(
            handler, 304 if conditional else 200, b"" if conditional else rss(ITEM), ETag='"1"', Last_Modified="x"
        )

    site.routes["/feed.xml"] = stale
    outcomes = [source.next_batch().outcome for _ in range(FULL_EVERY * 2 + 1)]
    assert outcomes == (["items"] + ["not_modified"] * (FULL_EVERY - 1)) * 2 + ["items"]
    assert site.seen[1][3]["if-none-match"] == '"1"'
    assert site.seen[1][3]["if-modified-since"] == "x"


def test_not_modified_is_heard(site: Site, source: FeedSource) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(h, 304)
    assert source.next_batch().heard


def test_the_checkpoint_carries_on(
    site: Site, source: FeedSource, settings: FeedSettings, client: HttpClient, clock: HandClock, rss: Rss
) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(h, 200, rss(ITEM), ETag='"1"')
    source.next_batch()
    later = HttpFeedSource(settings, client, clock, source.checkpoint())
    assert later.checkpoint() == source.checkpoint()
    assert later.next_due() == source.next_due()
    later.next_batch()
    assert site.seen[1][3]["if-none-match"] == '"1"'


@pytest.mark.parametrize("checkpoint", [b"", b"{", b"[]", b"\xff", b'{"failures":"x"}'])
def test_a_checkpoint_that_cannot_be_read_is_dropped(
    settings: FeedSettings, client: HttpClient, clock: HandClock, checkpoint: bytes
) -> None:
    assert HttpFeedSource(settings, client, clock, checkpoint).next_due() == clock.now()


@pytest.mark.parametrize(
    "status, body, code, outcome",
    [
        (404, b"", "http_404", "failed"),
        (500, b"", "http_500", "failed"),
        (403, b"", "http_403", "failed"),
        (410, b"", "http_410", "gone"),
        (200, b"", "empty", "failed"),
        (200, b"<!doctype html><p>", "html_instead_of_feed", "failed"),
    ],
)  # fmt: skip
def test_failures(
    site: Site, source: FeedSource, clock: HandClock, status: int, body: bytes, code: str, outcome: str
) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(h, status, body)
    batch = source.next_batch()
    assert (batch.outcome, batch.heard, batch.problems[0].code) == (outcome, False, code)
    assert source.next_due() > clock.now() + timedelta(seconds=1800)


def test_unreachable_and_refused(settings: FeedSettings, clock: HandClock) -> None:
    with HttpClient(resolver=lambda _h, _p: []) as client:
        assert [p.code for p in HttpFeedSource(settings, client, clock).next_batch().problems] == ["dns"]
    with HttpClient(resolver=lambda _h, _p: ["10.0.0.1"]) as client:
        assert [p.code for p in HttpFeedSource(settings, client, clock).next_batch().problems] == ["address_refused"]


def test_a_feed_comes_back_from_the_dead(site: Site, source: FeedSource, clock: HandClock, rss: Rss) -> None:
    waits = []
    for _ in range(12):
        source.next_batch()
        waits.append((source.next_due() - clock.now()).total_seconds())
    assert waits == sorted(waits)
    assert waits[0] < 2000
    assert 86_400 <= waits[-1] <= 86_400 * 1.1
    site.routes["/feed.xml"] = lambda h: site.reply(h, 200, rss(ITEM))
    assert source.next_batch().outcome == "items"
    assert source.next_due() == clock.now() + timedelta(seconds=900)


@pytest.mark.parametrize("value, seconds", [("7200", 7200), ("Fri, 25 Aug 2023 14:00:00 GMT", 7200), ("1", 1800)])
def test_retry_after(site: Site, source: FeedSource, clock: HandClock, value: str, seconds: float) -> None:
    def busy(handler: BaseHTTPRequestHandler) -> None:
        site.reply(handler, 503, Retry_After=value, Date="Fri, 25 Aug 2023 12:00:00 GMT")

    site.routes["/feed.xml"] = busy
    source.next_batch()
    assert seconds <= (source.next_due() - clock.now()).total_seconds() <= max(seconds, 2000)


def test_a_permanent_move_is_remembered_until_it_fails(site: Site, source: FeedSource, rss: Rss) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(h, 301, Location="https://new.example/rss")
    site.routes["/rss"] = lambda h: site.reply(h, 200, rss(ITEM))
    source.next_batch()
    source.next_batch()
    assert [path for _, _, path, _ in site.seen] == ["/feed.xml", "/rss", "/rss"]
    site.routes["/rss"] = lambda h: site.reply(h, 404)
    source.next_batch()
    source.next_batch()
    assert [path for _, _, path, _ in site.seen][3:] == ["/rss", "/feed.xml", "/rss"]


def test_a_temporary_move_is_not_remembered(site: Site, source: FeedSource, rss: Rss) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(h, 302, Location="https://new.example/rss")
    site.routes["/rss"] = lambda h: site.reply(h, 200, rss(ITEM))
    source.next_batch()
    source.next_batch()
    assert [path for _, _, path, _ in site.seen] == ["/feed.xml", "/rss"] * 2


def test_a_tombstone_finds_the_address_of_its_entry(
    site: Site, source: FeedSource, settings: FeedSettings, client: HttpClient, clock: HandClock, rss: Rss
) -> None:
    site.routes["/feed.xml"] = lambda h: site.reply(h, 200, rss(ITEM))
    source.next_batch()
    site.routes["/feed.xml"] = lambda h: site.reply(
        h, 200, rss('<at:deleted-entry ref="n1" when="2023-08-25T00:00:00Z"/>')
    )
    for each in (source, HttpFeedSource(settings, client, clock, source.checkpoint())):
        (item,) = each.next_batch().items
        assert (item.url, item.retracted) == ("https://hangang.example/1", True)


def test_waits() -> None:
    assert wait(900, 0, None, "a") == 900
    assert wait(900, 0, 5000, "a") == 5000
    assert wait(900, 0, 1e9, "a") == 7 * 86_400
    assert 1800 <= wait(900, 1, None, "a") <= 1980
    assert wait(900, 3, None, "a") == wait(900, 3, None, "a") != wait(900, 3, None, "b")
    assert wait(200_000, 9, None, "a") >= 200_000
    assert wait(1, 1, None, "a") >= 120


def test_a_feed_file(tmp_path: Path, settings: FeedSettings, clock: HandClock, rss: Rss) -> None:
    path = tmp_path / "feed file.xml"
    path.write_bytes(rss(ITEM))
    source = FileFeedSource(msgspec.structs.replace(settings, url=path.as_uri()), clock)
    assert [item.title for item in source.next_batch().items] == ["A"]
    assert source.next_batch().outcome == "not_modified"
    again = FileFeedSource(msgspec.structs.replace(settings, url=str(path)), clock, source.checkpoint())
    assert again.next_batch().outcome == "not_modified"
    path.write_bytes(rss(ITEM, ITEM.replace("n1", "n2").replace("/1", "/2")))
    assert len(again.next_batch().items) == 2
    path.unlink()
    batch = again.next_batch()
    assert (batch.outcome, batch.problems[0].code) == ("failed", "no_file")
    assert again.next_due() > clock.now() + timedelta(seconds=900)


def test_json_lines(tmp_path: Path, settings: FeedSettings, clock: HandClock) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text(
        '{"id":"a","title":"T","text":"One.\\n\\nTwo.","published":"2023-08-24T06:10:00Z","url":"https://hangang.example/a","authors":["Kim"],"language":"ko"}\n'
        "\n{\n[1]\n"
        '{"text":"Only text."}\n',
        "utf-8",
    )
    batch = FileFeedSource(msgspec.structs.replace(settings, url=str(path)), clock).next_batch()
    first, second = batch.items
    assert (first.guid, first.url, first.content, first.authors) == (
        "a",
        "https://hangang.example/a",
        "One.\n\nTwo.",
        ("Kim",),
    )
    assert (first.published, first.language) == (datetime(2023, 8, 24, 6, 10, tzinfo=UTC), "ko")
    assert (second.content, second.published) == ("Only text.", None)
    assert {p.code for p in batch.problems} == {"bad_line", "no_date"}
    assert "line 3" in batch.problems[0].message


@pytest.mark.parametrize("url", ["https://hangang.example/feed.xml", "file://elsewhere/feed.xml"])
def test_a_file_source_wants_a_file(settings: FeedSettings, clock: HandClock, url: str) -> None:
    with pytest.raises(ConfigError):
        FileFeedSource(msgspec.structs.replace(settings, url=url), clock)
