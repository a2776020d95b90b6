"""Who and whom: the actors that stand in the argument slots of a trigger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from spacy.tokens import Token

from pipelines.extract import syntax
from pipelines.extract.cast import MODIFIERS, Cast, Part, arguments, speaker, unique
from pipelines.extract.matching import Frame
from pipelines.extract.triggers import Rule
from pipelines.extract.words import words
from schemas.records import Actor

GUESTS: Final = words("guests")
"""Nouns whose bearers travel for their state."""
_LIGHT_VERBS: Final = words("light_verbs")
_HOST_PREPS: Final = frozenset({"in", "to", "at", "for", "into", "from", "across", "of", "on"})
_OF_OTHERS: Final = frozenset({"MOBILIZE", "AID", "RETREAT", "AGREE", "COOPERATE"})
"""Deeds whose other party is not the one who tells of them."""
_ROUND: Final = frozenset({"around", "near", "off", "against", "opposite", "encircling"})
_LOOK_BACK: Final = 2  # sentences


def owners_of(cast: Cast, nouns: Iterable[Token]) -> list[Part]:
    """Actors that own or share the things named by these nouns."""
    return unique(p for noun in nouns for p in cast.of(noun, "owner"))


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
        found = unique([*found, *_slot(cast, frame, rule, slot, ())])
    if len(found) > 1 and any(p.slot != "owner" for p in found):
        extra = [p for s in ("with", "between") if s in rule.target for p in _slot(cast, frame, rule, s, ())]
        return unique([*found, *extra])
    for slot in rule.target:
        if slot == "any" and (not found or len(found) > 1):
            continue
        more = _slot(cast, frame, rule, slot, tuple(p.actor.code for p in found))
        found = unique([*found, *more])
        if slot == "any":
            found = found[:2]
        if len(found) > 1:
            break
    return [] if all(p.slot in {"with", "to", "across", "opposite"} for p in found) else found


def _slot(cast: Cast, frame: Frame, rule: Rule, slot: str, but: tuple[str, ...]) -> list[Part]:
    """Actors of one slot of the trigger file: a word of `_SLOTS`, "code:CHN", or a preposition."""
    if slot.startswith("code:"):
        return [_given(cast, frame, slot.removeprefix("code:"))]
    reader = _SLOTS.get(slot)
    if reader is not None:
        return reader(cast, frame, rule, but)
    places = rule.places or rule.type in {"MOBILIZE", "PROTEST"}
    # "over Hokkaido", "into Taiwan's zone": where ships, aircraft and missiles go says whom they reach.
    nouns = [n for prep, n in _all_prepositions(frame, rule) if prep == slot or (slot, prep) == ("to", "close")]
    return unique(p for noun in nouns for p in cast.of(noun, slot, places=places))


def _given(cast: Cast, frame: Frame, code: str) -> Part:
    begin = frame.token.idx + cast.passage.sentence.start
    return Part(Actor(code=code, sector="GOV"), (begin, begin + len(frame.token)), "code")


def _objects(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    if rule.part == "verbs":
        return arguments(cast, syntax.patients(frame.token), "obj", but, places=rule.type == "MOBILIZE")
    return arguments(cast, [t for t in syntax.patients(frame.verb) if t != frame.token], "obj", but)


def _datives(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    return arguments(cast, syntax.datives(frame.verb), "iobj", but)


def _place(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    return [p for prep, noun in frame.prepositions if prep == "in" for p in cast.of(noun, "place", places=True)]


def _modal(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    """Whose duty it is; not "should Seoul retaliate", which is a condition."""
    subjects = [s for s in syntax.surface_subjects(frame.token.head) if s.i < frame.token.i]
    return arguments(cast, subjects, "modal", but)


def _guest(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    guests = [t for t in frame.objects if t.i in cast.at or syntax.lemma(t) in GUESTS]
    return arguments(cast, guests, "guest", but)


def _topic(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    return arguments(cast, syntax.surface_subjects(frame.verb), "topic", but)


def _speaker(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    return speaker(cast, frame.token)


def _all_prepositions(frame: Frame, rule: Rule) -> list[tuple[str, Token]]:
    found = list(frame.prepositions)
    if (
        rule.part == "nouns"
        and rule.light
        and syntax.lemma(frame.verb) in _LIGHT_VERBS
        and frame.token.dep_ in {"dobj", "nsubjpass"}
    ):
        found.extend(syntax.prepositions(frame.verb))
    if rule.part == "adjs":
        found.extend(syntax.prepositions(frame.verb))
    return found


def _subject(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    if rule.part == "verbs":
        return arguments(cast, syntax.agents(frame.token), "subj", ())
    if rule.part == "adjs":
        return arguments(cast, syntax.surface_subjects(frame.verb), "subj", ())
    verb = frame.verb
    if not rule.light or verb.pos_ not in {"VERB", "AUX"}:
        return []
    if frame.token.dep_ in {"dobj", "nsubjpass", "attr", "conj"} and syntax.lemma(verb) in _LIGHT_VERBS:
        return arguments(cast, [a for a in syntax.agents(verb) if a != frame.token], "subj", ())
    return []


def _owners(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    token = frame.token
    found: list[Part] = []
    if token.i in cast.at:
        # "Chinese test": the gazetteer may have taken the noun into the name.
        found.extend(cast.of(token, "owner"))
    for child in token.children:
        if child.dep_ in MODIFIERS - {"appos"}:
            found.extend(cast.modifier(child, "owner", places=False, depth=0))
    return unique(found)


def _complement(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    for verb in frame.complements:
        inner = Frame(verb)
        for tokens in (syntax.surface_subjects(verb), syntax.patients(verb), [n for _, n in inner.prepositions]):
            found = [p for p in arguments(cast, tokens, "comp", but) if p.actor.code not in but]
            if found:
                return found
        if more := cast.others(verb, "comp", but):
            return more[:1]
    return []


def _that(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    for child in frame.token.children:
        if child.dep_ in {"ccomp", "acl", "advcl"}:
            found = [p for p in arguments(cast, syntax.surface_subjects(child), "that", but) if p.actor.code not in but]
            if found:
                return found
    return []


def _host(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
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
    """Whom the last sentences have dealing with the source, if that is one actor and this sentence names none."""
    # A pronoun bound by the parse counts as it is bound now, all else as the document reads it.
    bound = {r.start: r for r in cast.at.values() if r.anaphor}
    here = [bound.get(r.start, r) for r in cast.passage.referents if not r.place]
    if any(c != source.actor.code for r in (*here, *bound.values()) for c in r.codes):
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
    known = (*but, *(p.actor.code for p in speaker(cast, frame.token))) if rule.type in _OF_OTHERS else but
    if rule.mode == "joint-drills":
        known = (*known, *_shores(cast, frame.verb))
    tops = (frame.verb, _clause_top(frame.verb), cast.doc[0].sent.root)
    # A ship or a plane is somewhere near its aim; of what else the sentence speaks says nothing about it.
    for top in tops[:1] if rule.type == "MOBILIZE" else tops:
        found = cast.others(top, "any", known)
        if len(found) == 1:
            return found
        if len(found) > 1:
            return []
    return []


def _shores(cast: Cast, verb: Token) -> list[str]:
    """Round whose land a drill is held: "joint drills around Taiwan" are not held with Taiwan."""
    return [
        part.actor.code
        for token in verb.subtree
        if token.dep_ == "prep" and token.lower_ in _ROUND
        for noun in token.children
        if noun.dep_ == "pobj"
        for part in cast.of(noun, "shore", places=True)
    ]


def _clause_top(verb: Token) -> Token:
    current = verb
    while current.dep_ in {"xcomp", "conj", "advcl", "acl", "relcl", "pcomp"} and current.head != current:
        current = current.head
    return current


def _told(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    """Whom the speaker addresses: "told Beijing that arms sales must stop"."""
    current = frame.token
    while current.head != current:
        if current.dep_ == "ccomp":
            return arguments(cast, syntax.patients(current.head) + syntax.datives(current.head), "told", but)
        current = current.head
    return []


def _theme(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
    """Whose thing it is that something is done with, where nobody is said to do it: "jets were scrambled"."""
    if syntax.agents(frame.token) or not syntax.is_passive(frame.token):
        return []
    by = [n for noun in frame.objects for prep, n in syntax.prepositions(noun) if prep in {"by", "of", "from"}]
    found = unique(p for n in by for p in cast.of(n, "theme"))
    return found or unique(p for noun in frame.objects for p in cast.of(noun, "theme"))


def _where(cast: Cast, frame: Frame, rule: Rule, but: tuple[str, ...]) -> list[Part]:
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


_Reader = Callable[[Cast, Frame, Rule, tuple[str, ...]], list[Part]]
_SLOTS: Final[dict[str, _Reader]] = {
    "subj": _subject,
    "obj": _objects,
    "iobj": _datives,
    "owner": _owners,
    "comp": _complement,
    "place": _place,
    "modal": _modal,
    "told": _told,
    "where": _where,
    "guest": _guest,
    "theme": _theme,
    "topic": _topic,
    "host": _host,
    "speaker": _speaker,
    "that": _that,
    "any": _any,
}
"""What stands in each named slot of the trigger file."""
