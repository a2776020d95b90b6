"""Words for levels (ontology.md, relation index 4). They describe; they never alert by themselves."""

from __future__ import annotations

from typing import Final

NAMES: Final = ("confrontation", "tension", "discord", "ordinary", "good", "friendly")
WIDTH: Final = 3.0
HYSTERESIS: Final = 0.3


def band(value: float, before: str = "") -> str:
    """The band of a level; `before` is the last one, which is left only by more than the hysteresis."""
    if before in NAMES:
        low = -9.0 + WIDTH * NAMES.index(before)
        if low - HYSTERESIS <= value <= low + WIDTH + HYSTERESIS:
            return before
    return NAMES[min(max(int((value + 9.0) // WIDTH), 0), len(NAMES) - 1)]
