"""How well the coder codes the invented briefs, by kind: their intended coding is a column of `data/routine.csv`.

    python tools/measure_briefs.py [--each 40] [--errors KIND]

Prints per kind: share of briefs whose main act is found (pair, direction, type), share of those with the intended
factuality, and further signals of facts between the pair a brief (acts named in the topic are no errors).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from connectors.newsroom.routine import Routine, read
from pipelines.extract.coder import Coder
from schemas.records import Article, Publisher, Signal

DATA = Path(__file__).resolve().parents[1] / "connectors" / "newsroom" / "data"


@dataclass
class Tally:
    """Counts of one kind."""

    briefs: int = 0
    found: int = 0
    stance: int = 0
    further: int = 0
    errors: list[str] = field(default_factory=list)


def main() -> None:
    """Measures a sample of each kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=40, help="briefs of each kind")
    parser.add_argument("--errors", default="", help="print the wrongly coded briefs of this kind")
    options = parser.parse_args()
    kinds: dict[str, list[Routine]] = defaultdict(list)
    for row in read((DATA / "routine.csv").read_text("utf-8")):
        kinds[row.kind].append(row)
    lines = (DATA / "articles-briefs.jsonl").read_text("utf-8").splitlines()
    articles = {article["id"]: article for article in map(json.loads, lines)}
    coder, total = Coder.load(), Tally()
    print(f"{'kind':14}{'briefs':>7}{'found':>7}{'stance':>8}{'further':>9}")
    for name, rows in sorted(kinds.items()):
        sample = Random(name).sample(rows, k=min(options.each, len(rows)))  # noqa: S311 - a sample, no secret
        tally = Tally()
        for row in sample:
            _count(row, coder.extract(_article(articles[row.id])).signals, articles[row.id]["text"], tally)
        if sample[0].type:
            for part in ("briefs", "found", "stance", "further"):
                setattr(total, part, getattr(total, part) + getattr(tally, part))
        _print(name, tally)
        if name == options.errors:
            print("\n".join(tally.errors))
    _print("events", total)


def _count(row: Routine, signals: tuple[Signal, ...], text: str, tally: Tally) -> None:
    between = [s for s in signals if s.dyad == row.dyad]
    right = [s for s in between if row.type and _matches(s, row)]
    tally.briefs += 1
    tally.found += bool(right)
    tally.stance += any(s.factuality == row.factuality for s in right)
    further = {(s.source.code, s.type) for s in between if s not in right and s.factuality == "fact"}
    tally.further += len(further)
    if not right or further:
        coded = [(s.source.code, s.target.code if s.target else "", s.type, s.factuality) for s in signals]
        tally.errors.append(f"  {row.source}>{row.target} {row.type} {text}\n      {coded}")


def _matches(signal: Signal, row: Routine) -> bool:
    target = signal.target.code if signal.target else ""
    directed = (signal.source.code, target) == (row.source, row.target)
    return signal.type == row.type and signal.reciprocal == row.reciprocal and (row.reciprocal or directed)


def _article(entry: dict[str, Any]) -> Article:
    when = datetime.fromisoformat(entry["published"])
    return Article(
        article_id=entry["id"],
        text=entry["text"],
        language="en",
        published=when,
        first_seen=when,
        version_seen=when,
        publisher=Publisher(**entry["publisher"]),
    )


def _print(name: str, tally: Tally) -> None:
    size = max(1, tally.briefs)
    shares = f"{tally.found / size:7.2f}{tally.stance / max(1, tally.found):8.2f}{tally.further / size:9.2f}"
    print(f"{name:14}{tally.briefs:7}{shares}")


if __name__ == "__main__":
    main()
