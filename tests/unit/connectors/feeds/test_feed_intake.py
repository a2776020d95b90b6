from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from connectors.feeds.intake import Intake, Taken
from connectors.feeds.source import HttpFeedSource
from connectors.feeds.versions import without_omission
from connectors.net import HttpClient
from schemas.errors import TerminalError
from schemas.identity import article_id
from schemas.ports.feeds import FeedSettings, FeedState, KnownArticle, StoredVersion
from schemas.records import Article, Position

if TYPE_CHECKING:
    from tests.unit.connectors.conftest import Site
    from tests.unit.connectors.feeds.conftest import HandClock

Rss = Callable[..., bytes]
LONG = " ".join(["Seoul said on Thursday that it would raise the matter with Tokyo at the next meeting."] * 8)


class MemoryStore:
    """Port FeedStore, kept in memory; `broken` makes the next commit fail."""

    def __init__(self) -> None:
        self.kept: dict[str, FeedState] = {}
        self.versions: list[StoredVersion] = []
        self.heard: set[date] = set()
        self.commits = 0
        self.broken = False

    def state(self, feed_id: str) -> FeedState | None:
        return self.kept.get(feed_id)

    def states(self) -> list[FeedState]:
        return [self.kept[name] for name in sorted(self.kept)]

    def known(self, article_ids: Sequence[str]) -> dict[str, KnownArticle]:
        latest = {}
        for version in self.versions:
            article = version.article
            if article.article_id in article_ids:
                latest[article.article_id] = KnownArticle(
                    article_id=article.article_id, version=article.version, content_hash=version.content_hash,
                    item_hash=version.item_hash, status=article.status, first_seen=article.first_seen,
                )  # fmt: skip
        return latest

    def commit(self, state: FeedState, versions: Sequence[StoredVersion], heard: Sequence[date] = ()) -> list[Position]:
        if self.broken:
            self.broken = False
            raise TerminalError("disk full", "disk_full")
        self.commits += 1
        self.kept[state.feed_id] = state
        self.versions += versions
        self.heard |= set(heard)
        return [Position(partition=0, offset=len(self.versions) - len(versions) + n) for n in range(len(versions))]

    @property
    def articles(self) -> list[Article]:
        return [version.article for version in self.versions]


class Desk:
    """A feed on a real server, taken by an intake."""

    def __init__(self, site: Site, settings: FeedSettings, client: HttpClient, clock: HandClock, rss: Rss) -> None:
        self.site, self.settings, self.client, self.clock, self.rss = site, settings, client, clock, rss
        self.store = MemoryStore()
        self.restart()

    def restart(self, **options: Any) -> None:
        state = self.store.state(self.settings.feed_id)
        self.intake = Intake(self.client, self.store, self.clock, **options)
        self.source = HttpFeedSource(self.settings, self.client, self.clock, state.checkpoint if state else b"")

    def show(self, *items: str, etag: str = "") -> None:
        body = self.rss(*items)

        def answer(handler: Any) -> None:
            if etag and self.site.seen[-1][3].get("if-none-match") == etag:
                self.site.reply(handler, 304)
            else:
                self.site.reply(handler, 200, body, **({"ETag": etag} if etag else {}))

        self.site.routes["/feed.xml"] = answer

    def page(self, path: str, text: str, status: int = 200) -> None:
        paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
        body = f"<html lang='en'><body><article><h1>T</h1>{paragraphs}</article></body></html>".encode()
        self.site.routes[path] = lambda h: self.site.reply(h, status, body)

    def take(self) -> Taken:
        taken = self.intake.take(self.source)
        self.clock.move(900)
        return taken

    def counts(self) -> dict[str, int]:
        return self.take().counts

    def fetched(self) -> list[str]:
        return [path for _, _, path, _ in self.site.seen if path != "/feed.xml"]


@pytest.fixture
def desk(site: Site, settings: FeedSettings, clock: HandClock, rss: Rss) -> Iterator[Desk]:
    with HttpClient(gateway=site.origin) as client:
        yield Desk(site, settings, client, clock, rss)


def full(
    n: int, text: str = LONG, title: str = "", date: str = "Thu, 24 Aug 2023 06:10:00 GMT", extra: str = ""
) -> str:
    return (
        f"<item><title>{title or f'T{n}'}</title><link>https://hangang.example/{n}</link><description>Short</description>"
        f"{f'<pubDate>{date}</pubDate>' if date else ''}<content:encoded>{text}</content:encoded>{extra}</item>"
    )


