"""Measures the coder on labelled items: triples (source, target, root), factuality, false facts on items without event.

    python tools/measure_extraction.py FILE.jsonl... [--errors N] [--threshold P]

The files have the codebook's label format, one object a line. Optional labels are neither reward nor error;
reciprocal pairs are free of order; the same triple counts once per item.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.extract.coder import Coder
from schemas.ontology import CORE
from schemas.records import Article, Publisher, Signal

Triple = tuple[str, str, str]


@dataclass
class Score:
    """Counts of one group of files."""

    right: int = 0
    coded: int = 0
    wanted: int = 0
    factual: int = 0
    silent: int = 0
    silent_facts: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    rules: dict[str, list[int]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Right of coded."""
        return self.right / self.coded if self.coded else 0.0

    @property
    def recall(self) -> float:
        """Right of wanted."""
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return 2 * self.right / (self.coded + self.wanted) if self.coded + self.wanted else 0.0


def triple(source: str, target: str, type_: str, *, equal: bool) -> Triple:
    """One key for an act, free of order between equals."""
    a, b = sorted((source, target)) if equal else (source, target)
    return a, b, type_


def gold(item: dict[str, Any]) -> tuple[dict[Triple, set[str]], set[Triple]]:
    """Triples to be found with their factualities, and the optional ones."""
    wanted: dict[Triple, set[str]] = {}
    optional: set[Triple] = set()
    for row in item["signals"]:
        sources = [c.split(":")[0] if not c.startswith("IGO:") else ":".join(c.split(":")[:2]) for c in row["source"]]
        targets = [c.split(":")[0] if not c.startswith("IGO:") else ":".join(c.split(":")[:2]) for c in row["target"]]
        if row["reciprocal"]:
            pairs = [(a, b) for i, a in enumerate(sources) for b in sources[i + 1 :]]
        else:
            pairs = [(a, b) for a in sources for b in (targets or [""])]
        for a, b in pairs:
            if a not in CORE and b not in CORE:
                continue
            key = triple(a, b, row["type"], equal=row["reciprocal"])
            if row.get("optional"):
                optional.add(key)
            else:
                wanted.setdefault(key, set()).add(row["factuality"])
    return wanted, optional - set(wanted)


def article_of(item: dict[str, Any]) -> Article:
    """A labelled item as an article."""
    when = datetime.fromisoformat(item["published"]).replace(tzinfo=UTC)
    return Article(
        article_id=item["id"],
        text=item["text"],
        language="en",
        published=when,
        first_seen=when,
        version_seen=when,
        publisher=Publisher(id="measure", name="measure"),
    )


def coded(signals: tuple[Signal, ...], threshold: float) -> dict[Triple, Signal]:
    """The surest signal of each triple."""
    found: dict[Triple, Signal] = {}
    for s in signals:
        if s.confidence >= threshold:
            target = s.target.code if s.target else ""
            key = triple(s.source.code, target, s.type, equal=s.reciprocal)
            if key not in found or found[key].confidence < s.confidence:
                found[key] = s
    return found


def measure(items: list[dict[str, Any]], coder: Coder, threshold: float, errors: list[str]) -> Score:
    """Counts over items; what went wrong is appended to `errors` as text."""
    score = Score()
    for item in items:
        wanted, optional = gold(item)
        found = coded(coder.extract(article_of(item)).signals, threshold)
        # A gold pair written directed and coded as an act of equals (or the reverse) is a wrong direction, hence wrong.
        counted = {k: s for k, s in found.items() if k not in optional}
        right = set(counted) & set(wanted)
        score.right += len(right)
        score.coded += len(counted)
        score.wanted += len(wanted)
        score.factual += sum(counted[k].factuality in wanted[k] for k in right)
        if not item["signals"]:
            score.silent += 1
            score.silent_facts += any(s.factuality == "fact" for s in found.values())
        for key, signal in counted.items():
            tally = score.rules.setdefault(str(signal.why["rule"]), [0, 0])
            tally[0 if key in right else 1] += 1
        score.missed.update(k[2] for k in set(wanted) - right)
        score.false.update(k[2] for k in set(counted) - right)
        if set(wanted) != set(counted):
            errors.append(_describe(item, wanted, optional, found))
    return score


def _describe(
    item: dict[str, Any], wanted: dict[Triple, set[str]], optional: set[Triple], found: dict[Triple, Signal]
) -> str:
    lines = [f"{item['id']} {item['published']} {item['text']}"]
    for key, facts in sorted(wanted.items()):
        lines.append(f"   {'ok  ' if key in found else 'MISS'} {'-'.join(key)} {sorted(facts)}")
    for key, signal in sorted(found.items()):
        if key not in wanted:
            kind = "opt " if key in optional else "FALSE"
            lines.append(
                f"   {kind} {'-'.join(key)} {signal.factuality} {signal.confidence} "
                f"{signal.why['rule']} {signal.why['trigger']} {signal.why['features']}"
            )
        elif signal.factuality not in wanted[key]:
            lines.append(f"   FACT {'-'.join(key)} coded {signal.factuality} ({signal.why['factuality']})")
    return "\n".join(lines)


def main() -> int:
    """Measure each file by itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument(
        "--errors", type=int, default=0, help="print so many items with errors, drawn with a fixed seed"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.0, help="count only signals at least so confident")
    parser.add_argument("--rules", action="store_true", help="print right and wrong per rule")
    arguments = parser.parse_args()
    coder = Coder.load()
    total: dict[str, list[int]] = {}
    print(f"{'file':22} {'P':>5} {'R':>5} {'F1':>5} {'fact.':>5} {'silent':>6}  right/coded/wanted")
    for path in arguments.files:
        items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        errors: list[str] = []
        s = measure(items, coder, arguments.threshold, errors)
        factual = s.factual / s.right if s.right else 0.0
        silent = s.silent_facts / s.silent if s.silent else 0.0
        print(
            f"{path.stem:22} {s.precision:5.3f} {s.recall:5.3f} {s.f1:5.3f} {factual:5.3f} {silent:6.3f}"
            f"  {s.right}/{s.coded}/{s.wanted}"
        )
        for rule, (right, wrong) in s.rules.items():
            tally = total.setdefault(rule, [0, 0])
            tally[0] += right
            tally[1] += wrong
        if arguments.errors:
            print("  missed", s.missed.most_common(), "\n  false", s.false.most_common())
            random.Random(arguments.seed).shuffle(errors)  # noqa: S311
            print("\n".join(errors[: arguments.errors]))
    if arguments.rules:
        for rule, (right, wrong) in sorted(total.items(), key=lambda r: -r[1][1]):
            print(f"{rule:32} right {right:4} wrong {wrong:4}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
