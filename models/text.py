"""The learner of texts: a linear learner reads the words, boosted trees correct it by structure and rules, a calibrator makes a probability.

log-odds = linear(words, characters) + share · trees(linear, columns, rules, noisy-or), then a monotone calibrator. The trees may add
only what helps out of fold: their share is chosen among 0, ½ and 1 by log loss and average precision, and recorded. Trees can only rise
with the linear score, with a rule that fires and with the noisy-or of rules, so the probability never falls with severity.

Everything that is chosen or reported is chosen on rows whose near-duplicates the learner has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models import calibrate, linear, trees
from models.cold import noisy_or
from models.explain import Contribution, Kind, ranked
from models.inputs import RULE, Floats, FrameLike, dense_texts, fired, known_weights, rule_ids, table
from models.measure import measure
from models.split import grouped_folds, near_duplicate_groups, row_weights

if TYPE_CHECKING:
    import pandas as pd

LINEAR = "text:linear"
NOISY_OR = "rules:noisy_or"
FOLDS = 5
SHARES = (0.0, 0.5, 1.0)
MIN_CLASS = 10
"""Groups of each class that a learner needs; with fewer, a model stays cold (`models.cold`)."""


class TooFewLabelsError(ValueError):
    """There are not enough labels of both classes to learn from: score by rules instead."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained model, with what was learnt about it on rows out of fold (``rows`` numbers them in the input)."""

    model: Any
    rows: npt.NDArray[np.int64]
    labels: Floats
    weights: Floats
    groups: npt.NDArray[np.int64]
    out_of_fold: Floats
    report: dict[str, Any] = field(default_factory=dict)