def teaser(n: int, summary: str = "Seoul said …", title: str = "") -> str:
    return (
        f"<item><title>{title or f'T{n}'}</title><link>https://hangang.example/{n}</link><description>{summary}</description>"
        "<pubDate>Thu, 24 Aug 2023 06:10:00 GMT</pubDate></item>"
    )


def test_first_poll(desk: Desk) -> None:
    desk.show(full(2), full(1, date="Wed, 23 Aug 2023 06:10:00 GMT"))
    taken = desk.take()
    assert (taken.outcome, taken.counts, taken.problems) == ("items", {"stored": 2}, ())
    assert [position.offset for position in taken.positions] == [0, 1]
    first, second = desk.store.articles
    assert [first.title, second.title] == ["T1", "T2"]  # oldest first, whatever the feed's order
    publisher = desk.settings.publisher
    assert first == Article(
        article_id=article_id(publisher, "https://hangang.example/1", "", ""), url="https://hangang.example/1",
        canonical_url="https://hangang.example/1", title="T1", text=LONG, language="en",
        published=datetime(2023, 8, 23, 6, 10, tzinfo=UTC), first_seen=datetime(2023, 8, 25, 12, 0, tzinfo=UTC),
        version_seen=datetime(2023, 8, 25, 12, 0, tzinfo=UTC), publisher=publisher, feed_id="hangang",
    )  # fmt: skip
    assert desk.store.heard == {date(2023, 8, 25)}
    state = desk.store.kept["hangang"]
    assert (state.outcome, state.failures, state.newest) == ("items", 0, datetime(2023, 8, 24, 6, 10, tzinfo=UTC))
    assert (state.polled, state.answered) == (first.first_seen, first.first_seen)
    assert state.next_due == first.first_seen + timedelta(seconds=900)
    assert desk.fetched() == []


def test_unchanged_items_are_recognised_across_restarts_without_their_pages(desk: Desk) -> None:
    desk.show(teaser(1), teaser(2))
    desk.page("/1", LONG)
    desk.page("/2", LONG)
    assert desk.counts() == {"stored": 2}
    assert sorted(desk.fetched()) == ["/1", "/2"]
    assert desk.counts() == {"unchanged": 2}
    desk.restart()
    assert desk.counts() == {"unchanged": 2}
    assert len(desk.fetched()) == 2
    assert len(desk.store.versions) == 2


def test_a_page_gives_what_the_feed_does_not(desk: Desk) -> None:
    desk.show(teaser(1))
    desk.page("/1", f"{LONG}\n\nSecond paragraph of the same article.")
    desk.take()
    assert desk.store.articles[0].text == f"{LONG}\n\nSecond paragraph of the same article."
    assert desk.store.articles[0].title == "T1"


@pytest.mark.parametrize("setting, fetched", [("feed", []), ("page", ["/1"]), ("auto", ["/1"])])
def test_the_full_text_setting(desk: Desk, setting: Any, fetched: list[str]) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, full_text=setting)
    desk.restart()
    desk.show(teaser(1))
    desk.page("/1", LONG)
    desk.take()
    assert desk.fetched() == fetched


@pytest.mark.parametrize("setting, text", [("auto", "One line."), ("page", "One line.")])
def test_a_brief_page_is_better_than_its_teaser(desk: Desk, setting: Any, text: str) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, full_text=setting)
    desk.restart()
    desk.show(teaser(1, summary="One line …"))
    desk.page("/1", text)
    desk.take()
    assert desk.store.articles[0].text == text


@pytest.mark.parametrize("setting, text", [("auto", LONG), ("page", "Log in to read.")])
def test_a_page_that_says_less_than_the_feed(desk: Desk, setting: Any, text: str) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, full_text=setting)
    desk.restart()
    desk.show(teaser(1, summary=LONG))
    desk.page("/1", "Log in to read.")
    desk.take()
    assert desk.store.articles[0].text == text


@pytest.mark.parametrize(
    "text, rest",
    [
        ("Seoul said …", "Seoul said"),
        ("Seoul said [...]", "Seoul said"),
        ("Seoul said... Read more", "Seoul said"),
        ("Seoul said.", "Seoul said."),
    ],
)
def test_signs_of_omission(text: str, rest: str) -> None:
    assert without_omission(text) == rest


