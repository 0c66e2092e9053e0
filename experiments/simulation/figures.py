"""Figures of the simulation, computed here and not by the project: what is measured must not measure itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BINS = 15
T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09)
"""Student's t, 97.5 %, for 1, 2, … degrees of freedom."""


def calibration_error(probability: Floats, truth: Floats) -> float:
    """Mean distance of stated from true share over bins of equal mass (15).

    >>> round(calibration_error(np.repeat([0.1, 0.5], 300), np.tile([0.0, 1.0], 300)), 2)
    0.2
    """
    order = np.argsort(probability, kind="stable")
    at = np.arange(len(order)) * BINS // len(order)
    gap = np.bincount(at, weights=(probability - truth)[order], minlength=BINS)
    return float(np.abs(gap).sum() / len(order))


def brier_skill(probability: Floats, truth: Floats) -> float:
    """1 - squared error over that of always stating the true share; NaN where all are alike.

    >>> brier_skill(np.array([1.0, 0.0]), np.array([1.0, 0.0])), brier_skill(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    (1.0, 0.0)
    """
    base = float(truth.mean())
    spread = base * (1 - base)
    return float("nan") if spread == 0 else 1 - float(((probability - truth) ** 2).mean()) / spread


def resampled(probability: Floats, truth: Floats, seed: int, draws: int = 500) -> dict[str, dict[str, float]]:
    """Both figures of one set of units with 95 % bootstrap intervals."""
    rng = np.random.default_rng(seed)
    n = len(truth)
    found = []
    for _ in range(draws):
        rows = rng.integers(0, n, n)
        found.append((calibration_error(probability[rows], truth[rows]), brier_skill(probability[rows], truth[rows])))
    low, high = np.nanquantile(np.array(found), [0.025, 0.975], axis=0)
    values = (calibration_error(probability, truth), brier_skill(probability, truth))
    return {name: {"value": values[j], "low": float(low[j]), "high": float(high[j])} for j, name in enumerate(("ece", "brier_skill"))}


def mean(values: Sequence[float]) -> dict[str, Any]:
    """Mean over replications with its 95 % interval (Student's t); no interval for a single one.

    >>> mean([1.0, 2.0, 3.0])["value"], round(mean([1.0, 2.0, 3.0])["low"], 2)
    (2.0, -0.48)
    """
    x = np.asarray([v for v in values if not np.isnan(v)], dtype=np.float64)
    n = len(x)
    if n == 0:
        return {"value": None, "low": None, "high": None, "n": 0}
    if n == 1:
        return {"value": float(x[0]), "low": None, "high": None, "n": 1}
    t = T[n - 2] if n - 2 < len(T) else 1.96 + 2.5 / (n - 1)
    half = t * float(x.std(ddof=1)) / n**0.5
    value = float(x.mean())
    return {"value": value, "low": value - half, "high": value + half, "n": n}


def share(hits: int, n: int) -> dict[str, Any]:
    """A share of replications with its 95 % interval (Clopper and Pearson).

    >>> {k: round(v, 3) for k, v in share(0, 500).items()}
    {'value': 0.0, 'low': 0.0, 'high': 0.007, 'n': 500}
    """
    from scipy.stats import beta

    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(0.975, hits + 1, n - hits))
    return {"value": hits / n, "low": low, "high": high, "n": n}
