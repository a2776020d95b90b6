"""`detente evaluate`: how well extraction finds what readers coded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec
from cyclopts import Parameter

from console.cli import output
from console.cli.documents import Given as About
from console.cli.documents import Line, Refused, of_line, read_bytes, refuse
from console.cli.session import Given
from schemas.ontology import CORE

if TYPE_CHECKING:
    from schemas.records import Signal

Triple: TypeAlias = tuple[str, str, str, str]
"""Source, target, type, factuality; of a reciprocal act the codes in order."""

_ALL: Final = "all"


class Coded(msgspec.Struct, kw_only=True):
    """One statement as a reader coded it. Actors are `CODE` or `CODE:SECTOR`; no target means: among the sources."""

    source: tuple[str, ...]
    target: tuple[str, ...] = ()
    type: str
    factuality: str
    reciprocal: bool = False
    optional: bool = False


class GoldItem(msgspec.Struct, kw_only=True):
    """One text with the statements in it."""

    id: str | int
    language: str = ""
    signals: tuple[Coded, ...] = ()


class Tally(msgspec.Struct):
    """How many were found rightly, wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def row(self) -> dict[str, Any]:
        """Counts, precision, recall and F1; None where nothing was there to find."""
        found, there = self.right + self.wrong, self.right + self.missed
        precision = self.right / found if found else None
        recall = self.right / there if there else None
        f1 = 2 * self.right / (found + there) if found + there else None
        return {
            "right": self.right, "wrong": self.wrong, "missed": self.missed,
            "precision": precision, "recall": recall, "f1": f1,
        }  # fmt: skip


def evaluate(gold: Annotated[str, Parameter(allow_leading_hyphen=True)], /, *, session: Given) -> int:
    """Precision, recall and F1 of who did what to whom, over all and by type, factuality and language.

    A statement is right when source, target, type and factuality are. Statements marked optional may be left out.

    Parameters
    ----------
    gold
        jsonl of {"id","text","published","language","signals":[{source[],target[],type,factuality,reciprocal}]}.
    """
    from pipelines.extract.coder import Coder
    from schemas.ports.clock import SystemClock

    session.configure_logging(quiet=True)
    coder, about = Coder.load(), About(now=SystemClock().now())
    tallies: dict[tuple[str, str], Tally] = {}
    failures = 0
    for number, raw in enumerate(read_bytes(gold).splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            item, line = msgspec.json.decode(raw, type=GoldItem), msgspec.json.decode(raw, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            refuse(Refused(message=f"{gold}, line {number}: {error}"))
            failures += 1
            continue
        signals = coder.extract(of_line(line, about).article).signals
        _count(item, Counter(of_signal(signal) for signal in signals), tallies)
    _print(session, tallies)
    return 1 if failures else 0


def triples_of(coded: Coded) -> list[Triple]:
    """The pairs that a coded statement stands for: each source with each target, or all sources among one another.

    Only pairs with a core state are kept, as extraction does by default.
    """
    sources = [actor.rpartition(":")[0] if _sector(actor) else actor for actor in coded.source]
    targets = [actor.rpartition(":")[0] if _sector(actor) else actor for actor in coded.target]
    pairs: Iterable[tuple[str, str]] = combinations(sorted(set(sources)), 2)
    if targets:
        pairs = [(source, target) for source in sources for target in targets if source != target]
    elif not coded.reciprocal:
        pairs = [(source, "") for source in sources]
    made = []
    for source, target in pairs:
        ends = tuple(sorted((source, target))) if coded.reciprocal and target else (source, target)
        if ends[0] in CORE or ends[1] in CORE:
            made.append((ends[0], ends[1], coded.type, coded.factuality))
    return sorted(set(made))


def _sector(actor: str) -> bool:
    """`CHN:GOV` and `IGO:NATO:GOV` carry a sector, `IGO:NATO` does not."""
    return ":" in actor and not (actor.startswith("IGO:") and actor.count(":") == 1)


def of_signal(signal: Signal) -> Triple:
    """A signal as it is compared."""
    return signal.source.code, signal.target.code if signal.target else "", signal.type, signal.factuality


def _count(item: GoldItem, found: Counter[Triple], tallies: dict[tuple[str, str], Tally]) -> None:
    wanted = Counter(triple for coded in item.signals if not coded.optional for triple in triples_of(coded))
    allowed = Counter(triple for coded in item.signals if coded.optional for triple in triples_of(coded))
    right = wanted & found
    wrong = found - wanted - allowed
    missed = wanted - found
    for name, counted in (("right", right), ("wrong", wrong), ("missed", missed)):
        for triple, number in counted.items():
            for place in ((_ALL, _ALL), ("type", triple[2]), ("factuality", triple[3]), ("language", item.language)):
                tally = tallies.setdefault(place, Tally())
                setattr(tally, name, getattr(tally, name) + number)


def _print(session: Given, tallies: dict[tuple[str, str], Tally]) -> None:
    rows = [{"by": by, "of": of, **tally.row()} for (by, of), tally in sorted(tallies.items())]
    if session.json:
        output.lines(rows)
        return
    cells = [[_cell(value) for value in row.values()] for row in rows]
    columns = ("by", "of", "right", "wrong", "missed", "precision", "recall", "f1")
    output.table(columns, cells, right=columns[2:])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "" if value is None else str(value)
