"""Fits `pipelines/extract/data/confidence.toml`: how often an act with these features is what a reader coded.

    python tools/fit_confidence.py OUT.toml FILE.jsonl...

Logistic regression with an L2 penalty by Newton's method on the acts that the rules give for labelled items
(codebook's format); optional labels are left out. Prints the five-fold cross-validated calibration.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from measure_extraction import article_of, coded, gold

from pipelines.extract.coder import Coder

PENALTY = 3.0
ITEM_FOLDS = 5
STEPS = 25
SMALLEST = 0.02


def examples(paths: list[Path]) -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    """Features of each act, whether it was right, and the fold of its item."""
    coder = Coder.load()
    names: list[list[str]] = []
    right: list[int] = []
    folds: list[int] = []
    number = 0
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            number += 1
            wanted, optional = gold(item)
            for key, signal in coded(coder.extract(article_of(item)).signals, 0.0).items():
                if key not in optional:
                    names.append(list(signal.why["features"]))
                    right.append(key in wanted)
                    folds.append(number % ITEM_FOLDS)
    return names, np.array(right, dtype=float), np.array(folds)


def design(names: list[list[str]], vocabulary: list[str]) -> np.ndarray:
    """One row an act: a constant, then its features as 0 or 1."""
    index = {name: i + 1 for i, name in enumerate(vocabulary)}
    table = np.zeros((len(names), len(vocabulary) + 1))
    table[:, 0] = 1.0
    for row, features in enumerate(names):
        for name in features:
            if name in index:
                table[row, index[name]] = 1.0
    return table


def fit(table: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Weights of the penalised logistic regression."""
    weights = np.zeros(table.shape[1])
    ridge = np.full(table.shape[1], PENALTY)
    ridge[0] = 1e-6
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-table @ weights))
        gradient = table.T @ (right - p) - ridge * weights
        hessian = (table * (p * (1 - p))[:, None]).T @ table + np.diag(ridge)
        weights = weights + np.linalg.solve(hessian, gradient)
    return weights


def main() -> int:
    """Fit, cross-validate, write."""
    out, paths = Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]]
    names, right, folds = examples(paths)
    vocabulary = sorted({name for features in names for name in features})
    table = design(names, vocabulary)
    held = np.zeros(len(right))
    for fold in range(ITEM_FOLDS):
        held[folds == fold] = 1 / (1 + np.exp(-table[folds == fold] @ fit(table[folds != fold], right[folds != fold])))
    print(f"acts {len(right)}, right {right.mean():.3f}, cross-validated:")
    for low in np.arange(0.0, 1.0, 0.1):
        inside = (held >= low) & (held < low + 0.1)
        if inside.any():
            print(
                f"  {low:.1f}-{low + 0.1:.1f}: {inside.sum():5} acts, "
                f"said {held[inside].mean():.3f}, right {right[inside].mean():.3f}"
            )
    order = np.argsort(held)
    ranks = np.empty(len(held))
    ranks[order] = np.arange(1, len(held) + 1)
    positives = right.sum()
    auroc = (ranks[right == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(right) - positives))
    print(f"AUROC {auroc:.3f}")
    weights = fit(table, right)
    lines = [
        "# Made by tools/fit_confidence.py from labelled sentences: log-odds that an act with these features is right.",
        f"bias = {weights[0]:.3f}",
        "[weights]",
        *(
            f'"{name}" = {weight:.3f}'
            for name, weight in zip(vocabulary, weights[1:], strict=True)
            if abs(weight) >= SMALLEST
        ),
    ]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
