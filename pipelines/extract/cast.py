"""The actors of a sentence laid over its parse: which noun phrase stands for whom, pronouns included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from spacy.tokens import Doc, Token

from pipelines.extract import syntax
from pipelines.extract.document import Passage, Referent
from pipelines.extract.words import words
from schemas.records import Actor, Span

MODIFIERS: Final = frozenset({"amod", "compound", "nmod", "poss", "appos", "nummod"})
"""Dependencies that may say whose something is."""
_OWNING: Final = (
    "of", "by", "between", "from", "among", "with", "to", "against", "on", "for", "into", "over", "toward", "towards",
    "at",
)  # fmt: skip
_DOING: Final = ("by", "between", "from")
_SUFFERED: Final = words("suffered")
_SAY: Final = words("saying")
_JUDGE: Final = words("speaking")
_PERSONS: Final = frozenset({"he", "she", "his", "her", "him"})
_PLURAL: Final = frozenset({"they", "their", "them"})
_PRONOUNS: Final = _PERSONS | _PLURAL | {"it", "its"}
_HOUSES: Final = {
    "official": "GOV", "authority": "GOV", "ministry": "GOV", "government": "GOV", "diplomat": "GOV", "minister": "GOV",
    "spokesman": "GOV", "spokeswoman": "GOV", "spokesperson": "GOV", "regulator": "GOV", "customs": "GOV",
    "agency": "GOV", "office": "GOV", "department": "GOV", "embassy": "GOV", "negotiator": "GOV", "leader": "GOV",
    "council": "GOV", "commission": "GOV", "court": "JUD", "judge": "JUD", "prosecutor": "JUD", "police": "COP",
    "lawmaker": "LEG", "parliament": "LEG", "committee": "LEG", "legislator": "LEG", "newspaper": "JRN",
    "broadcaster": "JRN", "protester": "CVL", "demonstrator": "CVL", "student": "CVL", "activist": "CVL",
    "resident": "CVL", "crowd": "CVL", "group": "CVL", "union": "CVL",
}  # fmt: skip  # fmt: skip
_SPEAKERS: Final = frozenset({"we", "us", "our", "i"})
_DEPTH: Final = 4
_LOOK_BACK: Final = 2  # sentences


@dataclass(frozen=True, slots=True)
class Part:
    """An actor in a role: where it is named, and how it was found."""

    actor: Actor
    span: Span
    slot: str
    antecedents: tuple[Span, ...] = ()
    anaphor: str = ""
    kind: str = ""


@dataclass
class Cast:
    """The referents of a passage laid over its parse."""

    doc: Doc
    passage: Passage
    before: Sequence[Passage] = ()
    at: dict[int, Referent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        offset = self.passage.sentence.start
        for token in self.doc:
            begin, end = token.idx + offset, token.idx + len(token) + offset
            for referent in self.passage.referents:
                if begin < referent.end and referent.start < end:
                    self.at[token.i] = referent
                    break
        for token in self.doc:
            if token.lower_ in _PRONOUNS:
                self._bind_pronoun(token)
            elif token.lower_ in _SPEAKERS and token.text != "US":
                self._bind_speaker(token)

    def _bind_pronoun(self, token: Token) -> None:
        """A pronoun takes the subject of the clause above: "Beijing said it had", "Tokyo summoned him over its"."""
        bound = self.at.pop(token.i, None)
        found = self._no_person(token, self._antecedents(token))
        if len(found) == 1 or (len(found) > 1 and token.lower_ in _PLURAL):
            begin = token.idx + self.passage.sentence.start
            self.at[token.i] = Referent(
                begin,
                begin + len(token),
                tuple(Actor(code=p.actor.code, sector=p.actor.sector) for p in found),
                anaphor="person" if token.lower_ in _PERSONS else "plural" if token.lower_ in _PLURAL else "single",
                antecedents=tuple(p.span for p in found),
            )
        elif _opens_sentence(token):
            self._take_up_topic(token, bound)
        elif bound is not None and token.lower_ in {"him", "them"} and not found:
            self.at[token.i] = bound

    def _no_person(self, token: Token, found: list[Part]) -> list[Part]:
        """As in "Biden announced sanctions against Russia after its forces": "its" is not a man's but the state's."""
        if token.lower_ not in {"it", "its"} or not found or any(p.kind != "person" for p in found):
            return found
        begin = token.idx + self.passage.sentence.start
        persons = {p.actor.code for p in found}
        before = [
            r
            for r in self.passage.referents
            if r.end <= begin
            and len(r.actors) == 1
            and r.codes[0] not in persons
            and r.kind != "person"
            and not r.place
            and not r.anaphor
        ]
        before = [r for r in before if r.kind in {"state", "capital"}] or before
        return parts_of(before[-1], "subj") if before else found

    def _bind_speaker(self, token: Token) -> None:
        """As in "We urge China", a spokesman in Tokyo said: we are Tokyo."""
        found = speaker(self, token)
        if len(found) == 1:
            begin = token.idx + self.passage.sentence.start
            actor = Actor(code=found[0].actor.code, sector=found[0].actor.sector)
            self.at[token.i] = Referent(
                begin, begin + len(token), (actor,), anaphor="speaker", antecedents=(found[0].span,)
            )

    def _take_up_topic(self, token: Token, bound: Referent | None) -> None:
        """The subject of the sentence before, where it fits in number; else what the document's order suggests."""
        last = next((p for p in reversed(self.before[-_LOOK_BACK:]) if p.topic), None)
        topic, several = (last.topic, last.several) if last else ((), False)
        if last and last.voice and last is self.before[-1] and token.dep_ == "nsubj" and _speaks(token.head):
            topic, several = last.voice, False
        wanted = token.lower_ in _PLURAL
        if topic and (len(topic) > 1 or several) == wanted:
            begin = token.idx + self.passage.sentence.start
            self.at[token.i] = Referent(
                begin,
                begin + len(token),
                tuple(Actor(code=a.code, sector=a.sector) for a, _ in topic),
                anaphor="person" if token.lower_ in _PERSONS else "plural" if wanted else "single",
                antecedents=tuple(span for _, span in topic),
            )
        elif bound is not None:
            self.at[token.i] = bound

    def note_topic(self) -> None:
        """Remember whom this sentence is about, for the next one."""
        root = self.doc[0].sent.root
        subjects = syntax.surface_subjects(root)
        found = unique(p for s in subjects for t in syntax.with_conjuncts(s) for p in self.of(t, "subj"))
        self.passage.topic = tuple((p.actor, p.span) for p in found)
        self.passage.voice = tuple((p.actor, p.span) for p in speaker(self, root)[:1])
        self.passage.several = any(t.tag_ in {"NNS", "NNPS"} or len(syntax.with_conjuncts(t)) > 1 for t in subjects)

    def _antecedents(self, token: Token) -> list[Part]:
        verb = syntax.governing_clause(token.head) if token.dep_ not in {"nsubj", "nsubjpass"} else token.head
        subjects = syntax.surface_subjects(verb)
        if token.dep_ == "poss" and subjects and not any(token in s.subtree for s in subjects):
            return unique(p for s in subjects for t in syntax.with_conjuncts(s) for p in self.of(t, "subj"))
        if token.dep_ not in {"nsubj", "nsubjpass", "poss"}:
            return []
        for _ in range(3):
            above = verb.head
            while above.head != above and above.pos_ not in {"VERB", "AUX"}:
                above = above.head
            if above == verb:
                break
            verb = above
            found = unique(
                p
                for s in syntax.surface_subjects(verb)
                if token not in s.subtree
                for t in syntax.with_conjuncts(s)
                for p in self.of(t, "subj")
            )
            if found:
                return found
        return []

    def of(self, token: Token, slot: str, *, places: bool = False, depth: int = 0) -> list[Part]:
        """Actors of the noun phrase headed by the token: the head itself, else its modifiers, else "of", "by" ..."""
        found: list[Part] = []
        referent = self.at.get(token.i)
        if referent is not None and (places or not referent.place or referent.anaphor):
            found.extend(parts_of(referent, slot))
            found.extend(p for t in token.children if t.dep_ == "conj" for p in self.of(t, slot, places=places))
            found.extend(self._coordinated_modifiers(token, slot, referent))
            return unique(found)
        for child in token.children:
            if child.dep_ in MODIFIERS:
                found.extend(self.modifier(child, slot, places=places, depth=depth))
        if depth < _DEPTH:
            found = found or self._seated(token, slot, depth) or self._owned(token, slot, places=places, depth=depth)
            for child in token.children:
                if child.dep_ == "conj" and child.pos_ in {"NOUN", "PROPN", "PRON"}:
                    found.extend(self.of(child, slot, places=places, depth=depth + 1))
        return unique(found)

    def _seated(self, token: Token, slot: str, depth: int) -> list[Part]:
        """As in "Officials in Moscow", "a court in Sapporo": these belong to where they sit."""
        sector = _HOUSES.get(syntax.lemma(token))
        if sector is None:
            return []
        seats = [n for prep, n in syntax.prepositions(token) if prep in {"in", "at", "from"}]
        return [
            replace(p, actor=Actor(code=p.actor.code, sector=sector), kind="body")
            for n in seats
            for p in self.of(n, slot, places=True, depth=depth + 1)
        ]

    def _owned(self, token: Token, slot: str, *, places: bool, depth: int) -> list[Part]:
        """What "of", "by", "between" ... name, the first of them that names anybody."""
        for wanted in _OWNING if syntax.lemma(token) not in _SUFFERED else _DOING:
            found = [
                part
                for prep, noun in syntax.prepositions(token)
                if prep == wanted
                for part in self.of(noun, slot, places=places or wanted == "of", depth=depth + 1)
            ]
            if found:
                return found
        return []

    def modifier(self, token: Token, slot: str, *, places: bool, depth: int) -> list[Part]:
        """A modifier: "Japan's", "Chinese and Russian", and what modifies it in turn."""
        found: list[Part] = []
        for t in [token, *(c for c in token.children if c.dep_ in {"conj", "appos"})]:
            referent = self.at.get(t.i)
            if referent is not None and (places or not referent.place):
                found.extend(parts_of(referent, slot))
            elif depth < _DEPTH:
                for child in t.children:
                    if child.dep_ in MODIFIERS | {"conj"}:
                        found.extend(self.modifier(child, slot, places=places, depth=depth + 1))
        return found

    def _coordinated_modifiers(self, token: Token, slot: str, referent: Referent) -> list[Part]:
        """As in "Japanese and Chinese officials", where the gazetteer joins only the second to the noun."""
        found: list[Part] = []
        for t in self.doc:
            other = self.at.get(t.i)
            if other is not referent or t.i == token.i:
                continue
            for child in t.children:
                near = self.at.get(child.i)
                if child.dep_ == "conj" and near is not None and near is not referent:
                    found.extend(self.of(child, slot, depth=1))
            head = self.at.get(t.head.i)
            if t.dep_ == "conj" and head is not None and head is not referent:
                found.extend(parts_of(head, slot))
        for child in token.children:
            near = self.at.get(child.i)
            if near is None or near is referent:
                continue
            if child.dep_ in {"amod", "compound", "nmod"} and any(c.dep_ in {"cc", "conj"} for c in child.children):
                found.extend(parts_of(near, slot))
        return found

    def others(self, top: Token, slot: str, but: Iterable[str]) -> list[Part]:
        """Actors anywhere under a token other than those given, places left out, in text order."""
        known = set(but)
        seen: dict[int, Referent] = {}
        for token in top.subtree:
            referent = self.at.get(token.i)
            if referent is not None and not referent.place:
                seen[referent.start] = referent
        found = [p for _, r in sorted(seen.items()) for p in parts_of(r, slot) if p.actor.code not in known]
        return unique(found)


