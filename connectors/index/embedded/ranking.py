"""Rank of a hit: Okapi BM25 of the words sought.

Own instead of FTS5's `bm25()`, because a rank must not move while somebody pages through a result: the weights of the
words (inverse document frequencies) are taken once and travel in the cursor, and the length of a usual document is a
constant. Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final

MAX_WORDS: Final = 32
"""Words of a query that are weighed; more would not change an order that people can see."""

_K1: Final = 1.2
_B: Final = 0.75
_USUAL_LENGTH: Final = 24
_DIGITS: Final = 6
_READING_COST: Final = 10
"""Reading one document's words costs about as much as this many entries of an index list."""


def weights(connection: sqlite3.Connection, words: Sequence[str]) -> tuple[float, ...]:
    """Each word's inverse document frequency as the index stands, never negative."""
    (documents,) = connection.execute("SELECT coalesce(max(row), 0) FROM signal").fetchone()
    return tuple(round(_weight(documents, _frequency(connection, word)), _DIGITS) for word in words)


class Scorer:
    """Scores of documents by row and length, for the words and their weights.

    For few candidates it reads their words one by one, for many the index lists of the words.
    """

    def __init__(
        self, connection: sqlite3.Connection, words: Sequence[str], word_weights: Sequence[float], candidates: int
    ) -> None:
        self._connection = connection
        self._weights = dict(zip(words, word_weights, strict=True))
        listed = sum(_frequency(connection, word) for word in words)
        self._lists = _lists(connection, words) if candidates * _READING_COST > listed else None

    def score(self, row: int, length: int) -> float:
        """0 without any of the words. The same for the same document and weights."""
        damping = _K1 * (1 - _B + _B * length / _USUAL_LENGTH)
        total = 0.0
        for word, count in self._counts(row):
            total += self._weights[word] * count * (_K1 + 1) / (count + damping)
        return round(total, _DIGITS)

    def _counts(self, row: int) -> list[tuple[str, int]]:
        if self._lists is not None:
            return [(word, times[row]) for word, times in self._lists if row in times]
        (text,) = self._connection.execute("SELECT words FROM document WHERE row = ?", (row,)).fetchone()
        present = text.split(" ")
        return [(word, present.count(word)) for word in self._weights if word in present]


def _lists(connection: sqlite3.Connection, words: Sequence[str]) -> list[tuple[str, Counter[int]]]:
    sql = "SELECT doc FROM quote_instance WHERE term = ?"
    return [(word, Counter(row for (row,) in connection.execute(sql, (word,)))) for word in words]


def _frequency(connection: sqlite3.Connection, word: str) -> int:
    row = connection.execute("SELECT doc FROM quote_term WHERE term = ?", (word,)).fetchone()
    return int(row[0]) if row else 0


def _weight(documents: int, frequency: int) -> float:
    return math.log(1 + (max(documents - frequency, 0) + 0.5) / (frequency + 0.5))
