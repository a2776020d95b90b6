"""Words of a text as the indices know them: one tokeniser for every adapter, the oracle and saved searches.

The text is normalised (NFKC, which folds full and half width; straight apostrophes), split at the word boundaries of
Unicode Standard Annex 29, lower-cased, and runs of Han, Hiragana, Katakana and Hangul become overlapping bigrams. On
text normalised by `normalised` this gives the tokens and positions of Lucene's chain standard tokenizer, cjk_width,
lowercase, cjk_bigram (`tests/unit/schemas/golden/tokens.json` holds what that chain says). There are no stop words and
no stems.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

import regex

MAX_TOKEN: Final = 255
"""Longest token in UTF-16 code units; longer words are cut into pieces of this length, as Lucene does."""

# A base character carries the marks and format characters that follow it (UAX 29, rule WB4).
_MARKS: Final = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]*+"
_LETTER: Final = rf"(?:[[\p{{WB=ALetter}}\p{{WB=Hebrew_Letter}}]--\p{{LB=Complex_Context}}]{_MARKS})"
_HEBREW: Final = rf"(?:\p{{WB=Hebrew_Letter}}{_MARKS})"
_DIGIT: Final = rf"(?:\p{{WB=Numeric}}{_MARKS})"
_KATAKANA: Final = rf"(?:\p{{WB=Katakana}}{_MARKS})"
_HANGUL: Final = rf"(?:[\p{{Script=Hangul}}&&\p{{WB=ALetter}}]{_MARKS})"
_JOIN: Final = rf"(?:\p{{WB=ExtendNumLet}}{_MARKS})"
_IN_WORD: Final = rf"(?:[\p{{WB=MidLetter}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_MARKS})"
_IN_NUMBER: Final = rf"(?:[\p{{WB=MidNum}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_MARKS})"
_DOUBLE_QUOTE: Final = rf"(?:\p{{WB=Double_Quote}}{_MARKS})"
_SINGLE_QUOTE: Final = rf"(?:\p{{WB=Single_Quote}}{_MARKS})"
_NUMBER: Final = rf"{_DIGIT}(?:(?:{_JOIN}*|{_IN_NUMBER}){_DIGIT})*"
# Hebrew abbreviates with quotation marks: a double one between letters, a single one after them (WB7a to WB7c).
_GERSHAYIM: Final = rf"{_DOUBLE_QUOTE}(?<={_HEBREW}{_DOUBLE_QUOTE})(?={_HEBREW})"
_GERESH: Final = rf"{_SINGLE_QUOTE}(?<={_HEBREW}{_SINGLE_QUOTE})"
_LETTERS: Final = rf"{_LETTER}(?:(?:{_JOIN}*|{_IN_WORD}|{_GERSHAYIM}){_LETTER})*(?:{_GERESH})?"
_RUN: Final = rf"(?:{_KATAKANA}(?:{_JOIN}*{_KATAKANA})*|(?:{_NUMBER}|{_LETTERS})+)"
_EMOJI: Final = (
    r"(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3"
    r"|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?"
    r"(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*)" + _MARKS
)
_WORD: Final = regex.compile(
    rf"(?P<word>{_JOIN}*{_RUN}(?:{_JOIN}+{_RUN})*{_JOIN}*)"
    rf"|(?P<cjk>[\p{{Script=Han}}\p{{Script=Hiragana}}]{_MARKS})"
    rf"|(?P<other>(?:\p{{LB=Complex_Context}}{_MARKS})+|\u200D?{_EMOJI})",
    regex.V1,
)
_ONE_SCRIPT: Final = regex.compile(rf"{_KATAKANA}+|{_HANGUL}+", regex.V1)

_UNIFIED: Final = {0x2018: "'", 0x2019: "'", 0xAD: None}

# The same rules for texts of ASCII and the usual marks of print: ten times faster.
_PLAIN_TEXT: Final = re.compile("[\\x00-\\x7e\u201c\u201d\u2013\u2014]*")
_PLAIN_NUMBER: Final = r"[0-9](?:(?:_*|[.,;'])[0-9])*"
_PLAIN_LETTERS: Final = r"[a-z](?:(?:_*|[.:'])[a-z])*"
_PLAIN_RUN: Final = f"(?:{_PLAIN_NUMBER}|{_PLAIN_LETTERS})+"
_PLAIN_WORD: Final = re.compile(f"_*{_PLAIN_RUN}(?:_+{_PLAIN_RUN})*_*")


def normalised(text: str) -> str:
    """The text in the form that is split: NFKC, straight apostrophes, no soft hyphens. Adapters index this form."""
    return unicodedata.normalize("NFKC", text.translate(_UNIFIED))


def tokens(text: str) -> list[str]:
    """The words and bigrams of a text, in order; a token's place in the list is its position."""
    text = normalised(text)
    if _PLAIN_TEXT.fullmatch(text):
        return [piece for word in _PLAIN_WORD.findall(text.lower()) for piece in _pieces(word)]
    found: list[str] = []
    run: list[str] = []
    run_end = -1
    for match in _WORD.finditer(text):
        token = _lower(match.group())
        if match.lastgroup == "cjk" or (match.lastgroup == "word" and _ONE_SCRIPT.fullmatch(token)):
            if match.start() != run_end:
                _flush(run, found)
            run.extend(token)
            run_end = match.end()
        else:
            _flush(run, found)
            found.extend(_pieces(token))
    _flush(run, found)
    return found


def _lower(token: str) -> str:
    # Letter by letter as Lucene does, without the special cases of a final sigma and a dotted capital I.
    return token.replace("Σ", "σ").replace("İ", "i").lower()


def _flush(run: list[str], found: list[str]) -> None:
    if len(run) == 1:
        found.append(run[0])
    found.extend(a + b for a, b in pairwise(run))
    run.clear()


def _pieces(token: str) -> list[str]:
    if len(token) <= MAX_TOKEN:
        return [token]
    return [token[i : i + MAX_TOKEN] for i in range(0, len(token), MAX_TOKEN)]