def test_a_correction_is_a_new_version(desk: Desk) -> None:
    desk.show(full(1))
    desk.take()
    desk.show(full(1, text=LONG + " Corrected.", extra="<atom:updated>2023-08-25T12:10:00Z</atom:updated>"))
    assert desk.counts() == {"stored": 1}
    old, new = desk.store.articles
    assert (new.article_id, new.version, new.status) == (old.article_id, 2, "corrected")
    assert (new.first_seen, new.version_seen) == (old.first_seen, old.first_seen + timedelta(seconds=900))
    assert (new.published, new.updated) == (old.published, datetime(2023, 8, 25, 12, 10, tzinfo=UTC))


def test_a_change_of_form_is_no_correction(desk: Desk) -> None:
    desk.show(teaser(1))
    desk.page("/1", LONG)
    desk.take()
    desk.show(teaser(1, summary="Another teaser …"))
    assert desk.counts() == {"unchanged": 1}
    assert desk.counts() == {"unchanged": 1}
    assert desk.fetched() == ["/1", "/1"]  # looked once, remembered since
    assert len(desk.store.versions) == 1


def test_a_tombstone_retracts(desk: Desk) -> None:
    desk.show(full(1))
    desk.take()
    tomb = '<at:deleted-entry ref="https://hangang.example/1" when="2023-08-25T12:00:00Z"><at:comment>Wrong.</at:comment></at:deleted-entry>'
    desk.show(tomb)
    assert desk.counts() == {"stored": 1}
    assert desk.counts() == {"unchanged": 1}
    old, new = desk.store.articles
    assert (new.article_id, new.version, new.status, new.text) == (old.article_id, 2, "retracted", "Wrong.")
    desk.show(full(1))  # a stale copy of the feed
    assert desk.counts() == {"unchanged": 1}
    assert len(desk.store.versions) == 2


def test_a_title_retracts(desk: Desk) -> None:
    desk.show(full(1))
    desk.take()
    desk.show(full(1, title="RETRACTED: T1"))
    assert desk.counts() == {"stored": 1}
    assert [a.status for a in desk.store.articles] == ["active", "retracted"]


def test_a_tombstone_of_something_never_seen_is_nothing(desk: Desk) -> None:
    desk.show('<at:deleted-entry ref="https://hangang.example/9" when="2023-08-25T12:00:00Z"/>')
    assert desk.counts() == {"unchanged": 1}
    assert desk.store.versions == []


def test_dates_that_are_missing_or_in_the_future(desk: Desk) -> None:
    desk.show(
        full(1, date=""), full(2, date="Sat, 24 Aug 2199 06:10:00 GMT"), full(3, date="Thu, 24 Aug 2062 06:10:00 GMT")
    )
    now = desk.clock.now()
    taken = desk.take()
    found = {a.title: (a.published, a.published_precision, a.published_from) for a in desk.store.articles}
    assert found == {
        "T1": (now, "none", "first_seen"),
        "T2": (now, "none", "first_seen"),
        "T3": (now, "second", "feed"),
    }
    assert [p.code for p in taken.problems] == ["future_date", "no_date"]


def test_a_page_gives_the_date_that_the_feed_lacks(desk: Desk) -> None:
    desk.show(teaser(1).replace("<pubDate>Thu, 24 Aug 2023 06:10:00 GMT</pubDate>", ""))
    body = f'<html><head><meta property="article:published_time" content="2023-08-23T01:00:00Z"></head><body><p>{LONG}</p></body></html>'
    desk.site.routes["/1"] = lambda h: desk.site.reply(h, 200, body.encode())
    desk.take()
    (article,) = desk.store.articles
    assert (article.published, article.published_from) == (datetime(2023, 8, 23, 1, 0, tzinfo=UTC), "page")


def test_duplicates_within_a_poll(desk: Desk) -> None:
    desk.show(full(1), full(1, text=LONG + " Older."))
    assert desk.counts() == {"duplicate": 1, "stored": 1}
    assert desk.store.articles[0].text == LONG


def test_two_feeds_of_one_publisher_do_not_correct_each_other(desk: Desk) -> None:
    desk.show(full(1))
    desk.take()
    other = HttpFeedSource(msgspec.structs.replace(desk.settings, feed_id="hangang-world"), desk.client, desk.clock)
    desk.show(full(1, text=LONG + " Cut differently."))
    assert desk.intake.take(other).counts == {"duplicate": 1}
    tomb = '<at:deleted-entry ref="https://hangang.example/1" when="2023-08-25T12:00:00Z"/>'
    desk.show(tomb)
    assert desk.intake.take(other).counts == {"stored": 1}
    assert [a.status for a in desk.store.articles] == ["active", "retracted"]


