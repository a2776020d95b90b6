"""Word lists of the English grammar of events, from `data/words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _lists() -> dict[str, frozenset[str]]:
    table = tomllib.loads((files("pipelines.extract") / "data" / "words.toml").read_text("utf-8"))
    return {name: frozenset(words.split()) for name, words in table.items()}


def words(name: str) -> frozenset[str]:
    """The lemmas of one list. KeyError for an unknown name."""
    return _lists()[name]
