"""An act of one sentence, before it becomes a signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spacy.tokens import Token

from pipelines.extract.cast import Part
from pipelines.extract.triggers import Rule
from schemas.records import EventDate, Factuality

COMING: Final = frozenset({"scheduled", "intended", "conditional", "requested"})
"""Factualities of what has not happened yet and may."""


@dataclass(frozen=True)
class Act:
    """One act between one pair (or of one source towards nobody in particular), offsets relative to the sentence."""

    rule: Rule
    trigger: Token
    source: Part
    target: Part | None
    reciprocal: bool
    type: str
    mode: str | None
    factuality: Factuality
    because: str
    when: EventDate | None
    reporter: str | None
    aimed_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discarded:
    """What a rule saw and did not code, for `--explain`."""

    sentence: str
    rule: str
    why: str
