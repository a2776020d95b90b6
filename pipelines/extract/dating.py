"""The date of an act: which of the sentence's dates hangs on it."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from spacy.tokens import Doc, Token

from pipelines.extract import dates, syntax
from pipelines.extract.words import words
from schemas.records import EventDate

_PERIODS: Final = words("periods")
_SINCE: Final = re.compile(r"\b(?:since|than)(?:\s[\w'-]+){0,4}\s*\Z", re.IGNORECASE)
_SOON: Final = 120  # days


def date_of(doc: Doc, token: Token, published: date, *, future: bool) -> EventDate | None:
    """The date nearest above or beside the trigger in the tree; none that belongs to another verb."""
    nearest = _nearest(doc, token)
    if nearest is None:
        return None
    when = nearest.resolve(published, future=future)
    if future or when is None or token.tag_ not in {"VBZ", "VBP"}:
        return when
    # "travels to Beijing on Thursday", "meet in Stockholm on Oct. 5": the present tense with a date looks ahead.
    ahead = nearest.resolve(published, future=True)
    return ahead if ahead is not None and 0 <= (ahead.start - published).days <= _SOON else when


def _nearest(doc: Doc, token: Token) -> dates.DateMention | None:
    verb = token if token.pos_ in {"VERB", "AUX"} else syntax.governing_clause(token)
    ranked: list[tuple[int, int, int, dates.DateMention]] = []
    for number, mention in enumerate(dates.find(doc.text)):
        anchor = next((t for t in doc if mention.start <= t.idx < mention.end), None)
        if anchor is None or _names_another(anchor, token, doc.text, mention):
            continue
        distance = _distance(anchor, token, verb, coarse=mention.coarse)
        if distance is not None:
            ranked.append((distance, abs(anchor.i - token.i), number, mention))
    return min(ranked)[3] if ranked else None


def _names_another(anchor: Token, token: Token, text: str, mention: dates.DateMention) -> bool:
    """As in "The 2018 accord", "the first visit since 2019", "the third in six years": no date of this act."""
    if _SINCE.search(text[: mention.start]):
        return True
    return (
        anchor.dep_ in {"nummod", "compound", "amod", "nmod", "poss"}
        and anchor.head != token
        and anchor.head.pos_ in {"NOUN", "PROPN"}
        and not (mention.start <= anchor.head.idx < mention.end)
    )


def _distance(anchor: Token, token: Token, verb: Token, *, coarse: bool) -> int | None:
    """0: hangs on the trigger, 1: on its verb, 2: on a verb of which it is complement or conjunct; else None."""
    holder = anchor
    while holder.head != holder and holder.pos_ not in {"VERB", "AUX"} and holder != token:
        if coarse and holder.pos_ == "NOUN" and holder != anchor and syntax.lemma(holder) not in _PERIODS:
            return None
        holder = holder.head
    if holder == token:
        return 0
    if holder == verb:
        return 1
    if holder.dep_ in {"acl", "relcl"}:
        return None
    node = verb
    steps = 2
    while node.head != node and node.dep_ in {"xcomp", "conj", "ccomp", "pcomp", "prep", "advcl", "dobj"}:
        node = node.head
        if node == holder:
            return steps
        steps += 1
    if holder.dep_ == "xcomp" and holder.head == verb:
        return 3
    return None
