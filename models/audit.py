"""Selection bias undone: precision, recall and prevalence when alerts are verified and of the rest only a small random sample.

The design has two sides. Of the *flagged* units each is verified with a known probability (1, or the share that capacity and a draw left), of the others a
random audit sample with its rate. A verified unit stands for ``1 / probability`` units (Horvitz and Thompson, JASA 1952); the weights of a side are scaled
to the number of units that the side has (Hájek 1971; post-stratified where all units are given: Särndal, Swensson and Wretman, *Model Assisted Survey
Sampling*, ch. 7 and 9.8 for two-phase designs).

**Intervals.** A share of one side: Wilson, with the effective number of rows where weights differ (Kish, the smaller of it and the one by the estimated
variance: Korn and Graubard, Survey Methodology 1998). Recall and prevalence join two sides of which the second has seen a handful of positives or none: there
the exact (Clopper–Pearson) confidence distributions of both sides are melded (Fay, Proschan and Brittain, Biometrics 2015). No positive in the audit sample
still leaves room for missed ones, by the upper end of its distribution.

Not ok: recall among verified units only (``experiments/audit_coverage.py`` shows it), or a normal approximation, which gives a width of zero when nothing was found.

The interval is about the process that units come from; for the finite units of one period it is a little wider than it need be. It assumes that a unit which
was drawn but came to no answer is like those of its side that did, and that verdicts are right.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.grades import wilson
from models.inputs import Floats

LEVEL = 0.95
DRAWS = 10_000
"""Draws of each confidence distribution: the error of a bound from drawing is far below the width of an interval."""

Figure = dict[str, float | None]
"""``value`` (None where nothing can be said), ``low``, ``high``."""


def inverse_weights(selected_probability: npt.ArrayLike, bound: float | None = None) -> Floats:
    """Weights for learning from units that were verified with these probabilities: inverse, truncated, of mean 1.

    ``1 / probability`` alone lets a handful of audited units decide everything. So it is truncated at ``√n`` times its mean (Ionides, *Truncated importance
    sampling*, J. Comput. Graph. Stat. 2008), or at ``bound`` times the smallest, and divided by the mean: stabilised (Robins, Hernán and Brumback,
    Epidemiology 2000), so that a regularised learner meets as much weight as rows. A little bias is paid for a bounded variance. Estimates of recall and
    prevalence use the plain inverse (`estimate`).

    >>> inverse_weights([1.0, 1.0, 0.5]).round(3).tolist()
    [0.75, 0.75, 1.5]
    >>> float(inverse_weights([1.0, 1.0, 0.01], bound=10).max().round(3))
    2.5
    """
    p = _probabilities(selected_probability)
    if not len(p):
        return p
    weight = 1.0 / p
    ceiling = np.sqrt(len(p)) * weight.mean() if bound is None else bound * weight.min()
    weight = np.minimum(weight, ceiling)
    result: Floats = weight / weight.mean()
    return result


def estimate(
    truth: npt.ArrayLike,
    selected_probability: npt.ArrayLike,
    flagged: npt.ArrayLike,
    *,
    totals: tuple[float, float] | None = None,
    times: npt.ArrayLike | None = None,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Figure]:
    """Precision, recall and prevalence, each ``{"value", "low", "high"}``, of a design where verification has a known probability. All arrays of shape (n,).

    ``truth``: 1, 0, or NaN for a unit that nobody verified (or without an answer). ``selected_probability`` in (0, 1]: how likely each unit was to be verified.
    ``flagged``: whether the model flagged it. Best is to give every unit: rows with NaN then tell how large each side is (``times``: how many alike units a row
    is; 1 where it has a truth). Where only verified units are given, ``totals`` = (flagged, other) units says it; without, the sizes are the sums of
    inverse probabilities.

    ``ValueError`` for a probability outside (0, 1] or a truth other than 0, 1, NaN. A figure that nothing speaks for has the value None and stays wide.

    80 of 100 alerts confirmed, 1 positive in an audit of 50 of 1,000 others: about 20 were missed, and the interval says how little that is known:

    >>> truth = [1] * 80 + [0] * 20 + [1] + [0] * 49 + [np.nan] * 950
    >>> told = estimate(truth, [1.0] * 100 + [0.05] * 1000, [True] * 100 + [False] * 1000)
    >>> {name: round(one["value"], 3) for name, one in told.items()}
    {'precision': 0.8, 'recall': 0.8, 'prevalence': 0.091}
    >>> round(told["recall"]["low"], 1), told["recall"]["high"] > 0.98
    (0.4, True)

    None found in the audit is not *none missed*:

    >>> none = estimate([1, 1, 0, 0], [1.0, 1.0, 0.1, 0.1], [True, True, False, False])["recall"]
    >>> none["value"], none["low"] < 0.2, none["high"]
    (1.0, True, 1.0)
    """
    y, p, flag = np.asarray(truth, dtype=np.float64), _probabilities(selected_probability), np.asarray(flagged, dtype=bool)
    if not len(y) == len(p) == len(flag):
        raise ValueError("truth, selected_probability and flagged must be of one length")
    if not np.isin(y[~np.isnan(y)], (0.0, 1.0)).all():
        raise ValueError("truth is 1, 0 or NaN")
    many = np.ones(len(y)) if times is None else np.asarray(times, dtype=np.float64)
    if len(many) != len(y) or (many[~np.isnan(y)] != 1).any() or (many < 0).any():
        raise ValueError("times: one number of alike units a row, 1 where the truth is known")
    sizes = totals if totals is not None else (None, None)
    found, missed = _side(y[flag], p[flag], many[flag], sizes[0]), _side(y[~flag], p[~flag], many[~flag], sizes[1])
    return {
        "precision": _share(found, level),
        "recall": _meld(found, missed, level, draws, seed, _recall),
        "prevalence": _meld(found, missed, level, draws, seed, _prevalence),
    }


class _Side(NamedTuple):
    """One side of the design: how many units it has, the share of positives, how many verified rows that is worth."""

    size: float
    share: float
    n: float

    @property
    def known(self) -> bool:
        return self.size == 0 or self.n > 0

    @property
    def positives(self) -> float:
        return self.size * self.share


def _side(y: Floats, p: Floats, many: Floats, total: float | None) -> _Side:
    seen = ~np.isnan(y)
    size = float(total if total is not None else many.sum() if not seen.all() else (1.0 / p).sum())
    if not seen.any():
        return _Side(size, 0.0, 0.0)
    w = 1.0 / p[seen]
    if not seen.all():  # every unit is given: each probability's share of the side is known
        _, stratum = np.unique(p, return_inverse=True)
        units, represented = np.bincount(stratum, weights=many), np.bincount(stratum[seen], weights=w, minlength=int(stratum.max()) + 1)
        w = w * (units[stratum[seen]] / represented[stratum[seen]])
    return _Side(size, float((w * y[seen]).sum() / w.sum()), _effective(y[seen], w))


def _effective(y: Floats, w: Floats) -> float:
    """How many equally weighted rows these are worth: Kish's number, or what the estimated variance of the share says where that is less."""
    kish = float(w.sum() ** 2 / (w**2).sum())
    share = float((w * y).sum() / w.sum())
    spread = float((w**2 * (y - share) ** 2).sum() / w.sum() ** 2)
    return min(kish, share * (1 - share) / spread) if spread > 0 else kish


