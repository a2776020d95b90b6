"""The bundled catalogue of feeds, and feeds as OPML."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from connectors.feeds.entries import canonical_url, language_tag
from connectors.feeds.plaintext import one_line
from schemas.errors import ConfigError
from schemas.identity import digest
from schemas.ports.feeds import FeedSettings
from schemas.records import Publisher

_NAMESPACE: Final = "https://detente.example/opml"
_SLUG: Final = re.compile(r"[^a-z0-9]+")
_MOST_OUTLINES: Final = 10_000


def bundled() -> list[FeedSettings]:
    """The catalogue that comes with Detente, English first; feeds known as dead or unreadable are disabled."""
    with (files("connectors.feeds") / "catalogue.csv").open(encoding="utf-8") as stream:
        return [_settings(row) for row in csv.DictReader(stream, strict=True)]


def _settings(row: dict[str, str]) -> FeedSettings:
    publisher = Publisher(
        id=row["publisher"],
        name=row["outlet"],
        country=row["country"],
        owner=row["owner"],
        ownership=row["ownership"],
        language=row["language"],
    )
    return FeedSettings(
        feed_id=row["feed_id"],
        url=row["feed_url"],
        name=f"{row['outlet']}: {row['section']}",
        publisher=publisher,
        language=row["language"],
        timezone=row["timezone"],
        format=row["format"],
        enabled=row["enabled"] == "yes",
        note=row["status_note"],
    )


def export_opml(feeds: Iterable[FeedSettings], title: str = "Detente feeds") -> str:
    """OPML 2.0: one outline a feed, grouped by outlet's country; our own fields under our own namespace."""
    ET.register_namespace("detente", _NAMESPACE)
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    groups: dict[str, ET.Element] = {}
    for feed in feeds:
        country = feed.publisher.country
        if country not in groups:
            groups[country] = ET.SubElement(body, "outline", text=country or "other")
        outline = ET.SubElement(groups[country], "outline", type="rss", text=feed.name or feed.url, xmlUrl=feed.url)
        for name, value in _fields(feed):
            if value:
                outline.set(name, value)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _fields(feed: FeedSettings) -> Sequence[tuple[str, str]]:
    publisher = feed.publisher
    own = {
        "id": feed.feed_id,
        "publisher": publisher.id,
        "publisherName": publisher.name,
        "country": publisher.country,
        "owner": publisher.owner,
        "ownership": publisher.ownership,
        "publisherLanguage": publisher.language,
        "timezone": feed.timezone,
        "format": feed.format,
        "every": f"{feed.every:g}",
        "fullText": feed.full_text,
        "enabled": "" if feed.enabled else "no",
        "note": feed.note,
    }
    return [("language", feed.language), *((f"{{{_NAMESPACE}}}{name}", value) for name, value in own.items())]


def import_opml(document: str | bytes) -> list[FeedSettings]:
    """The feeds of an OPML file, ours or another program's, each address once, in the file's order.

    Another program's outlines get a publisher by the feed's host. ConfigError for what is no OPML.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(document)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ConfigError(f"this is no OPML file: {error}") from error
    if root.tag != "opml":
        raise ConfigError(f"this is no OPML file: its root is {root.tag!r}")
    found: dict[str, FeedSettings] = {}
    for outline in list(root.iter("outline"))[:_MOST_OUTLINES]:
        url = (outline.get("xmlUrl") or "").strip()
        address = canonical_url(url) or url
        if url and address not in found:
            found[address] = _outlined(outline, url)
    return list(found.values())


def _outlined(outline: ET.Element, url: str) -> FeedSettings:
    def own(name: str, default: str = "") -> str:
        return outline.get(f"{{{_NAMESPACE}}}{name}") or default

    name = one_line(outline.get("text") or outline.get("title") or "") or url
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    slug = _SLUG.sub("-", (host or name).lower()).strip("-") or "feed"
    language = language_tag(outline.get("language") or "")
    full_text = own("fullText", "auto")
    return FeedSettings(
        feed_id=own("id", f"{slug}-{digest('feed', url)[:8]}"),
        url=url,
        name=name,
        publisher=Publisher(
            id=own("publisher", slug),
            name=own("publisherName", name),
            country=own("country"),
            owner=own("owner", own("publisher", slug)),
            ownership=own("ownership"),
            language=own("publisherLanguage", language),
        ),
        language=language,
        timezone=own("timezone", "UTC"),
        format=own("format", "auto"),
        every=_seconds(own("every", "900")),
        full_text="feed" if full_text == "feed" else "page" if full_text == "page" else "auto",
        enabled=own("enabled") != "no",
        note=own("note"),
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    return seconds if 1.0 <= seconds < 1e9 else 900.0  # noqa: PLR2004
