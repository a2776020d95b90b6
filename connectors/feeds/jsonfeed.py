"""JSON Feed 1.0 and 1.1 to items."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from connectors.feeds.dates import parse_date
from connectors.feeds.entries import Context, absolute, author_names, is_retraction, title_text
from connectors.feeds.plaintext import normalised, plain_text
from schemas.ports.feeds import FeedItem


def parse_json_feed(text: str, context: Context) -> tuple[str, str, list[FeedItem]] | None:
    """Version, title and items; None for JSON that is no JSON Feed. Never raises."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or "jsonfeed.org" not in str(document.get("version", "")):
        return None
    home = absolute(context.base, _string(document, "home_page_url")) or context.base
    inherited = msgspec.structs.replace(context, base=home, language=context.spoken(_string(document, "language")))
    entries = document.get("items")
    items = [
        _item(entry, inherited) for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, dict)
    ]
    version = str(document["version"]).rstrip("/").rpartition("/")[2]
    return f"json{version}"[:20], title_text(_string(document, "title")), items


def _item(entry: dict[str, Any], context: Context) -> FeedItem:
    title = title_text(_string(entry, "title"))
    content = normalised(_string(entry, "content_text")) or plain_text(_string(entry, "content_html"))
    published = parse_date(_string(entry, "date_published"), context.timezone)
    updated = parse_date(_string(entry, "date_modified"), context.timezone)
    first = published or updated
    identifier = entry.get("id")
    return FeedItem(
        guid=(str(identifier) if isinstance(identifier, int) else _string(entry, "id")).strip()[:2000],
        url=absolute(context.base, _string(entry, "url") or _string(entry, "external_url") or _string(entry, "id")),
        title=title,
        summary=plain_text(_string(entry, "summary")),
        content=content,
        published=first.at if first else None,
        published_precision=first.precision if first else "none",
        published_from=("feed" if published else "feed_updated") if first else "",
        updated=updated.at if published and updated and updated.at > published.at else None,
        authors=author_names(_names(entry)),
        language=context.spoken(_string(entry, "language")),
        retracted=is_retraction(title),
    )


def _names(entry: dict[str, Any]) -> list[str]:
    authors = entry.get("authors")
    people = authors if isinstance(authors, list) else [entry.get("author")]
    return [_string(person, "name") for person in people if isinstance(person, dict)]


def _string(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    # JSON can spell lone surrogates, which no later step could encode.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
