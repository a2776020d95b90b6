"""Meetings: who visits whom, what is a call, and what one sentence tells twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spacy.tokens import Token

from pipelines.extract import syntax
from pipelines.extract.act import COMING, Act
from pipelines.extract.cast import Cast
from pipelines.extract.matching import Frame
from pipelines.extract.pairing import Pairs
from pipelines.extract.triggers import Rule

_BY_PHONE: Final = frozenset({"phone", "telephone", "telephoned", "videoconference", "video"})
_VISIT: Final = Rule("visit.implied", "verbs", frozenset(), "CONSULT", "visit", (), ())
_CALL: Final = Rule("call.implied", "verbs", frozenset(), "CONSULT", "phone", (), ())
_TALKED: Final = frozenset({"SUPPORT", "REQUEST", "AGREE", "CONCEDE"})


def hosted(cast: Cast, frame: Frame, rule: Rule, pairs: Pairs, mode: str | None) -> tuple[Pairs, str | None]:
    """A meeting in the land of one of two is a visit of the other; elsewhere it is third-party; three make a forum."""
    if rule.type != "CONSULT" or rule.host or mode == "phone" or not pairs:
        return pairs, mode
    if frame.words & _BY_PHONE:
        return pairs, "phone" if mode is None else mode
    if len(pairs) > 1:
        return pairs, "multilateral" if mode is None and all(p[2] for p in pairs) else mode
    source, target, equals = pairs[0]
    where = venue(cast, frame, (source.actor.code, target.actor.code if target else ""))
    if where is None or target is None or not equals:
        return pairs, mode
    if where == source.actor.code:
        return [(target, source, False)], mode if mode == "consult" else "visit"
    if where == target.actor.code:
        return [(source, target, False)], mode if mode == "consult" else "visit"
    return pairs, "third-party" if mode is None else mode


def implied(cast: Cast, acts: list[Act]) -> Iterator[Act]:
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
        where = venue(cast, frame, (act.source.actor.code, target.actor.code))
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


def one_meeting(acts: list[Act]) -> list[Act]:
    """Who visits and meets the host does one thing; what the guest and the host have yet to do is the guest's too."""
    guests = {
        frozenset((a.source.actor.code, a.target.actor.code)): a
        for a in acts
        if a.type == "CONSULT"
        and a.mode == "visit"
        and a.target
        and not a.reciprocal
        and a.source.actor.sector != "MIL"
        and a.factuality != "denied"
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
        elif act.type == "AGREE" and act.mode == "consult" and act.factuality in COMING:
            kept.append(replace(act, source=visit.source, target=visit.target, reciprocal=False))
        elif act.type != "CONSULT" or act.factuality != visit.factuality:
            kept.append(act)
    return kept


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
        if node in {frame.token, frame.verb}:
            return True
        if node.pos_ == "VERB" and node.dep_ in {"relcl", "acl", "ccomp", "advcl"}:
            return False
    return True
