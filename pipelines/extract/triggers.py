"""Event triggers: the rules of `data/triggers.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_CONDITIONS: Final = (
    "obj",
    "theme",
    "subj",
    "prt",
    "comp",
    "within",
    "prep",
    "phrase",
    "joint",
    "negated",
    "future",
    "predicate",
)
_FLAGS: Final = frozenset(
    {
        "scheduled", "host", "light", "need_target", "need_person", "intended", "joint", "negated", "future",
        "predicate", "persons", "civil", "places", "official", "named", "venue", "speech", "coming", "slogan",
    }
)  # fmt: skip
_LISTS: Final = ("obj", "theme", "subj", "prt", "comp", "within", "without", "prep", "not_obj")
_KEYS: Final = _FLAGS | set(_LISTS) | {"name", "verbs", "nouns", "adjs", "modals", "is", "from", "to", "each", "phrase"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the trigger file. Sets are of lemmas; an empty set or None means: no such condition."""

    name: str
    part: str
    lemmas: frozenset[str]
    type: str
    mode: str | None
    source: tuple[str, ...]
    target: tuple[str, ...]
    each: str = ""
    host: bool = False
    light: bool = False
    need_target: bool = False
    need_person: bool = False
    intended: bool = False
    scheduled: bool = False
    obj: frozenset[str] = frozenset()
    theme: frozenset[str] = frozenset()
    subj: frozenset[str] = frozenset()
    prt: frozenset[str] = frozenset()
    comp: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    prep: frozenset[str] = frozenset()
    phrase: frozenset[str] = frozenset()
    not_obj: frozenset[str] = frozenset()
    joint: bool = False
    negated: bool = False
    future: bool = False
    predicate: bool = False
    persons: bool = False
    civil: bool = False
    places: bool = False
    official: bool = False
    named: bool = False
    venue: bool = False
    speech: bool = False
    coming: bool = False
    slogan: bool = False

    @property
    def weight(self) -> int:
        """How specific it is: the number of its conditions."""
        return sum(bool(getattr(self, name)) for name in _CONDITIONS)


@cache
def rules() -> dict[tuple[str, str], tuple[Rule, ...]]:
    """Rules by part of speech and lemma, most specific first. ValueError for an unknown key or part."""
    table = tomllib.loads((files("pipelines.extract") / "data" / "triggers.toml").read_text("utf-8"))
    sets = {name: frozenset(words.split()) for name, words in table["sets"].items()}
    parsed = [_parse(row, sets) for row in table["rule"]]
    index: dict[tuple[str, str], list[tuple[int, int, Rule]]] = {}
    for order, rule in enumerate(parsed):
        for lemma in rule.lemmas:
            index.setdefault((rule.part, lemma), []).append((-rule.weight, order, rule))
    return {key: tuple(r for _, _, r in sorted(found, key=lambda f: f[:2])) for key, found in index.items()}


def _parse(row: dict[str, Any], sets: dict[str, frozenset[str]]) -> Rule:
    part = next(p for p in ("verbs", "nouns", "adjs", "modals") if p in row)
    type_, _, mode = row["is"].partition(":")
    if unknown := set(row) - _KEYS:
        raise ValueError(f"triggers.toml, rule {row.get('name')}: unknown keys {sorted(unknown)}")
    fields: dict[str, Any] = {k: v for k, v in row.items() if k in _FLAGS}
    fields["each"] = {True: "always", False: "", "plural": "plural"}[row.get("each", False)]
    for name in _LISTS:
        if name in row:
            fields[name] = _words(row[name], sets)
    if "phrase" in row:
        fields["phrase"] = frozenset(row["phrase"].split("|"))
    default_from = "subj by" if part == "verbs" else "owner by subj"
    return Rule(
        name=row["name"],
        part=part,
        lemmas=_words(row[part], sets),
        type=type_,
        mode=mode or None,
        source=tuple(row.get("from", default_from).split()),
        target=tuple(row.get("to", "obj to any").split()),
        **fields,
    )


def _words(text: str, sets: dict[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    for word in text.split():
        name = word.removeprefix("@")
        found |= sets[name] if word.startswith("@") and name in sets else {word}
    return frozenset(found)
