"""Is the challenger better than the champion, beyond noise? Paired bootstrap on later data that neither has learnt from.

The same draws are given to both, so what they share cancels out. Better = the whole interval of the difference in average precision lies
above ``margin``, and nothing else is worse beyond noise: Brier skill, calibration, precision at what the offices can verify, no slice *much* worse.
Anything else keeps the champion.

Not ok: comparing on verdicts alone as if they were a sample. Verdicts exist for what the champion alerted, so it is judged where it was surest and
its mistakes were looked up, the challenger's were not: a challenger that is no better wins one time in seven (``experiments/results/gate.md``).
With a random audit sample its rows carry their inverse probability; without one (`common_support`) only rows that both would have alerted count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grades import FIXED
from models.inputs import Floats
from models.measure import CURVES, REPLICATES, Curves, multiplicities
from models.split import row_weights

MIN_CLASS = 20
"""Fewer positives, or fewer negatives, in the later data decide nothing."""
LEVEL = 0.98
"""Of the intervals of the differences: 0.95 let up to 7 % of equal challengers pass where few rows were alerted by both (``experiments/results/gate.md``)."""
SLICE_MARGIN = 0.05
"""A slice is *much* worse where average precision is lower, or (without positives) alarms are more, by so much and beyond noise."""
SLICE_CLASS = 10
"""Rows of each class that a slice needs to be ranked; with less it is told, and decides nothing."""
SLICE_NEGATIVES = 30
"""Rows of a slice without positives that say something about its alarms."""
LOWEST = 0.1
"""The share of the champion's alerts below which nothing is compared, where alerts are all that is known (`common_support`)."""
ECE_MARGIN = 0.02
"""Calibration is worse where its error is higher by so much and beyond noise."""


