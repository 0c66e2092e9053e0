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
from dataclasses import dataclass
from itertools import islice
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
"""Of the intervals of the differences. At 0.95 an equal challenger passes up to 5.6 times in a hundred where only alerts are known (``experiments/results/gate.md``)."""
SLICE_MARGIN = 0.05
"""A slice is *much* worse where average precision is lower, or (without positives) alarms are more, by so much and beyond noise."""
SLICE_CLASS = 10
"""Rows of each class that a slice needs to be ranked; with less it is told, and decides nothing."""
SLICE_NEGATIVES = 30
"""Rows of a slice without positives that say something about its alarms."""
LOWEST = 0.1
"""The share of the champion's alerts below which nothing is compared, where alerts are all that is known (`common_support`)."""
AT_ONCE = 1_000_000
"""Weights (draws × rows) that are computed together."""
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
    parts = [_Part(old, new, y, threshold, capacity), *_slices(old, new, y, cut, threshold)]
    value, draws = [part.of(w[None, :])[0] for part in parts], _drawn(parts, y, w, group, replicates, seed)
    told["differences"] = _interval(parts[0].names, value[0], draws[0], level)
    told["slices"] = _told_slices(parts[1:], value[1:], draws[1:], level)
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
    return float(_at_capacity(Curves(p, y, 0.5), weights[None, :], capacity)[0])


def _at_capacity(curves: Curves, weights: Floats, capacity: float) -> Floats:
    w = weights[:, curves.order]
    rows, hits = np.cumsum(w, axis=1)[:, curves.ends], np.cumsum(w * curves.y, axis=1)[:, curves.ends]
    size, found = np.diff(rows, prepend=0.0, axis=1), np.diff(hits, prepend=0.0, axis=1)
    taken = np.clip(capacity - (rows - size), 0.0, size)
    share = np.divide(taken, size, out=np.zeros_like(size), where=size > 0)
    total = taken.sum(axis=1)
    result: Floats = np.divide((found * share).sum(axis=1), total, out=np.full(len(w), np.nan), where=total > 0)
    return result


class _Part:
    """The differences on some rows under many weights at once."""

    cut: _Cut

    def __init__(
        self, old: Floats, new: Floats, y: Floats, threshold: float, capacity: float | None = None, rows: Any = slice(None)
    ) -> None:
        self.rows, self.y, self.capacity, self.threshold = rows, y[rows], capacity, threshold
        self.old, self.new = old[rows], new[rows]
        self.positives = int((self.y > 0).sum())
        self.ranked = min(self.positives, len(self.y) - self.positives) > 0
        self.names = (*CURVES, "alarm_rate", *(("precision_at_capacity",) if capacity is not None else ()))

    def of(self, weights: Floats) -> Floats:
        """A row of differences for each row of ``weights``."""
        w = weights[:, self.rows]
        total = w.sum(axis=1)
        found = np.full((len(w), len(self.names)), np.nan)
        more = (self.new >= self.threshold).astype(np.float64) - (self.old >= self.threshold)
        found[:, len(CURVES)] = np.divide(w @ more, total, out=np.full(len(w), np.nan), where=total > 0)
        if self.ranked:
            a, b = Curves(self.old, self.y, self.threshold), Curves(self.new, self.y, self.threshold)
            found[:, : len(CURVES)] = curves_of(b, w) - curves_of(a, w)
            if self.capacity is not None:
                found[:, -1] = _at_capacity(b, w, self.capacity) - _at_capacity(a, w, self.capacity)
        return found


def curves_of(curves: Curves, weights: Floats) -> Floats:
    """`Curves.of` for many weights at once: a row of figures for each row of ``weights``.

    >>> c = Curves(np.array([0.9, 0.4, 0.4, 0.1]), np.array([1.0, 0.0, 1.0, 0.0]), 0.4)
    >>> w = np.array([[1.0, 2.0, 1.0, 0.0], [1.0, 1.0, 3.0, 1.0]])
    >>> np.allclose(curves_of(c, w), [c.of(row) for row in w])
    True
    """
    w = weights[:, curves.order]
    hits, rows = np.cumsum(w * curves.y, axis=1), np.cumsum(w, axis=1)
    up, n = hits[:, -1], rows[:, -1]
    down = n - up
    with np.errstate(invalid="ignore", divide="ignore"):
        tp, shown = hits[:, curves.ends], rows[:, curves.ends]
        f1 = (2 * tp / (shown + up[:, None])).max(axis=1)
        precision = np.divide(tp, shown, out=np.zeros_like(tp), where=shown > 0)
        before = np.column_stack([np.zeros(len(tp)), tp[:, :-1]])
        ap = ((tp - before) * precision).sum(axis=1) / up
        fp = np.diff(shown - tp, prepend=0.0, axis=1)
        auc = (fp * (tp + before)).sum(axis=1) / (2 * up * down)
        last = curves.alarms - 1
        at = 2 * hits[:, last] / (rows[:, last] + up) if curves.alarms else np.zeros(len(w))
        base = up / n
        skill = 1.0 - (w @ curves.square) / n / (base * (1 - base))
        starts = np.flatnonzero(np.diff(curves.bin, prepend=-1))
        gap = np.add.reduceat(w * (curves.p - curves.y), starts, axis=1)
        found = np.column_stack([at, f1, ap, auc, skill, np.abs(gap).sum(axis=1) / n])
    found[(up <= 0) | (down <= 0)] = np.nan
    return found


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a part is cut by."""

    by: str
    value: str


def _slices(old: Floats, new: Floats, y: Floats, cut: Mapping[str, npt.NDArray[Any]], threshold: float) -> list[_Part]:
    found = []
    for by, values in cut.items():
        for value in sorted(set(values.tolist())):
            part = _Part(old, new, y, threshold, rows=np.flatnonzero(values == value))
            part.cut = _Cut(by, value)
            found.append(part)
    return found


def _drawn(parts: Sequence[_Part], y: Floats, w: Floats, group: npt.NDArray[Any], replicates: int, seed: int) -> list[Floats]:
    """The differences of every part under the same draws."""
    found: list[list[Floats]] = [[] for _ in parts]
    every = iter(multiplicities(y, group, replicates, seed))
    while some := list(islice(every, max(1, AT_ONCE // max(1, len(y))))):
        weights = np.array(some) * w
        for part, told in zip(parts, found, strict=True):
            told.append(part.of(weights))
    return [np.concatenate(told) for told in found]


def _told_slices(parts: Sequence[_Part], values: Sequence[Floats], draws: Sequence[Floats], level: float) -> dict[str, dict[str, Any]]:
    """Each slice with the one figure that it can bear. Intervals are as wide as so many looks ask for (Bonferroni), so that no slice vetoes by noise."""
    asked = [_figure(part) for part in parts]
    z = NormalDist().inv_cdf(1 - (1 - level) / 2 / max(1, sum(name is not None for name in asked)))
    told: dict[str, dict[str, Any]] = {}
    for part, name, value, drawn in zip(parts, asked, values, draws, strict=True):
        one: dict[str, Any] = {"n": len(part.y), "positives": part.positives, "figure": name, "worse": False}
        if name is not None:
            j = part.names.index(name)
            at, spread = float(value[j]), float(np.nanstd(drawn[:, j]))
            loss = at if name == "alarm_rate" else -at
            one |= {"value": at, "low": at - z * spread, "high": at + z * spread, "worse": loss > SLICE_MARGIN and loss - z * spread > 0}
        told.setdefault(part.cut.by, {})[part.cut.value] = one
    return told


def _figure(part: _Part) -> str | None:
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
