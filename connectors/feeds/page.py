"""The article on a web page: its text by trafilatura, its metadata from JSON-LD, OpenGraph and time elements."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any, Final

import lxml.html
import msgspec

from connectors.feeds.charset import decode
from connectors.feeds.dates import Moment, parse_date
from connectors.feeds.entries import absolute, author_names, language_tag
from connectors.feeds.linkeddata import LinkedArticle, linked_article
from connectors.feeds.plaintext import LONGEST_TEXT, LONGEST_TITLE, normalised, one_line
from schemas.ports.feeds import Problem
from schemas.records import PublishedPrecision

_LONGEST_PAGE: Final = 3_000_000
_MOST_ELEMENTS: Final = 40_000
"""Beyond it only the paragraphs are read: a page of news has a few thousand elements."""
_SHORT: Final = 120
"""Characters: a text shorter than this is doubted where the page itself gives a longer one as data."""
_BRIEF: Final = 600
"""Characters: below it trafilatura takes menus and headers for text, so that the page's own marks are better."""
_SENTENCE: Final = re.compile(r"[.!?…。！？]")
_CHALLENGE: Final = re.compile(
    r"<title[^>]*>\s*(Just a moment|Attention Required|Access denied|DDoS-Guard|Checking your browser)", re.IGNORECASE
)
_REFRESH: Final = re.compile(r"""<meta[^>]{1,200}http-equiv\s*=\s*["']?refresh\b[^>]{1,200}url\s*=""", re.IGNORECASE)
_DATE_NAMES: Final = (
    "article:published_time", "og:article:published_time", "datepublished", "pubdate", "publishdate", "publish_date",
    "date", "dc.date", "dc.date.issued", "dcterms.created", "parsely-pub-date", "sailthru.date",
)  # fmt: skip


