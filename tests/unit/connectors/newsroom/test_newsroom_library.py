from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.newsroom.library import Library, bundled, feeds, load
from schemas.errors import ConfigError

PUBLISHER = {
    "id": "hangang-post",
    "name": "Hangang Post",
    "country": "KOR",
    "owner": "hangang-media",
    "ownership": "independent",
    "language": "en",
}


def line(name: str = "a", **fields: Any) -> dict[str, Any]:
    return {
        "id": name, "title": f"Title {name}", "text": "One sentence.\n\nAnother one.", "published": "2013-05-01T06:10:00Z",
        "url": f"https://hangang-post.example/2013/05/01/{name}", "publisher": PUBLISHER, **fields,
    }  # fmt: skip


def folder(path: Path, *rows: Any, name: str = "articles.jsonl", **tables: str) -> Path:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    (path / name).write_text(text + "\n", "utf-8")
    for table, content in tables.items():
        (path / f"{table}.csv").write_text(content, "utf-8")
    return path


def test_a_folder(tmp_path: Path) -> None:
    folder(tmp_path, line("b", published="2013-05-03T00:00:00+09:00"), name="articles-late.jsonl")
    library = load(
        folder(
            tmp_path, line("a"), "", line("a2", published="2013-05-02T00:00:00Z", corrects="a", url=line("a")["url"]),
            turns='date,dyad,direction,label\n2013-05-01,KOR-JPN,tension,"One, two"\n',
            quiet="from,to,dyad,why\n2013-06-01,2013-06-30,,all of it\n",
        )
    )  # fmt: skip
    assert [article.id for article in library.articles] == ["a", "a2", "b"]
    assert library.articles[2].published == datetime(2013, 5, 2, 15, 0, tzinfo=UTC)
    assert [(t.date, t.dyad, t.direction, t.label) for t in library.turns] == [
        (date(2013, 5, 1), "JPN-KOR", "tension", "One, two")
    ]
    assert [(q.first, q.last, q.dyad, q.why) for q in library.quiet] == [
        (date(2013, 6, 1), date(2013, 6, 30), "", "all of it")
    ]
    assert [len(story.versions) for story in library.stories.values()] == [2, 1]


def test_events_in_order(tmp_path: Path) -> None:
    library = load(folder(tmp_path, line("a"), line("b"), line("c", published="2013-05-04T01:00:00Z")))
    first = library.next_event(None)
    assert first == datetime(2013, 5, 1, 6, 10, tzinfo=UTC)
    second = library.next_event(first)
    assert second == datetime(2013, 5, 4, 1, 0, tzinfo=UTC)
    assert library.next_event(second) is None


@pytest.mark.parametrize(
    "publisher, owner",
    [
        ({"id": "p", "country": "PRK", "ownership": "state"}, "PRK:state"),
        ({"id": "p", "country": "JPN", "ownership": "independent"}, "p"),
        ({"id": "p", "ownership": "state"}, "p"),
        ({"id": "p", "country": "JPN", "owner": "group"}, "group"),
        ({"id": "p"}, "p"),
    ],
)
def test_owners_where_missing(tmp_path: Path, publisher: dict[str, str], owner: str) -> None:
    (article,) = load(folder(tmp_path, line(publisher=publisher))).articles
    assert (article.publisher.owner, article.publisher.name) == (owner, "p")


