"""Boosted trees that correct a score: LightGBM on top of log-odds that are already there (or on nothing).

The start is handed in as ``init_score``, so the model's log-odds are a plain sum *start + trees*, and LightGBM's own contributions
(exact TreeSHAP) add to the start's without any approximation. Stored as LightGBM's text format, which keeps every digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.inputs import Floats
from models.split import folds_of

ROUNDS = 150

SMALL: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "lambda_l2": 10.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 127,
    "monotone_constraints_method": "intermediate",
}
"""Shallow and slow: the trees correct a learner that is already good; depth would learn single texts."""


class Trees:
    """A booster with the names of its columns in order."""

    def __init__(self, text: str, names: Sequence[str], weight: float = 1.0) -> None:
        import lightgbm as lgb

        self.text, self.names, self.weight = text, list(names), weight
        self._booster = lgb.Booster(model_str=text)
        self.used = np.flatnonzero(self._booster.feature_importance())
        """The columns that any tree looks at; whatever stands in the others changes nothing."""

    def raw(self, x: Floats) -> Floats:
        """What the trees add to the log-odds of each row."""
        if not len(x):
            return np.zeros(0)
        result: Floats = self.weight * np.asarray(self._booster.predict(x, raw_score=True, num_threads=_threads(len(x))))
        return result

    def contributions(self, x: Floats) -> Floats:
        """What each column adds, row by row; the last column is the constant."""
        result: Floats = self.weight * np.asarray(self._booster.predict(x, pred_contrib=True, num_threads=_threads(len(x))))
        return result


def _threads(n: int) -> int:
    return 2 if n > 20_000 else 1


def fit(
    x: Floats,
    names: Sequence[str],
    y: Floats,
    w: Floats,
    fold: Any,
    seed: int,
    *,
    start: Floats | None = None,
    rising: Sequence[str] = (),
    params: dict[str, Any] | None = None,
    rounds: int = ROUNDS,
) -> tuple[Trees, Floats]:
    """Trees fitted on all rows, and what they add to each row out of fold. The score never falls as a ``rising`` column rises."""
    settings = {**SMALL, **(params or {}), "monotone_constraints": [int(n in set(rising)) for n in names]}
    settings |= {"seed": seed, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}
    if not any(settings["monotone_constraints"]):
        settings.pop("monotone_constraints"), settings.pop("monotone_constraints_method")
    added = np.zeros(len(y))
    for train, test in folds_of(fold, int(np.max(fold)) + 1):
        part = _train(x[train], y[train], w[train], None if start is None else start[train], settings, rounds)
        added[test] = part.predict(x[test], raw_score=True)
    whole = _train(x, y, w, start, settings, rounds)
    return Trees(whole.model_to_string(), names), added


def _train(x: Floats, y: Floats, w: Floats, start: Floats | None, settings: dict[str, Any], rounds: int) -> Any:
    import lightgbm as lgb

    names = [f"f{i}" for i in range(x.shape[1])]  # LightGBM refuses names with `:` or quotes; ours are kept beside it
    data = lgb.Dataset(x, label=y, weight=w / w.mean(), init_score=start, feature_name=names, free_raw_data=True)
    return lgb.train(settings, data, num_boost_round=rounds)
