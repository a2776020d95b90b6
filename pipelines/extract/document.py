"""An article as sentences with referents: named actors, and words that stand for actors named before.

"The two countries", "both sides", "the trio" take the last fitting antecedents; "it", "he", "the ministry" the last
actor that fits. Offsets are characters of the article's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from pipelines.extract.mention import Mention
from pipelines.extract.sentences import Sentence, split
from schemas.records import Actor, Span

_COUNTRIES: Final = (
    r"countries|nations|sides|states|neighbou?rs|governments|capitals|leaders|presidents|ministers|premiers|parties"
    r"|powers|economies|peoples|militaries|armies|navies|allies|rivals|diplomats|officials|envoys|delegations|men|women"
    r"|coast guards|foreign ministers|defen[cs]e ministers|foreign ministries|defen[cs]e ministries|chief negotiators"
    r"|partners|foes|heads of state|prime ministers|negotiators|forces|chiefs|navies|signatories|trade ministers"
    r"|governing parties|parliaments|teams|companies|central banks|culture ministers|finance ministers"
)
_NUMBER: Final = {"two": 2, "both": 2, "three": 3, "four": 4}
_QUALITIES: Final = (
    r"of the\s|longtime\s|long-time\s|old\s|East Asian\s|Asian\s|nuclear\s|treaty\s|neighbou?ring\s|top\s|big\s|rival\s"
    r"|communist\s"
)
_GROUP: Final = re.compile(
    r"\b(?:(?:the|their|these|those|all|its|between the|of the)\s)?(?P<n>two|both|three|four)\s"
    rf"(?:{_QUALITIES})?(?P<what>{_COUNTRIES})\b",
    re.IGNORECASE,
)
_GO_ON: Final = (
    r"agreed|met|will|have|had|also|then|said|signed|discussed|spoke|are|were|exchanged|pledged|shook|would|plan|held|last"
    r"|did|can|may|must|should|talked|called|broke|do|still|could"
)
_PAIR_WORDS: Final = re.compile(
    rf"\b(?:the pair|the duo|each other's|each other|one another|both of them|the two(?=\s(?:{_GO_ON})\b|[,.;])"
    r"|both(?=\s(?:agreed|said|will|have|are|were|accused|called)\b)|on both sides|either side|neither side|neither"
    r"|either country|bilateral|mutual|the relationship|their relationship|the ties)\b",
    re.IGNORECASE,
)
_TRIO_WORDS: Final = re.compile(
    rf"\b(?:the trio|all three|the three(?=\s(?:{_GO_ON})\b)|trilateral|three-way)\b", re.IGNORECASE
)
_PLURAL: Final = re.compile(
    r"\b(?:they|them|themselves"
    r"|the (?:sides|allies|neighbou?rs|countries|rivals|parties|leaders|ministers|governments))\b",
    re.IGNORECASE,
)
_HOUSES: Final = (
    r"country|island|administration|government|regime|kingdom|ministry|foreign ministry|defen[cs]e ministry"
    r"|commerce ministry|trade ministry|military|army|navy|coast guard|embassy|nation|communist state|nuclear state"
    r"|delegation|envoy|ambassador|spokesman|spokeswoman|spokesperson|minister|president|premier|prime minister|leader"
    r"|dictator|guest|visitor|isolated state"
)
_SINGULAR: Final = re.compile(rf"\b(?:it|its|itself|the (?:{_HOUSES}))\b", re.IGNORECASE)
_PERSONAL: Final = re.compile(r"\b(?:he|she|him|his|her)\b", re.IGNORECASE)
_COUNTERPARTS: Final = r"hosts?|guests?|visitor|counterparts?|neighbou?r|opposite number|rival|ally|interlocutor"
_OTHER: Final = re.compile(
    rf"\b(?:the other side|the latter|the other|(?:his|her|its|their) (?:{_COUNTERPARTS}))\b", re.IGNORECASE
)
_PLACE_BEFORE: Final = re.compile(
    r"\b(?:in|near|outside|around|off|across|inside|throughout|via|through|within|east of|west of|south of|north of"
    r"|northeast of|southeast of|southwest of|northwest of|port of|city of|based in|suburb of)\s"
    r"(?:the\s|downtown\s|central\s|nearby\s|neighbou?ring\s|eastern\s|western\s|northern\s|southern\s|mainland\s)*\Z",
    re.IGNORECASE,
)
_HOME: Final = re.compile(
    r"\bthe (?:(?P<arms>defen[cs]e)|foreign|commerce|trade|industry|unification) ministry\b(?! in\b)", re.IGNORECASE
)
"""What a paper calls by no state's name is its own state's."""
_NEAR: Final = 60  # characters: the preposition of a place stands close before it
_LOOK_BACK: Final = 4  # sentences


class Finder(Protocol):
    """What the document needs of a gazetteer."""

    def find(self, text: str, on: date | None) -> list[Mention]:
        """Mentions in text order; they do not overlap."""
        ...


@dataclass(frozen=True, slots=True)
class Referent:
    """A stretch of text [start, end) that stands for one actor or several.

    `place` marks a name that only says where. `anaphor` is "" for names, else the kind of the word; then
    `antecedents` are the spans of the names it stands for.
    """

    start: int
    end: int
    actors: tuple[Actor, ...]
    place: bool = False
    anaphor: str = ""
    antecedents: tuple[Span, ...] = ()
    kind: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the actors, in the order of the text."""
        return tuple(a.code for a in self.actors)


