"""The newsroom's documents: feeds in RSS 2.0 and Atom, article pages, retraction notices. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from connectors.newsroom.layout import Layout
from connectors.newsroom.library import NewsroomArticle, Story
from schemas.records import Publisher

_TEASER: Final = 180
_TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
NOTICE: Final = "Sample of an invented outlet, part of the Detente newsroom."


def rfc3339(moment: datetime) -> str:
    """For Atom and JSON-LD."""
    return moment.isoformat().replace("+00:00", "Z")


def http_date(moment: datetime) -> str:
    """For RSS and HTTP headers."""
    return format_datetime(moment, usegmt=True)


def teaser(text: str) -> str:
    """The first words of the first paragraph, with the sign of omission."""
    first = text.split("\n\n", 1)[0]
    if len(first) > _TEASER:
        first = first[:_TEASER].rsplit(" ", 1)[0].rstrip(" ,;:.—-")
    return f"{first.rstrip('.')} …"


def paragraphs(text: str) -> str:
    """The text as HTML."""
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))


def as_html(text: str) -> str:
    """Plain text as HTML inside XML: feeds mean their titles and summaries to be read as HTML."""
    return escape(escape(text))


def entry(story: Story, version: NewsroomArticle, layout: Layout) -> str:
    """One item or entry, or the tombstone of a retracted article."""
    if version.retracts:
        return _tombstone(story, version, layout)
    return _atom_entry(story, version, layout) if layout.atom else _rss_item(story, version, layout)


def feed(publisher: Publisher, layout: Layout, entries: Sequence[str], changed: datetime) -> bytes:
    """The whole feed; `changed` is the moment of its newest entry."""
    title, home = as_html(publisher.name), quoteattr(f"https://{layout.host}/")
    language = publisher.language or "en"
    if layout.atom:
        head = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="{_TOMBSTONES}" xml:lang={quoteattr(language)}>\n'
            f'<title type="html">{title}</title><subtitle>{NOTICE}</subtitle><id>{escape(layout.feed_url)}</id>'
            f'<link href={home}/><link rel="self" href={quoteattr(layout.feed_url)}/>'
            f"<updated>{rfc3339(changed)}</updated>\n"
        )
        return (head + "\n".join(entries) + "\n</feed>\n").encode()
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:at="{_TOMBSTONES}" xmlns:atom="http://www.w3.org/2005/Atom">\n'
        f"<channel><title>{title}</title><link>https://{layout.host}/</link><description>{NOTICE}</description>"
        f"<language>{escape(language)}</language><lastBuildDate>{http_date(changed)}</lastBuildDate>\n"
    )
    return (head + "\n".join(entries) + "\n</channel></rss>\n").encode()


def page(story: Story, version: NewsroomArticle) -> bytes:
    """The article's page, or the notice that it was retracted."""
    first = story.versions[0]
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": version.title,
        "datePublished": rfc3339(first.published),
        "dateModified": rfc3339(version.published),
        "inLanguage": version.publisher.language or "en",
        "url": story.url,
        "publisher": {"@type": "NewsMediaOrganization", "name": version.publisher.name},
    }
    title, name = escape(version.title), escape(version.publisher.name)
    described = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f"<!DOCTYPE html>\n<html lang={quoteattr(version.publisher.language or 'en')}><head>"
        f'<meta charset="utf-8"><title>{title} | {name}</title><link rel="canonical" href={quoteattr(story.url)}>'
        f'<meta property="og:type" content="article"><meta property="og:title" content={quoteattr(version.title)}>'
        f'<meta name="generator" content={quoteattr(NOTICE)}>'
        f'<script type="application/ld+json">{described}</script></head>\n'
        f'<body><header><a href="/">{name}</a></header>\n<main><article><h1>{title}</h1>\n'
        f"{paragraphs(version.text)}\n</article></main>\n<footer><small>{NOTICE}</small></footer></body></html>\n"
    ).encode()


def _guid(story: Story, layout: Layout) -> str:
    if not layout.atom:
        return story.url
    first = story.versions[0]
    return f"tag:{urlsplit(story.url).hostname},{first.published.date().isoformat()}:{first.id}"


def _rss_item(story: Story, version: NewsroomArticle, layout: Layout) -> str:
    updated = version.published
    parts = [
        f"<item><title>{as_html(version.title)}</title><link>{escape(story.url)}</link>",
        f'<guid isPermaLink="true">{escape(_guid(story, layout))}</guid>',
        f"<pubDate>{http_date(story.versions[0].published)}</pubDate>",
        f"<description>{as_html(teaser(version.text))}</description>",
    ]
    if version.corrects:
        parts.append(f"<atom:updated>{rfc3339(updated)}</atom:updated>")
    if layout.full_text:
        parts.append(f"<content:encoded>{escape(paragraphs(version.text))}</content:encoded>")
    return "".join(parts) + "</item>"


def _atom_entry(story: Story, version: NewsroomArticle, layout: Layout) -> str:
    parts = [
        f'<entry><title type="html">{as_html(version.title)}</title><id>{escape(_guid(story, layout))}</id>',
        f"<link href={quoteattr(story.url)}/><published>{rfc3339(story.versions[0].published)}</published>",
        f"<updated>{rfc3339(version.published)}</updated>",
        f'<summary type="html">{as_html(teaser(version.text))}</summary>',
    ]
    if layout.full_text:
        parts.append(f'<content type="html">{escape(paragraphs(version.text))}</content>')
    return "".join(parts) + "</entry>"


def _tombstone(story: Story, version: NewsroomArticle, layout: Layout) -> str:
    atom = "" if layout.atom else "atom:"
    return (
        f'<at:deleted-entry ref={quoteattr(_guid(story, layout))} when="{rfc3339(version.published)}">'
        f"<{atom}title>{as_html(version.title)}</{atom}title><{atom}link href={quoteattr(story.url)}/>"
        f"<at:comment>{escape(version.text)}</at:comment></at:deleted-entry>"
    )
