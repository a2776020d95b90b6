from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors.feeds.entries import is_retraction
from connectors.feeds.syndication import EntryMemory, parse_feed
from schemas.ports.feeds import FeedBatch, FeedItem, FeedSettings
from schemas.records import Publisher

NOW = datetime(2023, 8, 25, 12, 0, tzinfo=UTC)
URL = "https://hangang.example/feed.xml"
SETTINGS = FeedSettings(
    feed_id="h", url=URL, publisher=Publisher(id="h", name="H", language="en"), timezone="Asia/Seoul"
)
Rss = Callable[..., bytes]


def parse(body: bytes | str, memory: EntryMemory | None = None, **headers: str) -> FeedBatch:
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return parse_feed(data, named, URL, SETTINGS, NOW, memory)


def codes(batch: FeedBatch) -> list[str]:
    return [problem.code for problem in batch.problems]


ITEM = (
    "<item><title>Seoul &amp;amp; Tokyo</title><link>https://hangang.example/1</link><guid>https://hangang.example/1</guid>"
    "<pubDate>Thu, 24 Aug 2023 15:10:00 +0900</pubDate><description>&lt;p&gt;Short.&lt;/p&gt;</description>"
    "<content:encoded><![CDATA[<p>Long one.</p><p>Long two.</p>]]></content:encoded><dc:creator>Kim</dc:creator></item>"
)


