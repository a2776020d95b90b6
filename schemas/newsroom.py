"""What a newsroom folder says should be found: turns of relations, and windows in which nothing should be alerted."""

from __future__ import annotations

from datetime import date

import msgspec

from schemas.records import Direction


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A relation turned on this day. An empty `dyad` means all pairs."""

    date: date
    dyad: str
    direction: Direction
    label: str


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing of this pair (empty: of any) should be alerted in [first, last]; `why` says what tempts."""

    first: date
    last: date
    dyad: str
    why: str
