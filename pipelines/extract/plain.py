"""A text as it is read: one blank between words, one line a paragraph, letters in composed form.

Sources wrap lines at a column, indent, double blanks and use no-break ones; none of that is meaning, but names are
found and sentences are parsed by single blanks. The plain text keeps for each character where it stands in the source,
so that every span that is found can be given as an exact stretch of it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_ODD: Final = re.compile(r"[^\S\n ]| {2}| \n|\n |[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")
"""What a plain text does not hold; without it and without wrapped lines there is nothing to do."""
_DROPPED: Final = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")
_BREAK: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028]")
_LINE: Final = re.compile(r"[^\n]+")
_ENDS: Final = re.compile(r"[.!?:;…。！？][\"'”’)\]]*\s*\Z")
_INITIALS: Final = re.compile(r"\b(?:[A-Z]\.)+\Z")
_GOES_ON: Final = re.compile(
    r"(?:,|\b(?:a|an|the|of|in|on|at|to|by|for|from|with|and|or|but|its|their|his|her|two|three|four|five|six|seven"
    r"|eight|nine|ten|that|which|who|as|into|over|after|before|against|between|more|than|new|not|was|were|is|are|has|have"
    r"|had|will|would|North|South|East|West|Prime|Foreign|President|Minister))\s*\Z"
)
_WRAPPED_LINES: Final = 4
_WRAPPED_AT: Final = (40, 120)
_WRAPPED_SHARE: Final = 0.7
_NEAR_THE_EDGE: Final = 0.7


@dataclass(frozen=True, slots=True)
class Plain:
    """The plain text, and for each of its characters the place in the source; `at` is None where both are the same."""

    text: str
    source: str
    at: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch [start, end) of the plain text as a stretch of the source."""
        if self.at is None or start >= end:
            return start, end
        last = self.at[end - 1]
        stop = last + 1
        # A letter composed of several characters ends with the last of its marks.
        while stop < len(self.source) and unicodedata.combining(self.source[stop]):
            stop += 1
        return self.at[start], stop


def plain(source: str) -> Plain:
    """The source without its layout. Idempotent; never raises."""
    joined = _joined_breaks(source)
    if not _ODD.search(source) and "\r" not in source and not joined:
        return Plain(source, source)
    letters: list[str] = []
    at: list[int] = []
    for place, letter in enumerate(source):
        kept = " " if place in joined else _kept(letter, source, place)
        if not kept:
            continue
        if unicodedata.combining(kept) and letters:
            composed = unicodedata.normalize("NFC", letters[-1] + kept)
            if len(composed) == 1:
                letters[-1] = composed
                continue
        if kept in " \n" and (not letters or letters[-1] in " \n"):
            # Of a run of white space one character stays, a line break before a blank; none at the beginning.
            if kept == "\n" and letters:
                letters[-1] = kept
            continue
        letters.append(kept)
        at.append(place)
    return Plain("".join(letters), source, tuple(at))


def _kept(letter: str, source: str, place: int) -> str:
    if letter == "\r":
        return "" if source[place + 1 : place + 2] == "\n" else "\n"
    if _DROPPED.match(letter):
        return ""
    if _BREAK.match(letter) or letter == "\u2029":
        return "\n"
    return " " if letter.isspace() and letter != "\n" else letter


def _joined_breaks(source: str) -> frozenset[int]:
    """Places of line breaks that only wrap a line: the sentence goes on behind them."""
    if "\n" not in source:
        return frozenset()
    lines = [(match.start(), match.end()) for match in _LINE.finditer(source)]
    wrapped = _is_wrapped(source, lines)
    found: set[int] = set()
    for (start, end), (following, _) in pairwise(lines):
        if source[end:following].strip("\r") != "\n":
            continue  # a blank line parts paragraphs
        line, rest = source[start:end].rstrip(), source[following:].lstrip(" \t")
        if not line or (_ENDS.search(line) and not (_INITIALS.search(line) and rest[:1].islower())):
            continue
        if rest[:1].islower() or _GOES_ON.search(line) or (wrapped and len(line) >= _NEAR_THE_EDGE * wrapped):
            found.add(end)
    return frozenset(found)


def _is_wrapped(source: str, lines: list[tuple[int, int]]) -> int:
    """The column at which the lines are wrapped, else 0: all but the last of each paragraph reach near it."""
    edge = max((len(source[start:end].rstrip()) for start, end in lines), default=0)
    inner = [
        len(source[start:end].rstrip())
        for (start, end), (following, _) in pairwise(lines)
        if source[end:following].strip("\r") == "\n"
    ]
    if len(lines) < _WRAPPED_LINES or not inner or not _WRAPPED_AT[0] <= edge <= _WRAPPED_AT[1]:
        return 0
    near = sum(width >= _NEAR_THE_EDGE * edge for width in inner)
    return edge if near >= _WRAPPED_SHARE * len(inner) else 0