class PageText(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says. Paragraphs of `text` are separated by one blank line; every field may be empty."""

    title: str = ""
    text: str = ""
    published: datetime | None = None
    published_precision: PublishedPrecision = "none"
    authors: tuple[str, ...] = ()
    language: str = ""
    canonical_url: str = ""
    problems: tuple[Problem, ...] = ()


def extract_page(html: bytes | str, url: str, content_type: str = "", timezone: str = "UTC") -> PageText:
    """The article. Never raises for anything in the page; ConfigError for an unknown timezone.

    `timezone` reads dates without zone. Problems: `empty`, `bad_charset`, `challenge`, `meta_refresh`, `too_complex`,
    `no_text`, `paywall`, `not_html`.
    """
    problems: list[Problem] = []
    text = html if isinstance(html, str) else _decoded(html, content_type, problems)
    text = text[:_LONGEST_PAGE].replace("\0", "")
    if not text.strip():
        return PageText(problems=(*problems, Problem(code="empty", message="the page has no content")))
    if _CHALLENGE.search(text[:20_000]):
        problems.append(Problem(code="challenge", message="the page asks for a browser check instead of answering"))
    tree = _tree(text)
    if tree is None:
        return PageText(problems=(*problems, Problem(code="not_html", message="the answer is no HTML")))
    return _extracted(tree, text, url, timezone, problems)


def _decoded(html: bytes, content_type: str, problems: list[Problem]) -> str:
    decoded = decode(html, content_type)
    if decoded.damaged:
        problems.append(Problem(code="bad_charset", message=f"bytes that are not {decoded.charset} were replaced"))
    return decoded.text


def _tree(text: str) -> lxml.html.HtmlElement | None:
    try:
        # As bytes: lxml refuses a str that declares an encoding, and stops at lone surrogates.
        parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        tree = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return None
    return tree if isinstance(tree.tag, str) else None


def _extracted(tree: lxml.html.HtmlElement, html: str, url: str, timezone: str, problems: list[Problem]) -> PageText:
    meta = _meta(tree)
    linked = linked_article(tree)
    heading = _first_text(tree, "//h1") or _first_text(tree, "//title")
    # Data blocks are plain text by their standard, yet some publishers write entities there; tags they do not.
    title = one_line(unescape(linked.headline) or meta.get("og:title", "") or heading)[:LONGEST_TITLE].rstrip()
    published = _published(tree, meta, linked, timezone)
    canonical = _canonical(tree, meta, url)
    language = language_tag(tree.get("lang") or linked.language or meta.get("og:locale", ""))
    authors = author_names(linked.authors or [meta[name] for name in ("author", "article:author") if name in meta])
    body = _body(tree, title, problems)
    own = normalised(linked.body)[:LONGEST_TEXT]
    if len(own) >= len(body) and (len(body) < _SHORT or own.split() == body.split()):
        body = own
    if not linked.free:
        problems.append(Problem(code="paywall", message="the page says that it is not free to read"))
    if not body:
        code = "meta_refresh" if _REFRESH.search(html[:20_000]) else "no_text"
        problems.append(Problem(code=code, message="no article text was found on the page"))
    return PageText(
        title=title,
        text=body,
        published=published.at if published else None,
        published_precision=published.precision if published else "none",
        authors=authors,
        language=language,
        canonical_url=canonical,
        problems=tuple(problems),
    )


def _body(tree: lxml.html.HtmlElement, title: str, problems: list[Problem]) -> str:
    from trafilatura import bare_extraction

    marked = _marked_paragraphs(tree)
    if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS:
        problems.append(Problem(code="too_complex", message=f"more than {_MOST_ELEMENTS} elements: paragraphs only"))
        paragraphs = [element.text_content() for element in tree.iterfind(".//p")]
    else:
        document: Any = bare_extraction(
            tree, fast=True, include_comments=False, include_tables=False, with_metadata=False
        )
        paragraphs = (document.text or "").split("\n") if document is not None else []
        length = sum(map(len, paragraphs))
        if marked and length < _BRIEF:
            paragraphs = marked
        elif length < _SHORT and not _SENTENCE.search(" ".join(paragraphs)):
            paragraphs = []  # labels of a menu, since nothing else was there
    clean = [normalised(paragraph) for paragraph in paragraphs]
    clean = [paragraph for paragraph in clean if paragraph]
    if clean and " ".join(clean[0].split()).casefold() == title.casefold():
        clean = clean[1:]  # the headline, repeated on top of the text
    return "\n\n".join(clean)[:LONGEST_TEXT]


def _marked_paragraphs(tree: lxml.html.HtmlElement) -> list[str]:
    """Paragraphs of what the page itself marks as its one article."""
    for path in (".//*[@itemprop='articleBody']", ".//article"):
        found = tree.findall(path)
        if len(found) == 1:
            return [paragraph.text_content() for paragraph in found[0].iterfind(".//p")]
    return []


def _meta(tree: lxml.html.HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iterfind(".//meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        content = (element.get("content") or "").strip()
        if name and content:
            found.setdefault(name, content)
    return found


def _published(
    tree: lxml.html.HtmlElement, meta: dict[str, str], linked: LinkedArticle, timezone: str
) -> Moment | None:
    candidates = [linked.published, *(meta.get(name, "") for name in _DATE_NAMES)]
    times = [element.get("datetime") or "" for element in tree.iterfind(".//time")]
    candidates += times[:1] if len(times) == 1 else [_article_time(tree)]
    return next((moment for raw in candidates if raw and (moment := parse_date(raw, timezone))), None)


def _article_time(tree: lxml.html.HtmlElement) -> str:
    """Of several time elements the one marked as publication, else the first inside the article."""
    for path in (".//time[@itemprop='datePublished']", ".//time[@pubdate]", ".//article//time"):
        element = tree.find(path)
        if element is not None and element.get("datetime"):
            return str(element.get("datetime"))
    return ""


def _canonical(tree: lxml.html.HtmlElement, meta: dict[str, str], url: str) -> str:
    link = tree.find(".//link[@rel='canonical']")
    href = link.get("href") if link is not None else None
    return absolute(url, href or meta.get("og:url", "") or url)


def _first_text(tree: lxml.html.HtmlElement, path: str) -> str:
    found = tree.find(f".{path}")
    return "" if found is None else str(found.text_content())