def test_the_same_newsroom_has_the_same_hash(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    assert load(folder(one, line("a"), line("b"))).content_hash == load(folder(two, line("b"), line("a"))).content_hash
    assert load(folder(one, line("a"))).content_hash != load(folder(two, line("a", text="Other."))).content_hash


def test_lines_as_paragraphs(tmp_path: Path) -> None:
    one, two = load(folder(tmp_path, line("a", text="One.\nTwo."), line("b", text="One\ntwo.\n\n Three. "))).articles
    assert (one.text, two.text) == ("One.\n\nTwo.", "One two.\n\nThree.")


LATER = "2013-05-02T00:00:00Z"
BROKEN = [
    (["{"], "line 1: not JSON"),
    ([line(), "[1]"], "line 2: not a JSON object"),
    ([line(title="")], "line 1: title must be a string that is not empty"),
    ([line(text=7)], "line 1: text must be a string"),
    ([line(url="ftp://x")], "line 1: url 'ftp://x' is no http"),
    ([line(published="soon")], "line 1: published 'soon' is no time; write 2023-08-24T06:10:00Z"),
    ([line(publisher="Hangang")], "line 1: publisher must be an object"),
    ([line(publisher={"name": "x"})], "line 1, publisher: id must be"),
    ([line(), line()], r"line 2: id 'a' is also at .*line 1"),
    ([line(), line("b", url=line()["url"] + "/")], r"line 2: url .* is also that of .*line 1"),
    ([line(corrects="z")], "line 1: corrects or retracts 'z', which is no article here"),
    ([line(), line("b", corrects="a", published=LATER)], "line 2: url and publisher must be those of 'a'"),
    ([line(), line("b", corrects="a", url=line()["url"])], "line 2: published must be later than that of 'a'"),
    ([line(), line("b", corrects="a", retracts="a")], "exclude each other"),
]  # fmt: skip


@pytest.mark.parametrize("rows, message", BROKEN, ids=[message[:40] for _, message in BROKEN])
def test_broken_articles(tmp_path: Path, rows: list[Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(folder(tmp_path, *rows))


@pytest.mark.parametrize(
    "turns, message",
    [
        ("date,dyad,label\n", "line 1: no column 'direction'"),
        ("date,dyad,direction,label\n2013-05,CHN-JPN,easing,x\n", "line 2: date '2013-05' is no day"),
        ("date,dyad,direction,label\n2013-05-01,CHN,easing,x\n", "line 2: dyad 'CHN' must be two codes"),
        ("date,dyad,direction,label\n2013-05-01,CHN-JPN,better,x\n", "line 2: direction 'better' must be easing"),
        ("date,dyad,direction,label\n2013-05-01,CHN-JPN,easing,x,y\n", "line 2: as many columns"),
        ("date,dyad,direction,label\n2013-05-01,CHN-JPN\n", "line 2: as many columns"),
    ],
)
def test_broken_turns(tmp_path: Path, turns: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(folder(tmp_path, line(), turns=turns))


def test_broken_quiet_windows_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lies before from"):
        load(folder(tmp_path, line(), quiet="from,to,dyad,why\n2013-06-02,2013-06-01,,x\n"))
    (tmp_path / "articles.jsonl").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path)
    with pytest.raises(ConfigError, match=r"no articles\.jsonl there"):
        load(tmp_path / "nowhere")


def test_the_bundled_newsroom() -> None:
    library = bundled()
    assert len(library.articles) >= 200
    assert {article.retracts != "" for article in library.articles} == {True, False}
    assert sum(bool(article.corrects) for article in library.articles) >= 3
    assert len(library.publishers) >= 12
    for article in library.articles:
        assert article.url.split("/")[2].endswith(".example")
        assert article.publisher.owner
    layouts = library.layouts.values()
    assert {layout.atom for layout in layouts} == {layout.full_text for layout in layouts} == {True, False}


def test_feeds_of_publishers_that_share_or_scatter_hosts(tmp_path: Path) -> None:
    def at(name: str, publisher: str, host: str) -> dict[str, Any]:
        return line(name, url=f"https://{host}/{name}", publisher={"id": publisher})

    library = load(
        folder(
            tmp_path, at("a", "one", "shared.example"), at("b", "two words", "shared.example"),
            at("c", "three", "x.example"), at("d", "three", "y.example"), at("e", "three", "y.example"),
        )
    )  # fmt: skip
    assert {feed.feed_id: feed.url for feed in feeds(library)} == {
        "one": "https://shared.example/feeds/one.xml",
        "two words": "https://shared.example/feeds/two%20words.xml",
        "three": "https://y.example/feed.xml",
    }


def test_an_empty_library_has_no_events() -> None:
    assert Library([]).next_event(None) is None
