"""Names of the log's topics and how many partitions each has by default."""

from __future__ import annotations

from typing import Final

ARTICLE: Final = "news.article.v1"
SIGNAL: Final = "news.signal.v1"
TICK: Final = "news.tick.v1"
HEARD: Final = "news.heard.v1"
ACTION: Final = "news.action.v1"
ALERT: Final = "news.alert.v1"
DEADLETTER: Final = "news.deadletter.v1"

PARTITIONS: Final[dict[str, int]] = {ARTICLE: 4, SIGNAL: 4, TICK: 1, HEARD: 1, ACTION: 1, ALERT: 1, DEADLETTER: 1}
"""Tick, heard day and action must have one partition: their order is the order of decisions."""

KEPT_FOREVER: Final = frozenset({TICK, HEARD, ACTION, ALERT})
"""Topics that no retention setting may cut: the history of decisions rests on them."""
