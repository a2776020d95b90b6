"""Signals to rows: what the index stores of one signal beside its bytes."""

from __future__ import annotations

from typing import Final

from connectors.index.embedded.translate import LABELS
from connectors.local.schema import to_micros
from schemas.query_fields import day_of
from schemas.records import Signal
from schemas.tokens import tokens

UNDATED: Final = -(2**63)
"""The `time` of a signal without publication time: after all others in `newest`."""

COLUMNS: Final = (
    "signal_id", "article_id", "revision", "status", "rejected", "dyad", "source", "target", "reciprocal", "type",
    "mode", "quad", "score", "polarity", "cameo", "factuality", "reporter", "language", "publisher", "owner",
    "country", "confidence", "published", "published_day", "first_seen", "day", "fingerprint", "time", "length",
    "placed",
)  # fmt: skip
"""Columns of `signal` in the order of `row_of`."""

_MICROS_A_DAY: Final = 86_400_000_000
_EPOCH_ORDINAL: Final = 719_163


def words_of(signal: Signal) -> str:
    """The words of the quote, parted by blanks."""
    return " ".join(tokens(signal.evidence.quote))


def time_of(signal: Signal) -> int:
    """The signal's place in `newest`."""
    return to_micros(signal.published) if signal.published else UNDATED


def labels_of(signal: Signal) -> list[tuple[str, str]]:
    """Field and value of all lists."""
    return [(field, value) for field, name in LABELS.items() for value in dict.fromkeys(getattr(signal, name)) if value]


def row_of(signal: Signal, *, rejected: bool, length: int, placed: int) -> tuple[str | int | float | None, ...]:
    """The values of `COLUMNS`."""
    published = to_micros(signal.published) if signal.published else None
    day = day_of(signal)
    publisher = signal.publisher
    return (
        signal.signal_id,
        signal.article_id,
        signal.revision,
        signal.status,
        int(rejected),
        signal.key,
        signal.source.code or None,
        (signal.target.code or None) if signal.target else None,
        int(signal.reciprocal),
        signal.type or None,
        signal.mode or None,
        signal.quad,
        signal.score,
        signal.polarity,
        signal.cameo_root or None,
        signal.factuality,
        signal.reporter or None,
        signal.language or None,
        (publisher.id or None) if publisher else None,
        (publisher.owner or None) if publisher else None,
        (publisher.country or None) if publisher else None,
        signal.confidence,
        published,
        None if published is None else published // _MICROS_A_DAY + _EPOCH_ORDINAL,
        to_micros(signal.first_seen) if signal.first_seen else None,
        day.toordinal() if day else None,
        signal.fingerprint or None,
        UNDATED if published is None else published,
        length,
        placed,
    )
