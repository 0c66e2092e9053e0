"""How good, and how sure are we? Every figure with an interval, overall and by slice, as a plain dict for JSON.

Shares (precision, recall, alarm rate) have Wilson intervals; the others come from a seeded bootstrap of whole groups, positives and
negatives apart, so that near-duplicates are not counted as evidence twice. A slice of one class has no precision, no curve: those
figures are None, and an all-negative slice (hard negatives) gives what it can, its rate of alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grades import FIXED, wilson
from models.inputs import Floats
from models.split import row_weights

REPLICATES = 500
BINS = 15
CURVES = ("f1", "best_f1", "average_precision", "roc_auc", "brier_skill", "ece")
NAMES = ("precision", "recall", *CURVES, "alarm_rate")


def measure(
    probability: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    threshold: float = FIXED["blue"],
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> dict[str, Any]:
    """All figures at ``threshold`` (an alarm is a probability at or above it). Rows labelled NaN are left out and counted.

    >>> r = measure([0.9, 0.8, 0.1, 0.2], [1, 1, 0, 0], replicates=20)
    >>> r["n"], r["positives"], r["metrics"]["recall"]["value"], r["metrics"]["roc_auc"]["value"]
    (4, 2, 1.0, 1.0)
    >>> [k for k, v in measure([0.9, 0.1], [0, 0])["metrics"].items() if v is not None]
    ['alarm_rate']
    """
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    w, keep = row_weights(weights, len(p)), ~np.isnan(y)
    group = np.arange(len(p)) if groups is None else np.asarray(groups)
    p, y, w, group = p[keep], y[keep], w[keep], group[keep]
    metrics: dict[str, Any] = dict.fromkeys(NAMES)
    result = {"n": len(p), "positives": int((y > 0).sum()), "ignored": int((~keep).sum()), "threshold": threshold, "metrics": metrics}
    if not len(p):
        return result
    alarm = p >= threshold
    metrics["alarm_rate"] = _share(alarm, w)
    if (y > 0).any():
        metrics["recall"] = _share(alarm[y > 0], w[y > 0])
    if not ((y > 0).any() and (y <= 0).any()):
        return result
    metrics["precision"] = _share(y[alarm] > 0, w[alarm]) if alarm.any() else None
    curves = Curves(p, y, threshold)
    value = curves.of(w)
    draws = np.array([curves.of(w * m) for m in multiplicities(y, group, replicates, seed)]) if replicates else np.zeros((0, len(CURVES)))
    for j, name in enumerate(CURVES):
        bounds = [None, None] if not len(draws) else [float(v) for v in np.nanquantile(draws[:, j], [0.025, 0.975])]
        metrics[name] = {"value": float(value[j]), "low": bounds[0], "high": bounds[1]}
    return result


def by_slice(probability: npt.ArrayLike, labels: npt.ArrayLike, slices: Sequence[Any], **how: Any) -> dict[str, dict[str, Any]]:
    """`measure` for each value of ``slices`` (source, language, region), in sorted order; extra arrays are cut alike."""
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    names = np.array([str(s) for s in slices])
    told = {}
    for name in sorted(set(names.tolist())):
        rows = np.flatnonzero(names == name)
        cut: dict[str, Any] = {k: (np.asarray(v)[rows] if k in ("weights", "groups") and v is not None else v) for k, v in how.items()}
        told[name] = measure(p[rows], y[rows], **cut)
    return told


def multiplicities(y: Floats, group: npt.NDArray[Any], replicates: int, seed: int) -> Any:
    """How often each row is drawn in each replicate: whole groups, those with a positive apart from those without."""
    _, code = np.unique(group, return_inverse=True)
    n = int(code.max()) + 1
    hit = np.bincount(code, weights=y > 0, minlength=n) > 0
    strata = [s for s in (np.flatnonzero(hit), np.flatnonzero(~hit)) if len(s)]
    rng = np.random.default_rng(seed)
    for _ in range(replicates):
        times = np.zeros(n)
        for stratum in strata:
            times[stratum] = np.bincount(rng.integers(0, len(stratum), len(stratum)), minlength=len(stratum))
        yield times[code]


class Curves:
    """Figures of one set of scores under any row weights: sorted once, each replicate is a few running sums."""

    def __init__(self, p: Floats, y: Floats, threshold: float) -> None:
        order = np.argsort(-p, kind="stable")
        self.order, self.p, self.y = order, p[order], (y[order] > 0).astype(np.float64)
        self.ends = np.flatnonzero(np.append(np.diff(self.p) != 0, True))
        self.alarms = int((self.p >= threshold).sum())
        self.bin = np.minimum(np.arange(len(p)) * BINS // len(p), BINS - 1)
        self.square = (self.p - self.y) ** 2

    def of(self, weights: Floats) -> Floats:
        """F1, best F1, average precision, ROC-AUC, Brier skill, expected calibration error, in the order of `CURVES`."""
        w = weights[self.order]
        hits = np.cumsum(w * self.y)
        rows = np.cumsum(w)
        up, n = hits[-1], rows[-1]
        down = n - up
        if up <= 0 or down <= 0:
            return np.full(len(CURVES), np.nan)
        tp, shown = hits[self.ends], rows[self.ends]
        f1 = 2 * tp / (shown + up)
        precision = np.divide(tp, shown, out=np.zeros(len(tp)), where=shown > 0)
        step = np.diff(tp, prepend=0.0)
        ap = float((step * precision).sum() / up)
        fp = shown - tp
        auc = float((np.diff(fp, prepend=0.0) * (tp + np.concatenate([[0.0], tp[:-1]]))).sum() / (2 * up * down))
        at = 2 * hits[self.alarms - 1] / (rows[self.alarms - 1] + up) if self.alarms else 0.0
        base = up / n
        skill = 1.0 - float((w * self.square).sum() / n) / (base * (1 - base))
        gap = np.bincount(self.bin, weights=w * (self.p - self.y), minlength=BINS)
        return np.array([at, float(f1.max()), ap, auc, skill, float(np.abs(gap).sum() / n)])


def _share(what: npt.NDArray[np.bool_], w: Floats) -> dict[str, float] | None:
    total = float(w.sum())
    if total <= 0:
        return None
    n = total * total / float((w * w).sum())
    share = float((w * what).sum()) / total
    low, high = wilson(share * n, n)
    return {"value": share, "low": low, "high": high}
