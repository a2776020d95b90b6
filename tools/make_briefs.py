"""Draws the newsroom's invented routine and words its briefs: `data/routine.csv` and `data/articles-briefs.jsonl`.

    python tools/make_briefs.py [--seed 20210101] [--to FOLDER]

The same seed gives the same bytes; a test compares them with what is committed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Final

from connectors.newsroom.briefs import write
from connectors.newsroom.routine import Routine, draw, kinds, pairs, table

SEED: Final = 20210101
FIRST: Final = date(2021, 1, 1)
LAST: Final = date(2024, 6, 30)
DATA: Final = Path(__file__).resolve().parents[1] / "connectors" / "newsroom" / "data"


def make(seed: int, first: date = FIRST, last: date = LAST) -> tuple[str, str]:
    """The table and the articles, as the two files' contents."""
    rows = draw(seed, first, last)
    lines = (json.dumps(article, ensure_ascii=False) + "\n" for article in write(rows, seed))
    return table(rows), "".join(lines)


def report(rows: list[Routine], days: int) -> str:
    """Events a day and conflictual share of each pair, beside what is intended."""
    events = [row for row in rows if row.type and kinds()[row.kind].factuality in {"fact", "scheduled"}]
    number = Counter(row.dyad for row in events)
    hostile = Counter(row.dyad for row in events if kinds()[row.kind].conflict)
    lines = [
        f"{dyad}  {number[dyad] / days:.3f} a day (meant {pair.rate})"
        f"  conflictual {hostile[dyad] / max(1, number[dyad]):.2f} (meant {pair.conflict})"
        for dyad, pair in pairs().items()
    ]
    return "\n".join([*lines, f"{len(rows)} briefs, {len(rows) - len(events)} of them no events"])


def main() -> None:
    """Writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--to", type=Path, default=DATA)
    options = parser.parse_args()
    rows, lines = make(options.seed)
    (options.to / "routine.csv").write_text(rows, "utf-8")
    (options.to / "articles-briefs.jsonl").write_text(lines, "utf-8")
    print(report(draw(options.seed, FIRST, LAST), (LAST - FIRST).days + 1))


if __name__ == "__main__":
    main()
