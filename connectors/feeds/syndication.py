"""A feed document to items: RSS 0.9x to 2.0, Atom, JSON Feed; with everything that is wrong, under stable codes.

feedparser reads the entries, in the settings that keep it linear and offline; a pass of our own before it settles
charset, attacks and truncation, and lets entries that were read in the last poll be skipped.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import feedparser
import msgspec

from connectors.feeds.charset import decode
from connectors.feeds.dates import parse_date
from connectors.feeds.entries import Context, absolute, feed_item, title_text
from connectors.feeds.jsonfeed import parse_json_feed
from connectors.feeds.mending import mended, with_named_characters
from connectors.feeds.plaintext import normalised
from connectors.feeds.review import Review
from connectors.feeds.xmlscan import Scan, Tombstone, entity_bomb, scan
from schemas.ports.feeds import FeedBatch, FeedItem, FeedSettings

_PROLOGUE: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_HTML: Final = re.compile(r"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE: Final = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_ENTRY: Final = re.compile(r"<(?:\w+:)?(?:item|entry)\b")
_ENTRY_END: Final = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>")
_ROOTS: Final = frozenset({"rss", "feed", "rdf", "channel"})
_MOST_ENTRIES: Final = 2_000
_MOST_ELEMENTS: Final = 15_000
_MOST_OUTSIDE: Final = 3_000
"""feedparser takes up to a tenth of a millisecond an element."""
_HEAD: Final = 4_096
_MOST_ALONE: Final = 200
_Ranges = tuple[tuple[int, int], ...]


# feedparser would search the disk at every parse for a driver that nobody has had for ten years.
feedparser.api.PREFERRED_XML_PARSERS = []


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
    `empty`, `html_instead_of_feed`, `not_a_feed`, `entity_bomb`, `too_deep`, `too_complex`. Other codes: `bad_charset`,
    `control_characters`, `truncated`, `not_wellformed`, `no_items`, `too_many_items`, `unreadable_item`, and those
    of `Review`.
    """
    review = Review(now)
    decoded = decode(body, headers.get("content-type", ""))
    text = decoded.text.lstrip("\ufeff \t\r\n")
    if not text.strip("\0 \t\r\n"):
        return review.failed("empty", "the answer has no content")
    if decoded.damaged:
        review.note("bad_charset", f"bytes that are not {decoded.charset} were replaced")
    context = Context(
        base=url,
        language=settings.language or settings.publisher.language,
        timezone=settings.timezone,
        fixed=bool(settings.language),
    )
    if text[0] in "{[":
        parsed = parse_json_feed(text, context)
        if parsed is None:
            return review.failed("not_a_feed", "JSON, but no JSON Feed")
        kind, title, items = parsed
    else:
        if _is_page(text):
            return review.failed("html_instead_of_feed", "the address answers with a web page")
        outcome = _parse_xml(text, context, review, memory)
        if isinstance(outcome, FeedBatch):
            return outcome
        kind, title, items = outcome
    return review.batch(items, kind, title)


def _is_page(text: str) -> bool:
    at = 0
    while text.startswith("<!--", at):
        end = text.find("-->", at)
        if end < 0:
            return False
        at = end + 3
        at += len(text[at : at + 1000]) - len(text[at : at + 1000].lstrip())
    return _HTML.match(text, at) is not None


def _parse_xml(
    text: str, context: Context, review: Review, memory: EntryMemory | None
) -> FeedBatch | tuple[str, str, list[FeedItem]]:
    text, document = _cleaned(text, review)
    if why := entity_bomb(document):
        return review.failed("entity_bomb", why)
    document, found = _wellformed(text, document, review)
    if found.deep:
        return review.failed("too_deep", "elements are nested hundreds deep, or have hundreds of attributes")
    if found.root == "html":
        return review.failed("html_instead_of_feed", "the address answers with a web page")
    if found.root not in _ROOTS:
        return review.failed("not_a_feed", f"the document is a {found.root[:40] or 'text'}, not a feed")
    if found.error:
        return review.failed("not_wellformed", "the XML is beyond repair")
    if found.outside > _MOST_OUTSIDE:
        return review.failed("too_complex", f"{found.outside} elements stand outside of its items")
    document, entries = _bounded(document, found, review)
    kind, title, items = _read(document, entries, context, review, memory)
    return kind, title, [*items, *(_tombstone(tomb, context) for tomb in found.tombstones)]