def _share(side: _Side, level: float) -> Figure:
    low, high = wilson(side.share * side.n, side.n, NormalDist().inv_cdf(0.5 + level / 2))
    return {"value": side.share if side.n > 0 else None, "low": low, "high": high}


def _recall(found: Any, missed: Any, of: float) -> Any:  # noqa: ARG001 - the shape of a figure
    every = found + missed
    return np.divide(found, every, out=np.full(np.shape(every), np.nan), where=np.asarray(every) > 0)


def _prevalence(found: Any, missed: Any, of: float) -> Any:
    return (found + missed) / of if of > 0 else np.full(np.shape(found + missed), np.nan)


def _meld(found: _Side, missed: _Side, level: float, draws: int, seed: int, figure: Any) -> Figure:
    """The figure with its melded interval. Both figures rise with what was found; recall falls with what was missed, prevalence rises."""
    rng = np.random.default_rng(seed)
    found_low, found_high = (found.size * _distribution(found, end, draws, rng) for end in ("low", "high"))
    missed_low, missed_high = (missed.size * _distribution(missed, end, draws, rng) for end in ("low", "high"))
    if figure is _recall:
        missed_low, missed_high = missed_high, missed_low
    of = found.size + missed.size
    low, high = figure(found_low, missed_low, of), figure(found_high, missed_high, of)
    tail = (1 - level) / 2
    value = float(figure(np.array(found.positives), np.array(missed.positives), of)) if found.known and missed.known else np.nan
    return {
        "value": None if np.isnan(value) else value,
        "low": float(np.quantile(np.nan_to_num(low, nan=0.0), tail)),
        "high": float(np.quantile(np.nan_to_num(high, nan=1.0), 1 - tail)),
    }


def _distribution(side: _Side, end: str, draws: int, rng: np.random.Generator) -> Floats:
    """Draws of the share by the lower or upper confidence distribution of Clopper and Pearson: Beta(k, n - k + 1) or Beta(k + 1, n - k)."""
    k, n = side.share * side.n, side.n
    a, b = (k, n - k + 1) if end == "low" else (k + 1, n - k)
    if a <= 1e-9:
        return np.zeros(draws)
    return np.ones(draws) if b <= 1e-9 else rng.beta(a, b, draws)


def _probabilities(given: npt.ArrayLike) -> Floats:
    p = np.asarray(given, dtype=np.float64)
    if not (np.isfinite(p).all() and (p > 0).all() and (p <= 1).all()):
        raise ValueError("a probability of being verified lies above 0 and is at most 1")
    return p
