"""Is a model still as good as promised? Before labels come, by its own probabilities; once they come, by what was expected against what was found.

**Without labels** (`estimate_without_labels`): confidence-based performance estimation, CBPE (NannyML documentation, *Performance estimation*; Białek and others,
*We don't need no labels*, arXiv:2401.08348). If a probability is right, an alert of 0.8 is true in eight of ten cases: precision is the mean probability of the alerts,
and what is missed is the sum of the probabilities below. It assumes that the model is calibrated, also on what comes now; that units change only in
their mix (no concept drift: the same text means the same as before); and that what comes was seen alike in training. It cannot see its own model go blind: so it is
compared with the real figures when they arrive.

**With labels** (`calibration`): the sum of probabilities against the number confirmed, and Spiegelhalter's test (Statistics in Medicine 1986).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import erfc, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from models.audit import Figure
from models.drift import holm
from models.grades import wilson
from models.inputs import Floats

Z = 1.959964


def estimate_without_labels(probability: npt.ArrayLike, flagged: npt.ArrayLike) -> dict[str, Figure]:
    """Expected precision, recall and prevalence of these units, ``{"value", "low", "high"}``; the interval is that of the luck of the draw, not of a wrong model.

    >>> told = estimate_without_labels([0.9, 0.8, 0.1, 0.2], [True, True, False, False])
    >>> {name: round(one["value"], 3) for name, one in told.items()}
    {'precision': 0.85, 'recall': 0.85, 'prevalence': 0.5}
    >>> estimate_without_labels([], [])["precision"]["value"] is None
    True
    """
    p, flag = _probabilities(probability), np.asarray(flagged, dtype=bool)
    found, missed = p[flag], p[~flag]
    spread = float((found * (1 - found)).sum()), float((missed * (1 - missed)).sum())
    a, b = float(found.sum()), float(missed.sum())
    return {
        "precision": _normal(a / len(found), sqrt(spread[0]) / len(found)) if len(found) else _nothing(),
        "recall": _normal(a / (a + b), sqrt(b * b * spread[0] + a * a * spread[1]) / (a + b) ** 2) if a + b > 0 else _nothing(),
        "prevalence": _normal((a + b) / len(p), sqrt(sum(spread)) / len(p)) if len(p) else _nothing(),
    }


def calibration(probability: npt.ArrayLike, truth: npt.ArrayLike) -> dict[str, Any]:
    """Expected against observed: ``n``, ``expected``, ``observed`` (share, Wilson), ``gap`` (expected - observed) with its interval, two p-values.

    ``p_gap``: whether the sums differ beyond chance; ``p_spiegelhalter``: whether any part of the scale does. None of nothing.

    >>> told = calibration([0.8] * 100, [1] * 80 + [0] * 20)
    >>> abs(told["gap"]["value"]) < 1e-9, told["p_gap"] > 0.9
    (True, True)
    >>> calibration([0.9] * 100, [1] * 60 + [0] * 40)["p_gap"] < 0.001
    True
    """
    p, y = _probabilities(probability), np.asarray(truth, dtype=np.float64)
    known = ~np.isnan(y)
    p, y = p[known], (y[known] > 0).astype(np.float64)
    n = len(p)
    if not n:
        return {"n": 0, "expected": None, "observed": _nothing(), "gap": _nothing(), "p_gap": None, "p_spiegelhalter": None}
    expected, hits = float(p.mean()), float(y.sum())
    low, high = wilson(hits, n)
    spread = float((p * (1 - p)).sum())
    bent = float(((1 - 2 * p) ** 2 * p * (1 - p)).sum())
    return {
        "n": n,
        "expected": expected,
        "observed": {"value": hits / n, "low": low, "high": high},
        "gap": {"value": expected - hits / n, "low": expected - high, "high": expected - low},
        "p_gap": _two_sided(float((y - p).sum()), spread),
        "p_spiegelhalter": _two_sided(float(((y - p) * (1 - 2 * p)).sum()), bent),
    }


def causes(wrong: Sequence[frozenset[str]], right: Sequence[frozenset[str]], least: int = 3) -> list[dict[str, Any]]:
    """What fired in unfounded alerts and not in confirmed ones: one row a name, the most telling first. Each alert is the set of names that spoke for it.

    ``confirmed``: of the verified alerts with the name, how many were right (Wilson); ``ratio``: how much oftener it speaks in wrong ones; ``p_holm``: Fisher's exact
    test over all names. Names in fewer than ``least`` alerts are left out.

    >>> rows = causes([frozenset({"news"})] * 8, [frozenset({"cure"})] * 8)
    >>> [(row["name"], row["confirmed"]["value"]) for row in rows]
    [('news', 0.0), ('cure', 1.0)]
    """
    from scipy.stats import fisher_exact

    names = sorted({name for one in (*wrong, *right) for name in one})
    rows: list[dict[str, Any]] = []
    for name in names:
        w, r = sum(name in one for one in wrong), sum(name in one for one in right)
        if w + r < least:
            continue
        low, high = wilson(r, w + r)
        table = np.array([[w, len(wrong) - w], [r, len(right) - r]])
        rows.append(
            {
                "name": name,
                "wrong": w,
                "right": r,
                "confirmed": {"value": r / (w + r), "low": low, "high": high},
                "ratio": ((w + 0.5) / (len(wrong) + 1)) / ((r + 0.5) / (len(right) + 1)),
                "p": float(fisher_exact(table).pvalue) if wrong and right else 1.0,
            }
        )
    for row, p in zip(rows, holm([float(row["p"]) for row in rows]), strict=True):
        row["p_holm"] = p
    return sorted(rows, key=lambda row: (row["p"] if row["ratio"] > 1 else 2 - row["p"], row["name"]))


def median_interval(values: npt.ArrayLike) -> Figure:
    """The median with the exact order-statistic interval (sign test); wide open below six values.

    >>> median_interval([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    {'value': 5.5, 'low': 2.0, 'high': 9.0}
    """
    from scipy.stats import binom

    x = np.sort(np.asarray(values, dtype=np.float64))
    n = len(x)
    if not n:
        return {"value": None, "low": None, "high": None}
    k = int(binom.ppf(0.025, n, 0.5))
    k = k if binom.cdf(k - 1, n, 0.5) <= 0.025 else k - 1
    exact = k >= 1 and n >= 6
    return {
        "value": float(np.median(x)),
        "low": float(x[k - 1]) if exact else float(x[0]),
        "high": float(x[n - k]) if exact else float(x[-1]),
    }


def plain(figure: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """``(value, low, high)`` of a figure."""
    return figure["value"], figure["low"], figure["high"]


def _two_sided(total: float, spread: float) -> float:
    if spread <= 0:
        return 1.0 if abs(total) < 1e-9 else 0.0
    return float(erfc(abs(total) / sqrt(spread) / sqrt(2)))


def _normal(value: float, error: float) -> Figure:
    return {"value": value, "low": max(0.0, value - Z * error), "high": min(1.0, value + Z * error)}


def _nothing() -> Figure:
    return {"value": None, "low": 0.0, "high": 1.0}


def _probabilities(given: npt.ArrayLike) -> Floats:
    p = np.asarray(given, dtype=np.float64)
    if not (np.isfinite(p).all() and (p >= 0).all() and (p <= 1).all()):
        raise ValueError("probabilities lie between 0 and 1")
    return p
