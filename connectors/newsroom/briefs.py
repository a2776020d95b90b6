"""The routine put into words: each row of the table becomes a brief of 25 to 70 words by one outlet."""

from __future__ import annotations

from calendar import day_name, month_name
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final

import numpy as np

from connectors.newsroom.phrases import bank, pick, sentence, template
from connectors.newsroom.routine import Kind, Routine, kinds, stamp
from schemas.fingerprint import HASHES, fingerprint

FEWEST_WORDS: Final = 25
MOST_WORDS: Final = 70
ALIKE: Final = 0.5
"""Most word 4-grams (Jaccard) that two briefs may share; also the most by fingerprint that is let through."""
_LONGEST_TITLE: Final = 95
_ATTEMPTS: Final = 60
_DATELINE: Final = 0.3
_THIRD: Final = 0.35
_SPELLED: Final = (
    "none",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_REMEMBERED: Final = frozenset({"trade_person", "delegation", "warship", "aircraft", "boat", "mission", "next"})

Article = dict[str, Any]


class Voice:
    """Fills the slots of one brief, in its outlet's language."""

    def __init__(self, row: Routine, rng: Random) -> None:
        self._row = row
        self._rng = rng
        outlet = bank("outlets")[row.publisher]
        # A state is called by one name throughout: what the outlet's country says, or everybody's.
        formal = outlet["country"] == "PRK" or rng.random() < 0.5  # noqa: PLR2004 - a toss
        swap = row.reciprocal and rng.random() < 0.5  # noqa: PLR2004 - a toss
        codes = (row.target, row.source) if swap else (row.source, row.target)
        self._names = {
            letter: _names(code, outlet["country"] if formal else "") for letter, code in zip("ST", codes, strict=True)
        }
        self._said: dict[str, str] = {}

    def fill(self, name: str) -> str:
        """The words for a slot."""
        if name in self._said:
            return self._said[name]
        words = self._words(name)
        if name in _REMEMBERED or name.endswith((".city", ".adj", ".short")):
            self._said[name] = words
        return words

    def _words(self, name: str) -> str:
        if name[:2] in {"S.", "T."}:
            return pick(tuple(self._names[name[0]][name[2:]]), self._rng)
        if name in {"on", "On"}:
            return self._date(may_miss=name == "on")
        if name in {"next", "nextday"}:
            return _later(self._row.date, self._rng, week=name == "next")
        if name in {"topic", "place"}:
            return self._row.topic if name == "topic" else self._row.place
        if name == "number":
            return _spelled(self._row.number)
        options = bank("pairs")[self._row.dyad].get(name) if name in {"channel", "mission", "aircraft"} else None
        return template(pick(tuple(options or bank("lists")[name]), self._rng)).expand(self.fill, self._rng)

    def _date(self, *, may_miss: bool) -> str:
        day, late = self._row.date, self._row.published.date() != self._row.date
        weekday, roll = day_name[day.weekday()], self._rng.random()
        if may_miss and not late and roll < 0.08:  # noqa: PLR2004 - one in twelve gives no day
            return ""
        if roll < 0.2:  # noqa: PLR2004
            return f"on {month_name[day.month]} {day.day}"
        if roll < 0.32 and not late:  # noqa: PLR2004
            return f"on {weekday} {pick(_DAYTIMES, self._rng)}"
        if roll < 0.4:  # noqa: PLR2004
            return f"{pick(('late', 'early'), self._rng)} on {weekday}"
        return f"on {weekday}"


_DAYTIMES: Final = ("morning", "afternoon")
_MONTHS: Final = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")


def word(row: Routine, rng: Random, folder: str = "sample/brief") -> Article:
    """One brief in the form of the newsroom's lines."""
    kind = kinds()[row.kind]
    while True:
        voice = Voice(row, rng)
        title, text = _title(kind, voice, rng), _text(kind, row, voice, rng)
        if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS and len(title) <= _LONGEST_TITLE:
            break
    outlet = bank("outlets")[row.publisher]
    slug = f"{row.dyad.lower()}-{row.kind.replace('_', '-')}"
    return {
        "id": row.id,
        "title": title,
        "text": text,
        "published": stamp(row.published),
        "url": f"https://{row.publisher}.example/{folder}/{row.date:%Y/%m/%d}/{slug}",
        "publisher": publisher(row.publisher, outlet),
    }


def publisher(name: str, outlet: dict[str, str]) -> dict[str, str]:
    """The publisher object of a line."""
    return {"id": name, **{key: outlet[key] for key in ("name", "country", "owner", "ownership")}, "language": "en"}


def write(rows: Iterable[Routine], seed: int) -> Iterator[Article]:
    """A brief for each row, none like an earlier one: what is too similar is worded anew.

    RuntimeError when the phrases do not suffice.
    """
    seen = Seen()
    for row in rows:
        for attempt in range(_ATTEMPTS):
            article = word(row, Random(f"{seed}/{row.id}/{attempt}"))  # noqa: S311 - invented news, no secrets
            if seen.add(article["text"]):
                break
        else:
            raise RuntimeError(
                f"{row.id}: every wording is like an earlier one; the kind {row.kind} needs more phrases"
            )
        yield article


class Seen:
    """The texts so far, to recognise near-duplicates among them."""

    def __init__(self) -> None:
        self._prints = np.zeros((1024, HASHES), dtype=np.uint32)
        self._shingles: list[frozenset[str]] = []

    def add(self, text: str) -> bool:
        """Keeps the text unless it is like an earlier one; whether it was kept."""
        values = np.frombuffer(bytes.fromhex(fingerprint(text)), dtype=">u4")
        count, shingles = len(self._shingles), four_grams(text)
        same = (self._prints[:count] == values).sum(axis=1) / HASHES
        if count and same.max() > ALIKE:
            return False
        # The fingerprint is an estimate: what may be alike is compared in full.
        near = np.flatnonzero(same > ALIKE / 2)
        if any(jaccard(shingles, self._shingles[i]) > ALIKE for i in near):
            return False
        if count == len(self._prints):
            self._prints = np.vstack([self._prints, np.zeros_like(self._prints)])
        self._prints[count] = values
        self._shingles.append(shingles)
        return True


def four_grams(text: str) -> frozenset[str]:
    """The word 4-grams of a text, case and punctuation set aside."""
    words = [w.strip(".,;:?!\"'()—-").lower() for w in text.split()]
    return frozenset(" ".join(words[i : i + 4]) for i in range(len(words) - 3))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Common share of two sets, 0..1."""
    return len(a & b) / (len(a | b) or 1)


def _names(code: str, country: str) -> dict[str, list[str]]:
    entry = bank("states")[code]
    return {**entry, **entry.get("as", {}).get(country, {})}


def _title(kind: Kind, voice: Voice, rng: Random) -> str:
    return sentence(template(pick(kind.titles, rng)).expand(voice.fill, rng), end="")


def _text(kind: Kind, row: Routine, voice: Voice, rng: Random) -> str:
    sentences = [sentence(template(pick(kind.leads, rng)).expand(voice.fill, rng))]
    groups = dict.fromkeys(rng.sample(kind.seconds, k=len(kind.seconds)))
    for group in list(groups)[: 1 + int(rng.random() < _THIRD)]:
        pattern = pick(tuple(bank("seconds")[group]), rng)
        sentences.append(sentence(template(pattern).expand(voice.fill, rng)))
    text = " ".join(sentences)
    return f"{_dateline(row)}{text}" if rng.random() < _DATELINE else text


def _dateline(row: Routine) -> str:
    """Where the outlet's reporter sits: at home if its state is one of the two; nobody reports from Pyongyang."""
    home = bank("outlets")[row.publisher]["country"]
    codes = [home] if home in row.dyad else [code for code in (row.source, row.target) if code != "PRK"]
    city = bank("states")[codes[0]]["capital"][0].upper()
    if home == "CHN":
        return f"{city}, {_MONTHS[row.published.month - 1]} {row.published.day} — "
    return f"{city} - "


def _later(day: date, rng: Random, *, week: bool) -> str:
    ahead = day + timedelta(days=rng.randint(7, 20))
    monday = day + timedelta(days=7 - day.weekday() + rng.randrange(5))
    ways = [f"on {month_name[ahead.month]} {ahead.day}", f"on {day_name[monday.weekday()]} next week"]
    if week:
        return pick(("next week", *ways), rng)
    return pick(tuple(way.removeprefix("on ") for way in ways), rng)


def _spelled(number: str) -> str:
    value = int(number)
    return _SPELLED[value] if value < len(_SPELLED) else number
