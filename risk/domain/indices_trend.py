"""The trend (态势) of an index: rising, falling or steady, by the test of Mann (Econometrica 13, 1945) and Kendall (*Rank Correlation Methods*, 1975).

Few moments are compared, so the chance of an order as clear as the one seen is counted exactly (all orders equally likely), not taken from a normal curve.
A change below ``movement`` points is steady whatever the test says: what nobody would act on is no trend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Literal

from risk.domain.datafiles import read_toml

State = Literal["rising", "steady", "falling", "unknown"]


@dataclass(frozen=True, slots=True)
class Trend:
    """``n`` known moments, ``change`` between the first and the last of them, ``p`` of the two-sided test; both None where there are too few."""

    state: State
    n: int
    change: float | None
    p: float | None


def trend(values: Sequence[float | None]) -> Trend:
    """The trend of an index over its last moments, the oldest first; unknown ones are left out.

    >>> trend([40.0, 44.0, None, 47.0, 55.0]).state, trend([40.0, 44.0]).state, trend([40.0, 44.0, 41.0, 43.0]).state
    ('rising', 'unknown', 'steady')
    """
    knobs = read_toml("index.toml")["trend"]
    known = [value for value in values[-int(knobs["periods"]) :] if value is not None]
    if len(known) < int(knobs["least"]):
        return Trend("unknown", len(known), None, None)
    sums = sum((b > a) - (b < a) for i, a in enumerate(known) for b in known[i + 1 :])
    p, change = chance(len(known), sums), known[-1] - known[0]
    clear = p < float(knobs["level"]) and abs(change) >= float(knobs["movement"]) and (change > 0) == (sums > 0)
    return Trend(("rising" if sums > 0 else "falling") if clear else "steady", len(known), change, p)


def chance(n: int, s: int) -> float:
    """How likely ``n`` moments in any order have a sum of signs as far from zero as ``s``.

    >>> chance(4, 6), round(chance(5, 8), 4)
    (0.08333333333333333, 0.0833)
    """
    pairs = n * (n - 1) // 2
    found = sum(many for falls, many in enumerate(_orders(n)) if abs(pairs - 2 * falls) >= abs(s))
    return min(1.0, found / factorial(n))


@cache
def _orders(n: int) -> tuple[int, ...]:
    """How many orders of ``n`` things have 0, 1, 2 … pairs the wrong way round."""
    counts = [1]
    for size in range(2, n + 1):
        grown = [0] * (len(counts) + size - 1)
        for falls, many in enumerate(counts):
            for more in range(size):
                grown[falls + more] += many
        counts = grown
    return tuple(counts)
