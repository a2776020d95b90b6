"""Whether it happened: one of the codebook's factualities for a trigger, from the words that govern it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from spacy.tokens import Token

from pipelines.extract import syntax
from pipelines.extract.attribution import by_analyst
from pipelines.extract.dates import is_history
from pipelines.extract.matching import is_negated
from pipelines.extract.unreal import unreal
from pipelines.extract.words import words
from schemas.records import EventDate, Factuality

_POSSIBLE: Final = frozenset({"may", "might", "could"})
_FUTURE: Final = frozenset({"will", "shall", "'ll", "wo"})
_DUTY: Final = frozenset({"should", "must", "ought"})
_CONDITION: Final = frozenset({"until", "if", "unless", "whether", "lest", "should", "provided"})
_PLANS: Final = words("planning")
_PLAN_NOUNS: Final = words("plan_nouns")
_POSSIBLE_NOUNS: Final = frozenset(
    {"possibility", "prospect", "chance", "risk", "danger", "fear", "option", "likelihood"}
)
_ARRANGED: Final = frozenset({"schedule", "set", "expect", "slate", "due", "book", "plan", "arrange"})
_FAILED: Final = frozenset({"fail", "refrain", "avoid", "forget", "neglect", "cease"})
_CONSUMING: Final = words("consuming")
# "told Seoul to stop" asks, "told Seoul that it had stopped" reports.
_RUMOURS: Final = words("rumours")
_UNTIL: Final = frozenset({"before", "until", "unless", "if"})
_ORDERING: Final = frozenset({"tell", "order", "instruct", "remind", "warn", "invite", "encourage"})
_CLAIMED: Final = frozenset({"accuse", "suspect", "allege", "blame"})
_CLAUSES: Final = frozenset({"ccomp", "relcl", "advcl", "parataxis"})
_MEMORY: Final = words("memory")
_CIRCUMSTANCES: Final = words("circumstances")
_YEARS_AFTER: Final = re.compile(r"\b(?:years|decades|century)\s(?:to the day\s)?(?:after|since)\b", re.IGNORECASE)
_SAME_PAST: Final = words("same_past")
_NEGATED_TOO: Final = frozenset({"xcomp", "dobj", "attr", "pcomp", "prep", "pobj", "oprd", "nsubj", "nsubjpass"})
_STEP: Final = frozenset(
    {
        "xcomp", "ccomp", "conj", "acl", "relcl", "advcl", "pcomp", "prep", "dobj", "pobj", "nsubj", "nsubjpass",
        "attr", "agent", "parataxis", "oprd",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stance:
    """The factuality found, and the words that decided it."""

    factuality: Factuality
    because: str = ""
    future: bool = False


def stance(token: Token, *, negated_rule: bool = False, intended: bool = False, scheduled: bool = False) -> Stance:
    """Walk up from the trigger; the first word that takes the clause out of the world of facts decides."""
    given = Stance("scheduled" if scheduled else "intended", "trigger", future=True) if intended or scheduled else None
    path = list(_path(token))
    if frame := unreal(token):
        return Stance(*frame)
    verdict = given or next(filter(None, (_word(step, bare=bare) for step, bare in path)), None) or Stance("fact")
    if verdict.factuality in {"fact", "scheduled", "intended"} and _denied(token, [s for s, _ in path], negated_rule):
        return Stance("denied", "negation")
    if verdict.factuality == "fact" and _remembered(token):
        return Stance("historic", "anniversary")
    if verdict.factuality == "fact" and token.pos_ == "VERB" and by_analyst(token):
        return Stance("opinion", "analyst")
    return verdict


def _path(token: Token) -> Iterator[tuple[Token, bool]]:
    """The trigger and the words above it within its clause and one beyond; the flag: it shares the modal verbs."""
    current, bare = token, True
    while True:
        yield current, bare
        head = current.head
        # What lies above a finite clause is another clause, which can only plan, fear or report this one.
        closed = current.dep_ in _CLAUSES and current.pos_ in {"VERB", "AUX"} and not _infinitive(current)
        if head == current or closed:
            return
        # "will visit and has invited": a conjunct with a tense of its own does not share the first one's "will".
        bare = not (current.dep_ == "conj" and _has_tense(current))
        current = head


def _word(token: Token, *, bare: bool) -> Stance | None:
    """What the token's own modal verbs, or the word that governs it, make of the act."""
    found = _own(token) if bare else None
    if found is None and token.head != token and token.dep_ in _STEP:
        found = _governed(token, token.head)
    return found


