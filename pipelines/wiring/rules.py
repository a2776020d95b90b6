"""Rules of the settings file as rules of the core, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipelines.alerting.rules import Rule, default_rules, rule_of
from pipelines.settings import RuleEntry, Settings
from schemas.errors import ConfigError
from schemas.ontology import CORE, DYADS
from schemas.ports.feeds import Problem


class CheckedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A configured rule by its id, with everything that is wrong with it."""

    rule: str
    problems: tuple[Problem, ...] = ()


def configured_rules(settings: Settings) -> list[Rule]:
    """The enabled rules of the settings file, in its order. ConfigError names the first rule that is wrong."""
    checked = {checked.rule: checked for checked in check_rules(settings)}
    for identity, found in checked.items():
        if found.problems:
            raise ConfigError(f"rules: {identity}: {found.problems[0].message}", found.problems[0].code)
    return [made(entry) for entry in settings.rules if entry.enabled]


def made(entry: RuleEntry) -> Rule:
    """One entry as a rule. ConfigError for what it cannot be."""
    # Delivery channels (`entry.channels`) are the routes' business; a Rule's own `channels` are detectors.
    return rule_of(
        {
            "id": entry.id,
            "kind": entry.kind,
            "dyads": entry.dyads,
            "direction": entry.direction,
            "min_score": entry.min_score,
            "query": entry.query,
        }
    )


def check_rules(settings: Settings) -> list[CheckedRule]:
    """Every configured rule, enabled or not, in the file's order."""
    return [
        CheckedRule(rule=entry.id or f"rule {at + 1}", problems=tuple(_problems(entry, at, settings)))
        for at, entry in enumerate(settings.rules)
    ]


def _problems(entry: RuleEntry, at: int, settings: Settings) -> list[Problem]:
    found = [*_identity(entry, at, settings.rules), *_scope(entry), *_routes(entry, settings)]
    try:
        made(entry)
    except ConfigError as error:
        found.append(Problem(code=error.code, message=error.message))
    return found


def _identity(entry: RuleEntry, at: int, entries: Sequence[RuleEntry]) -> list[Problem]:
    if not entry.id:
        return [Problem(code="no_id", message='has no id; write id = "a-name"')]
    if entry.id in {rule.id for rule in default_rules()}:
        return [Problem(code="duplicate_id", message=f"{entry.id!r} is a default rule's id; choose another")]
    if entry.id in {earlier.id for earlier in entries[:at]}:
        return [
            Problem(code="duplicate_id", message=f"the id {entry.id!r} is taken by an earlier rule; choose another")
        ]
    return []


def _scope(entry: RuleEntry) -> list[Problem]:
    return [
        Problem(
            code="unknown_dyad",
            message=f"{dyad!r} is none of the 28 pairs; write two of {' '.join(CORE)} in order, such as CHN-JPN",
        )
        for dyad in entry.dyads
        if dyad not in DYADS
    ]


def _routes(entry: RuleEntry, settings: Settings) -> list[Problem]:
    known = ", ".join(sorted(settings.channels)) or "none"
    return [
        Problem(code="unknown_channel", message=f"channel {name!r} is not configured; configured: {known}")
        for name in entry.channels
        if name not in settings.channels
    ]
