"""A folder of articles, turns and quiet windows in the documented form, read strictly: every error names its line."""

from __future__ import annotations

import bisect
import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from connectors.feeds.dates import parse_date
from connectors.feeds.entries import canonical_url
from connectors.feeds.plaintext import normalised, one_line
from connectors.newsroom.layout import Layout, layout_of
from schemas.errors import ConfigError
from schemas.identity import digest
from schemas.newsroom import Quiet, Turn
from schemas.ports.feeds import FeedSettings
from schemas.records import Publisher

_STATE_MEDIA: Final = frozenset({"state", "state media", "government"})
_EVERY: Final = 3600.0


class NewsroomArticle(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `articles.jsonl`: an article, or what corrects or retracts the article of that id."""

    id: str
    title: str
    text: str
    published: datetime
    url: str
    publisher: Publisher
    corrects: str = ""
    retracts: str = ""


class Story(msgspec.Struct, frozen=True):
    """All that was ever published at one address, oldest first."""

    url: str
    versions: tuple[NewsroomArticle, ...]

    def at(self, now: datetime) -> NewsroomArticle | None:
        """What stands there now; None before the first version."""
        return next((version for version in reversed(self.versions) if version.published <= now), None)


class Library:
    """Articles by time, stories by address, turns and quiet windows by date."""

    def __init__(
        self, articles: list[NewsroomArticle], turns: tuple[Turn, ...] = (), quiet: tuple[Quiet, ...] = ()
    ) -> None:
        self.articles = tuple(sorted(articles, key=lambda article: (article.published, article.id)))
        self.turns = turns
        self.quiet = quiet
        self._moments = sorted({article.published for article in self.articles})

    def next_event(self, after: datetime | None) -> datetime | None:
        """The first moment after `after` (None: of all) at which something is published."""
        place = 0 if after is None else bisect.bisect_right(self._moments, after)
        return self._moments[place] if place < len(self._moments) else None

    @cached_property
    def content_hash(self) -> str:
        """Recognises the same newsroom."""
        rows = [*self.articles, *self.turns, *self.quiet]
        return digest(*(msgspec.json.encode(row, order="deterministic").decode() for row in rows))

    @cached_property
    def stories(self) -> dict[str, Story]:
        """By canonical address."""
        grouped: dict[str, list[NewsroomArticle]] = {}
        for article in self.articles:
            grouped.setdefault(canonical_url(article.url), []).append(article)
        return {address: Story(versions[0].url, tuple(versions)) for address, versions in sorted(grouped.items())}

    @cached_property
    def publishers(self) -> tuple[Publisher, ...]:
        """By id; of differing descriptions of one publisher the earliest article's."""
        found: dict[str, Publisher] = {}
        for article in self.articles:
            found.setdefault(article.publisher.id, article.publisher)
        return tuple(found[name] for name in sorted(found))

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """How each publisher, by id, serves its feed."""
        hosts: dict[str, Counter[str]] = {}
        for article in self.articles:
            hosts.setdefault(article.publisher.id, Counter())[urlsplit(canonical_url(article.url)).netloc] += 1
        mains = {name: min(counted, key=lambda host: (-counted[host], host)) for name, counted in hosts.items()}
        shared = {host for host, number in Counter(mains.values()).items() if number > 1}
        return {name: layout_of(name, host, alone=host not in shared) for name, host in sorted(mains.items())}


def bundled() -> Library:
    """The newsroom that comes with Detente."""
    return load(Path(str(files("connectors.newsroom") / "data")))


def load(folder: Path) -> Library:
    """The newsroom in a folder; ConfigError with file, line and remedy for whatever is wrong in it."""
    paths = sorted({*folder.glob("articles.jsonl"), *folder.glob("articles-*.jsonl")})
    if not paths:
        raise ConfigError(f"{folder}: no articles.jsonl there; a newsroom folder holds one JSON article a line")
    articles: dict[str, tuple[NewsroomArticle, str]] = {}
    for path in paths:
        for where, row in _lines(path):
            article = _article(row, where)
            if article.id in articles:
                raise ConfigError(f"{where}: id {article.id!r} is also at {articles[article.id][1]}")
            articles[article.id] = article, where
    _check_addresses(articles)
    return Library(
        [article for article, _ in articles.values()],
        _turns(folder / "turns.csv"),
        _quiet(folder / "quiet.csv"),
    )


def feeds(library: Library) -> list[FeedSettings]:
    """One feed for each publisher, by its id."""
    return [
        FeedSettings(
            feed_id=publisher.id,
            url=library.layouts[publisher.id].feed_url,
            name=publisher.name,
            publisher=publisher,
            language=publisher.language,
            every=_EVERY,
            full_text="feed" if library.layouts[publisher.id].full_text else "page",
        )
        for publisher in library.publishers
    ]


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8: {error}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise ConfigError(f"{where}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise ConfigError(f"{where}: not a JSON object")
        yield where, row


def _article(row: dict[str, Any], where: str) -> NewsroomArticle:
    url = _text(row, "url", where)
    if not canonical_url(url):
        raise ConfigError(f"{where}: url {url!r} is no http(s) address")
    raw = _text(row, "text", where)
    corrects, retracts = (_text(row, name, where, required=False) for name in ("corrects", "retracts"))
    if corrects and retracts:
        raise ConfigError(f"{where}: corrects and retracts exclude each other")
    moment = parse_date(_text(row, "published", where))
    if moment is None:
        raise ConfigError(f"{where}: published {row['published']!r} is no time; write 2023-08-24T06:10:00Z")
    return NewsroomArticle(
        id=_text(row, "id", where),
        title=one_line(_text(row, "title", where)),
        # Where no line is blank, each line is a paragraph.
        text=normalised(raw if "\n\n" in raw.replace("\r", "") else raw.replace("\n", "\n\n")),
        published=moment.at,
        url=url,
        publisher=_publisher(row.get("publisher"), where),
        corrects=corrects,
        retracts=retracts,
    )


def _publisher(row: Any, where: str) -> Publisher:
    if not isinstance(row, dict):
        raise ConfigError(f"{where}: publisher must be an object {{id, name, country, owner, ownership, language}}")
    where = f"{where}, publisher"
    identifier = _text(row, "id", where)
    country = _text(row, "country", where, required=False)
    ownership = _text(row, "ownership", where, required=False)
    default = f"{country}:state" if ownership in _STATE_MEDIA and country else identifier
    return Publisher(
        id=identifier,
        name=_text(row, "name", where, required=False) or identifier,
        country=country,
        owner=_text(row, "owner", where, required=False) or default,
        ownership=ownership,
        language=_text(row, "language", where, required=False),
    )


def _text(row: dict[str, Any], name: str, where: str, *, required: bool = True) -> str:
    value = row.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise ConfigError(f"{where}: {name} must be a string{' that is not empty' if required else ''}")
    return value.strip()


def _check_addresses(articles: dict[str, tuple[NewsroomArticle, str]]) -> None:
    """A first version has its address alone; what corrects or retracts stands at its article's address, later."""
    owners: dict[str, str] = {}
    for article, where in articles.values():
        target = article.corrects or article.retracts
        if not target:
            other = owners.setdefault(canonical_url(article.url), where)
            if other != where:
                raise ConfigError(f"{where}: url {article.url} is also that of {other}")
            continue
        if target not in articles:
            raise ConfigError(f"{where}: corrects or retracts {target!r}, which is no article here")
        first = articles[target][0]
        if canonical_url(first.url) != canonical_url(article.url) or first.publisher.id != article.publisher.id:
            raise ConfigError(f"{where}: url and publisher must be those of {target!r}: {first.url}")
        if first.published >= article.published:
            raise ConfigError(f"{where}: published must be later than that of {target!r}")


def _turns(path: Path) -> tuple[Turn, ...]:
    rows = [
        Turn(
            date=_day(row, "date", where),
            dyad=_dyad(row, where),
            direction="easing" if _direction(row, where) == "easing" else "tension",
            label=row["label"].strip(),
        )
        for where, row in _table(path, ("date", "dyad", "direction", "label"))
    ]
    return tuple(sorted(rows, key=lambda turn: (turn.date, turn.dyad, turn.direction, turn.label)))


def _quiet(path: Path) -> tuple[Quiet, ...]:
    rows = []
    for where, row in _table(path, ("from", "to", "dyad", "why")):
        first, last = _day(row, "from", where), _day(row, "to", where)
        if last < first:
            raise ConfigError(f"{where}: to ({last}) lies before from ({first})")
        rows.append(Quiet(first=first, last=last, dyad=_dyad(row, where), why=row["why"].strip()))
    return tuple(sorted(rows, key=lambda quiet: (quiet.first, quiet.last, quiet.dyad, quiet.why)))


def _table(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise ConfigError(f"{path}, line 1: no column {missing[0]!r}; the columns are {','.join(columns)}")
        try:
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if None in row or None in row.values():
                    raise ConfigError(f"{where}: as many columns as in line 1 expected; quote texts with commas")
                yield where, row
        except csv.Error as error:
            raise ConfigError(f"{path}, line {reader.line_num}: {error}") from error


def _day(row: dict[str, str], name: str, where: str) -> date:
    try:
        return date.fromisoformat(row[name].strip())
    except ValueError as error:
        raise ConfigError(f"{where}: {name} {row[name]!r} is no day; write 2023-08-24") from error


def _dyad(row: dict[str, str], where: str) -> str:
    dyad = row["dyad"].strip()
    codes = dyad.split("-")
    if dyad and (len(codes) != 2 or not all(codes)):  # noqa: PLR2004
        raise ConfigError(f"{where}: dyad {dyad!r} must be two codes such as CHN-JPN, or empty for all pairs")
    return "-".join(sorted(codes)) if dyad else ""


def _direction(row: dict[str, str], where: str) -> str:
    direction = row["direction"].strip()
    if direction not in {"easing", "tension"}:
        raise ConfigError(f"{where}: direction {direction!r} must be easing or tension")
    return direction
