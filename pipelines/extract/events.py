"""Acts of one sentence: triggers with their actors, factuality and date, before they become signals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Final

from spacy.tokens import Doc, Token

from pipelines.extract import dates, factuality, roles, syntax
from pipelines.extract.attribution import reporter
from pipelines.extract.roles import Cast, Part
from pipelines.extract.triggers import Frame, Match, Rule, matches
from schemas.ontology import CORE, event_types
from schemas.records import EventDate, Factuality

_COOPERATION: Final = {"CONSULT": "consult", "SUPPORT": "support", "COOPERATE": "cooperate", "AID": "aid"}
_BY_PHONE: Final = frozenset({"phone", "telephone", "telephoned", "videoconference", "video"})
_COMING: Final = frozenset({"scheduled", "intended", "conditional", "requested"})
_SPEECH: Final = frozenset({"REQUEST", "ACCUSE", "REJECT", "THREATEN", "AGREE"})
_TOWARDS: Final = frozenset({"ACCUSE", "REJECT", "SANCTION", "RETREAT", "REQUEST", "THREATEN", "CONCEDE"})
_AIMED: Final = frozenset({"COOPERATE", "MOBILIZE", "SUPPORT", "AGREE"})
_PRIVATE: Final = frozenset({"PROTEST", "SUPPORT", "ASSAULT"})
_DECIDED: Final = frozenset({"REQUEST", "ACCUSE", "REJECT", "THREATEN", "RETREAT", "SANCTION", "CONCEDE"})
_DECLARED: Final = frozenset({"SANCTION", "REJECT", "RETREAT"})  # "the talks were put off, Tokyo said"
_VEHICLES: Final = frozenset(
    "jet plane aircraft ship vessel boat transport missile balloon drone bomber fighter warship destroyer submarine"
    " helicopter carrier fleet freighter tanker team crew rescuer cargo shipment tourist student train truck".split()
)


@dataclass(frozen=True)
class Act:
    """One act between one pair (or of one source towards nobody in particular), offsets relative to the sentence."""

    rule: Rule
    trigger: Token
    source: Part
    target: Part | None
    reciprocal: bool
    type: str
    mode: str | None
    factuality: Factuality
    because: str
    when: EventDate | None
    reporter: str | None
    aimed_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discarded:
    """What a rule saw and did not code, for `--explain`."""

    sentence: str
    rule: str
    why: str


def read(cast: Cast, published: date, *, scope: str = "northeast-asia") -> tuple[list[Act], list[Discarded]]:
    """Acts of a parsed sentence in text order, and what was thrown away with the reason."""
    found = list(matches(cast.doc))
    used = {i for held, _ in found for i in held[0].uses}
    acts: list[Act] = []
    thrown: list[Discarded] = []
    for held, frame in found:
        here: list[Act] = []
        for match in held:
            try:
                here = list(_acts(cast, match, frame, found, used, published))
                break
            except _NoActError as no_act:
                thrown.append(Discarded(cast.passage.text, match.rule.name, str(no_act)))
        acts.extend(here)
    cast.note_topic()
    acts = _one_meeting([*acts, *_implied(cast, acts)])
    return [a for a in acts if scope == "all" or _core(a.source, a.target)], thrown


class _NoActError(Exception):
    """The trigger stands for no act of its own; the message says why."""


def _acts(
    cast: Cast, match: Match, frame: Frame, found: list[tuple[list[Match], Frame]], used: set[int], published: date
) -> Iterator[Act]:
    rule, token = match.rule, match.token
    if rule.part == "modals" and not any(s.i < token.i for s in syntax.surface_subjects(token.head)):
        raise _NoActError("a condition")
    if token.i in used:
        raise _NoActError("the object of another trigger")
    if (governor := _swallowed(match, found)) is not None:
        raise _NoActError(f"content of {governor!r}")
    if rule.part == "nouns" and not rule.need_target and not _stands_alone(token):
        raise _NoActError("only mentioned")
    found_stance = factuality.stance(
        token, negated_rule=rule.negated, intended=rule.intended, scheduled=rule.scheduled
    )
    when = _date(cast, token, published, future=found_stance.future)
    if rule.speech:
        found_stance = factuality.Stance("fact", "said")
    found_stance = factuality.of_date(found_stance, when, published)
    if rule.coming and found_stance.factuality not in _COMING:
        raise _NoActError("an assessment")
    if rule.slogan or (rule.type not in _SPEECH and _slogan(token)):
        found_stance = factuality.Stance("opinion", "slogan")
    type_, mode, verdict = _typed(rule, frame, found_stance.factuality)
    pairs = [p for p in _pairs(cast, frame, rule) if _fitting(rule, p[0], p[1])]
    pairs, mode = _hosted(cast, frame, rule, pairs, mode)
    if rule.venue and mode != "visit":
        raise _NoActError("not in the land of one of the two")
    if not pairs:
        raise _NoActError("no two actors")
    if type_ == "MOBILIZE" and len(pairs) > 1 and all(t is None for _, t, _ in pairs):
        # Two armed forces that move together, at nobody in particular, exercise together.
        pairs, type_, mode = list(_equals([p[0] for p in pairs])), "COOPERATE", "joint-drills"
        type_, mode = (type_, mode) if verdict not in _COMING else ("AGREE", "cooperate")
    for source, target, equals in pairs:
        codes = (source.actor.code, *([target.actor.code] if target and equals else []))
        yield Act(
            rule=rule,
            trigger=token,
            source=source,
            target=target,
            reciprocal=equals,
            type=type_,
            mode=mode,
            factuality=verdict,
            because=found_stance.because,
            when=when,
            reporter=reporter(cast, token, codes),
            aimed_at=_aims(cast, frame, (source, target)) if type_ in _AIMED else (),
        )


_VISIT: Final = Rule("visit.implied", "verbs", frozenset(), "CONSULT", "visit", (), ())
_CALL: Final = Rule("call.implied", "verbs", frozenset(), "CONSULT", "phone", (), ())
_SINCE: Final = re.compile(r"\b(?:since|than)(?:\s[\w'-]+){0,4}\s*\Z", re.IGNORECASE)
_SLOGANS: Final = frozenset({"contain", "encircle", "undermine", "suppress", "bully", "besiege", "hobble"})
_PERIODS: Final = frozenset({"year", "month", "week", "day", "end", "beginning", "start", "half", "quarter", "summer", "middle"})
_PAIR: Final = 2
_FAR: Final = frozenset({"with", "to", "obj", "across", "opposite", "any"})  # who is met does not meet the others met
_SOON: Final = 120  # days
_TALKED: Final = frozenset({"SUPPORT", "REQUEST", "AGREE", "ACCUSE", "THREATEN", "REJECT", "CONCEDE"})


def _implied(cast: Cast, acts: list[Act]) -> Iterator[Act]:
    """Two persons who sign, promise or demand in the capital of one of them are visitor and host; by phone, a call."""
    met = {frozenset((a.source.actor.code, a.target.actor.code)) for a in acts if a.type == "CONSULT" and a.target}
    for act in acts:
        target = act.target
        if target is None or act.type not in _TALKED or act.factuality not in {"fact", "historic"}:
            continue
        pair = frozenset((act.source.actor.code, target.actor.code))
        if pair in met or act.source.actor.name is None or target.actor.name is None:
            continue
        frame = Frame(act.trigger)
        where = roles.venue(cast, frame, (act.source.actor.code, target.actor.code))
        if frame.words & _BY_PHONE:
            a, b = sorted((act.source, target), key=lambda p: p.actor.code)
            yield replace(act, rule=_CALL, source=a, target=b, reciprocal=True, type="CONSULT", mode="phone")
        elif where == target.actor.code:
            yield replace(act, rule=_VISIT, reciprocal=False, type="CONSULT", mode="visit")
        elif where == act.source.actor.code:
            yield replace(
                act, rule=_VISIT, source=target, target=act.source, reciprocal=False, type="CONSULT", mode="visit"
            )
        else:
            continue
        met.add(pair)


def _one_meeting(acts: list[Act]) -> list[Act]:
    """Who visits and meets the host does one thing; what the guest and the host have yet to do is the guest's too."""
    guests = {
        frozenset((a.source.actor.code, a.target.actor.code)): a
        for a in acts
        if a.type == "CONSULT" and a.mode == "visit" and a.target and not a.reciprocal and a.source.actor.sector != "MIL" and a.factuality != "denied"
    }
    kept: list[Act] = []
    seen: set[tuple[object, ...]] = set()
    for act in sorted(acts, key=lambda a: (a.trigger.i, a.mode is None)):
        key = (act.source.actor.code, act.target and act.target.actor.code, act.type, act.factuality)
        if key in seen:
            continue
        seen.add(key)
        visit = guests.get(frozenset((act.source.actor.code, act.target.actor.code))) if act.target else None
        if visit is None or not act.reciprocal or act is visit or act.mode in {"phone", "third-party"}:
            kept.append(act)
        elif act.type == "AGREE" and act.mode == "consult" and act.factuality in _COMING:
            kept.append(replace(act, source=visit.source, target=visit.target, reciprocal=False))
        elif act.type != "CONSULT" or act.factuality != visit.factuality:
            kept.append(act)
    return kept


