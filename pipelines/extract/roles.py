"""Who and whom: the actors that stand in the argument slots of a trigger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from spacy.tokens import Doc, Token

from pipelines.extract import syntax
from pipelines.extract.document import Passage, Referent
from pipelines.extract.triggers import LIGHT_VERBS, Frame, Rule
from schemas.records import Actor, Span

_MODIFIERS: Final = frozenset({"amod", "compound", "nmod", "poss", "appos", "nummod"})
_OWNING: Final = (
    "of",
    "by",
    "between",
    "from",
    "among",
    "with",
    "to",
    "against",
    "on",
    "for",
    "into",
    "over",
    "toward",
    "towards",
    "at",
)
_HOST_PREPS: Final = ("in", "to", "at", "for", "into", "from", "across", "of", "on")
_SAY: Final = frozenset(
    "say tell announce declare add state report confirm note claim insist argue maintain write explain stress warn allege"
    " observe contend hold reply retort comment remark call".split()
)
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
}  # fmt: skip
GUESTS: Final = frozenset(
    "delegation group mission official diplomat lawmaker minister envoy party governor mayor guest visitor leader president"
    " premier team counterpart".split()
)
"""Nouns whose bearers travel for their state."""
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
        found = self._antecedents(token)
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

    def _bind_speaker(self, token: Token) -> None:
        """ "We urge China", a spokesman in Tokyo said: we are Tokyo."""
        found = speaker(self, token)
        if len(found) == 1:
            begin = token.idx + self.passage.sentence.start
            actor = Actor(code=found[0].actor.code, sector=found[0].actor.sector)
            self.at[token.i] = Referent(begin, begin + len(token), (actor,), anaphor="speaker", antecedents=(found[0].span,))

    def _take_up_topic(self, token: Token, bound: Referent | None) -> None:
        """The subject of the sentence before, where it fits in number; else what the document's order suggests."""
        last = next((p for p in reversed(self.before[-_LOOK_BACK:]) if p.topic), None)
        topic, several = (last.topic, last.several) if last else ((), False)
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
        found = _unique(p for s in subjects for t in syntax.with_conjuncts(s) for p in self.of(t, "subj"))
        self.passage.topic = tuple((p.actor, p.span) for p in found)
        self.passage.several = any(t.tag_ in {"NNS", "NNPS"} or len(syntax.with_conjuncts(t)) > 1 for t in subjects)

    def _antecedents(self, token: Token) -> list[Part]:
        verb = syntax.governing_clause(token.head) if token.dep_ not in {"nsubj", "nsubjpass"} else token.head
        subjects = syntax.surface_subjects(verb)
        if token.dep_ == "poss" and subjects and not any(token in s.subtree for s in subjects):
            return _unique(p for s in subjects for t in syntax.with_conjuncts(s) for p in self.of(t, "subj"))
        if token.dep_ not in {"nsubj", "nsubjpass", "poss"}:
            return []
        for _ in range(3):
            above = verb.head
            while above.head != above and above.pos_ not in {"VERB", "AUX"}:
                above = above.head
            if above == verb:
                break
            verb = above
            found = _unique(
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
            found.extend(_parts(referent, slot))
            found.extend(p for t in token.children if t.dep_ == "conj" for p in self.of(t, slot, places=places))
            found.extend(self._coordinated_modifiers(token, slot, referent))
            return _unique(found)
        for child in token.children:
            if child.dep_ in _MODIFIERS:
                found.extend(self._inside(child, slot, places=places, depth=depth))
        sector = _HOUSES.get(syntax.lemma(token))
        if not found and sector is not None:
            # "officials in Moscow", "a court in Sapporo": these belong to where they sit.
            seats = [n for prep, n in syntax.prepositions(token) if prep in {"in", "at", "from"}]
            found = [
                replace(p, actor=Actor(code=p.actor.code, sector=sector), kind="body")
                for n in seats
                for p in self.of(n, slot, places=True, depth=depth + 1)
            ]
        if not found and depth < _DEPTH:
            for wanted in _OWNING:
                for prep, noun in syntax.prepositions(token):
                    if prep == wanted:
                        found.extend(self.of(noun, slot, places=places or wanted == "of", depth=depth + 1))
                if found:
                    break
        for child in token.children:
            if child.dep_ == "conj" and child.pos_ in {"NOUN", "PROPN", "PRON"}:
                found.extend(self.of(child, slot, places=places, depth=depth + 1) if depth < _DEPTH else [])
        return _unique(found)

    def _inside(self, token: Token, slot: str, *, places: bool, depth: int) -> list[Part]:
        """A modifier: "Japan's", "Chinese and Russian", and what modifies it in turn."""
        found: list[Part] = []
        for t in [token, *(c for c in token.children if c.dep_ in {"conj", "appos"})]:
            referent = self.at.get(t.i)
            if referent is not None and (places or not referent.place):
                found.extend(_parts(referent, slot))
            elif depth < _DEPTH:
                for child in t.children:
                    if child.dep_ in _MODIFIERS | {"conj"}:
                        found.extend(self._inside(child, slot, places=places, depth=depth + 1))
        return found

    def _coordinated_modifiers(self, token: Token, slot: str, referent: Referent) -> list[Part]:
        """ "Japanese and Chinese officials": the gazetteer joins the second to the noun, the first is its own name."""
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
                found.extend(_parts(head, slot))
        for child in token.children:
            near = self.at.get(child.i)
            if near is None or near is referent:
                continue
            if child.dep_ in {"amod", "compound", "nmod"} and any(c.dep_ in {"cc", "conj"} for c in child.children):
                found.extend(_parts(near, slot))
        return found

    def others(self, top: Token, slot: str, but: Iterable[str]) -> list[Part]:
        """Actors anywhere under a token other than those given, places left out, in text order."""
        known = set(but)
        seen: dict[int, Referent] = {}
        for token in top.subtree:
            referent = self.at.get(token.i)
            if referent is not None and not referent.place:
                seen[referent.start] = referent
        found = [p for _, r in sorted(seen.items()) for p in _parts(r, slot) if p.actor.code not in known]
        return _unique(found)


def _opens_sentence(token: Token) -> bool:
    """The pronoun belongs to the main clause, so that its antecedent stands in the sentence before."""
    verb = syntax.governing_clause(token.head) if token.pos_ == "PRON" else token
    return verb.dep_ in {"ROOT", "ccomp"} and token.dep_ in {"nsubj", "nsubjpass", "poss"}


def owners_of(cast: Cast, nouns: Iterable[Token]) -> list[Part]:
    """Actors that own or share the things named by these nouns."""
    return _unique(p for noun in nouns for p in cast.of(noun, "owner"))


def parts_of(referent: Referent, slot: str) -> list[Part]:
    """One part for each actor of a referent."""
    return _parts(referent, slot)


def _parts(referent: Referent, slot: str) -> list[Part]:
    return [
        Part(actor, (referent.start, referent.end), slot, referent.antecedents, referent.anaphor, referent.kind)
        for actor in referent.actors
    ]


def _unique(parts: Iterable[Part]) -> list[Part]:
    found: dict[str, Part] = {}
    for part in parts:
        found.setdefault(part.actor.code, part)
    return list(found.values())


def fill(cast: Cast, frame: Frame, rule: Rule, slots: tuple[str, ...], but: tuple[str, ...] = ()) -> list[Part]:
    """Actors of the first slot that holds any other than `but`."""
    for slot in slots:
        found = [p for p in _slot(cast, frame, rule, slot, but) if p.actor.code not in but]
        if found:
            return found
    return []


def gather(cast: Cast, frame: Frame, rule: Rule) -> list[Part]:
    """All actors of an act of equals: those of every source slot, then of the target slots until there are two.

    Never two that only one "with" or "to" names: who "spoke to leaders of both countries" is a third.
    """
    if len(both := _slot(cast, frame, rule, "between", ())) > 1:
        return both
    found: list[Part] = []
    for slot in rule.source:
        found = _unique([*found, *_slot(cast, frame, rule, slot, ())])
    if len(found) > 1 and any(p.slot != "owner" for p in found):
        extra = [p for s in ("with", "between") if s in rule.target for p in _slot(cast, frame, rule, s, ())]
        return _unique([*found, *extra])
    for slot in rule.target:
        if slot == "any" and (not found or len(found) > 1):
            continue
        more = _slot(cast, frame, rule, slot, tuple(p.actor.code for p in found))
        found = _unique([*found, *more])
        if slot == "any":
            found = found[:2]
        if len(found) > 1:
            break
    return [] if all(p.slot in {"with", "to", "across", "opposite"} for p in found) else found


def _slot(cast: Cast, frame: Frame, rule: Rule, slot: str, but: tuple[str, ...]) -> list[Part]:
    token = frame.token
    if slot == "subj":
        return _subject(cast, frame, rule)
    if slot == "obj":
        objects = syntax.patients(token) if rule.part == "verbs" else _light_objects(frame)
        return _all(cast, objects, slot, but, places=rule.type == "MOBILIZE")
    if slot == "iobj":
        return _all(cast, syntax.datives(frame.verb), slot, but)
    if slot == "owner":
        return _owners(cast, token, slot)
    if slot == "comp":
        return _complement(cast, frame, but)
    if slot.startswith("code:"):
        span = (token.idx + cast.passage.sentence.start, token.idx + len(token) + cast.passage.sentence.start)
        return [Part(Actor(code=slot.removeprefix("code:"), sector="GOV"), span, "code")]
    if slot == "modal":
        subjects = [s for s in syntax.surface_subjects(token.head) if s.i < token.i]  # not "should Seoul retaliate"
        return _all(cast, subjects, slot, but)
    if slot == "told":
        return _told(cast, token, but)
    if slot == "where":
        return _where(cast, frame, but)
    if slot == "guest":
        guests = [t for t in frame.objects if t.i in cast.at or syntax.lemma(t) in GUESTS]
        return _all(cast, guests, slot, but)
    if slot == "theme":
        return _theme(cast, frame)
    if slot == "topic":
        return _all(cast, syntax.surface_subjects(frame.verb), slot, but)
    if slot == "host":
        return _host(cast, frame, but)
    if slot == "speaker":
        return speaker(cast, token)
    if slot == "that":
        return _that(cast, frame, but)
    if slot == "any":
        return _any(cast, frame, rule, but)
    if slot == "place":
        return [p for prep, noun in frame.prepositions if prep == "in" for p in cast.of(noun, slot, places=True)]
    found: list[Part] = []
    for prep, noun in _all_prepositions(frame, rule):
        if prep == slot or (slot == "to" and prep == "close"):
            # "over Hokkaido", "into Taiwan's zone": where ships, aircraft and missiles go says whom they reach.
            found.extend(cast.of(noun, slot, places=rule.places or rule.type in {"MOBILIZE", "PROTEST"}))
    return _unique(found)


def _all_prepositions(frame: Frame, rule: Rule) -> list[tuple[str, Token]]:
    found = list(frame.prepositions)
    if (
        rule.part == "nouns"
        and rule.light
        and syntax.lemma(frame.verb) in LIGHT_VERBS
        and frame.token.dep_ in {"dobj", "nsubjpass"}
    ):
        found.extend(syntax.prepositions(frame.verb))
    if rule.part == "adjs":
        found.extend(syntax.prepositions(frame.verb))
    return found


def _light_objects(frame: Frame) -> list[Token]:
    return [t for t in syntax.patients(frame.verb) if t != frame.token]


def _all(cast: Cast, tokens: list[Token], slot: str, but: tuple[str, ...], *, places: bool = False) -> list[Part]:
    """Of each noun phrase: its own actors, else what "of", "on", "by" in it name besides those known."""
    found: list[Part] = []
    for token in tokens:
        here = cast.of(token, slot, places=places)
        if not [p for p in here if p.actor.code not in but]:
            for prep, noun in syntax.prepositions(token):
                if prep in _OWNING:
                    here.extend(cast.of(noun, slot, places=prep == "from"))
        if not here:
            # "products originating in Japan", "water released at Fukushima"
            here.extend(p for c in token.subtree if c.dep_ == "acl" and c.tag_ in {"VBG", "VBN"}
                        for _, noun in syntax.prepositions(c) for p in cast.of(noun, slot, places=True))  # fmt: skip
        found.extend(here)
    return _unique(found)


def _subject(cast: Cast, frame: Frame, rule: Rule) -> list[Part]:
    if rule.part == "verbs":
        return _all(cast, syntax.agents(frame.token), "subj", ())
    if rule.part == "adjs":
        return _all(cast, syntax.surface_subjects(frame.verb), "subj", ())
    verb = frame.verb
    if not rule.light or verb.pos_ not in {"VERB", "AUX"}:
        return []
    if frame.token.dep_ in {"dobj", "nsubjpass", "attr", "conj"} and syntax.lemma(verb) in LIGHT_VERBS:
        return _all(cast, [a for a in syntax.agents(verb) if a != frame.token], "subj", ())
    return []


def _owners(cast: Cast, token: Token, slot: str) -> list[Part]:
    found: list[Part] = []
    if token.i in cast.at:
        # "Chinese test": the gazetteer may have taken the noun into the name.
        found.extend(cast.of(token, slot))
    for child in token.children:
        if child.dep_ in _MODIFIERS - {"appos"}:
            found.extend(cast._inside(child, slot, places=False, depth=0))  # noqa: SLF001
    return _unique(found)


def _complement(cast: Cast, frame: Frame, but: tuple[str, ...]) -> list[Part]:
    for verb in frame.complements:
        inner = Frame(verb)
        for tokens in (syntax.surface_subjects(verb), syntax.patients(verb), [n for _, n in inner.prepositions]):
            found = [p for p in _all(cast, tokens, "comp", but) if p.actor.code not in but]
            if found:
                return found
        if more := cast.others(verb, "comp", but):
            return more[:1]
    return []


def _that(cast: Cast, frame: Frame, but: tuple[str, ...]) -> list[Part]:
    for child in frame.token.children:
        if child.dep_ in {"ccomp", "acl", "advcl"}:
            found = [p for p in _all(cast, syntax.surface_subjects(child), "that", but) if p.actor.code not in but]
            if found:
                return found
    return []


def _host(cast: Cast, frame: Frame, but: tuple[str, ...]) -> list[Part]:
    """Whom a visit goes to: a country or capital named as place or goal."""
    pools: list[list[Token]] = [frame.objects] if frame.token.pos_ == "VERB" else []
    pools.append([n for p, n in frame.prepositions if p in _HOST_PREPS])
    if frame.token.pos_ != "VERB" and frame.verb != frame.token:
        pools.append([n for p, n in syntax.prepositions(frame.verb) if p in _HOST_PREPS])
        # "the visit of a delegation to Mongolia": the goal may hang on the guest.
        pools.append([n for _, guest in frame.prepositions for p, n in syntax.prepositions(guest) if p == "to"])
    for tokens in pools:
        found = _lands(p for t in tokens for p in cast.of(t, "host", places=True) if p.actor.code not in but)
        if found:
            return found[:1]
    return []


def partner(cast: Cast, source: Part) -> list[Part]:
    """Whom the last sentences have dealing with the source, where that is one actor only and this sentence names none."""
    if any(c != source.actor.code for c in cast.passage.states):
        return []
    for before in reversed(cast.before[-_LOOK_BACK:]):
        others = [c for c in before.states if c != source.actor.code]
        if len(others) == 1:
            referent = next(r for r in before.referents if not r.place and others[0] in r.codes)
            actor = next(a for a in referent.actors if a.code == others[0])
            span = (referent.start, referent.end)
            return [Part(Actor(code=actor.code, sector=actor.sector), span, "partner", (span,), "partner")]
        if others:
            return []
    return []


def _lands(parts: Iterable[Part]) -> list[Part]:
    """A visit goes to a land, not to an organisation."""
    return [p for p in parts if not p.actor.code.startswith("IGO:")]


def _any(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    """The one other actor of the clause, else of the sentence; none where there are several."""
    known = (*but, *(p.actor.code for p in speaker(cast, frame.token))) if rule.type == "MOBILIZE" else but
    tops = (frame.verb, _clause_top(frame.verb), cast.doc[0].sent.root)
    # A ship or a plane is somewhere near its aim; of what else the sentence speaks says nothing about it.
    for top in tops[:1] if rule.type == "MOBILIZE" else tops:
        found = cast.others(top, "any", known)
        if len(found) == 1:
            return found
        if len(found) > 1:
            return []
    return []


def _clause_top(verb: Token) -> Token:
    current = verb
    while current.dep_ in {"xcomp", "conj", "advcl", "acl", "relcl", "pcomp"} and current.head != current:
        current = current.head
    return current


def speaker(cast: Cast, token: Token) -> list[Part]:
    """Who says it: the subject of the verb of saying above."""
    current = token
    while current.head != current:
        head = current.head
        if current.dep_ in {"ccomp", "parataxis"} and head.lemma_ in _SAY:
            return _all(cast, syntax.surface_subjects(head), "speaker", ())
        current = head
    for child in current.children:
        if child.dep_ in {"ccomp", "parataxis"} and child.lemma_ in _SAY and child.i > token.i:
            return _all(cast, syntax.surface_subjects(child), "speaker", ())
    return []


def _theme(cast: Cast, frame: Frame) -> list[Part]:
    """Whose thing it is that something is done with, where nobody is said to do it: "jets were scrambled"."""
    if syntax.agents(frame.token) or not syntax.is_passive(frame.token):
        return []
    by = [n for noun in frame.objects for prep, n in syntax.prepositions(noun) if prep in {"by", "of", "from"}]
    found = _unique(p for n in by for p in cast.of(n, "theme"))
    return found or _unique(p for noun in frame.objects for p in cast.of(noun, "theme"))


def _told(cast: Cast, token: Token, but: tuple[str, ...]) -> list[Part]:
    """Whom the speaker addresses: "told Beijing that arms sales must stop"."""
    current = token
    while current.head != current:
        if current.dep_ == "ccomp":
            return _all(cast, syntax.patients(current.head) + syntax.datives(current.head), "told", but)
        current = current.head
    return []


def _where(cast: Cast, frame: Frame, but: tuple[str, ...]) -> list[Part]:
    """The one land in which the clause plays."""
    found = {}
    for token in frame.verb.subtree:
        referent = cast.at.get(token.i)
        if referent is not None and referent.place and len(referent.actors) == 1:
            found[referent.codes[0]] = referent
    if len(found) != 1:
        return []
    (referent,) = found.values()
    return [Part(Actor(code=referent.codes[0], sector="CVL"), (referent.start, referent.end), "where", kind="place")]


def venue(cast: Cast, frame: Frame, pair: tuple[str, ...] = ()) -> str | None:
    """Code of the state in which an act takes place, as its clause says; None where it does not or says several.

    A place in the land of one of the `pair` goes before others.
    """
    found: list[str] = []
    verb = frame.verb
    subjects = syntax.agents(verb) if verb.pos_ in {"VERB", "AUX"} else []
    for token in (*verb.subtree, *(t for s in subjects for t in s.subtree)):
        referent = cast.at.get(token.i)
        if referent is None or not referent.place or len(referent.actors) != 1:
            continue
        if token.dep_ == "pobj" and token.head.lower_ in {"in", "at"} and _same_clause(token, frame):
            found.append(referent.codes[0])
    inside = [code for code in found if code in pair]
    return inside[0] if inside else found[0] if found else None


def _same_clause(token: Token, frame: Frame) -> bool:
    """No other verb stands between the place and the act."""
    node = token
    while node.head != node:
        node = node.head
        if node == frame.token or node == frame.verb:
            return True
        if node.pos_ == "VERB" and node.dep_ in {"relcl", "acl", "ccomp", "advcl"}:
            return False
    return True
