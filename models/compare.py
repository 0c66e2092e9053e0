"""Is the challenger better than the champion, beyond noise? Paired bootstrap on later data that neither has learnt from.

The same draws are given to both, so what they share cancels out. Better = the whole interval of the difference in average precision lies
above ``margin``, and the Brier score is not worse beyond noise. Anything else keeps the champion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.grades import FIXED
from models.measure import CURVES, REPLICATES, Curves, multiplicities
from models.split import row_weights

MIN_POSITIVES = 20
"""Fewer positives in the later data decide nothing."""


def compare(
    champion: npt.ArrayLike,
    challenger: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    threshold: float = FIXED["blue"],
    margin: float = 0.0,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> dict[str, Any]:
    """Differences (challenger - champion) with 95 % intervals, and the decision with its reason."""
    y = np.asarray(labels, dtype=np.float64)
    old, new = np.asarray(champion, dtype=np.float64), np.asarray(challenger, dtype=np.float64)
    w, keep = row_weights(weights, len(y)), ~np.isnan(y)
    group = (np.arange(len(y)) if groups is None else np.asarray(groups))[keep]
    old, new, y, w = old[keep], new[keep], y[keep], w[keep]
    told: dict[str, Any] = {"n": len(y), "positives": int((y > 0).sum()), "differences": {}}
    if told["positives"] < MIN_POSITIVES or told["positives"] == told["n"]:
        return {
            **told,
            "better": False,
            "decision": "keep",
            "reason": f"{told['positives']} positives: at least {MIN_POSITIVES} are needed",
        }
    a, b = Curves(old, y, threshold), Curves(new, y, threshold)
    draws = np.array([b.of(w * m) - a.of(w * m) for m in multiplicities(y, group, replicates, seed)])
    value = b.of(w) - a.of(w)
    bounds = np.nanquantile(draws, [0.025, 0.975], axis=0)
    for j, name in enumerate(CURVES):
        told["differences"][name] = {"value": float(value[j]), "low": float(bounds[0, j]), "high": float(bounds[1, j])}
    ranks, skill = told["differences"]["average_precision"], told["differences"]["brier_skill"]
    better = ranks["low"] > margin and skill["high"] >= 0
    if better:
        reason = "average precision is higher beyond noise"
    elif ranks["low"] > margin:
        reason = "it ranks better, but its probabilities are worse beyond noise"
    elif ranks["high"] < 0:
        reason = "average precision is lower beyond noise"
    else:
        reason = "the difference in average precision is within noise"
    return {**told, "better": better, "decision": "promote" if better else "keep", "reason": reason}
