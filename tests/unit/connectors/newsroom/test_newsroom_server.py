from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from msgspec import structs

from connectors.feeds.intake import Intake
from connectors.feeds.page import extract_page
from connectors.feeds.plaintext import normalised, one_line
from connectors.feeds.source import HttpFeedSource
from connectors.feeds.store import EmbeddedFeedStore
from connectors.feeds.syndication import parse_feed
from connectors.log.embedded import EmbeddedLog
from connectors.net import HttpClient
from connectors.newsroom.library import Library, NewsroomArticle, Story, bundled, feeds
from connectors.newsroom.rendering import page, teaser
from connectors.newsroom.server import FEWEST, Newsroom, NewsroomServer
from schemas import topics
from schemas.codec import decode
from schemas.identity import canonical_url
from schemas.ports.feeds import FeedSettings
from schemas.records import Article, Publisher

START = datetime(2013, 5, 1, 6, 0, tzinfo=UTC)
# By their ids: Atom with whole texts, Atom with teasers, RSS with whole texts, RSS with teasers.
OUTLETS = ("outlet-0", "outlet-4", "outlet-6", "pacific-wire")


class HandClock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        del seconds


def article(
    outlet: str, name: str, hours: float, text: str = "", corrects: str = "", retracts: str = "", slug: str = ""
) -> NewsroomArticle:
    return NewsroomArticle(
        id=f"{outlet}-{name}", title=f"Title <{name}> & more", published=START + timedelta(hours=hours),
        text=text or f"Seoul & Tokyo said “{name}” on Thursday, 5 < 6, and that they would meet again.\n\nNothing else was said of {name} by either side.",
        url=f"https://{outlet}.example/2013/{slug or name}?a=1&b=2", publisher=Publisher(id=outlet, name=f"{outlet} & Co", language="en"),
        corrects=corrects and f"{outlet}-{corrects}", retracts=retracts and f"{outlet}-{retracts}",
    )  # fmt: skip


def story_line(outlet: str) -> list[NewsroomArticle]:
    return [
        article(outlet, "a", 0),
        article(outlet, "b", 30),
        article(
            outlet,
            "a2",
            50,
            "It was Busan, not Seoul, that said so on Thursday.\n\nWe regret the error.",
            corrects="a",
            slug="a",
        ),
        article(
            outlet, "b2", 80, "This report has been withdrawn, since its source was not there.", retracts="b", slug="b"
        ),
        article(outlet, "c", 80),
    ]


LIBRARY = Library([one for outlet in OUTLETS for one in story_line(outlet)])


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
def server(clock: HandClock) -> Iterator[NewsroomServer]:
    with NewsroomServer(LIBRARY, clock) as server:
        yield server


@pytest.fixture
def client(server: NewsroomServer) -> Iterator[HttpClient]:
    with HttpClient(gateway=server.origin) as client:
        yield client


def test_every_kind_of_outlet_is_here() -> None:
    kinds = {(layout.atom, layout.full_text) for layout in LIBRARY.layouts.values()}
    assert len(kinds) == 4


@pytest.mark.parametrize("settings", feeds(LIBRARY), ids=lambda settings: settings.feed_id)
def test_feeds_through_time(settings: FeedSettings, client: HttpClient, clock: HandClock) -> None:
    def items() -> list[tuple[str, bool, datetime | None]]:
        answer = client.get(settings.url)
        batch = parse_feed(answer.body, answer.headers, answer.url, settings, clock.now())
        assert (batch.outcome, batch.title) == ("items", f"{settings.feed_id} & Co")
        assert {problem.code for problem in batch.problems} <= {"no_items"}
        for item in batch.items:
            assert item.title.startswith("Title <")
            full = settings.full_text == "feed" and not item.retracted
            assert bool(item.content) == (full or item.retracted)
        return [(item.url.split("/")[-1][0], item.retracted, item.updated) for item in batch.items]

    later = START + timedelta(hours=50)
    clock.at = START - timedelta(seconds=1)
    assert items() == []
    clock.at = START
    assert items() == [("a", False, None)]
    clock.at = START + timedelta(hours=30)
    assert items() == [("b", False, None), ("a", False, None)]
    clock.at = later
    assert items() == [("a", False, later), ("b", False, None)]
    clock.at = START + timedelta(hours=80)
    assert sorted(items()) == [("a", False, later), ("b", True, clock.at), ("c", False, None)]


