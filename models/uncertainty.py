"""Where is the model unsure? A set of labels with a promised coverage, and an interval for the probability; both as plain numbers in the bundle.

**Sets** are split conformal, for each class on its own (Mondrian; Vovk, Gammerman, Shafer: *Algorithmic Learning in a Random World*, 2005, §4.5): of the
units that are truly suspicious, at least 1 − alpha have "suspicious" in their set, and of the others at least 1 − alpha have "not": whatever the model is
worth, as long as new units come like those it was calibrated on. **Intervals** are Venn–Abers (Vovk, Petej, Fedorova, NeurIPS 2015): the probability after
an isotonic fit in which the new unit is counted once as a no and once as a yes; few labels nearby make it wide. The log-odds are put in fixed cells first,
so that a table of a hundred rows holds every answer; any fixed score is valid there.

A library (mapie, crepes, venn-abers) keeps its fitted object as Python; our models are data that is read without running anything, and what remains of
the two methods is one order statistic a class and this table.

Calibrated on rows out of fold: each probability comes from a model that has not seen the row, as a new unit's does (cross-conformal; exact only
for one split, checked here by simulation). Near-duplicates count together as one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.calibrate import logit
from models.inputs import Floats
from models.split import row_weights

ALPHA = 0.1
"""The share of each class that may miss its set."""

WIDE = 0.3
"""An interval as wide as this makes a unit unsure: too few labels lie near it."""

_REACH, _CELLS = 6.0, 120
"""Log-odds from -6 to 6 in cells of a tenth."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What a model's own probability leaves open. ``yes_from``: the lowest probability whose set holds *yes*; ``no_upto``: the highest that holds *no*."""

    alpha: float
    yes_from: float
    no_upto: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    n: int
    positives: int

    def sets(self, probability: npt.ArrayLike) -> tuple[Flags, Flags]:
        """(holds yes, holds no) for each probability."""
        p = np.asarray(probability, dtype=np.float64)
        return p >= self.yes_from, p <= self.no_upto

    def interval(self, probability: npt.ArrayLike) -> tuple[Floats, Floats]:
        """The Venn–Abers interval of each probability."""
        cell = _cell(np.asarray(probability, dtype=np.float64))
        return np.asarray(self.low)[cell], np.asarray(self.high)[cell]

    def unsure(self, probability: npt.ArrayLike) -> Flags:
        """Units that a person should see before anyone relies on the model: the set holds both labels or none, or the interval is wide."""
        yes, no = self.sets(probability)
        low, high = self.interval(probability)
        return np.asarray((yes == no) | (high - low >= WIDE))

    def plain(self) -> dict[str, Any]:
        """For JSON; `Uncertainty.of` reads it."""
        return {
            "alpha": self.alpha,
            "yes_from": self.yes_from,
            "no_upto": self.no_upto,
            "low": [round(v, 5) for v in self.low],
            "high": [round(v, 5) for v in self.high],
            "n": self.n,
            "positives": self.positives,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Uncertainty:
        """From what `plain` gave; ``ValueError`` for anything else."""
        try:
            low, high = tuple(map(float, plain["low"])), tuple(map(float, plain["high"]))
            found = cls(
                float(plain["alpha"]),
                float(plain["yes_from"]),
                float(plain["no_upto"]),
                low,
                high,
                int(plain["n"]),
                int(plain["positives"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no uncertainty: {error}") from error
        if len(low) != _CELLS or len(high) != _CELLS:
            raise ValueError(f"no uncertainty: {_CELLS} cells are needed")
        return found


def learn(
    probability: npt.ArrayLike,
    labels: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    alpha: float = ALPHA,
) -> Uncertainty:
    """From probabilities out of fold (or on later data) with their labels; rows without a label (NaN) do not count.

    Weights are inverse probabilities of being verified; the new unit counts as the heaviest of them, which errs towards larger sets
    (Tibshirani, Barber, Candès, Ramdas: *Conformal prediction under covariate shift*, NeurIPS 2019).

    >>> p = np.linspace(0.0, 1.0, 401)
    >>> found = learn(p, p > 0.5)
    >>> found.unsure([0.02, 0.98]).tolist(), found.yes_from > 0.5 > found.no_upto
    ([False, False], True)
    >>> learn([0.9, 0.1], [1, 0]).unsure([0.99, 0.01]).tolist()
    [True, True]
    """
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    w, keep = row_weights(weights, len(p)), ~np.isnan(y)
    group = np.arange(len(p)) if groups is None else np.asarray(groups)
    p, y, w, group = p[keep], (y[keep] > 0).astype(np.float64), w[keep], group[keep]
    _, code, size = np.unique(group, return_inverse=True, return_counts=True)
    shared = w / size[code]
    up = y > 0
    low, high = _venn_abers(p, y, shared)
    return Uncertainty(
        alpha=alpha,
        yes_from=1.0 - _threshold(1.0 - p[up], shared[up], w[up], alpha),
        no_upto=_threshold(p[~up], shared[~up], w[~up], alpha),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        n=len(p),
        positives=int(up.sum()),
    )


def _threshold(strangeness: Floats, shared: Floats, weights: Floats, alpha: float) -> float:
    """The strangeness that 1 − alpha of the class, the new unit counted as the strangest, does not exceed; beyond every probability where too few are known."""
    if not len(strangeness):
        return 1.0
    order = np.argsort(strangeness, kind="stable")
    reached = np.cumsum(shared[order])
    needed = (1.0 - alpha) * (reached[-1] + float(weights.max()))
    at = int(np.searchsorted(reached, needed - 1e-9))
    return float(strangeness[order[at]]) if at < len(order) else 1.0


def _cell(p: Floats) -> npt.NDArray[np.int64]:
    return np.clip(((logit(p) + _REACH) * (_CELLS / (2 * _REACH))).astype(np.int64), 0, _CELLS - 1)


def _venn_abers(p: Floats, y: Floats, w: Floats) -> tuple[Floats, Floats]:
    """For a new unit in each cell: its isotonic value when it is counted as a no, and as a yes."""
    from scipy.optimize import isotonic_regression

    cell = _cell(p)
    total, hits = np.bincount(cell, weights=w, minlength=_CELLS), np.bincount(cell, weights=w * y, minlength=_CELLS)
    heaviest = float(w.max()) if len(w) else 1.0
    ends = np.zeros((2, _CELLS))
    for c in range(_CELLS):
        for label in (0, 1):
            n, up = total.copy(), hits.copy()
            n[c] += heaviest
            up[c] += heaviest * label
            there = np.flatnonzero(n > 0)
            ends[label, c] = isotonic_regression(up[there] / n[there], weights=n[there]).x[np.searchsorted(there, c)]
    return ends[0], ends[1]
