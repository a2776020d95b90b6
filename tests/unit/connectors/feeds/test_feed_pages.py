from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from connectors.feeds.page import PageText, extract_page

URL = "https://hangang.example/2023/08/24/a?utm_source=x"
FIRST = (
    "Seoul said on Thursday that it would raise the matter with Tokyo at the next meeting of the two foreign ministers."
)
SECOND = "A spokesman declined to name a date. Officials of both ministries have met four times since the spring."


def page(
    head: str = "", body: str = f"<article><h1>Head</h1><p>{FIRST}</p><p>{SECOND}</p></article>", lang: str = "en"
) -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>Head | Hangang Post</title>{head}</head>'
        f"<body><nav><a href='/'>Home</a><a href='/w'>World</a></nav>{body}<footer><p>All rights reserved.</p></footer></body></html>"
    )


def linked(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(fields)}</script>'


def codes(found: PageText) -> list[str]:
    return [problem.code for problem in found.problems]


def test_text_and_headline() -> None:
    found = extract_page(page(), URL)
    assert found.title == "Head"
    assert found.text == f"{FIRST}\n\n{SECOND}"
    assert (found.language, found.canonical_url, found.published, codes(found)) == ("en", URL, None, [])


def test_briefs_are_read_without_what_stands_around_them() -> None:
    around = '<header><a href="/">Hangang Post</a></header><article><h1>Head</h1><p>One short line.</p><p>And one more.</p></article>'
    assert extract_page(page(body=around), URL).text == "One short line.\n\nAnd one more."


@pytest.mark.parametrize(
    "head, published",
    [
        (linked(**{"@type": "NewsArticle", "datePublished": "2023-08-24T15:10:00+09:00"}), "2023-08-24T06:10"),
        (
            linked(
                **{
                    "@graph": [
                        {"@type": "WebSite"},
                        {"@type": ["Thing", "NewsArticle"], "datePublished": "2023-08-24 15:10"},
                    ]
                }
            ),
            "2023-08-24T06:10",
        ),
        ('<meta property="article:published_time" content="2023-08-24T06:10:00Z">', "2023-08-24T06:10"),
        ('<meta name="pubdate" content="2023.08.24 15:10">', "2023-08-24T06:10"),
        ('<meta itemprop="datePublished" content="2023-08-24T06:10:00Z">', "2023-08-24T06:10"),
        (
            linked(**{"@type": "NewsArticle", "datePublished": "soon"}) + '<meta name="date" content="2023-08-24">',
            "2023-08-24T03:00",
        ),
    ],
)
def test_dates(head: str, published: str) -> None:
    found = extract_page(page(head), URL, timezone="Asia/Seoul")
    assert found.published is not None
    assert found.published.isoformat().startswith(published)


@pytest.mark.parametrize(
    "times, found",
    [
        ('<time datetime="2023-08-24T06:10:00Z">x</time>', True),
        ('<article><p>a</p><time datetime="2023-08-24T06:10:00Z">x</time></article><time datetime="2020-01-01">y</time>', True),
        ('<time datetime="2020-01-01">y</time><time itemprop="datePublished" datetime="2023-08-24T06:10:00Z">x</time>', True),
        ('<time datetime="2020-01-01">y</time><time datetime="2021-01-01">x</time>', False),
    ],
)  # fmt: skip
def test_time_elements(times: str, found: bool) -> None:
    published = extract_page(page(body=f"{times}<p>{FIRST}</p><p>{SECOND}</p>"), URL).published
    assert published == (datetime(2023, 8, 24, 6, 10, tzinfo=UTC) if found else None)


def test_people_language_and_address() -> None:
    head = linked(
        **{"@type": "NewsArticle", "author": [{"name": "Kim"}, "Lee", {"name": "Kim"}], "headline": "Real head"}
    )
    found = extract_page(page(head + '<link rel="canonical" href="/2023/08/24/a">', lang="ko-KR"), URL)
    assert (found.authors, found.language, found.title) == (("Kim", "Lee"), "ko", "Real head")
    assert found.canonical_url == "https://hangang.example/2023/08/24/a"
    assert extract_page(page('<meta name="author" content="Park">'), URL).authors == ("Park",)


def test_text_that_only_the_data_holds() -> None:
    head = linked(**{"@type": "NewsArticle", "articleBody": f"{FIRST}\n\n{SECOND}", "isAccessibleForFree": "False"})
    found = extract_page(page(head, body="<div id='app'></div>"), URL)
    assert found.text == f"{FIRST}\n\n{SECOND}"
    assert codes(found) == ["paywall"]


@pytest.mark.parametrize(
    "html, code",
    [
        ("", "empty"),
        ("   ", "empty"),
        ("<html><head><title>Just a moment...</title></head><body></body></html>", "challenge"),
        ('<html><head><meta http-equiv="refresh" content="0; url=/x"></head></html>', "meta_refresh"),
        (page(body=""), "no_text"),
        (page(body="<p></p>" * 50_000), "too_complex"),
    ],
)
def test_pages_without_an_article(html: str, code: str) -> None:
    assert code in codes(extract_page(html, URL))


@pytest.mark.parametrize("charset", ["utf-8", "cp949", "utf-16"])
def test_charsets(charset: str) -> None:
    text = "북한이 24일 새벽 위성을 발사했다고 합동참모본부가 밝혔다. 정부는 국가안전보장회의를 소집했다."
    html = page(body=f"<article><h1>제목</h1><p>{text}</p><p>{text} 둘째 문단이다.</p></article>")
    declared = html.replace('charset="utf-8"', f'charset="{"euc-kr" if charset == "cp949" else charset}"')
    assert extract_page(declared.encode(charset), URL).text == f"{text}\n\n{text} 둘째 문단이다."


def test_broken_data_blocks_are_skipped() -> None:
    bad = (
        '<script type="application/ld+json">{"@type": "NewsArticle", </script><script type="application/ld+json">'
        + "[" * 5000
        + "</script>"
    )
    raw = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Line\nbreak"}</script>'
    assert extract_page(page(bad + raw), URL).title == "Line break"


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 50_000,
        "<p>x</p>" * 100_000,
        "<p>" + "word " * 300_000,
        "<" * 500_000,
        "<a href='" * 100_000,
        "<table><tr><td>" * 20_000,
    ],
    ids=["deep", "wide", "long", "open", "attributes", "tables"],
)
def test_hostile_pages(body: str) -> None:
    start = time.process_time()
    extract_page(page(body=body), URL)
    assert time.process_time() - start < 4


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 60),
            st.sampled_from(["", "<", ">", "</p>", "\0", '"', "<script>", "&#xD800;", "\ud800"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_mutated_pages_never_raise(edits: list[tuple[float, int, str]]) -> None:
    html = page(linked(**{"@type": "NewsArticle", "author": {"name": "Kim"}}))
    for place, removed, inserted in edits:
        at = int(place * len(html))
        html = html[:at] + inserted + html[at + removed :]
    assert msgspec.json.encode(extract_page(html, URL))
    assert msgspec.json.encode(extract_page(html.encode("utf-8", "surrogatepass"), URL))
