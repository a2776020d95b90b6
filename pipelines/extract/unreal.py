"""Acts that a sentence names without saying that they happened, though no modal verb and no "not" stands by them.

"Stopped short of recalling", "nearly expelled", "reports of an attack turned out to be wrong", "in a war game",
"it would be a mistake for Tokyo to": each gives a factuality other than fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from spacy.tokens import Token

from pipelines.extract import syntax
from schemas.records import Factuality

_ALMOST: Final = frozenset({"nearly", "almost"})
_SHORT: Final = frozenset({"stop", "fall", "pull"})
_RULED_OUT: Final = frozenset({"dobj", "pcomp", "prep", "xcomp", "ccomp", "advcl"})
_HEARSAY: Final = frozenset({"rumour", "rumor", "report", "claim", "allegation", "suggestion", "story", "speculation"})
_FALSE: Final = frozenset(
    {"false", "wrong", "untrue", "baseless", "unfounded", "groundless", "fabricated", "fake", "incorrect", "mistaken"}
)
_STILL: Final = frozenset({"remain", "stay", "be", "lie"})
_STANDING: Final = frozenset({"frozen", "stalled", "suspended", "deadlocked", "dormant"})
_ADVICE: Final = frozenset({"mistake", "error", "folly", "time", "blunder"})
_PLAY: Final = re.compile(
    r"\b(?:in|during)\s(?:an?|the|its|their|one)\s(?:\w+\s){0,2}(?:war\s?game|wargame|simulation|tabletop exercise"
    r"|scenario|novel|film|movie|thriller|drama|dream|video game|computer game)s?\b|\bimaginary\b|\bfictional\b",
    re.IGNORECASE,
)


def unreal(token: Token) -> tuple[Factuality, str] | None:
    """The factuality that such a frame gives the trigger, and the words of the frame; None where there is none."""
    if played := _PLAY.search(token.doc.text):
        return "conditional", played.group().lower()
    if token.pos_ == "VERB" and any(c.lower_ in _ALMOST and c.dep_ == "advmod" for c in token.children):
        return "denied", "nearly"
    if token.pos_ == "VERB" and {"would", "have"} <= {c.lower_ for c in token.children if c.dep_ == "aux"}:
        return "conditional", "would have"
    if token.pos_ in {"NOUN", "PROPN"} and _stands_still(token):
        return "denied", "frozen"
    below = token
    for above in _above(token):
        if above.lower_ == "short" and syntax.lemma(above.head) in _SHORT:
            return "denied", "stop short"
        if above.lemma_ == "rule" and below.dep_ in _RULED_OUT and _has(above, "out"):
            return "denied", "rule out"
        if syntax.lemma(above) in _HEARSAY and above.pos_ == "NOUN" and _is_false(above):
            return "denied", "false report"
        if _advised(above, below):
            return "opinion", "advice"
        below = above
    return None


def _above(token: Token) -> Iterator[Token]:
    while token.head != token:
        token = token.head
        yield token


def _has(verb: Token, particle: str) -> bool:
    return any(c.lower_ == particle and c.dep_ in {"prt", "advmod", "prep"} for c in verb.children)


def _stands_still(noun: Token) -> bool:
    """The talks "remain frozen"."""
    verb = noun.head
    if noun.dep_ not in {"nsubj", "nsubjpass"}:
        return False
    if verb.lower_ in _STANDING:
        return True
    return syntax.lemma(verb) in _STILL and any(c.lower_ in _STANDING for c in verb.children)


def _is_false(noun: Token) -> bool:
    """What is said of the rumour, outside the rumour itself."""
    if noun.dep_ not in {"nsubj", "nsubjpass", "pobj"}:
        return False
    verb = noun.head
    inside = {t.i for t in noun.subtree}
    return any(t.lower_ in _FALSE and t.i not in inside for t in verb.subtree)


def _advised(above: Token, below: Token) -> bool:
    """The act stands in "it is time for Seoul to", "it would be a mistake to"."""
    if below.pos_ not in {"VERB", "AUX"} or below.tag_ != "VB":
        return False
    if above.pos_ == "NOUN" and above.lower_ in _ADVICE and above.dep_ == "attr":
        return True
    return above.lemma_ == "be" and any(c.lower_ in _ADVICE and c.dep_ == "attr" for c in above.children)