def _wellformed(text: str, document: bytes, review: Review) -> tuple[bytes, Scan]:
    """The document and its scan, mended where it must be. An item that breaks off at the end is left out, since the
    rest of it would look like a correction later.
    """
    found = scan(document)
    if found.deep or not (found.error or b"<!DOCTYPE" in document[:_HEAD]):
        return document, found
    whole = _without_last_torn(text) if found.error else text
    document = mended(whole)
    if found.root not in _ROOTS:
        pass  # no feed at all, which is the only thing worth saying of it
    elif len(whole) < len(text) or found.error == "truncated":
        review.note("truncated", "the document ends early; what follows its last whole item is left out")
    elif found.error and with_named_characters(text) == text:
        review.note("not_wellformed", "the XML is not well-formed")
    again = scan(document)
    return document, again if found.root in {"", again.root} else found


def _without_last_torn(text: str) -> str:
    last = deque(_ENTRY.finditer(text), maxlen=1)
    return text[: last[0].start()] if last and not _ENTRY_END.search(text, last[0].end()) else text


def _bounded(document: bytes, found: Scan, review: Review) -> tuple[bytes, _Ranges]:
    """The document with no more items and elements than can be read in a second."""
    total, kept = 0, 0
    for count in found.elements[:_MOST_ENTRIES]:
        total += count
        if total > _MOST_ELEMENTS:
            break
        kept += 1
    if kept == len(found.entries):
        return document, found.entries
    review.note("too_many_items", f"{len(found.entries)} items: the first {kept} are read")
    start = found.entries[kept][0]
    return document[:start] + document[found.entries[-1][1] :], found.entries[:kept]


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


class _Reading(msgspec.Struct, frozen=True):
    """What feedparser made of a document, and what its entries inherit."""

    kind: str
    title: str
    items: list[FeedItem]
    inherited: Context


def _read(
    document: bytes, ranges: _Ranges, context: Context, review: Review, memory: EntryMemory | None
) -> tuple[str, str, list[FeedItem]]:
    """Kind, title and items; through the memory where there is one."""
    if memory is None or not ranges:
        whole = _read_whole(document, ranges, context, review)
        return whole.kind, whole.title, whole.items
    digests = [hashlib.blake2b(document[start:end], digest_size=16).digest() for start, end in ranges]
    fresh = [place for place, digest in enumerate(digests) if digest not in memory.items]
    reading = _read_all(_only(document, ranges, fresh), context)
    if reading is not None and reading.inherited != memory.context and len(fresh) < len(ranges):
        fresh = list(range(len(ranges)))
        reading = _read_all(document, context)
    if reading is None or len(reading.items) != len(fresh):  # the two readers disagree on what an entry is
        memory.context, memory.items = None, {}
        return _read(document, ranges, context, review, None)
    read = dict(zip(fresh, reading.items, strict=True))
    items = [read[place] if place in read else memory.items[digest] for place, digest in enumerate(digests)]
    memory.context, memory.items = reading.inherited, dict(zip(digests, items, strict=True))
    return reading.kind, reading.title, items


def _read_whole(document: bytes, ranges: _Ranges, context: Context, review: Review) -> _Reading:
    """The document, or where feedparser gives up on it, its entries one by one without those that it cannot read."""
    reading = _read_all(document, context)
    if reading is not None:
        return reading
    frame = _read_all(_only(document, ranges, []), context) or _Reading("unknown", "", [], context)
    alone = [_read_all(_only(document, ranges, [place]), context) for place in range(min(len(ranges), _MOST_ALONE))]
    review.note("unreadable_item", f"{sum(one is None for one in alone)} of {len(ranges)} items cannot be read")
    items = [item for one in alone if one is not None for item in one.items]
    return msgspec.structs.replace(frame, items=items)


def _only(document: bytes, ranges: _Ranges, places: list[int]) -> bytes:
    if not ranges:
        return document
    parts = [
        document[: ranges[0][0]],
        *(document[slice(*ranges[place])] for place in places),
        document[ranges[-1][1] :],
    ]
    return b"".join(parts)


def _read_all(document: bytes, context: Context) -> _Reading | None:
    """None where feedparser raises, as it does for some misplaced elements (KeyError, AttributeError and others)."""
    try:
        parsed: dict[str, Any] = feedparser.parse(
            io.BytesIO(document),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": context.base},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # noqa: BLE001
        return None
    feed = parsed["feed"]
    home = dict.get(feed, "link")
    inherited = msgspec.structs.replace(
        context,
        base=(absolute(context.base, home) if isinstance(home, str) else "") or context.base,
        language=context.spoken(str(dict.get(feed, "language") or "")),
    )
    items = [feed_item(entry, inherited) for entry in parsed["entries"][:_MOST_ENTRIES]]
    return _Reading(
        str(parsed.get("version") or "unknown"), title_text(str(dict.get(feed, "title") or "")), items, inherited
    )


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