def test_pages_through_time(client: HttpClient, clock: HandClock) -> None:
    def read(name: str) -> tuple[int, str]:
        answer = client.get(f"https://outlet-0.example/2013/{name}?a=1&b=2")
        return answer.status, extract_page(answer.body, answer.url).text

    clock.at = START - timedelta(seconds=1)
    assert read("a")[0] == 404
    clock.at = START
    assert read("a") == (200, LIBRARY.articles[0].text)
    clock.at = START + timedelta(hours=50)
    assert read("a") == (200, "It was Busan, not Seoul, that said so on Thursday.\n\nWe regret the error.")
    clock.at = START + timedelta(hours=80)
    assert read("b") == (410, "This report has been withdrawn, since its source was not there.")
    assert client.get("https://nobody.example/feed.xml").status == 404
    assert client.get("https://outlet-0.example/").status == 404


def test_not_modified_until_something_is_published(client: HttpClient, clock: HandClock) -> None:
    url = "https://outlet-0.example/feed.xml"
    first = client.get(url)
    clock.at = START + timedelta(hours=29)
    again = client.get(url, {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    clock.at = START + timedelta(hours=30)
    assert client.get(url, {"If-None-Match": first.headers["etag"]}).status == 200
    assert client.get(url).body == client.get(url).body


def test_the_window_of_a_feed() -> None:
    busy = Library([article("outlet-0", f"n{n}", n) for n in range(100)])
    crowded = Library([article("outlet-0", f"n{n}", n / 2) for n in range(150)])

    def shown(library: Library, hours: float) -> int:
        at = START + timedelta(hours=hours)
        (settings,) = feeds(library)
        document = Newsroom(library).document(settings.url, at)
        return len(parse_feed(document.body, {}, settings.url, settings, at).items)

    assert shown(busy, 0) == 1
    assert shown(busy, 30) == 31
    assert shown(busy, 99) == 73  # three days, one an hour, both ends
    assert shown(busy, 168) == FEWEST
    assert shown(crowded, 74.5) == 145
    assert shown(crowded, 1000) == FEWEST


def test_publishers_that_share_a_host_are_told_apart(clock: HandClock) -> None:
    one, two = article("one", "x", 0), article("two", "y", 0)
    library = Library([structs.replace(a, url=f"https://shared.example/{a.id}") for a in (one, two)])
    with NewsroomServer(library, clock) as server, HttpClient(gateway=server.origin) as client:
        for settings in feeds(library):
            answer = client.get(settings.url)
            (item,) = parse_feed(answer.body, answer.headers, answer.url, settings, clock.now()).items
            assert item.url == f"https://shared.example/{settings.feed_id}-{'x' if settings.feed_id == 'one' else 'y'}"
            assert client.get(item.url).status == 200


def test_close_is_idempotent_and_frees_the_port(clock: HandClock) -> None:
    server = NewsroomServer(LIBRARY, clock)
    server.start()
    server.start()
    port = int(server.origin.rsplit(":", 1)[1])
    server.close()
    server.close()
    NewsroomServer(LIBRARY, clock, port).close()


def test_teasers_do_not_give_the_whole_text() -> None:
    for one in bundled().articles:
        assert len(teaser(one.text)) < 190
        assert teaser(one.text).endswith(" …")


def test_every_bundled_article_is_read_back_exactly_from_its_page() -> None:
    """Of the routine briefs, which come from a few hundred patterns, every eighth."""
    for number, story in enumerate(bundled().stories.values()):
        if number % 8 and story.versions[0].id.startswith("brief-"):
            continue
        for version in story.versions:
            read = extract_page(page(story, version), story.url)
            assert read.text == version.text, version.id
            assert read.title == version.title
            assert (read.published, read.canonical_url) == (story.versions[0].published, story.url)
            assert read.problems == ()


WORDS = st.sampled_from(
    [
        "Tokyo",
        "Beijing",
        "said",
        "that",
        "the",
        "ministers",
        "would",
        "meet",
        ",",
        "“quoted”",
        "(aside)",
        "Mr.",
        "U.S.-led",
        "5%",
        "—",
        "1,200",
        "km",
        "<tag>",
        "&",
        "co.",
        "한국",
        "中国",
        "#tag",
        "*",
        "•",
        "-",
        "+",
        "=",
        "Copyright",
        "©",
        "Advertisement",
        "Read",
        "more",
        "http://x.example/a?b=c",
    ]
)
PARAGRAPH = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)


@settings_of_hypothesis(max_examples=60, deadline=None)
@given(st.lists(PARAGRAPH, min_size=1, max_size=8), PARAGRAPH)
def test_any_article_is_read_back_exactly_from_its_page(paragraphs: list[str], title: str) -> None:
    headline = one_line(f"Headline: {title}")
    one = structs.replace(article("outlet-0", "a", 0), text=normalised("\n\n".join(paragraphs)), title=headline)
    read = extract_page(page(Story(one.url, (one,)), one), one.url)
    assert (read.title, read.text) == (headline, one.text)


def test_every_bundled_article_is_read_back_exactly_from_its_feed() -> None:
    library = bundled()
    newsroom = Newsroom(library)
    seen: set[str] = set()
    moment = library.next_event(None)
    by_id = {one.publisher.id: one for one in library.articles}
    settings = {feed.feed_id: feed for feed in feeds(library)}
    times = sorted({one.published for one in library.articles})
    for moment in times[:: max(1, len(times) // 12)] + times[-1:]:
        for name in by_id:
            document = newsroom.document(settings[name].url, moment)
            for item in parse_feed(document.body, {}, settings[name].url, settings[name], moment).items:
                version = library.stories[canonical_url(item.url)].at(moment)
                assert version is not None
                seen.add(version.id)
                assert (item.title, item.retracted) == (version.title, bool(version.retracts))
                if settings[name].full_text == "feed":
                    assert item.content == version.text
    assert len(seen) > len(library.articles) / 20


def test_a_newsroom_read_into_the_log(
    tmp_path: object, server: NewsroomServer, client: HttpClient, clock: HandClock
) -> None:
    """The whole road: server, client, feeds, pages, intake, store, log."""
    log = EmbeddedLog(tmp_path / "journal.db")  # type: ignore[operator]
    intake = Intake(client, EmbeddedFeedStore(log), clock)
    sources = [HttpFeedSource(settings, client, clock) for settings in feeds(LIBRARY)]
    for hours in (0, 30, 31, 50, 80, 81):
        clock.at = START + timedelta(hours=hours)
        for source in sources:
            intake.take(source)
    articles = [
        decode(record.value, Article)
        for partition in range(topics.PARTITIONS[topics.ARTICLE])
        for record in log.read(topics.ARTICLE, partition, 0, 1000)
    ]
    for outlet in OUTLETS:
        mine = sorted(
            (a.url.split("/")[-1][0], a.version, a.status, a.text, a.version_seen)
            for a in articles
            if a.publisher.id == outlet
        )
        wanted = {one.id.removeprefix(f"{outlet}-"): one for one in LIBRARY.articles if one.publisher.id == outlet}
        assert mine == [
            ("a", 1, "active", wanted["a"].text, wanted["a"].published),
            ("a", 2, "corrected", wanted["a2"].text, wanted["a2"].published),
            ("b", 1, "active", wanted["b"].text, wanted["b"].published),
            ("b", 2, "retracted", wanted["b2"].text, wanted["b2"].published),
            ("c", 1, "active", wanted["c"].text, wanted["c"].published),
        ]
    log.database.close()