def _aims(cast: Cast, frame: Frame, parts: tuple[Part, Part | None]) -> tuple[str, ...]:
    """Third parties that the clause says it is meant for: "aimed at", "to deter", "a warning to"."""
    known = {p.actor.code for p in parts if p is not None}
    found: set[str] = set()
    for token in frame.verb.subtree:
        word = syntax.lemma(token)
        if any(c.dep_ == "neg" for c in (*token.children, *token.head.children)):
            continue
        if word in {"aim", "direct"}:
            goals = [n for prep, n in syntax.prepositions(token) if prep in {"at", "against"}]
        elif word in {"deter", "counter"} and token.pos_ == "VERB":
            goals = syntax.patients(token)
        elif word in {"warning", "message", "signal"}:
            goals = [n for prep, n in syntax.prepositions(token) if prep in {"to", "against"}]
        elif word == "against" and token.dep_ == "prep":
            goals = [c for c in token.children if c.dep_ == "pobj"]
        else:
            continue
        found.update(p.actor.code for goal in goals for p in cast.of(goal, "aim"))
    return tuple(sorted(found - known))


def _core(source: Part, target: Part | None) -> bool:
    return source.actor.code in CORE or (target is not None and target.actor.code in CORE)


def _swallowed(match: Match, found: list[tuple[list[Match], Frame]]) -> str | None:
    """The verb of saying, wanting or refusing whose content this trigger is."""
    if (verb := factuality.consumed_by(match.token)) is not None:
        return verb
    if match.rule.part != "nouns":
        return None
    # A noun inside the object of another trigger is its topic: "condemned the launch".
    current = match.token
    triggers = {f.token.i for _, f in found if f.token.i != match.token.i}
    while current.head != current and current.dep_ in {
        "dobj",
        "pobj",
        "prep",
        "compound",
        "nsubjpass",
        "attr",
        "poss",
        "amod",
    }:
        if current.dep_ == "prep" and current.lower_ in {"after", "following", "during", "at", "since"}:
            return None
        current = current.head
        if current.i in triggers:
            return current.lemma_
    return None