@dataclass
class Passage:
    """A sentence with its referents in text order."""

    sentence: Sentence
    text: str
    referents: list[Referent] = field(default_factory=list)
    topic: tuple[tuple[Actor, Span], ...] = ()
    """Actors of the main clause's subject, once the sentence is parsed: what "it" and "they" take up next."""
    voice: tuple[tuple[Actor, Span], ...] = ()
    """Who is quoted for the main clause ("..., Taiwan's ministry said"): what "it condemned" takes up next."""
    several: bool = False
    """That subject is plural, though perhaps only one of its actors is known."""

    @property
    def states(self) -> list[str]:
        """Distinct codes of the actors in order of first mention, places left out."""
        return list(dict.fromkeys(c for r in self.referents if not r.place for c in r.codes))


def read(text: str, finder: Finder, on: date | None, home: str | None = None) -> list[Passage]:
    """Sentences of a text with their referents resolved, in text order.

    `home` is the code of the publisher's state, if it is known: "the Foreign Ministry" is its own, where it is named.
    """
    sentences = split(text)
    mentions = finder.find(text, on)
    passages: list[Passage] = []
    for sentence in sentences:
        inside = [m for m in mentions if sentence.start <= m.start and m.end <= sentence.end]
        passages.append(resolve(text, sentence, inside, passages, home))
    return passages


def resolve(
    text: str, sentence: Sentence, mentions: Sequence[Mention], before: Sequence[Passage], home: str | None = None
) -> Passage:
    """The passage of one sentence, its anaphors bound to what stands before them."""
    passage = Passage(sentence, text[sentence.start : sentence.end], [_named(m, text) for m in mentions])
    _mark_places(passage, text)
    for start, end, kind, size in _anaphors(passage.text):
        a, b = start + sentence.start, end + sentence.start
        if any(a < r.end and r.start < b for r in passage.referents):
            continue
        bound = _at_home(text[a:b], home, passage, before) or _bind(kind, size, a, passage, before)
        if bound is not None:
            actors, spans = bound
            passage.referents.append(Referent(a, b, actors, anaphor=kind, antecedents=spans))
            passage.referents.sort(key=lambda r: r.start)
    return passage


def _at_home(
    words: str, home: str | None, passage: Passage, before: Sequence[Passage]
) -> tuple[tuple[Actor, ...], tuple[Span, ...]] | None:
    """The ministry of the publisher's state, named before or in the sentence; never one that the state has not."""
    match = _HOME.fullmatch(words)
    if match is None or home is None or home == "USA":
        return None
    spans = [(r.start, r.end) for p in (*before, passage) for r in p.referents if home in r.codes]
    if not spans:
        return None
    return (Actor(code=home, sector="MIL" if match["arms"] else "GOV"),), (spans[-1],)


def _named(mention: Mention, text: str) -> Referent:
    codes = mention.members or (mention.code,)
    actors = tuple(Actor(code=c, sector=mention.sector, name=mention.name) for c in codes if c)
    return Referent(mention.start, mention.end, actors, kind=mention.kind)


def _mark_places(passage: Passage, text: str) -> None:
    """Names that say where: "in Jakarta", "at the airport in Seoul"; and "Indonesia" in "Jakarta, Indonesia"."""
    marked: list[Referent] = []
    for referent in passage.referents:
        place = referent.kind == "place"
        if referent.kind in {"state", "capital", "place"}:
            before = text[max(passage.sentence.start, referent.start - _NEAR) : referent.start]
            previous = marked[-1] if marked else None
            chained = previous is not None and previous.place and _goes_on(previous, referent, text)
            owns = text[referent.end : referent.end + 2] in {"'s", "’s"}
            place = place or chained or (not owns and bool(_PLACE_BEFORE.search(before)))
        marked.append(Referent(referent.start, referent.end, referent.actors, place=place, kind=referent.kind))
    passage.referents = marked


def _goes_on(previous: Referent, referent: Referent, text: str) -> bool:
    """As in "in Tokyo and Seoul", "in Jakarta, Indonesia, where"; but not "In Seoul, South Korea and Japan began"."""
    between = text[previous.end : referent.start].strip(" ")
    if between == ",":
        return previous.codes == referent.codes and text[referent.end : referent.end + 1] in {",", ".", ";", ")", ""}
    return between in {"and", ", and"}


