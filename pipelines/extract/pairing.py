"""Pairs of an act: its sources with its targets, or all equals with one another, as far as such actors can do it."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from pipelines.extract import roles, syntax
from pipelines.extract.cast import Cast, Part, parts_of, speaker
from pipelines.extract.matching import Frame
from pipelines.extract.triggers import Rule
from pipelines.extract.words import words

Pairs = list[tuple[Part, Part | None, bool]]
"""Source, target (None: nobody in particular) and whether they are equals."""
_VEHICLES: Final = words("vehicles")
_TOWARDS: Final = frozenset({"ACCUSE", "REJECT", "SANCTION", "RETREAT", "REQUEST", "THREATEN", "CONCEDE"})
_PRIVATE: Final = frozenset({"PROTEST", "SUPPORT", "ASSAULT"})
_DECLARED: Final = frozenset({"SANCTION", "REJECT", "RETREAT"})  # "the talks were put off, Tokyo said"
_PAIR: Final = 2
_FAR: Final = frozenset({"with", "to", "obj", "across", "opposite", "any"})  # who is met does not meet the others met


def pairs(cast: Cast, frame: Frame, rule: Rule) -> Pairs:
    """All pairs of the act; empty where an actor is missing or cannot do such a thing."""
    if rule.type == "CONSULT" and not rule.host and any(syntax.lemma(t) in _VEHICLES for t in frame.subjects):
        return []  # bombers that meet do not confer
    return [pair for pair in _all_pairs(cast, frame, rule) if _fitting(rule, pair[0], pair[1])]


def _all_pairs(cast: Cast, frame: Frame, rule: Rule) -> Pairs:
    if rule.each == "always":
        return equals(roles.gather(cast, frame, rule))
    if rule.theme and syntax.is_passive(frame.token) and not syntax.agents(frame.token):
        # "Exchanges between the two were interrupted": nobody is said to have done it, so both did.
        between = _between_two(cast, frame)
        if len(between) == _PAIR:
            return equals(between)
    sources = _sources(cast, frame, rule)
    if rule.each == "plural" and len(sources) > 1:
        return equals(sources)
    return _directed(sources, _targets(cast, frame, rule, sources), cast, frame, rule)


def _sources(cast: Cast, frame: Frame, rule: Rule) -> list[Part]:
    found = roles.fill(cast, frame, rule, rule.source)
    if not found and rule.type in _DECLARED and rule.part == "verbs" and "subj" in rule.source:
        return [] if syntax.agents(frame.token) else speaker(cast, frame.token)
    return found


def _targets(cast: Cast, frame: Frame, rule: Rule, sources: list[Part]) -> list[Part]:
    if not sources:
        return []
    found = roles.fill(cast, frame, rule, rule.target, tuple(p.actor.code for p in sources))
    if not found and rule.type in _TOWARDS and not rule.need_target and len(sources) == 1:
        if any(not p.anaphor for p in roles.fill(cast, frame, rule, ("obj",))):
            return []  # nobody accuses himself: the source is mistaken
        return roles.partner(cast, sources[0])
    return found[:1] if rule.type == "MOBILIZE" and found and found[0].slot == "any" else found


def _directed(sources: list[Part], targets: list[Part], cast: Cast, frame: Frame, rule: Rule) -> Pairs:
    """Each source towards each target; with "with" beside "agree" they are equals after all."""
    if rule.need_person:
        sources = [s for s in sources if _travels(s, cast, frame)]
    if not targets:
        return [(s, None, False) for s in sources] if rule.type == "MOBILIZE" and not rule.need_target else []
    together = rule.each == "plural" and any(t.slot == "with" for t in targets)
    found: Pairs = []
    for source in sources:
        for target in targets:
            if source.actor.code != target.actor.code:
                found.extend(equals([source, target]) if together else [(source, target, False)])
    return found


def equals(parts: list[Part]) -> Pairs:
    """Each with each, in code order; those whom one meets do not thereby meet one another."""
    ordered = sorted({p.actor.code: p for p in parts}.values(), key=lambda p: p.actor.code)
    near = any(p.slot not in _FAR for p in parts)
    return [(a, b, True) for a, b in combinations(ordered, 2) if not (near and a.slot in _FAR and b.slot in _FAR)]


def _fitting(rule: Rule, source: Part, target: Part | None) -> bool:
    """Whether actors of this kind can do this: only persons see or dine with one another, no government marches."""
    if _private(source) and rule.type not in _PRIVATE and (target is None or _far_or_private(target)):
        return False
    if rule.civil or rule.type == "PROTEST":
        return rule.name == "protest.boycott" or _is_civil(source)
    if rule.persons and rule.host:
        return _is_person(source) or (source.actor.sector is not None and source.kind in {"body", "demonym"})
    if rule.persons and not all(_is_person(p) for p in (source, target) if p is not None):
        return False
    return target is None or _is_fitting_target(rule, target)


def _is_fitting_target(rule: Rule, target: Part) -> bool:
    if rule.official and target.actor.sector not in {None, "GOV", "LEG"}:
        return False
    return not rule.named or target.kind in {"state", "capital"}


def _far_or_private(target: Part) -> bool:
    return target.slot in {"any", "partner"} or _private(target)


def _is_civil(source: Part) -> bool:
    if source.slot == "where":
        return True
    return source.kind != "capital" and source.actor.sector not in {"GOV", "MIL", "COP"}


def _private(part: Part) -> bool:
    """A firm, an athlete, a scholar: what they do is about the relation only where a government is at the other end."""
    return part.actor.sector in {"BUS", "EDU"} or (part.actor.sector == "CVL" and part.kind in {"person", "body"})


def _is_person(part: Part) -> bool:
    return part.kind == "person" or part.actor.name is not None or part.anaphor in {"person", "group", "other"}


def _travels(part: Part, cast: Cast, frame: Frame) -> bool:
    """A person, a delegation or a government goes on a visit; a people, a shipment or a price does not."""
    offset = cast.passage.sentence.start
    words = {syntax.lemma(t) for t in cast.doc if part.span[0] <= t.idx + offset < part.span[1]}
    heads = {syntax.lemma(t) for t in frame.subjects}
    if words & roles.GUESTS or heads & roles.GUESTS:
        return True
    if (words | heads) & _VEHICLES:
        return False
    return part.actor.sector in {"GOV", "MIL", "LEG", "PTY", "SPY", "BUS", "OPP", "ELI"} and (
        part.actor.name is not None or part.anaphor == "person" or part.actor.sector in {"GOV", "LEG", "MIL"}
    )


def _between_two(cast: Cast, frame: Frame) -> list[Part]:
    """The two whose channel it is, by its own words or by a "two countries" of the sentence."""
    owners = roles.owners_of(cast, frame.objects)
    if owners:
        return owners
    groups = [r for r in cast.passage.referents if r.anaphor == "group" and len(set(r.codes)) == _PAIR]
    return parts_of(groups[0], "group") if groups else []
