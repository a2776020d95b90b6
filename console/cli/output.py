"""Results on stdout: JSON Lines, tables for people, CSV and Markdown; remarks on stderr."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from schemas.codec import encode
from schemas.records import Record

_SHORT: Final = 20
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def line(value: Any) -> None:
    """One value as one line of JSON: a record in its canonical form, anything else by msgspec."""
    data = encode(value) if isinstance(value, Record) else _ENCODER.encode(value)
    sys.stdout.write(data.decode("utf-8") + "\n")


def lines(values: Iterable[Any]) -> None:
    """JSON Lines."""
    for value in values:
        line(value)


def with_fields(record: Record, **fields: Any) -> dict[str, Any]:
    """The record's own fields as built-in values, and others beside them."""
    built: dict[str, Any] = msgspec.to_builtins(record)
    return built | fields


def say(sentence: str) -> None:
    """A remark, on stderr."""
    print(sentence, file=sys.stderr, flush=True)


def text(words: str = "") -> None:
    """A line of a result for people."""
    sys.stdout.write(words + "\n")


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", right: Sequence[str] = ()
) -> None:
    """A table as wide as the terminal, or as its content where there is none. Columns named in `right` hold numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    for at, name in enumerate(columns):
        short = all(len(row[at]) <= _SHORT for row in cells)
        # Dates, pairs and ids stay in one piece; only what is long is folded.
        made.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=short)
    for row in cells:
        made.add_row(*map(Text, row))
    wide = None if sys.stdout.isatty() else 200
    Console(file=sys.stdout, width=wide).print(made)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """CSV with a header. A cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t"} else cell


def as_markdown(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A Markdown table; bars and line breaks inside cells are escaped."""
    text(f"| {' | '.join(columns)} |")
    text(f"|{'---|' * len(columns)}")
    for row in rows:
        cells = [" ".join(("" if cell is None else str(cell)).split()).replace("|", "\\|") for cell in row]
        text(f"| {' | '.join(cells)} |")