def test_rss(rss: Rss) -> None:
    batch = parse(rss(ITEM, head="<title>News &amp;amp; more</title><language>en-US</language>"))
    assert (batch.outcome, batch.heard, batch.format, batch.title) == ("items", True, "rss20", "News & more")
    assert batch.problems == ()
    assert batch.items == (
        FeedItem(
            guid="https://hangang.example/1", url="https://hangang.example/1", title="Seoul & Tokyo", summary="Short.",
            content="Long one.\n\nLong two.", published=datetime(2023, 8, 24, 6, 10, tzinfo=UTC),
            published_precision="second", published_from="feed", authors=("Kim",), language="en",
        ),
    )  # fmt: skip


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/a/" xml:lang="ko">
<title type="html">T &amp;amp; U</title><id>x</id><updated>2023-08-24T00:00:00Z</updated>
<entry><title>One</title><id>tag:1</id><link rel="enclosure" href="a.mp3"/><link href="one?x=1&amp;y=2"/>
<published>2023-08-24T06:10:00Z</published><updated>2023-08-25T01:00:00Z</updated><author><name>Kim</name></author>
<author><name>Lee</name></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A</p><p>B</p></div></content></entry>
<entry><title>Two</title><id>tag:2</id><link href="/two"/><updated>2023-08-24T07:00:00Z</updated><summary>S</summary></entry></feed>"""


def test_atom() -> None:
    one, two = parse(ATOM).items
    assert (one.url, one.guid) == ("https://base.example/a/one?x=1&y=2", "tag:1")
    assert (one.content, one.summary, one.authors) == ("A\n\nB", "", ("Kim", "Lee"))
    assert one.updated == datetime(2023, 8, 25, 1, 0, tzinfo=UTC)
    assert (two.url, two.published_from, two.updated) == ("https://base.example/two", "feed_updated", None)
    assert two.published == datetime(2023, 8, 24, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "document, kind",
    [
        ('<rss version="0.91"><channel><title>T</title><item><title>A</title><link>http://n.example/a</link></item></channel></rss>', "rss091u"),
        ('<rss version="0.92"><channel><title>T</title><item><title>A</title><link>http://n.example/a</link></item></channel></rss>', "rss092"),
        (('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
         "<channel><title>T</title></channel><item><title>A</title><link>http://n.example/a</link></item></rdf:RDF>"), "rss090"),
        (('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
         '<channel rdf:about="x"><title>T</title></channel><item rdf:about="http://n.example/a"><title>A</title><link>http://n.example/a</link></item></rdf:RDF>'), "rss10"),
        (('<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
         '<rss version="0.91"><channel><title>T</title><item><title>A</title><link>http://n.example/a</link></item></channel></rss>'), "rss091u"),
        (('<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><entry><title>A</title>'
         '<link rel="alternate" type="text/html" href="http://n.example/a"/></entry></feed>'), "atom03"),
        ('{"version":"https://jsonfeed.org/version/1","title":"T","items":[{"id":1,"title":"A","url":"http://n.example/a"}]}', "json1"),
        ('{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","title":"A","url":"http://n.example/a"}]}', "json1.1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("memory", [None, EntryMemory()])
def test_formats(document: str, kind: str, memory: EntryMemory | None) -> None:
    batch = parse(document, memory)
    assert (batch.outcome, batch.format, batch.title) == ("items", kind, "T")
    assert [(item.title, item.url) for item in batch.items] == [("A", "http://n.example/a")]


def test_json_feed_fields() -> None:
    batch = parse(
        '{"version":"https://jsonfeed.org/version/1.1","language":"ko-KR","items":[{"id":"x\\ud800","url":"/a","content_html":"<p>A</p>",'
        '"summary":"S","date_published":"2023-08-24T15:10:00","date_modified":"2023-08-25T00:00:00Z","authors":[{"name":"Kim"}]},7]}'
    )
    (item,) = batch.items
    assert (item.guid, item.url, item.content, item.summary, item.language) == (
        "x?",
        "https://hangang.example/a",
        "A",
        "S",
        "ko",
    )
    assert (item.published, item.authors) == (datetime(2023, 8, 24, 6, 10, tzinfo=UTC), ("Kim",))
    assert item.updated == datetime(2023, 8, 25, tzinfo=UTC)


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<rss><channel><item><title>&b;</title></item></channel></rss>"
)
BAD = [
    ("", "empty"),
    (" \r\n\t ", "empty"),
    ("\ufeff", "empty"),
    ("\0\0\0", "empty"),
    ("<!DOCTYPE html><html><body>Not found</body></html>", "html_instead_of_feed"),
    ("<!-- x --><HTML lang=en>", "html_instead_of_feed"),
    ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "html_instead_of_feed"),
    ("Error 500", "not_a_feed"),
    ("<sitemapindex/>", "not_a_feed"),
    ('{"error":"no"}', "not_a_feed"),
    ("[" * 100_000, "not_a_feed"),
    ("<?xml version='1.0'?>", "not_a_feed"),
    (BOMB, "entity_bomb"),
    (
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>',
        "entity_bomb",
    ),
    ('<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd">%x;]><rss/>', "entity_bomb"),
    (
        f'<!DOCTYPE r [<!ENTITY a "{"x" * 199}">]><rss><channel><title>{"&a;" * 20_000}</title></channel></rss>',
        "entity_bomb",
    ),
    ("<rss>" + "<a>" * 5000, "too_deep"),
    ("<rss><channel><item " + " ".join(f'a{n}="1"' for n in range(20_000)) + "/></channel></rss>", "too_deep"),
]


@pytest.mark.parametrize("body, code", BAD, ids=[f"{code}-{n}" for n, (_, code) in enumerate(BAD)])
def test_what_is_no_feed(body: str, code: str) -> None:
    batch = parse(body)
    assert (batch.outcome, batch.heard, codes(batch), batch.items) == ("failed", False, [code], ())


def test_harmless_entities_are_read() -> None:
    batch = parse(
        '<!DOCTYPE r [<!ENTITY co "Hangang">]><rss version="2.0"><channel><title>&co; Post</title></channel></rss>'
    )
    assert batch.title == "Hangang Post"
    assert codes(batch) == ["no_items"]


def test_truncated(rss: Rss) -> None:
    whole = rss(ITEM, ITEM.replace("/1<", "/2<"))
    for cut in range(whole.index(b"</item>") + 7, len(whole) - 20, 13):
        batch = parse(whole[:cut])
        assert "truncated" in codes(batch)
        assert [item.url[-1] for item in batch.items] == (["1", "2"] if cut >= whole.rindex(b"</item>") + 7 else ["1"])
    first = parse(whole[: whole.index(b"</item>") - 3])
    assert first.items == ()
    assert "truncated" in codes(first)


@pytest.mark.parametrize("cut", [220, 320])
def test_truncated_atom_and_rdf(cut: int) -> None:
    assert "truncated" in codes(parse(ATOM[:cut]))
    rdf = (
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel r:about="x"/>'
        '<item r:about="http://n.example/a"><title>A</title><link>http://n.example/a</link></item><item r:about="b"><tit'
    )
    assert [item.title for item in parse(rdf).items] == ["A"]


def test_not_wellformed_is_still_read(rss: Rss) -> None:
    batch = parse(rss(ITEM.replace("</description>", "</wrong>")))
    assert codes(batch) == ["not_wellformed"]
    assert batch.items[0].url == "https://hangang.example/1"


def test_html_names_and_forbidden_characters(rss: Rss) -> None:
    batch = parse(rss(ITEM.replace("Seoul", "Seoul&nbsp;&mdash;&#0;&#xFFFF;\x01&#x1F600;")))
    assert batch.items[0].title == "Seoul —😀 & Tokyo"
    assert codes(batch) == ["control_characters"]


@pytest.mark.parametrize("charset, label", [("cp949", "euc-kr"), ("utf-8", "euc-kr"), ("utf-16", "utf-16")])
def test_charsets_reach_the_items(charset: str, label: str) -> None:
    document = f'<?xml version="1.0" encoding="{label}"?><rss version="2.0"><channel><title>한국</title><item><title>북한 똠방</title><link>http://n.example/1</link></item></channel></rss>'
    for memory in (None, EntryMemory()):
        assert parse(document.encode(charset), memory).items[0].title == "북한 똠방"


def test_damaged_charset_is_said(rss: Rss) -> None:
    batch = parse(rss(ITEM.replace("Long one", "한국과 일본 ~ 한국")).replace(b"~", b"\xff"))
    assert codes(batch) == ["bad_charset"]
    assert batch.items[0].content.startswith("한국과 일본 \ufffd 한국")


def item(n: int, guid: str = "", link: str = "", title: str = "", date: str = "") -> str:
    when = f"<pubDate>{date}</pubDate>" if date else "<pubDate>Thu, 24 Aug 2023 06:10:00 GMT</pubDate>"
    return (
        f"<item><title>{title or f'T{n}'}</title><link>{link or f'https://hangang.example/{n}'}</link>"
        f"<guid isPermaLink='false'>{guid or n}</guid>{when if date != '-' else ''}</item>"
    )


def test_one_guid_for_all_is_ignored(rss: Rss) -> None:
    batch = parse(rss(*(item(n, guid="same") for n in range(3))))
    assert codes(batch) == ["duplicate_guid"]
    assert [i.guid for i in batch.items] == ["", "", ""]


def test_one_address_for_several_is_ignored(rss: Rss) -> None:
    batch = parse(rss(*(item(n, link="https://hangang.example/section") for n in range(3)), item(9)))
    assert codes(batch) == ["duplicate_url"]
    assert [i.url for i in batch.items] == ["", "", "", "https://hangang.example/9"]


def test_an_article_and_its_correction_keep_their_address(rss: Rss) -> None:
    batch = parse(rss(item(2, link="https://hangang.example/1", title="Corrected: T"), item(1)))
    assert codes(batch) == []
    assert {i.url for i in batch.items} == {"https://hangang.example/1"}


def test_dates_missing_future_and_stale(rss: Rss) -> None:
    assert codes(parse(rss(item(1, date="-"), item(2)))) == ["no_date"]
    assert codes(parse(rss(item(1, date="Thu, 01 Jan 1970 00:00:00 GMT"), item(2)))) == ["no_date"]
    assert codes(parse(rss(item(1, date="Thu, 24 Aug 2062 06:10:00 GMT")))) == ["future_date"]
    assert codes(parse(rss(item(1, date="Fri, 25 Aug 2023 12:10:00 GMT")))) == []
    assert codes(parse(rss(item(1, date="Tue, 12 Dec 2017 06:10:00 GMT")))) == ["zombie"]


def test_zoneless_dates_are_in_the_feeds_zone(rss: Rss) -> None:
    batch = parse(rss(item(1, date="Thu, 24 Aug 2023 15:10:00"), item(2, date="2023.08.24 오후 3:10")))
    assert [i.published for i in batch.items] == [datetime(2023, 8, 24, 6, 10, tzinfo=UTC)] * 2


def test_items_that_say_nothing(rss: Rss) -> None:
    batch = parse(rss("<item></item>", item(1)))
    assert codes(batch) == ["empty_item"]
    assert len(batch.items) == 1


@pytest.mark.parametrize(
    "title, taken_back",
    [
        ("RETRACTED: Trucks seized", True), ("Retraction: Trucks", True), ("[WITHDRAWN] Trucks", True),
        ("Withdrawn — report on trucks", True), ("RETRACTED", True), ("“Withdrawn: report", True),
        ("Withdrawn troops return", False), ("Retraction of claims demanded", False), ("Not retracted: x", False),
        ("RETRACTEDLY: x", False), ("", False),
    ],
)  # fmt: skip
def test_titles_of_retractions(title: str, taken_back: bool) -> None:
    assert is_retraction(title) is taken_back


def test_tombstones(rss: Rss) -> None:
    tomb = (
        '<at:deleted-entry ref="tag:1" when="2023-08-25T00:00:00Z"><atom:title>Withdrawn</atom:title>'
        '<atom:link href="/1"/><at:comment>It was wrong.</at:comment></at:deleted-entry>'
        '<at:deleted-entry ref="https://hangang.example/2" when="2023-08-25T00:00:00Z"/>'
    )
    for memory in (None, EntryMemory()):
        batch = parse(rss(item(3), tomb), memory)
        assert codes(batch) == []
        assert batch.items[1:] == (
            FeedItem(guid="tag:1", url="https://hangang.example/1", title="Withdrawn", content="It was wrong.",
                     updated=datetime(2023, 8, 25, tzinfo=UTC), language="en", retracted=True),
            FeedItem(guid="https://hangang.example/2", url="https://hangang.example/2",
                     updated=datetime(2023, 8, 25, tzinfo=UTC), language="en", retracted=True),
        )  # fmt: skip


def test_memory_changes_nothing_but_the_time(rss: Rss) -> None:
    memory = EntryMemory()
    documents = [
        rss(item(1)),
        rss(item(2), item(1)),
        rss(item(3), item(2, title="changed"), item(1)),
        rss(item(3), item(1)),
        rss(item(3), item(1), head="<title>N</title><language>ja</language>"),
        rss(),
        rss(item(4), item(4)),
        ATOM.encode(),
    ]
    for document in documents:
        remembered = parse(document, memory)
        assert remembered == parse(document)
        assert parse(document, memory) == remembered


def test_entries_seen_before_cost_little(rss: Rss) -> None:
    document = rss(*(ITEM.replace("/1<", f"/{n}<").replace("Long one.", "Long one. " * 100) for n in range(100)))
    memory = EntryMemory()

    def cost() -> float:
        start = time.process_time()
        parse(document, memory)
        return time.process_time() - start

    first, again = cost(), min(cost() for _ in range(3))
    assert again < first / 3


HOSTILE = {
    "million tags": b"<rss version='2.0'><channel>" + b"<a/>" * 250_000,
    "one item without end": b"<rss version='2.0'><channel><item><title>" + b"x" * 1_000_000,
    "loose tags": b"<rss version='2.0'><channel><item><description>" + b"<p " * 300_000,
    "angle brackets": b"<rss>" + b"<" * 1_000_000,
    "ampersands": b"<rss><channel><title>" + b"&" * 1_000_000 + b"</title></channel></rss>",
    "long title": b"<rss version='2.0'><channel><item><title>" + b"y " * 500_000 + b"</title></item></channel></rss>",
    "quotes": b"<rss version='2.0'><channel a=\"" + b"'" * 1_000_000,
    "declarations": b"<!DOCTYPE rss [" + b"<!ELEMENT a (b)>" * 60_000 + b"]><rss/>",
    "comments": b"<rss><channel>" + b"<!-- -- -->" * 90_000 + b"</channel></rss>",
    "cdata": b"<rss><channel><item><description>" + b"<![CDATA[" * 100_000 + b"</description></item></channel></rss>",
    "many items": b"<rss version='2.0'><channel>" + b"<item><title>a</title></item>" * 30_000 + b"</channel></rss>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_takes_seconds_at_most(name: str) -> None:
    start = time.process_time()
    msgspec.json.encode(parse(HOSTILE[name]))
    assert time.process_time() - start < 3


SEEDS = [
    ATOM.encode(),
    (
        '<?xml version="1.0" encoding="euc-kr"?><rss version="2.0"><channel><title>한국</title>'
        + item(1)
        + item(2)
        + "</channel></rss>"
    ).encode("cp949"),
    b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","url":"/a","content_html":"<p>A</p>","date_published":"2023"}]}',
    BOMB.encode(),
]
EDIT = st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(
    [b"", b"<", b">", b"&", b"]]>", b"<!--", b"\x00", b"\xff\xfe", b"<item>", b"</item>", b"<![CDATA[", b"&#0;", b"<?x", b'"', b"\xed\xa0\x80", b"xmlns:a='b'"]))  # fmt: skip


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.lists(EDIT, min_size=1, max_size=6))
def test_mutated_documents_never_raise(seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    body = seed
    for place, removed, inserted in edits:
        at = int(place * len(body))
        body = body[:at] + inserted + body[at + removed :]
    memory = EntryMemory()
    for _ in range(2):
        batch = parse_feed(body, {"content-type": "text/xml"}, URL, SETTINGS, NOW, memory)
        assert batch.outcome in {"items", "failed"}
        assert msgspec.json.encode(batch)
        assert all(i.published is None or i.published < NOW + timedelta(days=40_000) for i in batch.items)


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.text(max_size=40))
def test_any_bytes_never_raise(body: bytes, header: str) -> None:
    assert msgspec.json.encode(parse_feed(body, {"content-type": header}, URL, SETTINGS, NOW))
    assert msgspec.json.encode(parse_feed(b"<rss><channel>" + body, {"content-type": header}, URL, SETTINGS, NOW))
