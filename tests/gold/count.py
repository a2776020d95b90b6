"""Count the gold files by factuality, type, tag and shape, as a Markdown table for README.md.

Run it from the repository root: `python tests/gold/count.py [FILE ...]`; without arguments every
`*.jsonl` beside it is counted. Signals with `optional: true` are neither reward nor error in
evaluation and so are counted in a column of their own.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CORE = ("CHN", "JPN", "KOR", "PRK", "RUS", "MNG", "TWN", "USA")


def read(path: Path) -> list[dict[str, Any]]:
    """The items of one file, in order; a malformed line raises `json.JSONDecodeError`."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def states(signal: dict[str, Any]) -> set[str]:
    """Codes of the signal's actors without their sector."""
    codes = [*signal["source"], *signal["target"]]
    return {code if code.startswith("IGO:") else code.split(":")[0] for code in codes}


def has_fact(item: dict[str, Any]) -> bool:
    """Whether a signal that counts (not optional) is a fact."""
    return any(s["factuality"] == "fact" and not s.get("optional") for s in item["signals"])


def shape(name: str, items: list[dict[str, Any]]) -> list[str]:
    """One line per property of a file as a whole."""
    words = [len(item["text"].split()) for item in items]
    years = sorted(item["published"][:4] for item in items)
    signals = [s for item in items for s in item["signals"]]
    optional = sum(bool(s.get("optional")) for s in signals)
    silent = sum(not item["signals"] for item in items)
    without_fact = sum(not has_fact(item) for item in items)
    line = (
        f"`{name}`: {len(items)} items, {sum(words) / len(words):.1f} words on average, "
        f"published {years[0]} to {years[-1]}; {len(signals)} signals of which {optional} optional; "
        f"{silent} items without any signal, {without_fact} without a fact that counts."
    )
    return [line]


def table(title: str, required: Counter[str], optional: Counter[str]) -> list[str]:
    """A Markdown table, most frequent first, ties by name."""
    names = sorted({*required, *optional}, key=lambda name: (-required[name], name))
    rows = [f"| {name} | {required[name]} | {optional[name]} |" for name in names]
    return [f"| {title} | signals | optional besides |", "|---|---|---|", *rows, ""]


def tags(items: list[dict[str, Any]]) -> list[str]:
    """Items per tag, on one line."""
    counts = Counter(tag for item in items for tag in item["tags"])
    ordered = sorted(counts, key=lambda tag: (-counts[tag], tag))
    return ["Items per tag: " + ", ".join(f"{tag} {counts[tag]}" for tag in ordered) + ".", ""]


def report(paths: list[Path]) -> str:
    """The whole report over the given files."""
    files = {path.name: read(path) for path in paths}
    items = [item for rows in files.values() for item in rows]
    signals = [s for item in items for s in item["signals"]]
    out = [line for name, rows in files.items() for line in [*shape(name, rows), ""]]
    for field in ("factuality", "type"):
        required = Counter(s[field] for s in signals if not s.get("optional"))
        optional = Counter(s[field] for s in signals if s.get("optional"))
        out += table(field, required, optional)
    parties = Counter(state for s in signals for state in states(s))
    out += ["Signals per core state: " + ", ".join(f"{c} {parties[c]}" for c in CORE) + "; "]
    outside = {state for state in parties if state not in CORE}
    out += [f"with {len(outside)} outside actors: {', '.join(sorted(outside))}.", ""]
    return "\n".join(out + tags(items))


if __name__ == "__main__":
    chosen = [Path(arg) for arg in sys.argv[1:]] or sorted(HERE.glob("*.jsonl"))
    sys.stdout.write(report(chosen))
