"""Figures with intervals: recall where one in a hundred honest texts alarms, average precision, the fall of recall under an attack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grades import wilson
from models.measure import multiplicities

Floats = npt.NDArray[np.float64]
REPLICATES = 300


def share(flags: npt.NDArray[np.bool_]) -> list[float]:
    """Value, low, high (Wilson).

    >>> share(np.array([True] * 8 + [False] * 2))
    [0.8, 0.4902, 0.9433]
    """
    hits, n = int(flags.sum()), len(flags)
    low, high = wilson(hits, n)
    return [round(hits / n, 4) if n else 0.0, round(low, 4), round(high, 4)]


def average_precision(p: Floats, y: Floats, w: Floats) -> float:
    """Area under precision and recall, tied probabilities as one step.

    >>> average_precision(np.array([0.9, 0.5, 0.5]), np.array([1.0, 1.0, 0.0]), np.ones(3)).__round__(3)
    0.833
    """
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(y, p, sample_weight=w))


def recall_at(p: Floats, y: Floats, w: Floats, false_alarms: float = 0.01) -> float:
    """The largest share of positives above a cut-off that at most so many of the negatives reach.

    >>> p, y = np.array([0.9, 0.8, 0.7, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])
    >>> recall_at(p, y, np.ones(4)), recall_at(p, y, np.ones(4), 0.5)
    (0.5, 1.0)
    """
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0, True))
    up, down = np.cumsum((w * y)[order])[ends], np.cumsum((w * (1 - y))[order])[ends]
    allowed = down <= false_alarms * down[-1] + 1e-9
    return float(up[allowed].max(initial=0.0) / up[-1])


def interval(figure: Callable[[Floats, Floats, Floats], float], p: Floats, y: Floats, groups: Any, seed: int) -> list[float]:
    """Value, low, high: whole groups of near-copies are drawn again, positives and negatives apart."""
    known = ~np.isnan(y)
    p, y, groups = p[known], y[known], np.asarray(groups)[known]
    draws = [figure(p, y, m) for m in multiplicities(y, groups, REPLICATES, seed)]
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return [round(figure(p, y, np.ones(len(p))), 4), round(float(low), 4), round(float(high), 4)]


def fall(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_], seed: int) -> list[float]:
    """How much recall fell, with the interval of the paired difference.

    >>> fall(np.array([True] * 9 + [False]), np.array([True] * 8 + [False] * 2), 0)[0]
    0.1
    """
    difference = before.astype(np.float64) - after.astype(np.float64)
    rng = np.random.default_rng(seed)
    draws = difference[rng.integers(0, len(difference), (REPLICATES * 2, len(difference)))].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return [round(float(difference.mean()), 4), round(float(low), 4), round(float(high), 4)]
