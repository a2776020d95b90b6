"""Acts of one sentence: triggers with their actors, factuality and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from spacy.tokens import Token

from pipelines.extract import dating, factuality, matching, meetings, pairing, syntax
from pipelines.extract.act import COMING, Act, Discarded
from pipelines.extract.attribution import reporter
from pipelines.extract.cast import Cast, Part
from pipelines.extract.factuality import Stance
from pipelines.extract.matching import Frame, Match
from pipelines.extract.pairing import Pairs
from pipelines.extract.triggers import Rule
from pipelines.extract.words import words
from schemas.ontology import CORE
from schemas.records import EventDate, Factuality

_COOPERATION: Final = {"CONSULT": "consult", "SUPPORT": "support", "COOPERATE": "cooperate", "AID": "aid"}
_SPEECH: Final = frozenset({"REQUEST", "ACCUSE", "REJECT", "THREATEN", "AGREE"})
_AIMED: Final = frozenset({"COOPERATE", "MOBILIZE", "SUPPORT", "AGREE"})
_DECIDED: Final = frozenset({"REQUEST", "ACCUSE", "REJECT", "THREATEN", "RETREAT", "SANCTION", "CONCEDE"})
_SLOGANS: Final = words("slogans")
_AGREED: Final = tuple((mode, words(f"agreed_{mode}")) for mode in ("consult", "aid", "cooperate", "support"))
_SAME_PAST: Final = words("same_past")
_INSIDE: Final = frozenset({"dobj", "pobj", "prep", "compound", "nsubjpass", "attr", "poss", "amod"})
_ASIDE: Final = frozenset({"after", "following", "during", "at", "since"})


@dataclass(frozen=True)
class _Sentence:
    """What all triggers of a sentence share: the cast, the day, the triggers found and the nouns they account for."""

    cast: Cast
    published: date
    triggers: frozenset[int]
    used: frozenset[int]


class _NoActError(Exception):
    """The trigger stands for no act of its own; the message says why."""


def read(cast: Cast, published: date, *, scope: str = "northeast-asia") -> tuple[list[Act], list[Discarded]]:
    """Acts of a parsed sentence in text order, and what was thrown away with the reason."""
    found = list(matching.matches(cast.doc))
    sentence = _Sentence(
        cast,
        published,
        frozenset(frame.token.i for _, frame in found),
        frozenset(i for held, _ in found for i in held[0].uses),
    )
    acts: list[Act] = []
    thrown: list[Discarded] = []
    for held, frame in found:
        for match in held:
            try:
                acts.extend(_acts(sentence, match, frame))
                break
            except _NoActError as no_act:
                thrown.append(Discarded(cast.passage.text, match.rule.name, str(no_act)))
    cast.note_topic()
    acts = meetings.one_meeting([*acts, *meetings.implied(cast, acts)])
    return [a for a in acts if scope == "all" or _core(a.source, a.target)], thrown


def _acts(sentence: _Sentence, match: Match, frame: Frame) -> list[Act]:
    cast, rule, token = sentence.cast, match.rule, match.token
    _check_stands_for_itself(sentence, match)
    stance, when = _stance(sentence, rule, token)
    type_, mode, verdict = _typed(rule, frame, stance.factuality, stance.because)
    pairs, mode = meetings.hosted(cast, frame, rule, pairing.pairs(cast, frame, rule), mode)
    if rule.venue and mode != "visit":
        raise _NoActError("not in the land of one of the two")
    if not pairs:
        raise _NoActError("no two actors")
    type_, mode, pairs = _together(type_, mode, verdict, pairs)
    return [
        Act(
            rule=rule,
            trigger=token,
            source=source,
            target=target,
            reciprocal=equal,
            type=type_,
            mode=mode,
            factuality=verdict,
            because=stance.because,
            when=when,
            reporter=reporter(cast, token, (source.actor.code, *([target.actor.code] if target and equal else []))),
            aimed_at=_aims(cast, frame, (source, target)) if type_ in _AIMED else (),
        )
        for source, target, equal in pairs
    ]


def _check_stands_for_itself(sentence: _Sentence, match: Match) -> None:
    """_NoActError for a condition, the object of another trigger, or the content of what somebody says or wants."""
    token = match.token
    if match.rule.part == "modals" and not any(s.i < token.i for s in syntax.surface_subjects(token.head)):
        raise _NoActError("a condition")
    if token.dep_ == "csubj" and token.tag_ == "VB":
        raise _NoActError("a topic of judgement")
    if match.rule.part == "verbs" and _subjunctive(token):
        raise _NoActError("what is wanted")
    if token.i in sentence.used:
        raise _NoActError("the object of another trigger")
    governor = factuality.consumed_by(token)
    if governor is None and match.rule.part == "nouns":
        governor = _topic_of(token, sentence.triggers)
    if governor is not None:
        raise _NoActError(f"content of {governor!r}")


def _subjunctive(verb: Token) -> bool:
    """The bare form after a single subject, which no report has: "demanded that China scrap its ban"."""
    if verb.dep_ not in {"ccomp", "relcl", "acl", "conj"} or verb.lower_ != syntax.lemma(verb):
        return False
    if verb.lower_ in _SAME_PAST or any(c.dep_ in {"aux", "auxpass"} for c in verb.children):
        return False
    own = [c for c in verb.children if c.dep_ == "nsubj"]
    return (
        len(own) == 1
        and own[0].tag_ == "NNP"
        and len(syntax.with_conjuncts(own[0])) == 1
        and any(c.lower_ == "that" for c in verb.children)
    )


def _topic_of(token: Token, triggers: frozenset[int]) -> str | None:
    """The trigger whose topic a noun is: "condemned the launch"; not "met after the launch"."""
    current = token
    while current.head != current and current.dep_ in _INSIDE:
        if current.dep_ == "prep" and current.lower_ in _ASIDE:
            return None
        current = current.head
        if current.i in triggers:
            return syntax.lemma(current)
    return None


def _stance(sentence: _Sentence, rule: Rule, token: Token) -> tuple[Stance, EventDate | None]:
    found = factuality.stance(token, negated_rule=rule.negated, intended=rule.intended, scheduled=rule.scheduled)
    when = dating.date_of(sentence.cast.doc, token, sentence.published, future=found.future)
    if rule.speech:
        found = Stance("fact", "said")
    found = factuality.of_date(found, when, sentence.published)
    if rule.coming and found.factuality not in COMING:
        raise _NoActError("an assessment")
    if rule.slogan or (rule.type not in _SPEECH and _slogan(token)):
        found = Stance("opinion", "slogan")
    return found, when


def _together(type_: str, mode: str | None, verdict: Factuality, pairs: Pairs) -> tuple[str, str | None, Pairs]:
    """Two armed forces that move together, at nobody in particular, exercise together."""
    if type_ != "MOBILIZE" or len(pairs) == 1 or any(target is not None for _, target, _ in pairs):
        return type_, mode, pairs
    equals = pairing.equals([source for source, _, _ in pairs])
    return ("AGREE", "cooperate", equals) if verdict in COMING else ("COOPERATE", "joint-drills", equals)


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


def _slogan(token: Token) -> bool:
    """What is done "to contain China" is somebody's reading of it."""
    return any(syntax.lemma(t) in _SLOGANS and t.dep_ in {"acl", "advcl", "xcomp", "relcl"} for t in token.subtree)


def _typed(rule: Rule, frame: Frame, verdict: Factuality, because: str) -> tuple[str, str | None, Factuality]:
    """Type and mode of the act: what is still to come between friends is AGREE."""
    type_, mode = rule.type, rule.mode
    if type_ == "THREATEN" and rule.future and verdict == "conditional" and because == "would":
        verdict = "fact"
    if verdict == "scheduled" and type_ in _DECIDED:
        # What is said or decided is the act, whenever it takes effect.
        verdict = "fact"
    if type_ in _COOPERATION and verdict in COMING:
        return "AGREE", _COOPERATION[type_], verdict
    if type_ == "AGREE" and mode in {None, "promise", "offer"}:
        mode = _agreed(frame) or mode
    return type_, mode, verdict


def _agreed(frame: Frame) -> str | None:
    """What is agreed on, by the words of the complement."""
    for top in (*frame.complements, *frame.objects, *(n for _, n in frame.prepositions)):
        inside = {word for t in top.subtree for word in (syntax.lemma(t), t.lower_)}
        for mode, wanted in _AGREED:
            if inside & wanted:
                return mode
    return None