def _stands_alone(token: Token) -> bool:
    return True


def _pairs(cast: Cast, frame: Frame, rule: Rule) -> Iterator[tuple[Part, Part | None, bool]]:
    if rule.each == "always":
        yield from _equals(roles.gather(cast, frame, rule))
        return
    if rule.theme and syntax.is_passive(frame.token) and not syntax.agents(frame.token):
        # "Exchanges between the two were interrupted": nobody is said to have done it, so both did.
        between = _between_two(cast, frame)
        if len(between) == _PAIR:
            yield from _equals(between)
            return
    sources = roles.fill(cast, frame, rule, rule.source)
    if not sources and rule.type in _DECLARED and rule.part == "verbs" and "subj" in rule.source:
        sources = [] if syntax.agents(frame.token) else roles.speaker(cast, frame.token)
    if rule.each == "plural" and len(sources) > 1:
        yield from _equals(sources)
        return
    if not sources:
        return
    but = tuple(p.actor.code for p in sources)
    targets = roles.fill(cast, frame, rule, rule.target, but)
    if not targets and rule.type in _TOWARDS and not rule.need_target and len(sources) == 1:
        targets = roles.partner(cast, sources[0])
    if rule.need_person:
        sources = [s for s in sources if _travels(s, cast, frame)]
    for source in sources:
        if not targets:
            if not rule.need_target and rule.type == "MOBILIZE":
                yield source, None, False
            continue
        for target in targets[: 1 if rule.type == "MOBILIZE" and targets[0].slot == "any" else None]:
            if source.actor.code != target.actor.code:
                equal = rule.each == "plural" and any(t.slot == "with" for t in targets)
                if equal:
                    yield from _equals([source, target])
                else:
                    yield source, target, False


