"""Boosted trees over columns of firms and the rates of firms that answered alike: fitted on all rows, and what they say of each row out of fold.

The rates are labels in disguise, so they are learnt again inside every fold, from the rows that the trees of that fold learn from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models import firm_alike
from models.firm_alike import Codes
from models.inputs import Floats
from models.split import folds_of
from models.trees import SMALL, Trees

RANDOM: dict[str, Any] = {
    **SMALL,
    "learning_rate": 0.03,
    "min_data_in_leaf": 5,
    "lambda_l2": 5.0,
    "feature_fraction": 0.3,
    "extra_trees": True,
}
"""Random cuts: with some hundred positives and two hundred columns the best cut is mostly the best by chance."""
ROUNDS = 300


@dataclass(frozen=True, slots=True)
class Rows:
    """Firms that are learnt from: numbers with their names, combinations of answers, labels, weights, subjects."""

    x: Floats
    names: Sequence[str]
    codes: Codes
    alike: Mapping[str, tuple[str, ...]]
    y: Floats
    w: Floats
    group: Any

    def take(self, rows: Any) -> Rows:
        """Some of them."""
        return Rows(self.x[rows], self.names, self.codes[rows], self.alike, self.y[rows], self.w[rows], self.group[rows])


def fit(rows: Rows, fold: Any, seed: int, *, start: float, rising: Sequence[str], bags: int) -> tuple[list[Trees], Floats]:
    """Trees of every seed with their share of the mean, and their mean out of fold. The score never falls as a ``rising`` column rises."""
    names = [*rows.names, *(firm_alike.PREFIX + name for name in rows.alike)]
    seeds = [seed + 1000 * bag for bag in range(bags)]
    added = np.zeros(len(rows.y))
    for learn, test in folds_of(fold, int(np.max(fold)) + 1):
        part, rest = rows.take(learn), rows.take(test)
        rates = firm_alike.learn(part.codes, part.alike, part.y, part.w)
        seen = np.column_stack([rest.x, rates.of(rest.codes)])
        for one in seeds:
            added[test] += _train(part, names, one, start, rising).predict(seen, raw_score=True, num_threads=1) / bags
    return [Trees(_train(rows, names, one, start, rising).model_to_string(), names, 1 / bags) for one in seeds], added


def _train(rows: Rows, names: Sequence[str], seed: int, start: float, rising: Sequence[str]) -> Any:
    import lightgbm as lgb

    rates = firm_alike.held_out(rows.codes, rows.alike, rows.y, rows.w, rows.group, seed) if rows.alike else np.zeros((len(rows.y), 0))
    settings = {**RANDOM, "seed": seed, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}
    if rising:
        settings["monotone_constraints"] = [int(name in set(rising)) for name in names]
    else:
        settings.pop("monotone_constraints_method")
    told = [f"f{i}" for i in range(len(names))]  # LightGBM refuses names with `:` or quotes; ours are kept beside it
    first = np.full(len(rows.y), start)
    x = np.column_stack([rows.x, rates])
    data = lgb.Dataset(x, label=rows.y, weight=rows.w / rows.w.mean(), init_score=first, feature_name=told)
    return lgb.train(settings, data, num_boost_round=ROUNDS)
