"""Articles as people hand them in: a file or standard input, as plain text, HTML or JSON Lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from console.cli import dates, output
from schemas.errors import ConfigError
from schemas.identity import article_id, canonical_url, content_hash
from schemas.records import Article, PublishedPrecision, Publisher

Format = Literal["auto", "text", "html", "jsonl"]
_SUFFIXES: Final[dict[str, Format]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".txt": "text",
}
_DAY: Final = len("2023-08-24")


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An article and the id that its line carried (None for a file that is one article)."""

    article: Article
    input_id: Any = None
    dated: bool = True


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the flags say of every input: day of publication and language; `now` stands in where no date is known."""

    published: str = ""
    language: str = ""
    now: datetime


class Line(msgspec.Struct, kw_only=True):
    """One line of jsonl input; other fields are ignored."""

    id: str | int
    text: str
    title: str = ""
    url: str = ""
    published: str | None = None
    language: str = ""
    publisher: dict[str, Any] | str | None = None


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An input that could not be read, in words."""

    message: str


def read_bytes(name: str) -> bytes:
    """The file's bytes, or standard input's for "-". ConfigError where it cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{name}: {error.strerror or error}; name a file, or - for standard input", "no_file"
        ) from error


def decoded(data: bytes) -> str:
    """UTF-8, else whatever legacy charset the bytes are in."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        from connectors.feeds.charset import decode

        return decode(data, "").text


def documents(name: str, form: Format, given: Given) -> Iterator[Document | Refused]:
    """The articles of one input, in order; a line that is none is `Refused` and the rest goes on."""
    data = read_bytes(name)
    kind = _kind(name, data) if form == "auto" else form
    if kind == "jsonl":
        yield from _lines(name, data, given)
    elif kind == "html":
        yield _page(name, data, given)
    else:
        yield _plain(decoded(data), given)


def _kind(name: str, data: bytes) -> Format:
    named = _SUFFIXES.get(Path(name).suffix.lower())
    if named is not None:
        return named
    start = data[:2000].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "html"
    if start.startswith(b"{"):
        try:
            msgspec.json.decode(data.lstrip().split(b"\n", 1)[0], type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "text"
        return "jsonl"
    return "text"


def _lines(name: str, data: bytes, given: Given) -> Iterator[Document | Refused]:
    for number, raw in enumerate(data.splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            yield of_line(msgspec.json.decode(raw, type=Line, strict=False), given)
        except (msgspec.DecodeError, UnicodeDecodeError, ConfigError) as error:
            yield Refused(message=f"{name}, line {number}: {error}")


def of_line(line: Line, given: Given) -> Document:
    """The article of one line of jsonl."""
    published, precision = _published(line.published or given.published, given.now)
    article = _article(
        text=line.text,
        title=line.title,
        url=line.url,
        guid=str(line.id),
        language=line.language or given.language,
        publisher=publisher_of(line.publisher),
        published=published,
        precision=precision,
    )
    return Document(article=article, input_id=line.id, dated=precision != "none")


def publisher_of(value: dict[str, Any] | str | None) -> Publisher:
    """From a name or an object with at least an id or a name."""
    if isinstance(value, dict):
        identity = str(value.get("id") or value.get("name") or "unknown")
        known = {name: str(value.get(name) or "") for name in ("country", "owner", "ownership", "language")}
        return Publisher(id=identity, name=str(value.get("name") or identity), **known)
    name = value or "unknown"
    return Publisher(id=name, name=name)


def _page(name: str, data: bytes, given: Given) -> Document | Refused:
    from connectors.feeds.page import extract_page

    page = extract_page(data, "")
    if not page.text:
        return Refused(message=f"{name}: {'; '.join(problem.message for problem in page.problems) or 'no text'}")
    published, precision = _published(given.published, given.now)
    if not given.published and page.published is not None:
        published, precision = page.published, page.published_precision
    return Document(
        article=_article(
            text=page.text,
            title=page.title,
            url=page.canonical_url,
            guid="",
            language=given.language or page.language,
            publisher=publisher_of(None),
            published=published,
            precision=precision,
        ),
        dated=precision != "none",
    )


def _plain(text: str, given: Given) -> Document:
    published, precision = _published(given.published, given.now)
    article = _article(
        text=text,
        title="",
        url="",
        guid="",
        language=given.language,
        publisher=publisher_of(None),
        published=published,
        precision=precision,
    )
    return Document(article=article, dated=precision != "none")


def _published(value: str, now: datetime) -> tuple[datetime, PublishedPrecision]:
    if not value:
        return now, "none"
    if len(value) <= _DAY:
        first = dates.day(value, "published")
        assert first is not None
        return dates.midnight(first), "day"
    moment = dates.moment(value, "published")
    assert moment is not None
    return moment, "second"


def _article(
    *,
    text: str,
    title: str,
    url: str,
    guid: str,
    language: str,
    publisher: Publisher,
    published: datetime,
    precision: PublishedPrecision,
) -> Article:
    content = content_hash(title, text)
    return Article(
        article_id=article_id(publisher, url, guid, content),
        url=url,
        canonical_url=canonical_url(url),
        title=title,
        text=text,
        language=language,
        published=published,
        published_precision=precision,
        published_from="input",
        first_seen=published,
        version_seen=published,
        publisher=publisher,
        guid=guid,
    )


def refuse(refused: Refused) -> None:
    """Say what was wrong with an input."""
    output.say(f"detente: {refused.message}")
