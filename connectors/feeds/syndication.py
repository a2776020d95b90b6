"""A feed document to items: RSS 0.9x to 2.0, Atom, JSON Feed; with everything that is wrong, under stable codes.

feedparser reads the entries, in the settings that keep it linear and offline; a pass of our own before it settles
charset, attacks and truncation, and lets entries that were read in the last poll be skipped.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import feedparser
import msgspec

from connectors.feeds.charset import decode
from connectors.feeds.dates import parse_date
from connectors.feeds.entries import Context, absolute, feed_item, language_tag, title_text
from connectors.feeds.jsonfeed import parse_json_feed
from connectors.feeds.plaintext import normalised
from connectors.feeds.review import Review
from connectors.feeds.xmlscan import Scan, Tombstone, entity_bomb, scan, with_named_characters
from schemas.ports.feeds import FeedBatch, FeedItem, FeedSettings

_PROLOGUE: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_HTML: Final = re.compile(r"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE: Final = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_ENTRY: Final = re.compile(rb"<(?:\w+:)?(?:item|entry)\b")
_ROOTS: Final = frozenset({"rss", "feed", "rdf", "channel"})
_LONGEST_LOOSE: Final = 1_000_000
"""Characters of a document that is not well-formed: the forgiving reader is slow."""
_MOST_ENTRIES: Final = 2_000


class EntryMemory(msgspec.Struct):
    """Entries of the last document by their digest, valid for one context. The owner passes it to every parse."""

    context: Context | None = None
    items: dict[bytes, FeedItem] = {}


def parse_feed(
    body: bytes,
    headers: Mapping[str, str],
    url: str,
    settings: FeedSettings,
    now: datetime,
    memory: EntryMemory | None = None,
) -> FeedBatch:
    """What the document holds. Never raises for anything in it; ConfigError for an unknown timezone.

    `headers` in lower case; `url` is the address that answered. Outcome `failed` (and not heard) where it is no feed:
    `empty`, `html_instead_of_feed`, `not_a_feed`, `entity_bomb`, `too_deep`. Other codes: `bad_charset`,
    `control_characters`, `truncated`, `not_wellformed`, `no_items`, `too_many_items`, and those of `Review`.
    """
    review = Review(now)
    decoded = decode(body, headers.get("content-type", ""))
    text = decoded.text.lstrip("\ufeff \t\r\n")
    if not text.strip("\0 \t\r\n"):
        return review.failed("empty", "the answer has no content")
    if decoded.damaged:
        review.note("bad_charset", f"bytes that are not {decoded.charset} were replaced")
    context = Context(url, settings.language or settings.publisher.language, settings.timezone)
    if text[0] in "{[":
        parsed = parse_json_feed(text, context)
        if parsed is None:
            return review.failed("not_a_feed", "JSON, but no JSON Feed")
        kind, title, items = parsed
    else:
        if _HTML.match(text):
            return review.failed("html_instead_of_feed", "the address answers with a web page")
        outcome = _parse_xml(text, context, review, memory)
        if isinstance(outcome, FeedBatch):
            return outcome
        kind, title, items = outcome
    return review.batch(items, kind, title)


def _parse_xml(
    text: str, context: Context, review: Review, memory: EntryMemory | None
) -> FeedBatch | tuple[str, str, list[FeedItem]]:
    text, document = _cleaned(text, review)
    if why := entity_bomb(document):
        return review.failed("entity_bomb", why)
    found = scan(document)
    if found.error == "undefined_entity":
        document = with_named_characters(text).encode()
        found = scan(document)
    if found.deep:
        return review.failed("too_deep", "elements are nested hundreds deep")
    if found.root == "html":
        return review.failed("html_instead_of_feed", "the address answers with a web page")
    if found.root not in _ROOTS:
        return review.failed("not_a_feed", f"the document is a {found.root[:40] or 'text'}, not a feed")
    if found.error:
        truncated = found.error == "truncated"
        message = "the document ends early; its last entry is left out" if truncated else "the XML is not well-formed"
        review.note("truncated" if truncated else "not_wellformed", message)
        document = _closed(document, found) if truncated else document[:_LONGEST_LOOSE]
    entries = found.entries if found.error != "not_wellformed" else ()
    if len(entries) > _MOST_ENTRIES:
        review.note("too_many_items", f"{len(entries)} items: the first {_MOST_ENTRIES} are read")
        document = document[: entries[_MOST_ENTRIES - 1][1]] + document[entries[-1][1] :]
        entries = entries[:_MOST_ENTRIES]
    kind, title, items = _read(document, entries, context, memory)
    return kind, title, [*items, *(_tombstone(tomb, context) for tomb in found.tombstones)]


def _cleaned(text: str, review: Review) -> tuple[str, bytes]:
    """The document as XML 1.0 allows it, as text and as UTF-8 that says so."""
    legal = _ILLEGAL.sub("", text)
    if "&#" in legal:
        legal = _REFERENCE.sub(_legal_reference, legal)
    if len(legal) != len(text):
        review.note("control_characters", "characters that XML forbids were removed")
    declared = '<?xml version="1.0" encoding="utf-8"?>' + _PROLOGUE.sub("", legal, count=1).lstrip()
    return declared, declared.encode()


def _legal_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    legal = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000  # noqa: PLR2004
    return match[0] if legal else ""


def _closed(document: bytes, found: Scan) -> bytes:
    """A truncated document cut after its last whole entry, with its open elements closed."""
    if found.entries:
        whole = document[: found.entries[-1][1]]
    else:
        first = _ENTRY.search(document)
        whole = document[: first.start()] if first else document[:_LONGEST_LOOSE]
    closing = {"rss": b"</channel></rss>", "feed": b"</feed>", "channel": b"</channel>"}
    if found.root != "rdf":
        return whole + closing[found.root]
    name = re.search(rb"<((?:\w+:)?RDF)\b", document, re.IGNORECASE)
    return whole + b"</" + (name[1] if name else b"rdf:RDF") + b">"


def _read(
    document: bytes, ranges: tuple[tuple[int, int], ...], context: Context, memory: EntryMemory | None
) -> tuple[str, str, list[FeedItem]]:
    if memory is None or not ranges:
        return _read_all(document, context)[:3]
    digests = [hashlib.blake2b(document[start:end], digest_size=16).digest() for start, end in ranges]
    fresh = [place for place, digest in enumerate(digests) if digest not in memory.items]
    kind, title, items, inherited = _read_all(_only(document, ranges, fresh), context)
    if inherited != memory.context and len(fresh) < len(ranges):
        fresh = list(range(len(ranges)))
        kind, title, items, inherited = _read_all(document, context)
    if len(items) != len(fresh):  # the two readers disagree on what an entry is: believe the full reader, forget
        memory.context, memory.items = None, {}
        return _read_all(document, context)[:3]
    read = dict(zip(fresh, items, strict=True))
    whole = [read[place] if place in read else memory.items[digest] for place, digest in enumerate(digests)]
    memory.context, memory.items = inherited, dict(zip(digests, whole, strict=True))
    return kind, title, whole


def _only(document: bytes, ranges: tuple[tuple[int, int], ...], places: list[int]) -> bytes:
    parts = [
        document[: ranges[0][0]],
        *(document[slice(*ranges[place])] for place in places),
        document[ranges[-1][1] :],
    ]
    return b"".join(parts)


def _read_all(document: bytes, context: Context) -> tuple[str, str, list[FeedItem], Context]:
    parsed: dict[str, Any] = feedparser.parse(
        io.BytesIO(document),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": context.base},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    feed = parsed["feed"]
    home = dict.get(feed, "link")
    inherited = Context(
        absolute(context.base, home) if isinstance(home, str) and home else context.base,
        language_tag(str(dict.get(feed, "language") or "")) or context.language,
        context.timezone,
    )
    items = [feed_item(entry, inherited) for entry in parsed["entries"][:_MOST_ENTRIES]]
    return str(parsed.get("version") or "unknown"), title_text(str(dict.get(feed, "title") or "")), items, inherited


def _tombstone(tomb: Tombstone, context: Context) -> FeedItem:
    when = parse_date(tomb.when, context.timezone)
    return FeedItem(
        guid=tomb.ref,
        url=absolute(context.base, tomb.link) if tomb.link else absolute("", tomb.ref),
        title=title_text(tomb.title),
        content=normalised(tomb.comment),
        updated=when.at if when else None,
        language=context.language,
        retracted=True,
    )
