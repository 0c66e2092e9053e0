"""Does a probability of 0.7 mean seven in ten? Reliability in bins of equal mass, the calibration error beside what chance alone would show, slices.

The expected calibration error is never 0, not even for a perfect model: with few labels the shares of the bins scatter. `noise` is that scatter, the error
to be expected (95 %) if every probability were true; only an error above it says something. Slices (regions) are shrunk towards the whole: a region of
thirty labels does not know better than the province, and one with fewer than `MIN_SLICE` says only that they are too few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models import calibrate
from models.grades import wilson
from models.inputs import Floats
from models.measure import multiplicities
from models.split import row_weights

BINS = 10
REPLICATES = 200
MIN_SLICE = 20
"""Labels of a slice below which nothing is said of it."""
MIN_PART = 50
"""Labels on either side of the time split below which later labels decide nothing."""
FIT_SHARE = 0.6
"""The share of later labels, the earlier ones, that a recalibration is fitted on; the rest judges it."""


def reliability(
    probability: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    slices: Sequence[Any] | None = None,
    bins: int = BINS,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> dict[str, Any]:
    """The table, the calibration error and the Brier skill with 95 % intervals, and slices; rows without a label (NaN) are left out.

    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(2000)
    >>> told = reliability(p, rng.random(2000) < p)
    >>> told["ece"]["value"] < told["noise"], told["brier_skill"]["low"] > 0, len(told["bins"])
    (True, True, 10)
    >>> reliability(p, rng.random(2000) < p**3)["calibrated"]
    False
    """
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    w, keep = row_weights(weights, len(p)), ~np.isnan(y)
    group = np.arange(len(p)) if groups is None else np.asarray(groups)
    p, y, w, group = p[keep], (y[keep] > 0).astype(np.float64), w[keep], group[keep]
    told: dict[str, Any] = {"n": len(p), "positives": int(y.sum()), "bins": [], "ece": None, "noise": None, "brier_skill": None}
    told["calibrated"] = None
    if len(p) and slices is not None:
        told["by"] = _by_slice(p, y, w, np.array([str(s) for s in slices])[keep])
    if not len(p) or y.min() == y.max():
        return told
    count = max(1, min(bins, len(p) // 10))
    which = equal_mass(p, w, count)
    told["bins"] = [_bin(p, y, w, which == b) for b in range(count) if (which == b).any()]
    rng = np.random.default_rng(seed)
    by_chance = [_ece(p, (rng.random(len(p)) < p).astype(np.float64), w, which, count) for _ in range(replicates)]
    draws = np.array([[_ece(p, y, w * m, which, count), _skill(p, y, w * m)] for m in multiplicities(y, group, replicates, seed)])
    for j, (name, value) in enumerate((("ece", _ece(p, y, w, which, count)), ("brier_skill", _skill(p, y, w)))):
        low, high = (float(v) for v in np.nanquantile(draws[:, j], [0.025, 0.975])) if replicates else (value, value)
        told[name] = {"value": value, "low": low, "high": high}
    told["noise"] = float(np.quantile(by_chance, 0.95)) if replicates else None
    told["calibrated"] = None if told["noise"] is None else bool(told["ece"]["value"] <= told["noise"])
    return told


def equal_mass(p: Floats, w: Floats, bins: int) -> npt.NDArray[np.int64]:
    """The bin of each row: equal shares of the weight, equal probabilities together.

    >>> equal_mass(np.array([0.1, 0.1, 0.1, 0.9]), np.ones(4), 2).tolist()
    [0, 0, 0, 1]
    """
    value, code = np.unique(p, return_inverse=True)
    mass = np.bincount(code, weights=w, minlength=len(value))
    middle = np.cumsum(mass) - mass / 2
    whole = float(mass.sum())
    return np.asarray(np.minimum((middle / whole * bins).astype(np.int64), bins - 1)[code] if whole > 0 else np.zeros(len(p), np.int64))


def _bin(p: Floats, y: Floats, w: Floats, inside: npt.NDArray[np.bool_]) -> dict[str, Any]:
    return {"from": float(p[inside].min()), "to": float(p[inside].max()), **_gap(p[inside], y[inside], w[inside])}


def _gap(p: Floats, y: Floats, w: Floats) -> dict[str, Any]:
    """How many, what was expected, what was found, with the interval by the effective number of rows."""
    total = float(w.sum())
    if total <= 0:
        return {"n": len(p), "expected": None, "observed": None, "low": 0.0, "high": 1.0}
    share, n = float((w * y).sum()) / total, total * total / float((w * w).sum())
    low, high = wilson(share * n, n)
    return {"n": len(p), "expected": float((w * p).sum()) / total, "observed": share, "low": low, "high": high}


def _ece(p: Floats, y: Floats, w: Floats, which: npt.NDArray[np.int64], bins: int) -> float:
    total = float(w.sum())
    return float(np.abs(np.bincount(which, weights=w * (p - y), minlength=bins)).sum()) / total if total > 0 else float("nan")


def _skill(p: Floats, y: Floats, w: Floats) -> float:
    total = float(w.sum())
    base = float((w * y).sum()) / total if total > 0 else 0.0
    return 1.0 - float((w * (p - y) ** 2).sum()) / total / (base * (1 - base)) if 0 < base < 1 else float("nan")


def _by_slice(p: Floats, y: Floats, w: Floats, names: npt.NDArray[Any]) -> dict[str, Any]:
    """Each slice with its own gap, and that gap shrunk towards the whole by how much slices truly differ (DerSimonian, Laird 1986)."""
    whole = _gap(p, y, w)
    found = {name: _gap(p[at], y[at], w[at]) for name in sorted(set(names.tolist())) if len(at := np.flatnonzero(names == name))}
    large = {name: one for name, one in found.items() if one["n"] >= MIN_SLICE and one["observed"] is not None}
    centre = (whole["observed"] or 0.0) - (whole["expected"] or 0.0)
    gaps = np.array([one["observed"] - one["expected"] for one in large.values()])
    noise = np.array([max(one["expected"] * (1 - one["expected"]), 0.01) / one["n"] for one in large.values()])
    between = _between(gaps, noise)
    for (_, one), gap, own in zip(large.items(), gaps.tolist(), noise.tolist(), strict=True):
        share = between / (between + own)
        one["gap"], one["shrunk_gap"] = gap, share * gap + (1 - share) * centre
    for one in found.values():
        one["too_few"] = one["n"] < MIN_SLICE
    return found


def _between(gaps: Floats, noise: Floats) -> float:
    """The variance of true gaps between slices, beyond what the size of each explains; at least 0."""
    if len(gaps) < 2:
        return 0.0
    weight = 1.0 / noise
    mean = float((weight * gaps).sum() / weight.sum())
    q = float((weight * (gaps - mean) ** 2).sum())
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(0.0, (q - (len(gaps) - 1)) / scale) if scale > 0 else 0.0


def recalibration(
    probability: npt.ArrayLike,
    labels: npt.ArrayLike,
    times: Sequence[Any],
    weights: npt.ArrayLike | None = None,
    *,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> dict[str, Any]:
    """Would a new calibration help? A sigmoid over the log-odds is fitted on the earlier of the later labels and judged on the latest ones.

    Gives ``better`` (the log loss on the latest falls beyond noise), ``gain`` with its interval, ``state`` (for `models.calibrate.from_state`, over
    log-odds), ``n`` of both parts; with fewer than `MIN_PART` labels on a side, or one class only, ``better`` is None.

    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(1000)
    >>> told = recalibration(p, rng.random(1000) < p**3, list(range(1000)))
    >>> told["better"], recalibration(p, rng.random(1000) < p, list(range(1000)))["better"], recalibration([0.5], [1], [0])["better"]
    (True, False, None)
    """
    p, y, w = np.asarray(probability, dtype=np.float64), np.asarray(labels, dtype=np.float64), row_weights(weights, len(times))
    order = np.array(sorted(np.flatnonzero(~np.isnan(y)).tolist(), key=lambda i: (times[i], i)), dtype=np.int64)
    cut = int(len(order) * FIT_SHARE)
    early, late = order[:cut], order[cut:]
    told: dict[str, Any] = {"better": None, "gain": None, "state": None, "n": [len(early), len(late)]}
    if min(len(early), len(late)) < MIN_PART or any(len(np.unique(y[part] > 0)) < 2 for part in (early, late)):
        return told
    z, hit = calibrate.logit(p), (y > 0).astype(np.float64)
    fitted = calibrate.fit_sigmoid(z[early], hit[early], w[early])
    gain = _loss(p[late], hit[late]) - _loss(fitted(z[late]), hit[late])
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, len(late), len(late)) for _ in range(replicates)]
    means = [float((w[late][i] * gain[i]).sum() / w[late][i].sum()) for i in drawn]
    low, high = (float(v) for v in np.quantile(means, [0.025, 0.975]))
    mean = float((w[late] * gain).sum() / w[late].sum())
    return told | {"better": low > 0, "gain": {"value": mean, "low": low, "high": high}, "state": fitted.state()}


def _loss(p: Floats, y: Floats) -> Floats:
    q = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(-(y * np.log(q) + (1 - y) * np.log(1 - q)))