def _fitting(rule: Rule, source: Part, target: Part | None) -> bool:
    """Whether actors of this kind can do this: only persons see or dine with one another, no government marches."""
    if _private(source) and rule.type not in _PRIVATE and (target is None or target.slot in {"any", "partner"} or _private(target)):
        return False
    if rule.persons and rule.host:
        return _is_person(source) or (source.actor.sector is not None and source.kind in {"body", "demonym"})
    if rule.official and target is not None and target.actor.sector not in {None, "GOV", "LEG"}:
        return False
    if rule.named and target is not None and target.kind not in {"state", "capital"}:
        return False
    if rule.persons and not all(_is_person(p) for p in (source, target) if p is not None):
        return False
    if rule.civil or rule.type == "PROTEST":
        return source.slot == "where" or source.kind not in {"capital"} and source.actor.sector not in {"GOV", "MIL", "COP"} or rule.name == "protest.boycott"
    return True


def _private(part: Part) -> bool:
    """A firm, an athlete, a scholar: what they do is about the relation only where a government is at the other end."""
    return part.actor.sector in {"BUS", "EDU"} or (part.actor.sector == "CVL" and part.kind in {"person", "body"})


def _is_person(part: Part) -> bool:
    return part.kind == "person" or part.actor.name is not None or part.anaphor in {"person", "group", "other"}


def _hosted(
    cast: Cast, frame: Frame, rule: Rule, pairs: list[tuple[Part, Part | None, bool]], mode: str | None
) -> tuple[list[tuple[Part, Part | None, bool]], str | None]:
    """A meeting in the capital of one of two is a visit of the other; elsewhere it is third-party; three are a forum."""
    if rule.type != "CONSULT" or rule.host or mode == "phone" or not pairs:
        return pairs, mode
    if frame.words & _BY_PHONE:
        return pairs, "phone" if mode is None else mode
    if len(pairs) > 1:
        return pairs, "multilateral" if mode is None and all(p[2] for p in pairs) else mode
    source, target, equals = pairs[0]
    where = roles.venue(cast, frame, (source.actor.code, target.actor.code if target else ""))
    if where is None or target is None or not equals:
        return pairs, mode
    if where == source.actor.code:
        return [(target, source, False)], mode if mode == "consult" else "visit"
    if where == target.actor.code:
        return [(source, target, False)], mode if mode == "consult" else "visit"
    return pairs, "third-party" if mode is None else mode


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


def _equals(parts: list[Part]) -> Iterator[tuple[Part, Part, bool]]:
    ordered = sorted({p.actor.code: p for p in parts}.values(), key=lambda p: p.actor.code)
    for a, b in combinations(ordered, 2):
        if not (a.slot in _FAR and b.slot in _FAR and any(p.slot not in _FAR for p in parts)):
            yield a, b, True


def _slogan(token: Token) -> bool:
    """What is done "to contain China" is somebody's reading of it."""
    return any(syntax.lemma(t) in _SLOGANS and t.dep_ in {"acl", "advcl", "xcomp", "relcl"} for t in token.subtree)


