"""Compare two readings of the gold set: what was seen, and whether it really happened.

Run it from the repository root:
`python tests/gold/agreement.py [--list] [--only PATTERN] FIRST SECOND`. FIRST and SECOND are files
of labelled items in the codebook's line format; only items that both hold are compared.

A signal is reduced to its key: source states, target states (or the set of states, if reciprocal)
and root type. Signals with several sources or targets are written out, one key for each pair, so
that "each towards the target" on one line or on two is the same. An optional signal is neither
reward nor error: it may explain a counted one on the other side, and is dropped otherwise.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path
from typing import Any

CORE = frozenset({"CHN", "JPN", "KOR", "PRK", "RUS", "MNG", "TWN", "USA"})

Key = tuple[str, str, str, str]  # arrow, source, target ("" for none), root
Signal = dict[str, Any]


def state(code: str) -> str:
    """The code without its sector; an organisation keeps its name."""
    return code if code.startswith("IGO:") else code.split(":", maxsplit=1)[0]


def keys(signal: Signal) -> Iterator[Key]:
    """One key for each pair that the signal means; pairs without a core state are not coded."""
    sources = sorted({state(code) for code in signal["source"]})
    targets = sorted({state(code) for code in signal["target"]}) or [""]
    if signal["reciprocal"]:
        pairs, arrow = list(combinations(sources, 2)), "="
    else:
        pairs, arrow = list(product(sources, targets)), ">"
    for source, target in pairs:
        if CORE & {source, target}:
            yield arrow, source, target, signal["type"]


@dataclass
class Reading:
    """One reader's signals of one item: the factualities of each key, counted and optional."""

    counted: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    optional: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, signals: Iterable[Signal]) -> Reading:
        """The signals of one item, written out by pair."""
        reading = cls()
        for signal in signals:
            into = reading.optional if signal.get("optional") else reading.counted
            for key in keys(signal):
                into[key].append(signal["factuality"])
        return reading


@dataclass
class Tally:
    """What two readers share and do not share, summed over items."""

    both: int = 0
    only_first: int = 0
    only_second: int = 0
    present: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    factual: Counter[tuple[str, str]] = field(default_factory=Counter)

    def f1(self) -> float:
        """F1 of the multisets of counted keys; 1 where there is nothing to find."""
        total = 2 * self.both + self.only_first + self.only_second
        return 2 * self.both / total if total else 1.0

    def once(self) -> float:
        """F1 where a key counts once an item, however many clauses tell it."""
        both = self.present[True, True]
        total = 2 * both + self.present[True, False] + self.present[False, True]
        return 2 * both / total if total else 1.0


def split(first: list[str], second: list[str]) -> tuple[list[tuple[str, str]], int, int]:
    """Matched factualities, equal ones first, and how many are left on either side."""
    rest, pairs, left = list(second), [], []
    for value in first:
        if value in rest:
            rest.remove(value)
            pairs.append((value, value))
        else:
            left.append(value)
    unequal = list(zip(left, rest, strict=False))
    return pairs + unequal, len(left) - len(unequal), len(rest) - len(unequal)


def compare(first: Reading, second: Reading, tally: Tally) -> list[str]:
    """Adds one item to the tally; returns its differences, one line each."""
    lines = []
    for key in sorted(set(first.counted) | set(second.counted)):
        ours, theirs = first.counted.get(key, []), second.counted.get(key, [])
        pairs, more, fewer = split(ours, theirs)
        # What one reader counts and the other holds optional is neither right nor wrong.
        more = max(0, more - len(second.optional.get(key, [])))
        fewer = max(0, fewer - len(first.optional.get(key, [])))
        tally.both += len(pairs)
        tally.only_first += more
        tally.only_second += fewer
        tally.factual.update(pairs)
        if pairs or more or fewer:
            tally.present[bool(pairs or more), bool(pairs or fewer)] += 1
        lines += [f"{label(key)}: first {one}, second {two}" for one, two in pairs if one != two]
        lines += [f"{label(key)}: first only, {ours}"] * bool(more)
        lines += [f"{label(key)}: second only, {theirs}"] * bool(fewer)
    return lines


def label(key: Key) -> str:
    """`KOR > PRK AGREE` or `KOR = PRK AGREE`."""
    arrow, source, target, root = key
    return f"{source} {arrow} {target or 'nobody'} {root}"


def candidates(reading: Reading, other: Reading) -> set[tuple[str, str, str]]:
    """Directions that either reader used in an item: what a root may be asked of."""
    found = {**reading.counted, **reading.optional, **other.counted, **other.optional}
    return {key[:3] for key in found}


def kappa(table: Counter[tuple[Any, Any]]) -> float:
    """Cohen's kappa (1960) of a table of joint judgements; not a number where nothing varies."""
    total = sum(table.values())
    if not total:
        return float("nan")
    left: Counter[Any] = Counter()
    right: Counter[Any] = Counter()
    for (one, other), count in table.items():
        left[one] += count
        right[other] += count
    seen = sum(count for (one, other), count in table.items() if one == other) / total
    chance = sum(left[value] * right[value] for value in left) / total**2
    return (seen - chance) / (1 - chance) if chance < 1 else float("nan")


def out(line: str) -> None:
    """One line to standard output."""
    sys.stdout.write(line + "\n")


def read(path: Path) -> dict[str, list[Signal]]:
    """Signals by item id; a malformed line raises `json.JSONDecodeError`."""
    with path.open(encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines if line.strip()]
    return {item["id"]: item["signals"] for item in items}


def main(arguments: list[str]) -> int:
    """Prints the figures as Markdown, with `--list` every difference before them."""
    parser = argparse.ArgumentParser(description="Agreement of two readings of the gold set.")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--only", default="", help="pattern that the id must begin with")
    parser.add_argument("--list", action="store_true", help="print every difference")
    chosen = parser.parse_args(arguments)
    first, second = read(chosen.first), read(chosen.second)
    shared = [name for name in first if name in second and re.match(chosen.only, name)]
    tally = Tally()
    roots = {signal["type"] for name in shared for signal in first[name] + second[name]}
    cells = 0
    for name in shared:
        ours, theirs = Reading.of(first[name]), Reading.of(second[name])
        cells += len(candidates(ours, theirs)) * len(roots)
        for line in compare(ours, theirs, tally):
            if chosen.list:
                out(f"{name} {line}")
    # Absent for both: every root of every direction that either reader used in the item.
    tally.present[False, False] = max(0, cells - sum(tally.present.values()))
    equal = sum(count for (one, other), count in tally.factual.items() if one == other)
    matched = max(1, sum(tally.factual.values()))
    out("| items | both | first only | second only | F1 | F1 once | kappa | factuality | its kappa |")
    out("|---|---|---|---|---|---|---|---|---|")
    out(
        f"| {len(shared)} | {tally.both} | {tally.only_first} | {tally.only_second} "
        f"| {tally.f1():.3f} | {tally.once():.3f} | {kappa(tally.present):.3f} "
        f"| {equal / matched:.3f} | {kappa(tally.factual):.3f} |"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