class TextModel:
    """A trained text model: ``predict`` and ``contributions`` over a frame and rule outcomes."""

    kind = "text"

    def __init__(
        self,
        linear_text: linear.LinearText,
        boosted: trees.Trees | None,
        calibrator: calibrate.Calibrator,
        columns: Sequence[str],
        rules: Sequence[str],
        weights: Mapping[str, float],
    ) -> None:
        self.linear, self.trees, self.calibrator = linear_text, boosted, calibrator
        self.columns, self.rules, self.weights = list(columns), list(rules), dict(weights)

    def predict(self, frame: FrameLike, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Floats:
        """A probability for each row. ``weights`` gives severities of rules that training did not know, or that changed since."""
        return np.asarray(self.calibrator(self.raw(frame, rules, weights)))

    def raw(self, frame: FrameLike, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Floats:
        """Log-odds before calibration: what `contributions` add up to."""
        start = self.linear.decision(dense_texts(frame), frame.words)
        if self.trees is None:
            return start
        return start + self.trees.raw(self._table(start, frame, rules, weights))

    def contributions(
        self,
        frame: FrameLike,
        rules: pd.DataFrame | None,
        rows: Sequence[int] | None = None,
        weights: Mapping[str, float] | None = None,
        top: int | None = 20,
    ) -> list[list[Contribution]]:
        """Reasons of the rows asked for, largest first; they add up to `raw` (scaled to the probability's own log-odds if sigmoid)."""
        chosen = list(range(frame.n)) if rows is None else [int(r) for r in rows]
        dense, words = [frame.texts[r].dense.text for r in chosen], [frame.words[r] for r in chosen]
        start = self.linear.decision(dense, words)
        slope, shift = (self.calibrator.slope, self.calibrator.shift) if isinstance(self.calibrator, calibrate.Sigmoid) else (1.0, 0.0)
        x = shares = np.zeros((len(chosen), 0))
        if self.trees is not None and chosen:
            part = None if rules is None else rules.iloc[chosen]
            x = _join(start, frame.columns.iloc[chosen], part, self.columns, self.rules, known_weights(weights, self.weights))
            shares = self.trees.contributions(x)
        told = []
        for k, r in enumerate(chosen):
            found = self.linear.tokens(frame.texts[r], words[k], slope)
            base = slope * self.linear.bias + shift
            if self.trees is not None:
                names = self.trees.names
                found += [_column(names[j], x[k, j], slope * shares[k, j]) for j in np.flatnonzero(shares[k, : len(names)]).tolist()]
                base += slope * float(shares[k, -1])
            told.append(ranked(found, base, top))
        return told

    def _table(self, start: Floats, frame: FrameLike, rules: pd.DataFrame | None, weights: Mapping[str, float] | None) -> Floats:
        return _join(start, frame.columns, rules, self.columns, self.rules, known_weights(weights, self.weights))

    def state(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """(JSON, arrays, texts) for `models.bundle`."""
        plain, arrays = self.linear.state()
        more = {
            "linear": plain,
            "calibrator": self.calibrator.state(),
            "columns": self.columns,
            "rules": self.rules,
            "weights": self.weights,
            "trees": None if self.trees is None else {"names": self.trees.names, "weight": self.trees.weight},
        }
        return more, arrays, {} if self.trees is None else {"trees": self.trees.text}

    @classmethod
    def from_state(cls, plain: Mapping[str, Any], arrays: Mapping[str, Any], texts: Mapping[str, str]) -> TextModel:
        """The model that `state` described."""
        boosted = None
        if plain["trees"] is not None:
            boosted = trees.Trees(texts["trees"], plain["trees"]["names"], float(plain["trees"]["weight"]))
        return cls(
            linear.LinearText.from_state(plain["linear"], arrays),
            boosted,
            calibrate.from_state(plain["calibrator"]),
            plain["columns"],
            plain["rules"],
            plain["weights"],
        )


def train_text(
    frame: FrameLike,
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
    """Learn from the rows that have a label (1 or 0; NaN is left out). Deterministic for a seed.

    ``groups`` default to near-duplicates of the dense texts. With ``as_of``, no labelled row may be later: the caller filters, this checks.
    """
    y = np.asarray(labels, dtype=np.float64)
    if len(y) != frame.n:
        raise ValueError(f"labels: {frame.n} rows are needed, {len(y)} were given")
    rows = np.flatnonzero(~np.isnan(y))
    check_times(times, as_of, rows)
    y, w = (y[rows] > 0).astype(np.float64), row_weights(sample_weights, frame.n)[rows]
    every = dense_texts(frame)
    dense, words = [every[i] for i in rows.tolist()], [frame.words[i] for i in rows.tolist()]
    group = near_duplicate_groups(dense) if groups is None else np.asarray(groups)[rows]
    check_classes(y, group)
    fold = grouped_folds(group, y, FOLDS, seed)
    learner, start = linear.fit(dense, words, y, w, fold, seed)
    weights = known_weights(rule_weights)
    chosen_rules = None if rules is None else rules.iloc[rows]
    columns, ids = _varying(frame.columns.iloc[rows]), _varying_rules(chosen_rules)
    x = _join(start, frame.columns.iloc[rows], chosen_rules, columns, ids, weights)
    boosted, added = trees.fit(x, _names(columns, ids), y, w, fold, seed, start=start, rising=[LINEAR, NOISY_OR, *(RULE + i for i in ids)])
    share, tried = choose_share(start, added, y, w, fold)
    boosted.weight = share
    raw = start + share * added
    model = TextModel(learner, boosted if share else None, calibrate.fit(raw, y, w), columns, ids, weights)
    held_out = calibrate.cross_fitted(raw, y, w, fold)
    report = {
        "n": len(y),
        "positives": int(y.sum()),
        "groups": len(np.unique(group)),
        "folds": FOLDS,
        "tokens": [len(learner.chars.codes), len(learner.words.codes)],
        "columns": len(columns),
        "rules": len(ids),
        "trees_share": share,
        "trees_tried": tried,
        "calibrator": model.calibrator.state()["kind"],
        "out_of_fold": measure(held_out, y, weights=w, groups=group, seed=seed),
    }
    return Fitted(model, rows, y, w, group, held_out, report)


def check_times(times: Any, as_of: Any, rows: npt.NDArray[np.int64]) -> None:
    """Refuse rows later than ``as_of``: a model must not learn from what was not yet known."""
    if as_of is None:
        return
    if times is None:
        raise ValueError("as_of is given, but the times of the rows are not")
    late = sum(1 for i in rows.tolist() if times[i] > as_of)
    if late:
        raise ValueError(f"{late} rows are later than {as_of}: leave them out before training")


def check_classes(y: Floats, group: npt.NDArray[Any]) -> None:
    """Refuse to learn from a handful."""
    up, down = len(np.unique(group[y > 0])), len(np.unique(group[y <= 0]))
    if min(up, down) < MIN_CLASS:
        raise TooFewLabelsError(f"{up} positive and {down} negative groups of texts: at least {MIN_CLASS} of each are needed")


def choose_share(start: Floats, added: Floats, y: Floats, w: Floats, fold: Any) -> tuple[float, list[dict[str, float]]]:
    """The share of the trees with the least log loss out of fold, among those that do not rank worse than the linear learner."""
    from sklearn.metrics import average_precision_score, log_loss

    tried = []
    for share in SHARES:
        p = calibrate.cross_fitted(start + share * added, y, w, fold, calibrate.fit_sigmoid)
        loss = float(log_loss(y, np.clip(p, 1e-7, 1 - 1e-7), sample_weight=w))
        tried.append({"share": share, "log_loss": loss, "average_precision": float(average_precision_score(y, p, sample_weight=w))})
    plain = tried[0]
    good = [t for t in tried if t["average_precision"] >= plain["average_precision"] and t["log_loss"] <= plain["log_loss"]]
    return min(good, key=lambda t: t["log_loss"])["share"], tried


def _join(
    start: Floats, columns: pd.DataFrame, rules: pd.DataFrame | None, names: Sequence[str], ids: Sequence[str], weights: Mapping[str, float]
) -> Floats:
    n = len(start)
    on = np.nan_to_num(fired(rules, ids, n), nan=0.0)  # unknown is not fired, here as in the noisy-or
    return np.column_stack([start, table(columns, names, n), on, noisy_or(rules, weights, n)])


def _names(columns: Sequence[str], ids: Sequence[str]) -> list[str]:
    return [LINEAR, *columns, *(RULE + i for i in ids), NOISY_OR]


def _varying(columns: pd.DataFrame) -> list[str]:
    """Columns with more than one value: a constant teaches nothing."""
    names = [str(c) for c in columns.columns]
    values = table(columns, names, len(columns))
    return [n for j, n in enumerate(names) if len(np.unique(values[:, j])) > 1]


def _varying_rules(rules: pd.DataFrame | None) -> list[str]:
    """Rules that fired at least once."""
    ids = rule_ids(rules)
    on = fired(rules, ids, 0 if rules is None else len(rules))
    return [i for j, i in enumerate(ids) if (on[:, j] > 0).any()]


def _column(name: str, value: float, log_odds: float) -> Contribution:
    if name.startswith(RULE):
        return Contribution(name[len(RULE) :], "rule", float(value), float(log_odds))
    kind: Kind = "rules" if name == NOISY_OR else "column"
    return Contribution(name, kind, float(value), float(log_odds))
