"""The learner of firms: boosted trees with random cuts over one row a firm, calibrated to a probability.

Beside the columns of the tables they see how firms that answered alike were labelled (`firm_alike`). Two thirds of the firms of the public table have no record at
all: for them the answer is the base rate of such firms, learnt apart, and nothing else (no id, no order of a file) may tell them apart. The trees learn from the
firms with a record alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.tabular import PRESENT, aligned
from models import calibrate, firm_alike, firm_trees, trees
from models.cold import noisy_or
from models.explain import Contribution, ranked
from models.inputs import RULE, Floats, fired, known_weights, rule_ids, table
from models.measure import measure
from models.split import grouped_folds, row_weights
from models.text import FOLDS, NOISY_OR, Fitted, check_classes, check_times

if TYPE_CHECKING:
    import pandas as pd

BAGS = 1
"""Seeds that are averaged. Beside the rates of firms that answered alike, three of them ranked no better than one (0.520 and 0.520 average precision)."""
NO_RECORD = "no_record"
"""The one reason of a firm that no table has a row of."""


class FirmModel:
    """A trained model of firms; ``frame`` is a table with one row a firm (`features.tabular.load_firms`).

    ``unrecorded`` is the probability of a firm without any record, ``prior`` that of all firms together.
    """

    kind = "firm"

    def __init__(
        self,
        parts: Sequence[trees.Trees],
        calibrator: calibrate.Calibrator,
        columns: Sequence[str],
        rules: Sequence[str],
        weights: Mapping[str, float],
        alike: firm_alike.Alike,
        *,
        unrecorded: float,
        prior: float,
    ) -> None:
        self.parts, self.calibrator = list(parts), calibrator
        self.columns, self.rules, self.weights = list(columns), list(rules), dict(weights)
        self.alike, self.unrecorded, self.prior = alike, unrecorded, prior

    def predict(self, frame: pd.DataFrame, rules: pd.DataFrame | None = None, weights: Mapping[str, float] | None = None) -> Floats:
        """A probability for each firm."""
        known = recorded(frame, self.columns)
        result = np.full(len(frame), self.unrecorded)
        if known.any():
            result[known] = self.calibrator(self._boosted(frame, rules, weights, known))
        return result

    def raw(self, frame: pd.DataFrame, rules: pd.DataFrame | None = None, weights: Mapping[str, float] | None = None) -> Floats:
        """Log-odds before calibration; those of the base rate for a firm without a record."""
        known = recorded(frame, self.columns)
        result = np.full(len(frame), _log_odds(self.unrecorded))
        if known.any():
            result[known] = self._boosted(frame, rules, weights, known)
        return result

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
        asked = frame.iloc[chosen]
        known = recorded(asked, self.columns)
        base = _log_odds(self.prior)
        absent = [Contribution(NO_RECORD, "column", 1.0, _log_odds(self.unrecorded) - base)]
        told = iter(self._reasons(asked[known], None if rules is None else rules.iloc[chosen][known], weights, top) if known.any() else [])
        return [next(told) if one else ranked(absent, base, top) for one in known.tolist()]

    def _reasons(
        self, frame: pd.DataFrame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None, top: int | None
    ) -> list[list[Contribution]]:
        x = self._table(frame, rules, weights)
        slope, shift = (self.calibrator.slope, self.calibrator.shift) if isinstance(self.calibrator, calibrate.Sigmoid) else (1.0, 0.0)
        shares = slope * np.sum([p.contributions(x) for p in self.parts], axis=0)
        names = self.parts[0].names
        return [
            ranked((_reason(n, x[k, j], shares[k, j]) for j, n in enumerate(names)), float(shares[k, -1]) + shift, top)
            for k in range(len(x))
        ]

    def _boosted(self, frame: pd.DataFrame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None, known: Any) -> Floats:
        x = self._table(frame[known], None if rules is None else rules[known], weights)
        return np.asarray(np.sum([p.raw(x) for p in self.parts], axis=0), dtype=np.float64)

    def _table(self, frame: pd.DataFrame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None) -> Floats:
        told = _join(frame, rules, self.columns, self.rules, known_weights(weights, self.weights))
        return np.column_stack([told, self.alike(frame)])

    def state(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """(JSON, arrays, texts) for `models.bundle`."""
        alike, arrays = self.alike.state()
        plain = {
            "alike": alike,
            "calibrator": self.calibrator.state(),
            "columns": self.columns,
            "rules": self.rules,
            "weights": self.weights,
            "unrecorded": self.unrecorded,
            "prior": self.prior,
            "parts": [{"names": p.names, "weight": p.weight} for p in self.parts],
        }
        return plain, arrays, {f"trees{i}": p.text for i, p in enumerate(self.parts)}

    @classmethod
    def from_state(cls, plain: Mapping[str, Any], arrays: Mapping[str, Any], texts: Mapping[str, str]) -> FirmModel:
        """The model that `state` described."""
        parts = [trees.Trees(texts[f"trees{i}"], p["names"], float(p["weight"])) for i, p in enumerate(plain["parts"])]
        calibrator = calibrate.from_state(plain["calibrator"])
        rates = {"unrecorded": float(plain["unrecorded"]), "prior": float(plain["prior"])}
        return cls(
            parts, calibrator, plain["columns"], plain["rules"], plain["weights"], firm_alike.from_state(plain["alike"], arrays), **rates
        )


def recorded(frame: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which firms have a row in any table; where the frame does not say so, which have any of the ``columns`` known.

    >>> import pandas as pd
    >>> recorded(pd.DataFrame({"tax_present": [1.0, 0.0], "n": [1.0, 5.0]}), ["n"]).tolist(), recorded(pd.DataFrame({"n": [None, 2.0]}), ["n"]).tolist()
    ([True, False], [False, True])
    """
    flags = [str(c) for c in frame.columns if str(c).endswith(PRESENT)]
    if flags:
        return np.asarray((table(frame, flags, len(frame)) > 0).any(axis=1))
    return np.asarray((~np.isnan(table(frame, columns, len(frame)))).any(axis=1))