def _anaphors(text: str) -> list[tuple[int, int, str, int]]:
    """(start, end, kind, how many actors) in text order; longer forms first."""
    found: list[tuple[int, int, str, int]] = []

    def add(pattern: re.Pattern[str], kind: str, size: int) -> None:
        for match in pattern.finditer(text):
            if not any(match.start() < e and s < match.end() for s, e, _, _ in found):
                number = match.groupdict().get("n")
                found.append((match.start(), match.end(), kind, _NUMBER[number.lower()] if number else size))

    add(_GROUP, "group", 2)
    add(_PAIR_WORDS, "group", 2)
    add(_TRIO_WORDS, "group", 3)
    add(_OTHER, "other", 1)
    add(_HOME, "single", 1)
    add(_PLURAL, "plural", 2)
    add(_PERSONAL, "person", 1)
    add(_SINGULAR, "single", 1)
    return sorted(found)


def _bind(
    kind: str, size: int, at: int, passage: Passage, before: Sequence[Passage]
) -> tuple[tuple[Actor, ...], tuple[Span, ...]] | None:
    here = [r for r in passage.referents if r.end <= at]
    if kind == "group":
        return _group(size, here, before)
    if kind == "plural":
        return _plural(here, before)
    if kind == "other":
        return _other(here, before)
    return _single(kind, here, before)


def _pack(referents: Iterable[Referent], codes: Sequence[str]) -> tuple[tuple[Actor, ...], tuple[Span, ...]]:
    """One actor per code with the span that named it."""
    actors: dict[str, tuple[Actor, Span]] = {}
    for referent in referents:
        for actor in referent.actors:
            actors.setdefault(actor.code, (actor, (referent.start, referent.end)))
    found = [actors[c] for c in codes if c in actors]
    return tuple(Actor(code=a.code, sector=a.sector) for a, _ in found), tuple(s for _, s in found)


def _group(
    size: int, here: list[Referent], before: Sequence[Passage]
) -> tuple[tuple[Actor, ...], tuple[Span, ...]] | None:
    """The last `size` states named together: within the sentence so far, else in the nearest sentence before."""
    pool = [r for r in here if not r.place]
    codes = _distinct(pool)
    for back in [None, *reversed(before[-_LOOK_BACK:])]:
        if back is not None:
            pool = [r for r in back.referents if not r.place] + pool
            codes = _distinct(pool)
        if len(codes) < size:
            continue
        chosen = codes if len(codes) == size else _most_salient(pool, codes, size)
        return _pack(pool, chosen)
    return None


def _distinct(referents: Iterable[Referent]) -> list[str]:
    return list(dict.fromkeys(c for r in referents for c in r.codes))


def _most_salient(pool: Sequence[Referent], codes: Sequence[str], size: int) -> list[str]:
    """Where too many are named: an earlier group of that size if there is one, else the most often named."""
    for referent in reversed(pool):
        if len(referent.actors) == size:
            return list(referent.codes)
    counts = {c: sum(c in r.codes for r in pool) for c in codes}
    ranked = sorted(codes, key=lambda c: (-counts[c], codes.index(c)))[:size]
    return [c for c in codes if c in ranked]


def _plural(here: list[Referent], before: Sequence[Passage]) -> tuple[tuple[Actor, ...], tuple[Span, ...]] | None:
    """As in "They": an earlier group, or two actors named side by side."""
    for pool in (
        [r for r in here if not r.place],
        *([r for r in p.referents if not r.place] for p in reversed(before[-2:])),
    ):
        if not pool:
            continue
        for referent in reversed(pool):
            if len(set(referent.codes)) > 1:
                return _pack([referent], list(referent.codes))
        codes = _distinct(pool)
        if len(codes) == 2:  # noqa: PLR2004
            return _pack(pool, codes)
        return None
    return None


def _single(
    kind: str, here: list[Referent], before: Sequence[Passage]
) -> tuple[tuple[Actor, ...], tuple[Span, ...]] | None:
    """The subject of this sentence so far or of the one before: the first actor named there; "he" wants a person."""
    pools = [[r for r in here if not r.place and len(r.actors) == 1]]
    pools.extend([r for r in p.referents if not r.place and len(r.actors) == 1] for p in reversed(before[-2:]))
    if kind == "person":
        for pool in pools:
            persons = [r for r in pool if r.kind == "person" or r.anaphor == "person"]
            if persons:
                return _pack([persons[0]], [persons[0].codes[0]])
        return None
    for pool in pools:
        fitting = [r for r in pool if r.anaphor != "person"]
        if fitting:
            return _pack([fitting[0]], [fitting[0].codes[0]])
    return None


def _other(here: list[Referent], before: Sequence[Passage]) -> tuple[tuple[Actor, ...], tuple[Span, ...]] | None:
    """The one of the last pair that is not the last named."""
    pool = [r for r in here if not r.place]
    last = pool[0].codes[0] if pool and pool[0].codes else None
    pair = _group(2, here, before)
    if pair is None or last is None:
        return None
    for actor, span in zip(*pair, strict=True):
        if actor.code != last:
            return (actor,), (span,)
    return None
