"""Which rules hold for which token of a parsed sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from spacy.tokens import Doc, Token

from pipelines.extract import syntax
from pipelines.extract.triggers import Rule, rules
from pipelines.extract.words import words

_VERBAL: Final = frozenset({"VERB", "AUX"})
_NOMINAL: Final = frozenset({"NOUN", "PROPN"})
_FUTURE: Final = frozenset({"will", "would", "shall", "'ll", "wo", "ca"})
_JOINT: Final = frozenset(
    {"joint", "jointly", "together", "combined", "trilateral", "bilateral", "multinational", "alongside"}
)
_EMPTY: Final = words("empty_heads")


@dataclass(frozen=True)
class Match:
    """A rule that holds for a token, and the object nouns that it has thereby accounted for."""

    rule: Rule
    token: Token
    uses: frozenset[int] = frozenset()


class Frame:
    """What surrounds a token, computed when asked for and once."""

    def __init__(self, token: Token) -> None:
        self.token = token

    @cached_property
    def verb(self) -> Token:
        """The token itself, or the verb that governs it."""
        return self.token if self.token.pos_ in _VERBAL else syntax.governing_clause(self.token)

    @cached_property
    def objects(self) -> list[Token]:
        """Logical objects with their conjuncts."""
        return [t for o in syntax.patients(self.token) for t in syntax.with_conjuncts(o)]

    @cached_property
    def subjects(self) -> list[Token]:
        """Logical subjects with their conjuncts."""
        return [t for s in syntax.agents(self.token) for t in syntax.with_conjuncts(s)]

    @cached_property
    def words(self) -> frozenset[str]:
        """Lemmas and lower-cased words of the clause around the token."""
        top = self.token if self.token.pos_ in _VERBAL else self.verb
        return frozenset(w for t in top.subtree for w in (syntax.lemma(t), t.lower_))

    @cached_property
    def prepositions(self) -> list[tuple[str, Token]]:
        """Of the token and of its objects."""
        found = syntax.prepositions(self.token)
        for noun in self.objects:
            for inner in (noun, *_content(noun)):
                found.extend(syntax.prepositions(inner))
        return found

    @cached_property
    def complements(self) -> list[Token]:
        """Complement verbs of the token and of its objects."""
        return [*syntax.complements(self.token), *(c for o in self.objects for c in syntax.complements(o))]

    @cached_property
    def particles(self) -> frozenset[str]:
        """Particles and bare adverbs."""
        return syntax.particles(self.token)

    @cached_property
    def negated(self) -> bool:
        """A "not" or "never" on the verb, or "no" on its subject or object."""
        return is_negated(self.token)

    @cached_property
    def future(self) -> bool:
        """The verb stands in the future, or under a verb that does."""
        node = self.token
        while True:
            if any(c.lower_ in _FUTURE for c in node.children if c.dep_ == "aux"):
                return True
            if node.dep_ not in {"xcomp", "conj", "ccomp"} or node.head == node or node.head.pos_ not in _VERBAL:
                return False
            if node.dep_ == "ccomp":
                return False
            node = node.head


def is_negated(token: Token) -> bool:
    """A "not" or "never" on the token, or "no" on its subject, object or itself."""
    for child in token.children:
        if child.dep_ == "neg" or child.lower_ in {"never", "neither", "nor", "hardly", "no"}:
            return True
        if child.dep_ in {"dobj", "nsubj", "nsubjpass", "attr"} and any(
            c.lower_ in {"no", "neither"} for c in child.children if c.dep_ in {"det", "preconj"}
        ):
            return True
        if child.dep_ in {"nsubj", "nsubjpass", "dobj"} and child.lower_ in {"nothing", "nobody", "none", "neither"}:
            return True
    return False


def matches(doc: Doc) -> Iterator[tuple[list[Match], Frame]]:
    """For each token that has any, the rules that hold, most specific first; tokens in text order."""
    table = rules()
    for token in doc:
        for part in _parts(token):
            word = token.lower_ if part == "adjs" else syntax.lemma(token)
            candidates = table.get((part, word), ())
            if not candidates:
                continue
            frame = Frame(token)
            held = [(rule, _holds(rule, frame)) for rule in candidates]
            if found := [Match(rule, token, frozenset(uses)) for rule, uses in held if uses is not None]:
                yield found, frame
                break


def _parts(token: Token) -> tuple[str, ...]:
    if token.dep_ == "aux":
        return ("modals",)
    if token.pos_ in _VERBAL:
        return ("adjs", "verbs") if token.tag_ in {"VBN", "VBD"} else ("verbs",)
    if token.pos_ in _NOMINAL:
        return ("nouns",)
    return ("adjs",) if token.pos_ == "ADJ" else ()


def _lemmas(tokens: Iterable[Token]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for token in tokens:
        for word in {syntax.lemma(token), token.lower_}:
            found.setdefault(word, []).append(token.i)
    return found


def _holds(rule: Rule, frame: Frame) -> set[int] | None:
    """Positions of the nouns that the conditions on object and subject used, or None where a condition fails."""
    if not all(condition(rule, frame) for condition in _CONDITIONS):
        return None
    uses: set[int] = set()
    for wanted, tokens in (
        (rule.obj, frame.objects),
        (rule.subj, frame.subjects),
        (rule.theme, frame.objects or frame.subjects),
    ):
        if wanted:
            used = _head_in(wanted, tokens)
            if used is None:
                return None
            uses.update(used)
    return uses


def _stands(rule: Rule, frame: Frame) -> bool:
    """Negation, tense, particle, place in the clause."""
    return (
        (not rule.negated or frame.negated)
        and (not rule.future or frame.future)
        and (not rule.prt or bool(rule.prt & frame.particles))
        and (not rule.predicate or frame.token.dep_ in {"attr", "oprd", "acomp"})
    )


def _worded(rule: Rule, frame: Frame) -> bool:
    """Words that the clause must and must not hold."""
    return (
        (not rule.within or bool(rule.within & frame.words))
        and not rule.without & frame.words
        and (not rule.phrase or any(p in frame.token.doc.text.lower() for p in rule.phrase))
    )


def _governs(rule: Rule, frame: Frame) -> bool:
    """Prepositions, complements, and objects that would make it something else."""
    prepositions = {p for p, _ in frame.prepositions}
    if rule.prep and not rule.prep & prepositions:
        return False
    if rule.comp and not _complement_in(rule.comp, frame):
        return False
    if rule.joint and not _JOINT & frame.words and not prepositions & {"with", "alongside"}:
        return False
    governed = (*frame.objects, *(n for p, n in frame.prepositions if p in {"with", "by"}))
    return not any(rule.not_obj & {syntax.lemma(t), t.lower_} for t in governed)


_CONDITIONS: Final[tuple[Callable[[Rule, Frame], bool], ...]] = (_stands, _worded, _governs)


def _head_in(wanted: frozenset[str], tokens: list[Token]) -> list[int] | None:
    if "*" in wanted or "*person" in wanted:
        return [] if tokens else None
    # "import ban", "missile test": the head decides, but a compound whose head is empty ("round of talks") looks on.
    heads = [t for token in tokens for t in (token, *_content(token))]
    found = _lemmas(heads)
    used = [i for word in wanted for i in found.get(word, ())]
    return used or None


def _content(token: Token) -> Iterator[Token]:
    """What an empty head holds: "a round of talks", "two of its destroyers"."""
    if syntax.lemma(token) in _EMPTY or token.pos_ == "NUM":
        for prep, noun in syntax.prepositions(token):
            if prep == "of":
                yield noun
                yield from _content(noun)


def _complement_in(wanted: frozenset[str], frame: Frame) -> bool:
    if "*" in wanted:
        return bool(frame.complements)
    if "@inf" in wanted:
        return any(c.tag_ == "VB" and any(t.lower_ == "to" for t in c.children) for c in frame.complements)
    lemmas = {syntax.lemma(c) for c in frame.complements}
    for complement in frame.complements:
        lemmas.update(syntax.lemma(c) for c in complement.children if c.dep_ in {"conj", "xcomp"})
    return bool(wanted & lemmas)
