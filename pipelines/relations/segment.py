"""Off-line segmentation of one series into stretches of constant mean.

PELT (Killick, Fearnhead and Eckley 2012) with squared error on the standardised series and a penalty of 3 ln n for
each change point.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log
from typing import Final

import numpy as np

FEWEST: Final = 2
"""Values a segment has at least."""
PENALTY: Final = 3.0


def changepoints(values: Sequence[float | None]) -> list[int]:
    """Indices of the first value of each new segment, ascending; the start of the series is none of them.

    None and non-finite values are missing: they belong to no side, and a change is placed at the first known value
    after it. The unit and sign of the series do not matter.
    """
    known = [index for index, value in enumerate(values) if value is not None and isfinite(value)]
    series = np.array([values[index] for index in known], dtype=np.float64)
    if series.size < 2 * FEWEST:
        return []
    spread = float(series.std())
    # A constant series has no unit to standardise by; rounding errors of equal values are no spread either.
    if spread <= 1e-12 * max(float(np.abs(series).max()), 1e-300):
        return []
    from ruptures import Pelt

    model = Pelt(model="l2", min_size=FEWEST, jump=1).fit((series - series.mean()) / spread)
    ends = model.predict(pen=PENALTY * log(series.size))
    return [known[end] for end in ends if end < series.size]