def _between_two(cast: Cast, frame: Frame) -> list[Part]:
    """The two whose channel it is, by its own words or by a "two countries" of the sentence."""
    owners = roles.owners_of(cast, frame.objects)
    if owners:
        return owners
    groups = [r for r in cast.passage.referents if r.anaphor == "group" and len(set(r.codes)) == _PAIR]
    return roles.parts_of(groups[0], "group") if groups else []


def _typed(rule: Rule, frame: Frame, verdict: Factuality) -> tuple[str, str | None, Factuality]:
    """Type and mode of the act: what is still to come between friends is AGREE."""
    type_, mode = rule.type, rule.mode
    if verdict == "scheduled" and type_ in _DECIDED:
        # What is said or decided is the act, whenever it takes effect.
        verdict = "fact"
    if type_ in _COOPERATION and verdict in _COMING:
        return "AGREE", _COOPERATION[type_], verdict
    if type_ == "AGREE" and mode in {None, "promise", "offer"}:
        mode = _agreed(frame) or mode
    return type_, mode, verdict


def _agreed(frame: Frame) -> str | None:
    """What is agreed on, by the trigger inside the complement."""
    inside = [*frame.complements, *frame.objects, *(n for _, n in frame.prepositions)]
    for top in inside:
        words = {w for t in top.subtree for w in (syntax.lemma(t), t.lower_)}
        if words & {
            "visit",
            "meet",
            "discuss",
            "talk",
            "talks",
            "summit",
            "dialogue",
            "meeting",
            "consultation",
            "negotiate",
            "negotiation",
            "trip",
            "contact",
        }:
            return "consult"
        if words & {
            "aid",
            "assistance",
            "loan",
            "donate",
            "relief",
            "rice",
            "grant",
            "supply",
            "vaccine",
            "weapon",
            "arms",
        }:
            return "aid"
        if words & {
            "cooperation",
            "cooperate",
            "drill",
            "exercise",
            "hotline",
            "joint",
            "exchange",
            "build",
            "share",
            "project",
            "work",
            "invest",
            "buy",
        }:
            return "cooperate"
        if words & {"sign", "treaty", "support", "ratify"}:
            return "support"
    return None


def _date(cast: Cast, token: Token, published: date, *, future: bool) -> EventDate | None:
    """The date nearest above or beside the trigger in the tree; none that belongs to another verb."""
    mentions = dates.find(cast.passage.text)
    if not mentions:
        return None
    verb = token if token.pos_ in {"VERB", "AUX"} else syntax.governing_clause(token)
    best: tuple[int, int, dates.DateMention] | None = None
    for mention in mentions:
        anchor = next((t for t in cast.doc if t.idx >= mention.start and t.idx < mention.end), None)
        if anchor is None or _names_another(anchor, token, cast.passage.text, mention):
            continue
        distance = _distance(anchor, token, verb, coarse=mention.coarse)
        if distance is not None and (best is None or (distance, abs(anchor.i - token.i)) < best[:2]):
            best = (distance, abs(anchor.i - token.i), mention)
    if best is None:
        return None
    when = best[2].resolve(published, future=future)
    if future or when is None or token.tag_ in {"VBD", "VBN"} or token.pos_ in {"NOUN", "PROPN"}:
        return when
    # "travels to Beijing on Thursday", "meet in Stockholm on Oct. 5": the present tense with a date looks ahead.
    ahead = best[2].resolve(published, future=True)
    if token.tag_ in {"VBZ", "VBP"} and ahead is not None and 0 <= (ahead.start - published).days <= _SOON:
        return ahead
    return when


def _names_another(anchor: Token, token: Token, text: str, mention: dates.DateMention) -> bool:
    """ "The 2018 accord", "the first visit since 2019", "the third in six years": no date of this act."""
    if _SINCE.search(text[: mention.start]):
        return True
    return anchor.dep_ in {"nummod", "compound", "amod", "nmod", "poss"} and anchor.head != token and anchor.head.pos_ in {"NOUN", "PROPN"} and anchor.head.ent_type_ == "" and not (mention.start <= anchor.head.idx < mention.end)


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
