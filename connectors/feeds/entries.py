"""One entry of a feed, as feedparser gives it, to a FeedItem: text, dates, links, the sign of a retraction."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urljoin

import msgspec

from connectors.feeds.dates import Moment, parse_date
from connectors.feeds.plaintext import LONGEST_TITLE, one_line, plain_text
from schemas.identity import canonical_url as _canonical_url
from schemas.ports.feeds import FeedItem

_RETRACTED: Final = re.compile(r"^\W{0,3}(RETRACTED|RETRACTION|WITHDRAWN)(?=\W*[:\])–—-]|\s*$)", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"^([A-Za-z]{2,3})(?:[-_].*)?$")
_MOST_AUTHORS: Final = 20
_LONGEST_NAME: Final = 200


canonical_url = lru_cache(maxsize=16_384)(_canonical_url)
"""Cached: every poll brings the same few dozen addresses of each feed again."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry inherits: the address its links are relative to, its language and time zone. `fixed`: the language
    was configured, and what the feed says of it is not asked.
    """

    base: str
    language: str
    timezone: str
    fixed: bool = False

    def spoken(self, label: str) -> str:
        """The language of something with this label."""
        return self.language if self.fixed else language_tag(label) or self.language


def feed_item(entry: dict[str, Any], context: Context) -> FeedItem:
    """The item; every field may be empty, since a feed may leave out anything."""
    # dict.get: feedparser's own lookup answers `updated` with `published` and warns.
    title = title_text(_string(dict.get(entry, "title")))
    summary, content = _texts(entry)
    published, updated = _dates(entry, context.timezone)
    source = "feed"
    if published is None and updated is not None:
        published, updated, source = updated, None, "feed_updated"
    later = updated is not None and published is not None and updated.at > published.at
    return FeedItem(
        guid=_string(dict.get(entry, "id")).strip()[:2000],
        url=_link(entry, context.base),
        title=title,
        summary=summary,
        content=content,
        published=published.at if published else None,
        published_precision=published.precision if published else "none",
        published_from=source if published else "",
        updated=updated.at if later and updated else None,
        authors=_authors(entry),
        language=context.spoken(_string(dict.get(entry, "language"))),
        retracted=is_retraction(title),
    )


def title_text(raw: str) -> str:
    """A headline as plain text on one line, cut at the longest title that makes sense."""
    return one_line(plain_text(raw))[:LONGEST_TITLE].rstrip()


def is_retraction(title: str) -> bool:
    """The title says that the article was taken back: `RETRACTED: ...`, `[Withdrawn] ...`."""
    return _RETRACTED.match(title) is not None


def language_tag(label: str) -> str:
    """The primary subtag in lower case, "" for what is no tag: `en-US` gives `en`."""
    match = _LANGUAGE.match(label.strip())
    return match[1].lower() if match else ""


def absolute(base: str, link: str) -> str:
    """The link resolved against the base, "" for what is no http(s) address."""
    try:
        url = urljoin(base, link.strip())
    except ValueError:
        return ""
    return url if canonical_url(url) else ""


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(entry: dict[str, Any]) -> tuple[str, str]:
    summary = plain_text(_string(dict.get(entry, "summary")))
    candidates = [
        plain_text(_string(part.get("value")))
        for part in dict.get(entry, "content") or ()
        if isinstance(part, dict) and _is_text(_string(part.get("type")))
    ]
    content = max(candidates, key=len, default="")
    # feedparser repeats an entry's content as its summary where it has no other.
    return ("" if content == summary else summary), content


def _is_text(kind: str) -> bool:
    return not kind or kind.startswith("text/") or kind.endswith(("xml", "html"))


def _link(entry: dict[str, Any], base: str) -> str:
    links = [link for link in dict.get(entry, "links") or () if isinstance(link, dict)]
    alternates = [link for link in links if link.get("rel", "alternate") == "alternate"]
    pages = [link for link in alternates if "html" in _string(link.get("type", "text/html"))]
    candidates = [_string(dict.get(entry, "feedburner_origlink"))]
    candidates += [_string(link.get("href")) for link in (*pages, *alternates)]
    candidates.append(_string(dict.get(entry, "link")))
    for candidate in candidates:
        if candidate and (url := absolute(base, candidate)):
            return url
    guid = _string(dict.get(entry, "id"))
    return guid.strip() if guid.strip().lower().startswith(("http://", "https://")) and canonical_url(guid) else ""


def _dates(entry: dict[str, Any], timezone: str) -> tuple[Moment | None, Moment | None]:
    return _date(entry, "published", timezone) or _date(entry, "created", timezone), _date(entry, "updated", timezone)


def _date(entry: dict[str, Any], name: str, timezone: str) -> Moment | None:
    raw = _string(dict.get(entry, name)).strip()
    if not raw:
        return None
    if (moment := parse_date(raw, timezone)) is not None:
        return moment
    parsed = dict.get(entry, f"{name}_parsed")
    if parsed is None:
        return None
    try:
        at = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, TypeError, OSError):
        return None
    return Moment(at, "second") if 1990 <= at.year < 2100 else None  # noqa: PLR2004


def _authors(entry: dict[str, Any]) -> tuple[str, ...]:
    names = [_string(author.get("name")) for author in dict.get(entry, "authors") or () if isinstance(author, dict)]
    names = names or [_string(dict.get(entry, "author"))]
    return author_names(names)


def author_names(names: list[str]) -> tuple[str, ...]:
    """Names as plain text, each once, in order, at most twenty."""
    clean = (one_line(plain_text(name))[:_LONGEST_NAME] for name in names[:100])
    return tuple(dict.fromkeys(name for name in clean if name))[:_MOST_AUTHORS]
