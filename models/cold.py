"""With no labels a model scores by its rules: the noisy-or of the severities that fired.

A rule of weight *w* that fires leaves a share *1 - w* of doubt; doubts multiply. So the probability never falls when one more rule
fires or a rule becomes graver, one fired *low* rule alone is blue under the fixed cut-offs, and an unknown outcome adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.explain import Contribution, ranked
from models.inputs import Floats, fired, known_weights, rule_ids

if TYPE_CHECKING:
    import pandas as pd

SEVERITY_WEIGHTS: Mapping[str, float] = {"critical": 0.88, "high": 0.72, "medium": 0.57, "low": 0.42}
"""Probability of a single fired rule by its severity; each reaches exactly one grade of `models.grades.FIXED` (red, orange, yellow, blue)."""

FLOOR = 0.001
"""Reasons of the cold model are told as log-odds above this probability (nothing fired has probability 0, whose log-odds are no number)."""


def noisy_or(rules: pd.DataFrame | None, weights: Mapping[str, float], n: int) -> Floats:
    """1 - product of (1 - weight) over the rules that fired; columns without a weight do not count.

    >>> import pandas as pd
    >>> noisy_or(pd.DataFrame({"rule:a": [1, 0, None], "rule:b": [1, 1, 0]}), {"a": 0.72, "b": 0.42}, 3).round(4).tolist()
    [0.8376, 0.42, 0.0]
    """
    ids = [i for i in rule_ids(rules) if i in weights]
    if not ids:
        return np.zeros(n)
    on = np.clip(np.nan_to_num(fired(rules, ids, n), nan=0.0), 0.0, 1.0)
    return combined(on, np.array([weights[i] for i in ids]))


def combined(on: Floats, weights: Floats) -> Floats:
    """The noisy-or itself: ``on`` has a row a unit and a column a rule, 1 where it fired.

    >>> combined(np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([0.72, 0.42])).round(4).tolist()
    [0.8376, 0.0]
    """
    result: Floats = 1.0 - np.prod(1.0 - on * weights, axis=1)
    return result


class ColdModel:
    """The model of a line-up entry before it has labels. Same calls as the learners."""

    kind = "cold"

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        self.weights = known_weights(weights)

    def predict(self, frame: Any, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Floats:
        """A probability for each row. ``frame`` is only asked how many rows there are."""
        return noisy_or(rules, known_weights(weights, self.weights), _rows(frame, rules))

    def contributions(
        self,
        frame: Any,
        rules: pd.DataFrame | None,
        rows: Sequence[int] | None = None,
        weights: Mapping[str, float] | None = None,
        top: int | None = 20,
    ) -> list[list[Contribution]]:
        """The fired rules of each row; each gets the share of the log-odds that its doubt removed."""
        merged = known_weights(weights, self.weights)
        n = _rows(frame, rules)
        ids = [i for i in rule_ids(rules) if i in merged]
        on = np.clip(np.nan_to_num(fired(rules, ids, n), nan=0.0), 0.0, 1.0)
        told = []
        for r in range(n) if rows is None else rows:
            doubt = -np.log1p(-np.minimum(on[r] * np.array([merged[i] for i in ids]), 1 - 1e-9))
            p = float(np.clip(-np.expm1(-doubt.sum()), FLOOR, 1 - 1e-9))
            rise = np.log(p / (1 - p)) - np.log(FLOOR / (1 - FLOOR))
            share = doubt / doubt.sum() if doubt.sum() > 0 else doubt
            found = [Contribution(i, "rule", float(on[r, j]), float(rise * share[j])) for j, i in enumerate(ids)]
            told.append(ranked(found, float(np.log(FLOOR / (1 - FLOOR))), top))
        return told

    def state(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """(JSON, arrays, texts) for `models.bundle`."""
        return {"weights": self.weights}, {}, {}

    @classmethod
    def from_state(cls, plain: dict[str, Any], _arrays: Mapping[str, Any], _texts: Mapping[str, str]) -> ColdModel:
        """The model that `state` described."""
        return cls(plain["weights"])


def _rows(frame: Any, rules: pd.DataFrame | None) -> int:
    if frame is not None:
        return int(frame.n) if hasattr(frame, "n") else len(frame)
    return 0 if rules is None else len(rules)