def compare(
    champion: npt.ArrayLike,
    challenger: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    slices: Mapping[str, Sequence[Any]] | None = None,
    capacity: float | None = None,
    threshold: float = FIXED["blue"],
    margin: float = 0.0,
    level: float = LEVEL,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> dict[str, Any]:
    """Differences (challenger - champion) with intervals, and the decision with its reason.

    ``slices`` gives the value of each row by the name of what it is cut by (region, channel …). ``capacity`` is how many rows (in the sum of weights) can
    be verified; nothing asks for precision there. ``told["worse"]`` names what spoke against a challenger that ranks better.

    >>> y = [1.0, 0.0] * 40
    >>> compare([0.5] * 80, y, y, replicates=50)["decision"], compare(y, [0.5] * 80, y, replicates=50)["decision"]
    ('promote', 'keep')
    """
    y = np.asarray(labels, dtype=np.float64)
    old, new = np.asarray(champion, dtype=np.float64), np.asarray(challenger, dtype=np.float64)
    w, keep = row_weights(weights, len(y)), ~np.isnan(y)
    group = (np.arange(len(y)) if groups is None else np.asarray(groups))[keep]
    old, new, y, w = old[keep], new[keep], y[keep], w[keep]
    told: dict[str, Any] = {"n": len(y), "positives": int((y > 0).sum()), "level": level, "differences": {}, "slices": {}, "worse": []}
    if min(told["positives"], told["n"] - told["positives"]) < MIN_CLASS:
        reason = f"{told['positives']} positives and {told['n'] - told['positives']} negatives: of each at least {MIN_CLASS} are needed"
        return {**told, "better": False, "decision": "keep", "reason": reason}
    cut = {name: np.array([str(v) for v in values], dtype=object)[keep] for name, values in (slices or {}).items()}
    whole, draws = _Part(old, new, y, threshold, capacity), list(multiplicities(y, group, replicates, seed))
    told["differences"] = _interval(whole.names, whole.of(w), np.array([whole.of(w * m) for m in draws]), level)
    told["slices"] = _told_slices(_slices(old, new, y, cut, threshold), w, draws, level)
    told["worse"] = _worse(told)
    return {**told, **_decision(told["differences"]["average_precision"], told["worse"], margin)}


def common_support(
    champion: npt.ArrayLike, challenger: npt.ArrayLike, chosen: npt.ArrayLike, threshold: float = FIXED["blue"]
) -> npt.NDArray[np.bool_]:
    """The rows on which two models may be compared by verdicts that one of them asked for, where no random sample stands beside them.

    Of the rows ``chosen`` by the champion's alerts those count that both would have alerted: there neither was favoured. Where the offices' capacity cut
    the champion's alerts off, so it does the challenger's: both must reach the lowest tenth of what was chosen. What the challenger alone would have
    found is not seen, so a better one may have to wait for an audit sample.

    >>> common_support([0.9, 0.8, 0.7, 0.3], [0.95, 0.1, 0.9, 0.9], [True, True, False, True]).tolist()
    [True, False, False, False]
    """
    old, new, mine = np.asarray(champion, dtype=np.float64), np.asarray(challenger, dtype=np.float64), np.asarray(chosen, dtype=bool)
    if not mine.any():
        return mine
    least = max(threshold, float(np.quantile(old[mine], LOWEST)))
    return np.asarray(mine & (old >= least) & (new >= least))


def at_capacity(p: Floats, y: Floats, weights: Floats, capacity: float) -> float:
    """Precision of the ``capacity`` rows (in the sum of weights) of the highest probability; of tied rows each counts for its share.

    >>> at_capacity(np.array([0.9, 0.5, 0.5]), np.array([1.0, 1.0, 0.0]), np.ones(3), 2)
    0.75
    """
    order = np.argsort(-p, kind="stable")
    return _at_capacity(np.flatnonzero(np.append(np.diff(p[order]) != 0, True)), y[order], weights[order], capacity)


def _at_capacity(ends: npt.NDArray[Any], y: Floats, w: Floats, capacity: float) -> float:
    rows, hits = np.cumsum(w)[ends], np.cumsum(w * (y > 0))[ends]
    size, found = np.diff(rows, prepend=0.0), np.diff(hits, prepend=0.0)
    taken = np.clip(capacity - (rows - size), 0.0, size)
    share = np.divide(taken, size, out=np.zeros(len(size)), where=size > 0)
    total = float(taken.sum())
    return float((found * share).sum()) / total if total > 0 else float("nan")


class _Part:
    """The differences on some rows under any weights."""

    def __init__(
        self, old: Floats, new: Floats, y: Floats, threshold: float, capacity: float | None = None, rows: Any = slice(None)
    ) -> None:
        self.rows, self.y, self.capacity, self.threshold = rows, y[rows], capacity, threshold
        self.old, self.new = old[rows], new[rows]
        self.positives = int((self.y > 0).sum())
        self.ranked = min(self.positives, len(self.y) - self.positives) > 0
        self.names = (*CURVES, "alarm_rate", *(("precision_at_capacity",) if capacity is not None else ()))
        self._a, self._b = (Curves(p, self.y, threshold) if self.ranked else None for p in (self.old, self.new))

    def of(self, weights: Floats) -> Floats:
        w = weights[self.rows]
        total = float(w.sum())
        curves = self._b.of(w) - self._a.of(w) if self._a is not None and self._b is not None else np.full(len(CURVES), np.nan)
        more = (self.new >= self.threshold).astype(np.float64) - (self.old >= self.threshold)
        found = [*curves, float((w * more).sum()) / total if total > 0 else np.nan]
        if self.capacity is not None:
            found.append(self._capacity(self._b, w) - self._capacity(self._a, w))
        return np.array(found)

    def _capacity(self, curves: Curves | None, w: Floats) -> float:
        return float("nan") if curves is None else _at_capacity(curves.ends, curves.y, w[curves.order], self.capacity or 0.0)


class _Slice(_Part):
    """A part with what it is cut by."""

    by: str
    value: str


def _slices(old: Floats, new: Floats, y: Floats, cut: Mapping[str, npt.NDArray[Any]], threshold: float) -> list[_Slice]:
    found = []
    for by, values in cut.items():
        for value in sorted(set(values.tolist())):
            part = _Slice(old, new, y, threshold, rows=np.flatnonzero(values == value))
            part.by, part.value = by, value
            found.append(part)
    return found


def _told_slices(parts: Sequence[_Slice], w: Floats, draws: Sequence[Floats], level: float) -> dict[str, dict[str, Any]]:
    """Each slice with the one figure that it can bear. Intervals are as wide as so many looks ask for (Bonferroni), so that no slice vetoes by noise."""
    asked = {id(part): name for part in parts if (name := _figure(part))}
    z = NormalDist().inv_cdf(1 - (1 - level) / 2 / max(1, len(asked)))
    told: dict[str, dict[str, Any]] = {}
    for part in parts:
        one: dict[str, Any] = {"n": len(part.y), "positives": part.positives, "figure": None, "worse": False}
        if name := asked.get(id(part)):
            j = part.names.index(name)
            value, spread = float(part.of(w)[j]), float(np.nanstd([part.of(w * m)[j] for m in draws]))
            loss = value if name == "alarm_rate" else -value
            worse = loss > SLICE_MARGIN and loss - z * spread > 0
            one |= {"figure": name, "value": value, "low": value - z * spread, "high": value + z * spread, "worse": worse}
        told.setdefault(part.by, {})[part.value] = one
    return told


def _figure(part: _Slice) -> str | None:
    if min(part.positives, len(part.y) - part.positives) >= SLICE_CLASS:
        return "average_precision"
    return "alarm_rate" if part.positives == 0 and len(part.y) >= SLICE_NEGATIVES else None


def _interval(names: Sequence[str], value: Floats, draws: Floats, level: float) -> dict[str, dict[str, float]]:
    bounds = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return {name: {"value": float(value[j]), "low": float(bounds[0, j]), "high": float(bounds[1, j])} for j, name in enumerate(names)}


def _worse(told: Mapping[str, Any]) -> list[str]:
    """What is worse beyond noise, as names: figures, and slices as ``region=420100``."""
    found, d = [], told["differences"]
    if d["brier_skill"]["high"] < 0:
        found.append("brier_skill")
    if d["ece"]["value"] > ECE_MARGIN and d["ece"]["low"] > 0:
        found.append("ece")
    if "precision_at_capacity" in d and d["precision_at_capacity"]["high"] < 0:
        found.append("precision_at_capacity")
    return [*found, *(f"{by}={value}" for by, values in told["slices"].items() for value, one in values.items() if one["worse"])]


def _decision(ranks: Mapping[str, float], worse: Sequence[str], margin: float) -> dict[str, Any]:
    better = ranks["low"] > margin and not worse
    if better:
        reason = "average precision is higher beyond noise"
    elif ranks["low"] > margin:
        reason = (
            "it ranks better, but its probabilities are worse beyond noise"
            if worse == ["brier_skill"]
            else f"it ranks better, but is worse beyond noise: {', '.join(worse)}"
        )
    elif ranks["high"] < 0:
        reason = "average precision is lower beyond noise"
    else:
        reason = "the difference in average precision is within noise"
    return {"better": better, "decision": "promote" if better else "keep", "reason": reason}