def test_a_page_that_does_not_answer_is_tried_again_though_the_feed_is_unchanged(desk: Desk) -> None:
    desk.show(teaser(1), full(2), etag='"1"')
    desk.page("/1", LONG, status=503)
    taken = desk.take()
    assert taken.counts == {"deferred": 1, "stored": 1}
    assert taken.problems[0].code == "page_http_503"
    desk.page("/1", LONG)
    again = desk.take()
    assert (again.outcome, again.counts) == ("not_modified", {"stored": 1})
    assert desk.counts() == {}
    assert [a.title for a in desk.store.articles] == ["T2", "T1"]


def test_a_deferred_item_survives_a_restart(desk: Desk) -> None:
    desk.show(teaser(1), etag='"1"')
    desk.page("/1", LONG, status=503)
    assert desk.counts() == {"deferred": 1}
    desk.restart()
    desk.page("/1", LONG)
    assert desk.counts() == {"stored": 1}


def test_after_five_polls_the_teaser_must_do(desk: Desk) -> None:
    desk.show(teaser(1), etag='"1"')
    desk.page("/1", LONG, status=500)
    assert [desk.counts() for _ in range(5)] == [{"deferred": 1}] * 4 + [{"stored": 1}]
    assert desk.store.articles[0].text == "Seoul said …"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_page_that_says_no_leaves_the_teaser(desk: Desk, status: int) -> None:
    desk.show(teaser(1))
    desk.page("/1", LONG, status=status)
    taken = desk.take()
    assert (taken.counts, taken.problems[0].code) == ({"stored": 1}, f"page_http_{status}")
    assert desk.store.articles[0].text == "Seoul said …"


def test_page_limit(desk: Desk) -> None:
    desk.restart(most_pages=2)
    desk.show(*(teaser(n) for n in range(5)), etag='"1"')
    for n in range(5):
        desk.page(f"/{n}", LONG)
    assert [desk.counts() for _ in range(3)] == [
        {"deferred": 3, "stored": 2},
        {"deferred": 1, "stored": 2},
        {"stored": 1},
    ]


def test_a_commit_that_fails_loses_nothing(desk: Desk) -> None:
    desk.show(full(1), etag='"1"')
    desk.store.broken = True
    with pytest.raises(TerminalError):
        desk.take()
    assert desk.counts() == {"stored": 1}


def test_failed_polls_are_remembered(desk: Desk) -> None:
    desk.show(full(1))
    desk.take()
    del desk.site.routes["/feed.xml"]
    taken = desk.take()
    assert (taken.outcome, taken.counts, taken.problems[0].code) == ("failed", {}, "http_404")
    desk.take()
    state = desk.store.kept["hangang"]
    assert (state.failures, state.problem) == (2, "http_404")
    assert state.answered == datetime(2023, 8, 25, 12, 0, tzinfo=UTC)
    desk.show(full(1))
    desk.take()
    assert desk.store.kept["hangang"].failures == 0


def test_uneventful_polls_are_committed_now_and_then(desk: Desk) -> None:
    desk.show(full(1), etag='"1"')
    for _ in range(17):
        desk.take()
    assert desk.store.commits == 3
    desk.clock.move(86_400)
    desk.take()
    assert desk.store.commits == 4
    assert desk.store.heard == {date(2023, 8, 25), date(2023, 8, 26)}


def test_an_item_with_neither_title_nor_text(desk: Desk) -> None:
    desk.show("<item><link>https://hangang.example/1</link><pubDate>Thu, 24 Aug 2023 06:10:00 GMT</pubDate></item>")
    taken = desk.take()
    assert taken.counts == {"failed": 1}
    assert "no_text" in [p.code for p in taken.problems]


def test_same_answers_same_clock_same_bytes(desk: Desk, tmp_path: Path) -> None:
    def run() -> bytes:
        desk.store = MemoryStore()
        desk.clock.at = datetime(2023, 8, 25, 12, 0, tzinfo=UTC)
        desk.restart()
        desk.show(teaser(1), full(2), full(3, date=""))
        desk.page("/1", LONG)
        desk.take()
        desk.show(teaser(1), full(2, text=LONG + " x"), full(3, date=""), full(4))
        desk.take()
        return msgspec.json.encode([desk.store.versions, desk.store.states()])

    assert run() == run()
