"""JSON-LD of a page (schema.org): the one block that describes its article."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import lxml.html
import msgspec

_ARTICLES: Final = ("NewsArticle", "Article", "ReportageNewsArticle", "OpinionNewsArticle", "AnalysisNewsArticle",
                    "BackgroundNewsArticle", "LiveBlogPosting", "BlogPosting", "WebPage")  # fmt: skip
_LONGEST: Final = 500_000
_MOST_NODES: Final = 2_000


class LinkedArticle(msgspec.Struct, frozen=True, kw_only=True):
    """What the block says, as raw strings; `free` is false where the page says that it must be paid for."""

    headline: str = ""
    published: str = ""
    body: str = ""
    language: str = ""
    authors: list[str] = []
    free: bool = True


def linked_article(tree: lxml.html.HtmlElement) -> LinkedArticle:
    """The best article node of all blocks, empty where there is none. Never raises."""
    nodes = [node for block in _blocks(tree) for node in _nodes(block)]
    for kind in _ARTICLES:
        for node in nodes:
            if kind in _kinds(node):
                return LinkedArticle(
                    headline=_string(node.get("headline")) or _string(node.get("name")),
                    published=_string(node.get("datePublished")),
                    body=_string(node.get("articleBody")),
                    language=_string(node.get("inLanguage")),
                    authors=_names(node.get("author")),
                    free=str(node.get("isAccessibleForFree", True)).lower() != "false",
                )
    return LinkedArticle()


def _blocks(tree: lxml.html.HtmlElement) -> Iterator[Any]:
    for element in tree.iterfind(".//script[@type='application/ld+json']"):
        raw = (element.text or "").strip()
        if 0 < len(raw) <= _LONGEST:
            try:
                yield json.loads(raw, strict=False)  # publishers leave raw line breaks in strings
            except (ValueError, RecursionError):
                continue


def _nodes(block: Any) -> list[dict[str, Any]]:
    """All objects of lists and graphs, breadth first."""
    found: list[dict[str, Any]] = []
    queue = [block]
    while queue and len(found) < _MOST_NODES:
        node = queue.pop(0)
        if isinstance(node, list):
            queue.extend(node[:_MOST_NODES])
        elif isinstance(node, dict):
            found.append(node)
            queue.extend(node[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in node)
    return found


def _kinds(node: dict[str, Any]) -> list[str]:
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return [name.rpartition("/")[2] for name in kinds if isinstance(name, str)]


def _names(author: Any) -> list[str]:
    people = author if isinstance(author, list) else [author]
    names = (person.get("name") if isinstance(person, dict) else person for person in people)
    return [name for name in names if isinstance(name, str) and not name.startswith("http")]


def _string(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    return value.strip() if isinstance(value, str) else ""
