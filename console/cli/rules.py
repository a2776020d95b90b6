"""`detente rules`: which rules are in force, and what is wrong with the configured ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from console.cli import output
from console.cli.session import Given

_PROBLEMS: Final = 4


def list_rules(*, session: Given) -> int:
    """The alert rules in force: the shipped ones and those of the settings file; how people rated their alerts."""
    from pipelines.alerting.rules import default_rules
    from pipelines.wiring.rules import configured_rules

    ratings = _ratings(session)
    rows = [("shipped", rule) for rule in default_rules()]
    rows += [("settings", rule) for rule in configured_rules(session.settings)]
    if session.json:
        output.lines(
            msgspec.to_builtins(rule) | {"origin": origin, "ratings": ratings.get(rule.id, {})} for origin, rule in rows
        )
        return 0
    output.table(
        ("id", "kind", "from", "pairs", "direction", "least score", "useful", "not"),
        [
            (
                rule.id,
                rule.kind,
                origin,
                " ".join(rule.dyads) or "all",
                rule.direction or "both",
                rule.min_score,
                ratings.get(rule.id, {}).get("useful", 0),
                ratings.get(rule.id, {}).get("not", 0),
            )
            for origin, rule in rows
        ],
        right=("least score", "useful", "not"),
    )
    return 0


def check(*, session: Given) -> int:
    """What is wrong with the rules of the settings file; exit code 4 where something is."""
    from pipelines.wiring.rules import check_rules

    checked = check_rules(session.settings)
    if session.json:
        output.lines(checked)
    for found in checked if not session.json else []:
        output.text(f"{found.rule}: {'ok' if not found.problems else ''}")
        for problem in found.problems:
            output.text(f"  ! {problem.code}: {problem.message}")
    if not checked:
        output.say("no rules are configured; the shipped ones are in force (`detente rules list`)")
    return _PROBLEMS if any(found.problems for found in checked) else 0


def _ratings(session: Given) -> Mapping[str, dict[str, int]]:
    """By rule: how many of its alerts were rated useful or not, each alert by its last rating."""
    if not session.home.log_file.exists():
        return {}
    last: dict[str, Mapping[str, Any]] = {a.subject: a.body for a in session.stores.actions.list(kind="rate")}
    counted: dict[str, dict[str, int]] = {}
    for body in last.values():
        verdicts = counted.setdefault(str(body.get("rule", "")), {})
        verdict = str(body.get("verdict", ""))
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    return counted
