"""The learner of firms: boosted trees over one row a firm, two kinds averaged, calibrated to a probability.

One kind looks for the best cut, the other tries random cuts (LightGBM ``extra_trees``); their mistakes differ, and on a few hundred
positives the mean ranks a little better than either. Two thirds of the firms have no record at all: for them the answer is the base rate of
such firms, and nothing else (no id, no order of a file) may tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models import calibrate, trees
from models.cold import noisy_or
from models.explain import Contribution, ranked
from models.inputs import RULE, Floats, fired, known_weights, rule_ids, table
from models.measure import measure
from models.split import grouped_folds, row_weights
from models.text import FOLDS, NOISY_OR, Fitted, check_classes, check_times

if TYPE_CHECKING:
    import pandas as pd

BEST: dict[str, Any] = {"learning_rate": 0.03, "min_data_in_leaf": 5, "lambda_l2": 5.0, "feature_fraction": 0.5}
RANDOM: dict[str, Any] = {**BEST, "extra_trees": True}
ROUNDS = (200, 300)


class FirmModel:
    """A trained model of firms; ``frame`` is a table with one row a firm (`features.tabular.load_firms`)."""

    kind = "firm"

    def __init__(
        self,
        parts: Sequence[trees.Trees],
        calibrator: calibrate.Calibrator,
        columns: Sequence[str],
        rules: Sequence[str],
        weights: Mapping[str, float],
    ) -> None:
        self.parts, self.calibrator = list(parts), calibrator
        self.columns, self.rules, self.weights = list(columns), list(rules), dict(weights)

    def predict(self, frame: pd.DataFrame, rules: pd.DataFrame | None = None, weights: Mapping[str, float] | None = None) -> Floats:
        """A probability for each firm."""
        return np.asarray(self.calibrator(self.raw(frame, rules, weights)))

    def raw(self, frame: pd.DataFrame, rules: pd.DataFrame | None = None, weights: Mapping[str, float] | None = None) -> Floats:
        """Log-odds before calibration."""
        x = _join(frame, rules, self.columns, self.rules, known_weights(weights, self.weights))
        return np.asarray(np.sum([p.raw(x) for p in self.parts], axis=0), dtype=np.float64)

    def contributions(
        self,
        frame: pd.DataFrame,
        rules: pd.DataFrame | None = None,
        rows: Sequence[int] | None = None,
        weights: Mapping[str, float] | None = None,
        top: int | None = 20,
    ) -> list[list[Contribution]]:
        """Reasons of the rows asked for; they add up to `raw` (to the probability's own log-odds where the calibrator is a sigmoid)."""
        chosen = list(range(len(frame))) if rows is None else [int(r) for r in rows]
        if not chosen:
            return []
        x = _join(
            frame.iloc[chosen],
            None if rules is None else rules.iloc[chosen],
            self.columns,
            self.rules,
            known_weights(weights, self.weights),
        )
        slope, shift = (self.calibrator.slope, self.calibrator.shift) if isinstance(self.calibrator, calibrate.Sigmoid) else (1.0, 0.0)
        shares = slope * np.sum([p.contributions(x) for p in self.parts], axis=0)
        names = self.parts[0].names
        return [
            ranked((_reason(n, x[k, j], shares[k, j]) for j, n in enumerate(names)), float(shares[k, -1]) + shift, top)
            for k in range(len(chosen))
        ]

    def state(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """(JSON, arrays, texts) for `models.bundle`."""
        plain = {
            "calibrator": self.calibrator.state(),
            "columns": self.columns,
            "rules": self.rules,
            "weights": self.weights,
            "parts": [{"names": p.names, "weight": p.weight} for p in self.parts],
        }
        return plain, {}, {f"trees{i}": p.text for i, p in enumerate(self.parts)}

    @classmethod
    def from_state(cls, plain: Mapping[str, Any], _arrays: Mapping[str, Any], texts: Mapping[str, str]) -> FirmModel:
        """The model that `state` described."""
        parts = [trees.Trees(texts[f"trees{i}"], p["names"], float(p["weight"])) for i, p in enumerate(plain["parts"])]
        return cls(parts, calibrate.from_state(plain["calibrator"]), plain["columns"], plain["rules"], plain["weights"])


def train_firm(
    frame: pd.DataFrame,
    rules: pd.DataFrame | None,
    labels: npt.ArrayLike,
    *,
    rule_weights: Mapping[str, float] | None = None,
    sample_weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    times: Any = None,
    as_of: Any = None,
    seed: int = 0,
) -> Fitted:
    """Learn from the firms that have a label. Same arguments and result as `models.text.train_text`; a group is one firm by default."""
    y = np.asarray(labels, dtype=np.float64)
    if len(y) != len(frame):
        raise ValueError(f"labels: {len(frame)} rows are needed, {len(y)} were given")
    rows = np.flatnonzero(~np.isnan(y))
    check_times(times, as_of, rows)
    y, w = (y[rows] > 0).astype(np.float64), row_weights(sample_weights, len(frame))[rows]
    group = rows if groups is None else np.asarray(groups)[rows]
    check_classes(y, group)
    fold = grouped_folds(group, y, FOLDS, seed)
    part, weights = frame.iloc[rows], known_weights(rule_weights)
    chosen_rules = None if rules is None else rules.iloc[rows]
    columns, ids = _varying(part), rule_ids(chosen_rules)
    x = _join(part, chosen_rules, columns, ids, weights)
    names = [*columns, *(RULE + i for i in ids), NOISY_OR]
    rising = [NOISY_OR, *(RULE + i for i in ids)] if ids else []
    share = float((w * y).sum() / w.sum())
    start = np.full(len(y), float(calibrate.logit(np.array([share]))[0]))
    kinds, raw = [], np.zeros(len(y))
    for params, rounds in zip((BEST, RANDOM), ROUNDS, strict=True):
        boosted, added = trees.fit(x, names, y, w, fold, seed, start=start, rising=rising, params=params, rounds=rounds)
        boosted.weight = 0.5
        kinds.append(boosted)
        raw += 0.5 * added
    calibrator, held_out = calibrate.fit(raw, y, w), calibrate.cross_fitted(raw, y, w, fold)
    report = {
        "n": len(y),
        "positives": int(y.sum()),
        "groups": len(np.unique(group)),
        "folds": FOLDS,
        "columns": len(columns),
        "rules": len(ids),
        "calibrator": calibrator.state()["kind"],
        "out_of_fold": measure(held_out, y, weights=w, groups=group, seed=seed),
    }
    return Fitted(FirmModel(kinds, calibrator, columns, ids, weights), rows, y, w, group, held_out, report)


def _join(
    frame: pd.DataFrame, rules: pd.DataFrame | None, names: Sequence[str], ids: Sequence[str], weights: Mapping[str, float]
) -> Floats:
    n = len(frame)
    on = np.nan_to_num(fired(rules, ids, n), nan=0.0)
    return np.column_stack([table(frame, names, n), on, noisy_or(rules, weights, n)])


def _varying(frame: pd.DataFrame) -> list[str]:
    names = [str(c) for c in frame.columns if str(c) not in ("id", "label")]
    values = table(frame, names, len(frame))
    return [n for j, n in enumerate(names) if len(np.unique(values[:, j])) > 1]


def _reason(name: str, value: float, log_odds: float) -> Contribution:
    if name.startswith(RULE):
        return Contribution(name[len(RULE) :], "rule", float(value), float(log_odds))
    return Contribution(name, "rules" if name == NOISY_OR else "column", float(value), float(log_odds))
