"""What the signals of one event say together: clusters of near-duplicate articles, and the majority over them.

Two departures from the letter of ontology.md, both so that copies change nothing:
- A voice is one owner's coding: an owner who prints the same report ten times has one voice in its cluster. Else
  copies could turn a majority.
- Ties go to the stronger score, then to the name, not to the smallest signal_id: an id is a hash, so a further copy
  could turn a tie.
And one so that commentary does not unsay news: where anybody reports (fact, scheduled, intended, denied), background
and opinion have no voice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from typing import Final

from schemas.fingerprint import similarity
from schemas.ontology import FACTUALITIES
from schemas.records import Factuality, Publisher

ALIKE: Final = 0.7
"""Articles at least this similar are one cluster."""

REPORTS: Final = frozenset({"fact", "scheduled", "intended", "denied"})
_ORDER: Final = {name: i for i, name in enumerate(FACTUALITIES)}


@dataclass(frozen=True, slots=True)
class Voice:
    """One owner's coding of an event in one cluster."""

    owner: str
    type: str
    mode: str | None
    score: float
    factuality: Factuality
    confidence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an event is held to be."""

    type: str
    mode: str | None
    score: float
    factuality: Factuality
    confidence: float


def owner_of(publisher: Publisher | None) -> str:
    """Ownership group: the unit of independence. All state media of a country are one group, `CHN:state`."""
    if publisher is None:
        return ""
    if publisher.ownership == "state" and publisher.country:
        return f"{publisher.country}:state"
    return publisher.owner or publisher.id


@lru_cache(maxsize=200_000)
def _alike(a: str, b: str) -> bool:
    return similarity(a, b) >= ALIKE


def alike(a: str, b: str) -> bool:
    """Whether two fingerprints are of near-duplicate texts. An empty fingerprint is like nothing."""
    if not a or not b:
        return False
    return a == b or (_alike(a, b) if a < b else _alike(b, a))


def clusters(articles: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Components of near-duplicate articles: (article_id, fingerprint) pairs to a cluster number by article_id."""
    prints: dict[str, str] = {}
    for article, fingerprint in sorted(articles):
        prints[article] = fingerprint or f"!{article}"
    kinds = sorted(set(prints.values()))
    parent = list(range(len(kinds)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, a in enumerate(kinds):
        if a.startswith("!"):
            continue
        for j in range(i + 1, len(kinds)):
            if not kinds[j].startswith("!") and root(i) != root(j) and alike(a, kinds[j]):
                parent[root(j)] = root(i)
    number = {kind: root(i) for i, kind in enumerate(kinds)}
    return {article: number[kind] for article, kind in prints.items()}


def _coding(voice: Voice | Verdict) -> tuple[str, str | None, float]:
    return voice.type, voice.mode, voice.score


def _majority(voices: Sequence[Voice | Verdict]) -> Verdict:
    if len(voices) == 1:
        v = voices[0]
        return Verdict(v.type, v.mode, v.score, v.factuality, v.confidence)
    codings = Counter(_coding(v) for v in voices)
    kind, mode, score = min(codings, key=lambda c: (-codings[c], -abs(c[2]), c[0], c[1] or ""))
    stances = Counter(v.factuality for v in voices)
    factuality = min(stances, key=lambda f: (-stances[f], _ORDER[f]))
    return Verdict(kind, mode, score, factuality, median(v.confidence for v in voices))


def verdict(said: Iterable[tuple[int, Voice]]) -> Verdict:
    """Majority within each cluster (number, voice), then over the clusters; confidence: the median likewise."""
    pairs = list(said)
    if any(voice.factuality in REPORTS for _, voice in pairs):
        pairs = [pair for pair in pairs if pair[1].factuality in REPORTS]
    by_cluster: dict[int, set[Voice]] = {}
    for cluster, voice in pairs:
        by_cluster.setdefault(cluster, set()).add(voice)
    return _majority([_majority(list(voices)) for _, voices in sorted(by_cluster.items())])