def parts_of(referent: Referent, slot: str) -> list[Part]:
    """One part for each actor of a referent."""
    return [
        Part(actor, (referent.start, referent.end), slot, referent.antecedents, referent.anaphor, referent.kind)
        for actor in referent.actors
    ]


def _opens_sentence(token: Token) -> bool:
    """The pronoun belongs to the main clause, so that its antecedent stands in the sentence before."""
    verb = syntax.governing_clause(token.head) if token.pos_ == "PRON" else token
    return verb.dep_ in {"ROOT", "ccomp"} and token.dep_ in {"nsubj", "nsubjpass", "poss"}


def _speaks(verb: Token) -> bool:
    """An act of words: who goes on is who spoke before."""
    return syntax.lemma(verb) in _SAY or syntax.lemma(verb) in _JUDGE


def unique(parts: Iterable[Part]) -> list[Part]:
    """One part per actor, the first found."""
    found: dict[str, Part] = {}
    for part in parts:
        found.setdefault(part.actor.code, part)
    return list(found.values())


def arguments(cast: Cast, tokens: list[Token], slot: str, but: tuple[str, ...], *, places: bool = False) -> list[Part]:
    """Of each noun phrase: its own actors, else what "of", "on", "by" in it name besides those known."""
    found: list[Part] = []
    for token in tokens:
        here = cast.of(token, slot, places=places)
        if not [p for p in here if p.actor.code not in but]:
            owning = _DOING if syntax.lemma(token) in _SUFFERED else _OWNING
            for prep, noun in syntax.prepositions(token):
                if prep in owning:
                    here.extend(cast.of(noun, slot, places=prep == "from"))
        if not here:
            # "products originating in Japan", "water released at Fukushima"
            here.extend(p for c in token.subtree if c.dep_ == "acl" and c.tag_ in {"VBG", "VBN"}
                        for _, noun in syntax.prepositions(c) for p in cast.of(noun, slot, places=True))  # fmt: skip
        found.extend(here)
    return unique(found)


def speaker(cast: Cast, token: Token) -> list[Part]:
    """Who says it: the subject of the verb of saying above."""
    current = token
    while current.head != current:
        head = current.head
        if current.dep_ in {"ccomp", "parataxis"} and head.lemma_ in _SAY:
            return arguments(cast, syntax.surface_subjects(head), "speaker", ())
        current = head
    for child in current.children:
        if child.dep_ in {"ccomp", "parataxis"} and child.lemma_ in _SAY and child.i > token.i:
            return arguments(cast, syntax.surface_subjects(child), "speaker", ())
    return []
