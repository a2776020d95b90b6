"""Rank of a hit: Okapi BM25 of the words sought, in SQL over FTS5's vocabulary.

Own instead of FTS5's `bm25()`, because a rank must not move while somebody pages through a result: the weights of the
words (inverse document frequencies) are taken once and travel in the cursor, and the length of a usual document is a
constant. Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from typing import Final

from connectors.index.embedded.translate import Parameter

MAX_WORDS: Final = 32
"""Words of a query that are weighed; more would not change an order that people can see."""

_K1: Final = 1.2
_B: Final = 0.75
_USUAL_LENGTH: Final = 24
_DIGITS: Final = 6


def weights(connection: sqlite3.Connection, words: Sequence[str]) -> tuple[float, ...]:
    """Each word's inverse document frequency as the index stands, never negative."""
    documents = int(connection.execute("SELECT coalesce(max(row), 0) FROM signal").fetchone()[0])
    return tuple(round(_weight(documents, _frequency(connection, word)), _DIGITS) for word in words)


def scored(words: Sequence[str], word_weights: Sequence[float]) -> tuple[str, list[Parameter]]:
    """A subquery with the columns `row` and `score` of every signal that has one of the words."""
    if not words:
        return "SELECT 0 AS row, 0.0 AS score WHERE 0", []
    counts = " UNION ALL ".join(
        "SELECT doc AS row, ? AS weight, count(*) AS times FROM quote_instance WHERE term = ? GROUP BY doc"
        for _ in words
    )
    damping = f"{_K1} * ({1 - _B} + {_B} * length / {_USUAL_LENGTH}.0)"
    sql = (
        f"SELECT row, round(sum(weight * times * {_K1 + 1} / (times + {damping})), {_DIGITS}) AS score "  # noqa: S608
        f"FROM ({counts}) JOIN signal USING (row) GROUP BY row"
    )
    return sql, [value for pair in zip(word_weights, words, strict=True) for value in pair]


def _frequency(connection: sqlite3.Connection, word: str) -> int:
    row = connection.execute("SELECT doc FROM quote_term WHERE term = ?", (word,)).fetchone()
    return int(row[0]) if row else 0


def _weight(documents: int, frequency: int) -> float:
    return math.log(1 + (max(documents - frequency, 0) + 0.5) / (frequency + 0.5))
