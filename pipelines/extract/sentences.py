"""Sentences of an article, with offsets into its text.

sentencex splits; we mend what news text does to it: the missing space after a full stop ("relations.On July 5"), line
breaks, speakers' labels, and the dateline ("SEOUL, July 12 -- "), which is no part of the first sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sentencex

# "relations.On", "them.At", "U.S. said.Moreover" but neither "U.S.Navy" nor "detente.example" nor "3.5".
_NO_SPACE: Final = re.compile(r"(?<=[a-z0-9”\"')%][.!?])(?=[A-Z“\"][A-Za-z ]|[A-Z]\.)|(?<=[a-z][.!?][”\"])(?=[A-Z])")
_DATELINE: Final = re.compile(
    r"\A\s*(?:[A-Z][A-Za-z'.’/-]+(?:\s[A-Z][A-Za-z'.’-]+){0,3})(?:,\s(?:[A-Z][A-Za-z.]+\s?){1,3})?"
    r"(?:,?\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d{1,2})?(?:,\s\d{4})?"
    r"(?:\s\((?:[A-Z][\w. ]+)\))?\s*(?:--|—|–|-\s)\s*"
)
_PLACE_IN_CAPITALS: Final = re.compile(r"\A\s*[A-Z]{3,}")
_LINE: Final = re.compile(r"[^\n]+")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:Gen|Lt|Col|Maj|Capt|Adm|Sen|Rep|Gov|Dr|Mr|Mrs|Ms|St|Jr|Sr|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
    r"|No|vs|Inc|Corp|Ltd|Co|Cmdr|Brig|Sgt)|\b[A-Z]|\b[NS]|U\.S|U\.N|U\.K)\.\s*\Z"
)
_TITLE: Final = re.compile(
    r"(?:\b(?:Gen|Lt|Col|Maj|Capt|Adm|Sen|Rep|Gov|Dr|Mr|Mrs|Ms|St|Cmdr|Brig|Sgt|No|vs)|\b[NS])\.\s*\Z"
)
_SENTENCE_OPENER: Final = re.compile(
    r"(?:The|A|An|In|On|At|It|Its|He|She|They|Their|But|And|After|Both|This|That|These|However|Meanwhile|If|When|While)\b"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """[start, end) in the article's text, without surrounding white space; `dateline` is the place it is filed from."""

    start: int
    end: int
    paragraph: int
    dateline: str = ""


def split(text: str) -> tuple[Sentence, ...]:
    """All sentences in text order. Never raises; a text without sentences gives an empty tuple."""
    found: list[Sentence] = []
    for number, line in enumerate(_LINE.finditer(text)):
        start, dateline = line.start(), ""
        if number == 0 and (filed := _dateline(line.group())):
            dateline, start = filed.group(), line.start() + filed.end()
        for a, b in _sentences(text[start : line.end()]):
            found.append(Sentence(start + a, start + b, number, dateline))
    return tuple(found)


def _dateline(line: str) -> re.Match[str] | None:
    match = _DATELINE.match(line)
    if match is None:
        return None
    dated = any(c.isdigit() for c in match.group()) or "(" in match.group()
    return match if dated or _PLACE_IN_CAPITALS.match(line) else None


def _sentences(line: str) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of one line."""
    cuts = [0]
    position = 0
    for row in sentencex.get_sentence_boundaries("en", line):
        # The library counts in its own units: find its text again rather than trust its offsets.
        at = line.find(row["text"], position)
        if at < 0:
            continue
        position = at + len(row["text"])
        cuts.append(position)
    cuts.extend(m.start() for m in _NO_SPACE.finditer(line))
    cuts.append(len(line))
    edges = sorted(set(cuts))
    begin = edges[0]
    for end in edges[1:]:
        if end < len(line) and _continues(line[begin:end], line[end:]):
            continue
        if trimmed := _trim(line, begin, end):
            yield trimmed
        begin = end


def _continues(before: str, after: str) -> bool:
    """True where the splitter took an abbreviation for the end: "Lt. | Gen. Kim", "the U.S. | Navy"."""
    if _TITLE.search(before):
        return True
    return bool(_ABBREVIATION.search(before)) and not _SENTENCE_OPENER.match(after.lstrip())


def _trim(line: str, begin: int, end: int) -> tuple[int, int] | None:
    piece = line[begin:end]
    stripped = piece.strip()
    if not stripped:
        return None
    start = begin + piece.index(stripped)
    return start, start + len(stripped)
