"""Plain text: of HTML fragments, and of whatever a feed or page calls text. Linear in the length of its input."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

import lxml.html

LONGEST_TEXT: Final = 400_000
"""Characters of an article's text that are kept: two hundred pages."""
LONGEST_TITLE: Final = 1_000
_LONGEST_FRAGMENT: Final = 2_000_000

# Characters that carry no meaning for a reader and break matching: controls, zero-width and direction marks, soft
# hyphens, byte-order marks, lone surrogates, non-characters. U+200C and U+200D stay: scripts need them.
_DROPPED: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_BREAKS: Final = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029\r\n]")
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n\s*")
_MARKUP: Final = re.compile(r"<[a-zA-Z/!?]|&[#a-zA-Z]")
_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
        "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
        "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "th", "tr", "ul",
    }
)  # fmt: skip
_SILENT: Final = frozenset({"script", "style", "noscript", "template", "iframe", "object", "svg", "head", "title"})


def normalised(text: str) -> str:
    """NFC, no control or invisible direction characters, paragraphs separated by one blank line.

    White space within a paragraph is one blank; a single line break is white space.
    """
    unbroken = _BREAKS.sub("\n", text.replace("\r\n", "\n"))
    clean = unicodedata.normalize("NFC", _DROPPED.sub("", unbroken))
    paragraphs = (" ".join(part.split()) for part in _PARAGRAPH.split(clean))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def one_line(text: str) -> str:
    """The same on one line, for titles and names."""
    return " ".join(normalised(text).split())


def plain_text(fragment: str) -> str:
    """The text of an HTML fragment, normalised; text without markup stays as it is. Never raises."""
    fragment = fragment[:_LONGEST_FRAGMENT]
    if not _MARKUP.search(fragment):
        return normalised(fragment)[:LONGEST_TEXT]
    if "<" not in fragment:
        return normalised(html.unescape(fragment))[:LONGEST_TEXT]
    try:
        root = lxml.html.fragment_fromstring(_DROPPED.sub("", fragment), create_parent="div")
    except (ValueError, AssertionError, lxml.etree.LxmlError):
        return normalised(html.unescape(re.sub(r"<[^<>]*>", " ", fragment)))[:LONGEST_TEXT]
    return normalised("".join(_pieces(root)))[:LONGEST_TEXT]


def _pieces(root: lxml.html.HtmlElement) -> list[str]:
    """Text in document order, without recursion: a fragment may be nested thousands deep."""
    pieces: list[str] = []
    silent = 0
    for event, element in lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in {"comment", "pi"}:
            pieces.append("" if silent else element.tail or "")
            continue
        name = element.tag
        if name in _SILENT:
            silent += 1 if event == "start" else -1
        elif name in _BLOCKS:
            pieces.append("\n\n")
        elif name == "br" and event == "start":
            pieces.append("\n")
        follows = element.text if event == "start" else (element.tail if element is not root else "")
        if not silent:
            pieces.append((follows or "").replace("\n", " "))
    return pieces
