"""Broken XML made well-formed, in linear time: feedparser's own forgiving reader takes half a minute for a megabyte."""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from typing import Final

import lxml.etree

_NAMED: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_BARE: Final = re.compile(r"&(?!#?[A-Za-z0-9]{1,31};)")
_XML_NAMES: Final = frozenset({"lt", "gt", "amp", "quot", "apos"})
_PREFIX: Final = re.compile(r"<([A-Za-z_][\w.-]{0,40}):[A-Za-z_]")
_DECLARED: Final = re.compile(r"\sxmlns:([A-Za-z_][\w.-]{0,40})\s*=")
_ROOT: Final = re.compile(r"<[A-Za-z_][\w.:-]*")
_NAMESPACES: Final = {
    "at": "http://purl.org/atompub/tombstones/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}


def with_named_characters(text: str) -> str:
    """HTML's named characters (`&nbsp;`, `&mdash;`) written out, as XML does not know them."""
    return _NAMED.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    character = html.entities.html5.get(f"{match[1]};")
    return match[0] if match[1] in _XML_NAMES or character is None else character


def mended(text: str) -> bytes:
    """The document's root element as well-formed UTF-8 without DOCTYPE, its own entities resolved; b"" where nothing
    can be saved. Bare ampersands are text, missing namespaces of the usual prefixes are declared, unclosed and crossing
    elements are closed as libxml2 sees fit.
    """
    source = _with_namespaces("".join(_pieces(text)))
    parser = lxml.etree.XMLParser(
        recover=True, resolve_entities="internal", no_network=True, load_dtd=False, huge_tree=False, strip_cdata=True,
        encoding="utf-8",
    )  # fmt: skip
    try:
        root = lxml.etree.fromstring(source.encode(), parser)
    except (lxml.etree.LxmlError, ValueError):
        return b""
    if root is None:
        return b""
    root.tail = None
    body: bytes = lxml.etree.tostring(root, encoding="utf-8", with_tail=False)
    return b'<?xml version="1.0" encoding="utf-8"?>' + body.removeprefix(b"<?xml version='1.0' encoding='utf-8'?>\n")


def _pieces(text: str) -> Iterator[str]:
    """Text outside CDATA sections with its ampersands put right, the sections as they are, closed where they must be.

    By `find` and not by a pattern, which would search to the end again for every unclosed section.
    """
    at = 0
    while (start := text.find("<![CDATA[", at)) >= 0:
        yield _BARE.sub("&amp;", with_named_characters(text[at:start]))
        end = text.find("]]>", start)
        if end < 0:
            yield text[start:] + "]]>"
            return
        at = end + 3
        yield text[start:at]
    yield _BARE.sub("&amp;", with_named_characters(text[at:]))


def _with_namespaces(text: str) -> str:
    missing = sorted(set(_PREFIX.findall(text)) - set(_DECLARED.findall(text)) - {"xml"})
    root = _ROOT.search(text)
    if not missing or root is None:
        return text
    declarations = "".join(f' xmlns:{prefix}="{_NAMESPACES.get(prefix, f"urn:{prefix}")}"' for prefix in missing[:50])
    return text[: root.end()] + declarations + text[root.end() :]
