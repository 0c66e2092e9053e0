"""Has what comes in changed? Population stability index and Kolmogorov–Smirnov, a reference window against a current one, column by column.

The index is ``Σ (current - reference) · ln(current / reference)`` over bins (Lewis, *An Introduction to Credit Scoring*, 1994, with the rule of thumb 0.1 and
0.25). Alone it cries wolf in small windows: without any change it is about ``(1/n + 1/m) · χ²`` with one degree of freedom less than bins (Yurdakul and
Naranjo, *Statistical properties of the population stability index*, J. Risk Model Validation 2020). So every column carries that noise and p-values:
Kolmogorov–Smirnov on the known values of a number (exact for few rows), χ² on the bins, where *unknown* is a bin of its own and bins too thin for the test (expected
under five, Cochran 1954) are joined. Many columns are looked at, so p-values are corrected by Holm's method.

Not ok: an alarm on the index alone, or on a p-value alone, which in large windows finds every trifle. `Drift.moved` asks for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grams import Ints
from models.inputs import Floats

BINS = 10
FEW_VALUES = 6
"""A number of so few values in the reference is taken by value, not by range."""
RARE = 0.01
"""Categories rarer than this in the reference are one: *other*; so is what the reference has never seen."""
THIN = 5.0

Column = npt.ArrayLike | Sequence[Any]


@dataclass(frozen=True, slots=True)
class Drift:
    """One column of two windows. ``noise``: what 95 % of indices stay below without any change. ``ks`` is None for categories."""

    name: str
    psi: float
    noise: float
    ks: float | None
    p: float
    p_holm: float
    unknown_before: float
    unknown_now: float
    n_before: int
    n_now: int

    def moved(self, psi: float, p: float) -> bool:
        """Changed by more than ``psi`` (and more than noise), and beyond chance."""
        return self.psi >= max(psi, self.noise) and self.p_holm < p


def compare(reference: Mapping[str, Column], current: Mapping[str, Column], bins: int = BINS) -> list[Drift]:
    """Every column that both windows have, the largest index first. Numbers may hold NaN, categories (objects) None: both mean unknown.

    >>> rng = np.random.default_rng(0)
    >>> then = {"score": rng.normal(size=500), "channel": ["shop"] * 400 + ["video"] * 100}
    >>> now = {"score": rng.normal(size=500), "channel": ["shop"] * 250 + ["video"] * 250}
    >>> [(one.name, one.moved(0.25, 0.01)) for one in compare(then, now)]
    [('channel', True), ('score', False)]
    """
    found = [_one(name, reference[name], current[name], bins) for name in reference if name in current]
    told = [
        Drift(**{**one, "p_holm": p}) for one, p in zip(found, holm([one["p"] for one in found]), strict=True)
    ]  # fmt: skip
    return sorted(told, key=lambda one: (-one.psi, one.name))


def psi(reference: Column, current: Column, bins: int = BINS) -> float:
    """The index of one column; half a row is added to every bin, so that an empty one gives no infinity.

    >>> round(psi([1, 2, 3, 4] * 25, [1, 2, 3, 4] * 25), 3), psi(["a"] * 50, ["b"] * 50) > 1
    (0.0, True)
    """
    before, now = _counts(reference, current, bins)
    return _index(before, now)


def holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number, step down (Holm 1979), in the order given.

    >>> [round(v, 3) for v in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p, dtype=np.float64)[order] * np.arange(len(p), 0, -1)
    result = np.empty(len(p))
    result[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(p) else steps
    return [float(v) for v in result]


def _one(name: str, reference: Column, current: Column, bins: int) -> dict[str, Any]:
    from scipy.stats import chi2

    before, now = _counts(reference, current, bins)
    n, m = int(before.sum()), int(now.sum())
    found: dict[str, Any] = {"name": name, "psi": 0.0, "noise": 0.0, "ks": None, "p": 1.0, "p_holm": 1.0, "n_before": n, "n_now": m}
    unknown = [float(_unknown(column).mean()) if size else 0.0 for column, size in ((reference, n), (current, m))]
    found |= {"unknown_before": unknown[0], "unknown_now": unknown[1]}
    if not n or not m:
        return found
    filled = int(((before + now) > 0).sum())
    found["psi"] = _index(before, now)
    found["noise"] = float((1 / n + 1 / m) * chi2.ppf(0.95, filled - 1)) if filled > 1 else 0.0
    found["p"] = _bins_p(before, now)
    known = [_numbers(column) for column in (reference, current)]
    if known[0] is not None and known[1] is not None and len(np.unique(known[0])) > FEW_VALUES:
        then, today = known[0][~np.isnan(known[0])], known[1][~np.isnan(known[1])]
        if len(then) and len(today):
            found["ks"], p = _ks(then, today)
            found["p"] = min(1.0, 2 * min(found["p"], p))  # two tests of one column
    return found


def _ks(then: Floats, now: Floats) -> tuple[float, float]:
    from scipy.stats import ks_2samp

    told = ks_2samp(then, now, method="exact" if len(then) * len(now) <= 10_000 else "asymp")
    return float(told.statistic), float(told.pvalue)


def _bins_p(before: Ints, now: Ints) -> float:
    """χ² of the bins, thin ones joined; 1 where only one is left."""
    from scipy.stats import chi2_contingency

    table = np.vstack([before, now]).astype(np.float64)
    table = table[:, table.sum(axis=0) > 0]
    least = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    thin = least < THIN
    if thin.any():
        table = np.column_stack([table[:, ~thin], table[:, thin].sum(axis=1)])
    if table.shape[1] < 2:
        return 1.0
    return float(chi2_contingency(table, correction=False).pvalue)


def _index(before: Ints, now: Ints) -> float:
    filled = (before + now) > 0
    if filled.sum() < 2:
        return 0.0
    a, b = before[filled] + 0.5, now[filled] + 0.5
    a, b = a / a.sum(), b / b.sum()
    return float(((b - a) * np.log(b / a)).sum())


def _counts(reference: Column, current: Column, bins: int) -> tuple[Ints, Ints]:
    """Rows of both windows in bins made on the reference; the last bin is what is unknown."""
    then, now = _numbers(reference), _numbers(current)
    if then is None or now is None:
        return _by_category([_objects(reference), _objects(current)])
    values = np.unique(then[~np.isnan(then)])
    if len(values) <= FEW_VALUES:
        return _by_category([[None if v != v else v for v in column.tolist()] for column in (then, now)])
    edges = np.unique(np.nanquantile(then, np.linspace(0, 1, bins + 1)[1:-1]))
    before, after = (_in_bins(column, edges) for column in (then, now))
    return before, after


def _in_bins(column: Floats, edges: Floats) -> Ints:
    place = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="left"))
    return np.bincount(place, minlength=len(edges) + 2).astype(np.int64)


def _by_category(columns: Sequence[Sequence[Any]]) -> tuple[Ints, Ints]:
    before = [value for value in columns[0] if value is not None]
    names, counts = np.unique(np.array([str(v) for v in before]), return_counts=True) if before else (np.array([]), np.array([]))
    kept = {str(name): i for i, (name, count) in enumerate(zip(names, counts, strict=True)) if count >= RARE * len(before)}
    counted = []
    for column in columns:
        place = [len(kept) + 1 if v is None else kept.get(str(v), len(kept)) for v in column]
        counted.append(np.bincount(np.array(place, dtype=np.int64), minlength=len(kept) + 2).astype(np.int64))
    return counted[0], counted[1]


def _numbers(column: Column) -> Floats | None:
    """The column as numbers; None for categories."""
    values = np.asarray(column)
    return values.astype(np.float64) if values.dtype.kind in "fiub" else None


def _objects(column: Column) -> list[Any]:
    return [None if _is_unknown(value) else value for value in np.asarray(column, dtype=object).tolist()]


def _unknown(column: Column) -> npt.NDArray[np.bool_]:
    numbers = _numbers(column)
    return np.isnan(numbers) if numbers is not None else np.array([v is None for v in _objects(column)], dtype=bool)


def _is_unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)