def folds(group: Any, y: Floats, known: Any, k: int, seed: int) -> Any:
    """Folds with as many positives among the firms without a record in each as among the others.

    Left-out base rates of uneven folds run against their own labels, and pooled figures with them. Groups are whole among the recorded, from whom alone trees
    learn; a group that has both kinds may lie in two folds, where it shares nothing but a base rate.
    """
    result = np.zeros(len(y), dtype=np.int64)
    for part in (known, ~known):
        if part.any():
            result[part] = grouped_folds(group[part], y[part], k, seed)
    return result


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
    bags: int = BAGS,
) -> Fitted:
    """Learn from the firms that have a label. Same arguments and result as `models.text.train_text`; a group is one firm by default.

    Raises ``TooFewLabelsError`` where fewer than ten firms of either class have a record.
    """
    y = np.asarray(labels, dtype=np.float64)
    if len(y) != len(frame):
        raise ValueError(f"labels: {len(frame)} rows are needed, {len(y)} were given")
    rows = np.flatnonzero(~np.isnan(y))
    check_times(times, as_of, rows)
    y, w = (y[rows] > 0).astype(np.float64), row_weights(sample_weights, len(frame))[rows]
    group = rows if groups is None else np.asarray(groups)[rows]
    part, weights = frame.iloc[rows], known_weights(rule_weights)
    chosen_rules = None if rules is None else rules.iloc[rows]
    known = recorded(part, [str(c) for c in part.columns])
    check_classes(y[known], group[known])
    fold = folds(group, y, known, FOLDS, seed)
    columns, ids = _varying(part[known]), rule_ids(chosen_rules)
    x = _join(part[known], None if chosen_rules is None else chosen_rules[known], columns, ids, weights)
    names = [*columns, *(RULE + i for i in ids), NOISY_OR]
    alike = firm_alike.groups_of(columns)
    told = firm_trees.Rows(x, names, firm_alike.combinations(part[known], alike), alike, y[known], w[known], group[known])
    rising = names[len(columns) :] if ids else []
    parts, raw = firm_trees.fit(told, fold[known], seed, start=_log_odds(_rate(told.y, told.w)), rising=rising, bags=bags)
    calibrator = calibrate.fit(raw, y[known], w[known])
    held_out = _unrecorded_held_out(y, w, fold, known)
    held_out[known] = calibrate.cross_fitted(raw, y[known], w[known], fold[known])
    prior = _rate(y, w)
    rates = firm_alike.learn(told.codes, alike, told.y, told.w)
    model = FirmModel(parts, calibrator, columns, ids, weights, rates, unrecorded=_rate(y[~known], w[~known], prior), prior=prior)
    report = {
        "n": len(y),
        "positives": int(y.sum()),
        "recorded": int(known.sum()),
        "groups": len(np.unique(group)),
        "folds": FOLDS,
        "columns": len(columns),
        "rules": len(ids),
        "trees": len(parts),
        "calibrator": calibrator.state()["kind"],
        "out_of_fold": measure(held_out, y, weights=w, groups=group, seed=seed),
    }
    return Fitted(model, rows, y, w, group, held_out, report)


def _rate(y: Floats, w: Floats, prior: float = 0.5) -> float:
    """The weighted share of positives, with one row's worth of ``prior`` so that it is never 0 or 1."""
    mean = float(w.mean()) if len(w) and w.sum() > 0 else 1.0
    return float(((w * y).sum() / mean + prior) / (w.sum() / mean + 1))


def _unrecorded_held_out(y: Floats, w: Floats, fold: Any, known: Any) -> Floats:
    """The base rate of firms without a record, from the other folds."""
    result = np.zeros(len(y))
    for one in np.unique(fold):
        learn = (fold != one) & ~known
        result[(fold == one) & ~known] = _rate(y[learn], w[learn], _rate(y[fold != one], w[fold != one]))
    return result


def _log_odds(p: float) -> float:
    return float(calibrate.logit(np.array([p]))[0])


def _join(
    frame: pd.DataFrame, rules: pd.DataFrame | None, names: Sequence[str], ids: Sequence[str], weights: Mapping[str, float]
) -> Floats:
    n = len(frame)
    on = np.nan_to_num(fired(rules, ids, n), nan=0.0)
    return np.column_stack([table(aligned(frame, names), names, n), on, noisy_or(rules, weights, n)])


def _varying(frame: pd.DataFrame) -> list[str]:
    names = [str(c) for c in frame.columns if str(c) not in ("id", "label")]
    values = table(frame, names, len(frame))
    return [n for j, n in enumerate(names) if len(np.unique(values[:, j])) > 1]


def _reason(name: str, value: float, log_odds: float) -> Contribution:
    if name.startswith(RULE):
        return Contribution(name[len(RULE) :], "rule", float(value), float(log_odds))
    return Contribution(name, "rules" if name == NOISY_OR else "column", float(value), float(log_odds))
