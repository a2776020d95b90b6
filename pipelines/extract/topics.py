"""Contexts (facets of the ontology) and tracks (issues such as wastewater or THAAD) of a sentence, from data files."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from schemas.ontology import CONTEXTS

_CORRECTION: Final = re.compile(r"\b(?:earlier|previous) version\b|\A(?:Editor's note|Correction)\b", re.IGNORECASE)
_WEAK_NEEDED: Final = 3
_STATECRAFT: Final = re.compile(
    r"\b(?:joint(?:ly)?|together|cooperat\w+|minister|ministry|delegation|embassy|protest\w*|boycott\w*|summit|president)\b",
    re.IGNORECASE,
)
_FILES: Final = {"contexts": "contexts.toml", "tracks": "tracks.toml"}


@cache
def _patterns(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(id, pattern) of each topic in the file's order. ValueError for a context that the ontology does not know."""
    table = tomllib.loads((files("pipelines.extract") / "data" / _FILES[kind]).read_text("utf-8"))
    if kind == "contexts" and (unknown := set(table) - set(CONTEXTS)):
        raise ValueError(f"contexts.toml names contexts that the ontology does not know: {sorted(unknown)}")
    return tuple((name, _compile(row["words"])) for name, row in table.items())


@cache
def _games() -> tuple[re.Pattern[str], re.Pattern[str]]:
    table = tomllib.loads((files("pipelines.extract") / "data" / "sport.toml").read_text("utf-8"))
    return _compile(table["strong"]), _compile(table["weak"])


def is_game(sentence: str) -> bool:
    """Whether a sentence tells of sport or show rather than of states."""
    strong, weak = _games()
    hits = {m.group().lower() for m in weak.finditer(sentence)}
    if _STATECRAFT.search(sentence):
        return False
    return bool(strong.search(sentence)) or len(hits) >= _WEAK_NEEDED


def is_correction(sentence: str) -> bool:
    """Whether a sentence tells what an earlier version of the article had wrong."""
    return bool(_CORRECTION.search(sentence))


def _compile(words: list[str]) -> re.Pattern[str]:
    # A trailing * stands for any ending; matching is by whole words, without regard to case.
    parts = [re.escape(w.rstrip("*")) + (r"\w*" if w.endswith("*") else "") for w in words]
    return re.compile(r"\b(?:" + "|".join(parts) + r")\b", re.IGNORECASE)


def contexts(sentence: str) -> tuple[str, ...]:
    """Contexts of a sentence in alphabetical order."""
    return _found("contexts", sentence)


def tracks(sentence: str) -> tuple[str, ...]:
    """Issues that a sentence is about, in alphabetical order."""
    return _found("tracks", sentence)


def _found(kind: str, sentence: str) -> tuple[str, ...]:
    return tuple(sorted(name for name, pattern in _patterns(kind) if pattern.search(sentence)))