def _denied(token: Token, path: list[Token], negated_rule: bool) -> bool:
    if not negated_rule and is_negated(token):
        return True
    if token.pos_ in {"NOUN", "PROPN"} and any(c.lower_ in {"no", "without"} for c in token.children):
        return True
    for step in path[:-1]:
        if step.dep_ == "prep" and step.lower_ == "without":
            return True
        if step.dep_ in _STEP and _crosses_negation(step, step.head) and is_negated(step.head):
            return True
    return False


def _infinitive(verb: Token) -> bool:
    """As in "are to meet to discuss": a purpose is as real as what serves it."""
    return verb.tag_ == "VB" and any(c.lower_ == "to" and c.dep_ == "aux" for c in verb.children)


def _bare_infinitive(verb: Token) -> bool:
    """A conjunct without tense goes on with a wish or plan: "the need to mend ties, strengthen exchanges"."""
    return (
        verb.tag_ == "VB"
        and verb.dep_ == "conj"
        and verb.lower_ not in _SAME_PAST
        and not any(c.dep_ in {"aux", "nsubj", "nsubjpass"} for c in verb.children)
        and verb.head.tag_ not in {"VB", "VBP"}
    )


def _has_tense(verb: Token) -> bool:
    # "to get relations on track, strengthen exchanges": after an infinitive the parser may take one for a present.
    finite = {"VBD", "VBZ", "VBP"} if verb.head.tag_ != "VB" else {"VBD", "VBZ"}
    return verb.tag_ in finite or any(c.dep_ in {"aux", "nsubj", "nsubjpass"} for c in verb.children)


def _remembered(token: Token) -> bool:
    """Under an anniversary, or in a clause of "fifty years after they signed"."""
    current = token
    while current.head != current:
        if current.dep_ in {"advcl", "pcomp", "relcl"} and current.pos_ in {"VERB", "AUX"}:
            before = token.doc.text[max(0, current.left_edge.idx - 40) : current.idx]
            if _YEARS_AFTER.search(before):
                return True
        current = current.head
        if syntax.lemma(current) in _MEMORY:
            return True
    return False


def _own(token: Token) -> Stance | None:
    """Modal verbs and conditions of the clause itself."""
    if _bare_infinitive(token):
        return Stance("intended", "infinitive", future=True)
    words = {c.lower_ for c in token.children if c.dep_ in {"aux", "auxpass"}}
    if words & _POSSIBLE:
        return Stance("conditional", min(words & _POSSIBLE))
    if words & _DUTY:
        return Stance("requested", min(words & _DUTY))
    if words & (_FUTURE | {"would"}) and _waits(token):
        return Stance("conditional", "when")
    if "would" in words:
        governed = token.dep_ in {"ccomp", "conj"} and token.head.pos_ == "VERB"
        return Stance("scheduled", "would", future=True) if governed else Stance("conditional", "would")
    if words & _FUTURE:
        return Stance("scheduled", "will", future=True)
    if token.pos_ in {"VERB", "AUX"} and any(c.dep_ == "mark" and c.lower_ in _CONDITION for c in token.children):
        return Stance("conditional", "if")
    if (
        token.dep_ == "xcomp"
        and token.tag_ == "VB"
        and token.head.lemma_ == "be"
        and token.head.tag_ in {"VBZ", "VBP", "VBD"}
    ):
        return Stance("scheduled", "is to", future=True)
    if any(c.lower_ in {"likely", "poised"} for c in token.children):
        return Stance("conditional", "likely")
    return None


