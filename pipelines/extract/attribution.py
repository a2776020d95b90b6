"""Whose word it is: the reporter of an attributed clause."""

from __future__ import annotations

from typing import Final

from spacy.tokens import Token

from pipelines.extract import syntax
from pipelines.extract.cast import Cast, Part, speaker
from pipelines.extract.words import words

ANALYSTS: Final = words("analysts")


def reporter(cast: Cast, token: Token, sources: tuple[str, ...]) -> str | None:
    """Code of the state whose official or medium is quoted for the clause; None where the actor speaks for itself."""
    found = speaker(cast, token) or _according(cast, token)
    codes = [p.actor.code for p in found]
    if not codes or codes[0] in sources:
        return None
    return codes[0]


def _according(cast: Cast, token: Token) -> list[Part]:
    for word in token.doc:
        if word.lower_ == "according":
            for _, noun in syntax.prepositions(word.head) + syntax.prepositions(word):
                if found := cast.of(noun, "speaker"):
                    return found
    return []


def by_analyst(token: Token) -> bool:
    """The clause is what an analyst, an editorial or a commentator says."""
    current = token
    while current.head != current:
        head = current.head
        if current.dep_ in {"ccomp", "parataxis"} and any(
            s.lemma_.lower() in ANALYSTS for subject in syntax.surface_subjects(head) for s in subject.subtree
        ):
            return True
        current = head
    return any(
        word.lower_ == "according" and any(w.lemma_.lower() in ANALYSTS for w in word.subtree) for word in token.doc
    )
