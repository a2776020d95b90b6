"""Alert rules as data: what to watch, for which pairs, in which direction, from which size on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from schemas.errors import ConfigError
from schemas.query import Query
from schemas.query_syntax import parse
from schemas.records import Direction

RuleKind = Literal["change", "breaking", "search"]
CHANNELS = ("S7", "S30", "DRIFT", "NEW", "B7")


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule.

    `change`: fires on episodes of these `channels` (empty: all) with -ln p of at least `min_score` beside the pooled
    limit. `breaking`: fires on material deeds of |score| at least `min_score` (0..10). `search`: fires on signals that
    the query (in the syntax of `detente search`) matches. Empty `dyads` means all pairs, empty `direction` both.
    """

    id: str
    kind: RuleKind
    dyads: tuple[str, ...] = ()
    direction: Direction | Literal[""] = ""
    min_score: float = 0.0
    channels: tuple[str, ...] = ()
    query: str = ""

    def watches(self, dyad: str, direction: Direction | None) -> bool:
        """Whether the pair and direction are its business."""
        return (not self.dyads or dyad in self.dyads) and self.direction in {"", direction}

    def hears(self, channel: str) -> bool:
        """Whether it listens to the channel."""
        return not self.channels or channel in self.channels


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...]


def rule_of(document: Mapping[str, Any]) -> Rule:
    """A rule from plain data (settings, an action's body). ConfigError says what is wrong."""
    try:
        rule = msgspec.convert(document, Rule, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"rule {document.get('id', '?')!r}: {error}") from error
    unknown = [channel for channel in rule.channels if channel not in CHANNELS]
    if unknown:
        raise ConfigError(f"rule {rule.id!r}: unknown channel {unknown[0]!r}; known: {', '.join(CHANNELS)}")
    if rule.kind == "search":
        if not rule.query:
            raise ConfigError(f"rule {rule.id!r}: a search rule needs a query")
        query_of(rule.query)
    return rule


@cache
def query_of(text: str) -> Query:
    """The compiled query. ConfigError as the parser raises it."""
    return parse(text)


@cache
def default_rules() -> tuple[Rule, ...]:
    """The shipped rules: `change` and `breaking`."""
    text = files("pipelines.alerting").joinpath("data/rules.toml").read_text(encoding="utf-8")
    return tuple(rule_of(document) for document in tomllib.loads(text)["rule"])