def _waits(token: Token) -> bool:
    """It comes when something else has come about: "when conditions allow", "once the pandemic is over"."""
    for clause in token.children:
        if clause.dep_ != "advcl" or not any(c.lower_ in {"when", "once"} for c in clause.children):
            continue
        if syntax.lemma(clause) in {"allow", "permit"}:
            return True
        if any(syntax.lemma(s) in _CIRCUMSTANCES for s in syntax.surface_subjects(clause)):
            return True
    return False


def _governed(token: Token, head: Token) -> Stance | None:
    """What the word above makes of it."""
    if head.pos_ in {"VERB", "AUX"}:
        return _under_verb(token, head)
    lemma = syntax.lemma(head)
    if head.pos_ == "ADJ" and token.dep_ in {"xcomp", "ccomp", "advcl", "prep"}:
        return _under_adjective(lemma)
    if head.pos_ in {"NOUN", "PROPN"} and lemma in _PLAN_NOUNS and token.dep_ in {"acl", "prep", "pobj", "relcl"}:
        return Stance("conditional" if lemma in _POSSIBLE_NOUNS else "intended", lemma, future=True)
    return None


def _under_verb(token: Token, head: Token) -> Stance | None:
    lemma = syntax.lemma(head)
    if token.dep_ == "xcomp":
        arranged = (lemma in _ARRANGED and syntax.is_passive(head)) or lemma in {"arrange", "schedule"}
        if arranged or (lemma == "go" and head.tag_ == "VBG"):
            return Stance("scheduled", lemma, future=True)
        if lemma in _FAILED:
            return Stance("denied", lemma)
    if token.dep_ in {"nsubjpass", "dobj"} and lemma in {"schedule", "slate"}:
        return Stance("scheduled", lemma, future=True)
    if token.dep_ in {"xcomp", "dobj", "ccomp"} and lemma in _PLANS:
        return Stance("intended", lemma, future=True)
    if token.dep_ == "prep" and lemma == "stop" and any(c.lower_ == "short" for c in head.children):
        return Stance("denied", "stop short")
    return None


def _under_adjective(lemma: str) -> Stance | None:
    if lemma in {"due", "set", "scheduled", "bound"}:
        return Stance("scheduled", lemma, future=True)
    if lemma in {"likely", "unlikely"}:
        return Stance("conditional", lemma, future=True)
    if lemma in {"ready", "willing", "prepared", "keen", "eager", "open", "able", "possible", "free"}:
        return Stance("intended", lemma, future=True)
    return None


def _crosses_negation(token: Token, head: Token) -> bool:
    """A "not" above reaches down into complements and objects, not into adjuncts and other clauses."""
    return token.dep_ in _NEGATED_TOO and head.pos_ in {"VERB", "AUX", "ADP", "ADJ", "NOUN"}


def consumed_by(token: Token) -> str | None:
    """The verb whose content the token is, where that verb is an act of its own: "refused to meet", "threatened to"."""
    current = token
    while current.head != current:
        head = current.head
        if current.dep_ in {"xcomp", "ccomp", "pcomp", "dobj", "pobj", "prep", "acl"}:
            verb = syntax.lemma(head)
            if verb in _CONSUMING and not (verb == "warn" and current.dep_ == "ccomp"):
                return verb
            if verb in _ORDERING and current.dep_ == "xcomp":
                return verb
        elif current.dep_ == "advcl" and any(c.dep_ == "mark" and c.lower_ in _UNTIL for c in current.children):
            pass  # what must come first is as little a fact as what is demanded
        elif current.dep_ == "relcl" and syntax.lemma(head) in _RUMOURS:
            if head.head.pos_ == "VERB" and syntax.lemma(head.head) in {"deny", "dismiss", "reject", "refute"}:
                return syntax.lemma(head.head)
            return None
        elif current.dep_ not in {"conj", "compound", "attr"}:
            return None
        current = head
    return None


def of_date(found: Stance, when: EventDate | None, published: date) -> Stance:
    """History by its own date, and what lies ahead of publication is no fact yet."""
    if when is None:
        return found
    if found.factuality in {"fact", "scheduled"} and is_history(when, published):
        return Stance("historic", "date")
    if found.factuality == "fact" and when.precision == "day" and when.start > published:
        return Stance("scheduled", "date", future=True)
    return found
