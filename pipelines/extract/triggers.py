"""Event triggers: the rules of `data/triggers.toml`, and which of them a token of a parsed sentence matches."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final

from spacy.tokens import Doc, Token

from pipelines.extract import syntax

_CONDITIONS: Final = ("obj", "theme", "subj", "prt", "comp", "within", "prep", "phrase", "joint", "negated", "future", "predicate")
_FLAGS: Final = frozenset(
    "scheduled host light need_target need_person intended joint negated future predicate persons civil places official named venue speech coming slogan".split()
)
_LISTS: Final = ("obj", "theme", "subj", "prt", "comp", "within", "without", "prep", "not_obj")
_KEYS: Final = _FLAGS | set(_LISTS) | {"name", "verbs", "nouns", "adjs", "modals", "is", "from", "to", "each", "phrase"}
_VERBAL: Final = frozenset({"VERB", "AUX"})
_NOMINAL: Final = frozenset({"NOUN", "PROPN"})
_FUTURE: Final = frozenset({"will", "would", "shall", "'ll", "wo", "ca"})
LIGHT_VERBS: Final = frozenset(
    "make hold have conduct carry stage launch issue lodge file express voice give take deliver send offer extend convey"
    " pay announce start begin open wrap conclude finish attend join propose do raise level mount register receive keep"
    " put resume continue undertake perform impose sound repeat renew reiterate order decide accept release publish"
    " reject hurl fire direct present add heap pile unleash agree".split()
)
_JOINT: Final = frozenset(
    {"joint", "jointly", "together", "combined", "trilateral", "bilateral", "multinational", "alongside"}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the trigger file. Sets are of lemmas; an empty set or None means: no such condition."""

    name: str
    part: str
    lemmas: frozenset[str]
    type: str
    mode: str | None
    source: tuple[str, ...]
    target: tuple[str, ...]
    each: str = ""
    host: bool = False
    light: bool = False
    need_target: bool = False
    need_person: bool = False
    intended: bool = False
    scheduled: bool = False
    obj: frozenset[str] = frozenset()
    theme: frozenset[str] = frozenset()
    subj: frozenset[str] = frozenset()
    prt: frozenset[str] = frozenset()
    comp: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    prep: frozenset[str] = frozenset()
    phrase: frozenset[str] = frozenset()
    not_obj: frozenset[str] = frozenset()
    joint: bool = False
    negated: bool = False
    future: bool = False
    predicate: bool = False
    persons: bool = False
    civil: bool = False
    places: bool = False
    official: bool = False
    named: bool = False
    venue: bool = False
    speech: bool = False
    coming: bool = False
    slogan: bool = False

    @property
    def weight(self) -> int:
        """How specific it is: the number of its conditions."""
        return sum(bool(getattr(self, name)) for name in _CONDITIONS)


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
            found.extend(syntax.prepositions(noun))
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


@cache
def rules() -> dict[tuple[str, str], tuple[Rule, ...]]:
    """Rules by part of speech and lemma, most specific first. ValueError for an unknown key or part."""
    table = tomllib.loads((files("pipelines.extract") / "data" / "triggers.toml").read_text("utf-8"))
    sets = {name: frozenset(words.split()) for name, words in table["sets"].items()}
    parsed = [_parse(row, sets) for row in table["rule"]]
    index: dict[tuple[str, str], list[tuple[int, int, Rule]]] = {}
    for order, rule in enumerate(parsed):
        for lemma in rule.lemmas:
            index.setdefault((rule.part, lemma), []).append((-rule.weight, order, rule))
    return {key: tuple(r for _, _, r in sorted(found, key=lambda f: f[:2])) for key, found in index.items()}


def _parse(row: dict[str, Any], sets: dict[str, frozenset[str]]) -> Rule:
    part = next(p for p in ("verbs", "nouns", "adjs", "modals") if p in row)
    type_, _, mode = row["is"].partition(":")
    if unknown := set(row) - _KEYS:
        raise ValueError(f"triggers.toml, rule {row.get('name')}: unknown keys {sorted(unknown)}")
    fields: dict[str, Any] = {k: v for k, v in row.items() if k in _FLAGS}
    fields["each"] = {True: "always", False: "", "plural": "plural"}[row.get("each", False)]
    for name in _LISTS:
        if name in row:
            fields[name] = _words(row[name], sets)
    if "phrase" in row:
        fields["phrase"] = frozenset(row["phrase"].split("|"))
    default_from = "subj by" if part == "verbs" else "owner by subj"
    return Rule(
        name=row["name"],
        part=part,
        lemmas=_words(row[part], sets),
        type=type_,
        mode=mode or None,
        source=tuple(row.get("from", default_from).split()),
        target=tuple(row.get("to", "obj to any").split()),
        **fields,
    )


def _words(text: str, sets: dict[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    for word in text.split():
        name = word.removeprefix("@")
        found |= sets[name] if word.startswith("@") and name in sets else {word}
    return frozenset(found)


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
    """Positions of the object nouns used, or None where a condition fails."""
    uses: set[int] = set()
    if rule.negated and not frame.negated:
        return None
    if rule.future and not frame.future:
        return None
    if rule.prt and not rule.prt & frame.particles:
        return None
    for wanted, tokens in ((rule.obj, "objects"), (rule.subj, "subjects")):
        if wanted and (used := _head_in(wanted, getattr(frame, tokens))) is None:
            return None
        if wanted:
            uses.update(used or ())
    if rule.theme:
        used = _head_in(rule.theme, frame.objects or frame.subjects)
        if used is None:
            return None
        uses.update(used)
    if rule.within and not rule.within & frame.words:
        return None
    if rule.without and rule.without & frame.words:
        return None
    if rule.not_obj and any(
        rule.not_obj & {syntax.lemma(t), t.lower_}
        for t in (*frame.objects, *(n for p, n in frame.prepositions if p in {"with", "by"}))
    ):
        return None
    if rule.prep and not any(p in rule.prep for p, _ in frame.prepositions):
        return None
    if rule.comp and not _complement_in(rule.comp, frame):
        return None
    if rule.phrase and not any(p in frame.token.doc.text.lower() for p in rule.phrase):
        return None
    if rule.joint and not _JOINT & frame.words and not any(p in {"with", "alongside"} for p, _ in frame.prepositions):
        return None
    if rule.predicate and frame.token.dep_ not in {"attr", "oprd", "acomp"}:
        return None
    return uses


def _head_in(wanted: frozenset[str], tokens: list[Token]) -> list[int] | None:
    if "*" in wanted or "*person" in wanted:
        return [] if tokens else None
    # "import ban", "missile test": the head decides, but a compound whose head is empty ("round of talks") looks on.
    heads = [t for token in tokens for t in (token, *_content(token))]
    found = _lemmas(heads)
    used = [i for word in wanted for i in found.get(word, ())]
    return used or None


_EMPTY: Final = frozenset(
    "round series number set batch kind type form new day hour all part some package wave string session exchange"
    " range pair couple barrage salvo flurry slew dozen hundred thousand one two three four five ten couple level lot ton".split()
)


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
