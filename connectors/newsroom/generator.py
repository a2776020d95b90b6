"""An endless stream of articles for load tests: briefs of the routine among news of no interest here.

Seeded, and cheap: the wording of the briefs, and for the rest patterns of a bank of its own (`phrases/noise.toml`). The
articles' addresses lie under `/sample/load/`.
"""

from __future__ import annotations

from calendar import day_name
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from random import Random
from typing import Final

import msgspec

from connectors.newsroom.briefs import Article, publisher, word
from connectors.newsroom.phrases import Template, bank, pick, sentence, template, templates
from connectors.newsroom.routine import pairs, some_event, stamp, weighted

FEWEST_WORDS: Final = 80
MOST_WORDS: Final = 400
RELEVANT: Final = 0.05
_PARAGRAPH: Final = 3
_SPARE: Final = 30
"""Longer than any sentence of the bank, in words."""


class Subject(msgspec.Struct, frozen=True):
    """One kind of irrelevant news; the title of a lead has its number."""

    name: str
    titles: tuple[Template, ...]
    leads: tuple[Template, ...]
    sentences: tuple[Template, ...]


def articles(
    seed: int, *, relevant: float = RELEVANT, start: datetime, rate_per_second: float = 1.0
) -> Iterator[Article]:
    """Articles in the newsroom's line form without end, `rate_per_second` of them in each second from `start` on.

    `relevant` is the share that reports something between two states. ValueError for a share outside 0..1, a rate that
    is not positive, or a start without zone.
    """
    if not 0 <= relevant <= 1:
        raise ValueError(f"relevant is a share of 0 to 1, not {relevant}")
    if rate_per_second <= 0:
        raise ValueError(f"rate_per_second must be positive, not {rate_per_second}")
    if start.tzinfo is None:
        raise ValueError("start needs a time zone")
    return _stream(seed, relevant, start.astimezone(UTC), rate_per_second)


def _stream(seed: int, relevant: float, start: datetime, rate: float) -> Iterator[Article]:
    rng = Random(f"load/{seed}")  # noqa: S311 - invented news, no secrets
    for number in count():
        moment = start + timedelta(seconds=number / rate)
        name = f"load-{seed}-{number}"
        yield _brief(name, moment, rng) if rng.random() < relevant else _noise(name, moment, rng)


def _brief(name: str, moment: datetime, rng: Random) -> Article:
    known = tuple(pairs().values())
    pair = weighted(known, tuple(pair.rate for pair in known), rng)
    row = msgspec.structs.replace(some_event(pair, moment.date(), rng), id=name, published=moment)
    article = word(row, rng)
    article["url"] = _url(row.publisher, moment, name)
    return article


def _noise(name: str, moment: datetime, rng: Random) -> Article:
    outlet = pick(tuple(bank("outlets")), rng)
    wanted = rng.randint(FEWEST_WORDS + _SPARE, MOST_WORDS)
    title, text, length = "", [], 0
    # What one subject's sentences do not fill becomes a digest of several.
    for subject in rng.sample(_subjects(), k=len(_subjects())):
        words, story = _Words(moment, rng), int(rng.random() * len(subject.leads))
        title = title or sentence(subject.titles[story].expand(words.fill, rng), end="")
        patterns = (subject.leads[story], *rng.sample(subject.sentences, k=len(subject.sentences)))
        for pattern in patterns:
            line = sentence(pattern.expand(words.fill, rng))
            length += len(line.split())
            if length > wanted:
                break
            text.append(line)
        if length > wanted - _SPARE:
            break
    return {
        "id": name,
        "title": title,
        "text": "\n\n".join(" ".join(text[i : i + _PARAGRAPH]) for i in range(0, len(text), _PARAGRAPH)),
        "published": stamp(moment),
        "url": _url(outlet, moment, name),
        "publisher": publisher(outlet, bank("outlets")[outlet]),
    }


class _Words:
    """Fills the slots of one article; a club, firm, town or nation, once named, stays."""

    def __init__(self, moment: datetime, rng: Random) -> None:
        self._rng = rng
        self._moment = moment
        self._kept: dict[str, str] = {}

    def fill(self, name: str) -> str:
        if name in self._kept:
            return self._kept[name]
        words = self._new(name)
        if name.rstrip("2") in {"club", "firm", "nation", "town", "animal", "dish", "season", "instrument", "hero"}:
            self._kept[name] = words
        return words

    def _new(self, name: str) -> str:
        if name in {"day", "day_plain"}:
            weekday = day_name[self._moment.weekday()]
            return f"on {weekday}" if name == "day" else weekday
        if name == "score":
            loser = int(self._rng.random() * 4)
            return f"{loser + 1 + int(self._rng.random() * 3)}-{loser}"
        options = _words(name.removesuffix("2"))
        if name.endswith("2"):
            first = self.fill(name[:-1])
            options = tuple(option for option in options if option != first)
        chosen = pick(options, self._rng)
        return template(chosen).expand(self.fill, self._rng) if "{" in chosen else chosen


@cache
def _words(name: str) -> tuple[str, ...]:
    return tuple(bank("noise")["lists"][name])


@cache
def _subjects() -> tuple[Subject, ...]:
    return tuple(
        Subject(name, templates(entry["titles"]), templates(entry["leads"]), templates(entry["sentences"]))
        for name, entry in bank("noise").items()
        if name != "lists"
    )


def _url(outlet: str, moment: datetime, name: str) -> str:
    return f"https://{outlet}.example/sample/load/{moment:%Y/%m/%d}/{name}"
