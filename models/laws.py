"""Laws that every model passes before promotion, as code that runs.

Each law takes a `Case` and gives what is wrong, or nothing. They are listed once, in order, in `LAWS`. An outside model passes the same
laws: only ``predict`` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-9
SUMS = 1e-6
"""How far contributions may miss the log-odds that they explain."""
CALIBRATION_ERROR = 0.05
"""Largest expected calibration error (equal-mass bins, out of fold) of a model that may be promoted."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the laws need: the model, rows to try it on, and ways to cut, save and repeat.

    ``take(frame, rows)`` gives some rows of a frame, ``with_columns(frame, columns)`` the frame with another table of columns.
    """

    model: Any
    frame: Any
    rules: pd.DataFrame | None
    take: Callable[[Any, Sequence[int]], Any]
    columns: Callable[[Any], pd.DataFrame]
    with_columns: Callable[[Any, pd.DataFrame], Any]
    weights: Mapping[str, float] = field(default_factory=dict)
    reload: Callable[[Any], Any] | None = None
    """Save the model and load it again."""
    retrain: Callable[[], Any] | None = None
    """Train once more with the same seed."""
    calibration_error: float | None = None

    def score(self, frame: Any = None, rules: Any = None, model: Any = None) -> Any:
        """Probabilities, as an array."""
        import numpy as np

        rules = self.rules if rules is None else rules
        chosen = self.model if model is None else model
        return np.asarray(chosen.predict(self.frame if frame is None else frame, rules), dtype=np.float64)


def order_and_new_columns_do_not_matter(case: Case) -> str | None:
    """Columns may come in any order, with others among them."""
    import numpy as np

    columns = case.columns(case.frame)
    turned = columns[list(reversed(columns.columns))].assign(**{"a new column": 7.0})
    rules = None if case.rules is None else case.rules[list(reversed(case.rules.columns))].assign(**{"rule:never seen": 1.0})
    return _same(case.score(), case.score(case.with_columns(case.frame, turned), rules), "columns in another order", np)


def missing_values_do_not_crash(case: Case) -> str | None:
    """All unknown, some unknown, no column at all: still a probability."""
    import numpy as np

    columns = case.columns(case.frame)
    for told, table in (("all values missing", columns.astype("float64") * np.nan), ("no columns", columns.iloc[:, :0])):
        rules = None if case.rules is None else case.rules * np.nan
        problem = _probabilities(case.score(case.with_columns(case.frame, table), rules), told, np)
        if problem:
            return problem
    return None


def gives_probabilities(case: Case) -> str | None:
    """Each row has one number from 0 to 1."""
    import numpy as np

    return _probabilities(case.score(), "as given", np)


def inputs_are_not_changed(case: Case) -> str | None:
    """Scoring leaves its inputs as they were."""
    before, rules = case.columns(case.frame).copy(deep=True), None if case.rules is None else case.rules.copy(deep=True)
    case.score()
    kept = rules is None or (case.rules is not None and rules.equals(case.rules))
    if not kept or not before.equals(case.columns(case.frame)):
        return "scoring changed its inputs"
    return None


def batch_equals_single(case: Case) -> str | None:
    """A row scores the same alone and among others."""
    import numpy as np

    whole = case.score()
    for row in sorted({0, len(whole) // 2, len(whole) - 1}):
        rules = None if case.rules is None else case.rules.iloc[[row]]
        alone = np.asarray(case.model.predict(case.take(case.frame, [row]), rules))
        if abs(float(alone[0]) - float(whole[row])) > TOLERANCE:
            return f"row {row} scores {whole[row]:.9f} among others and {float(alone[0]):.9f} alone"
    return None


def saved_equals_loaded(case: Case) -> str | None:
    """What is stored gives the very same numbers."""
    import numpy as np

    if case.reload is None:
        return None
    return (
        None if np.array_equal(case.score(), case.score(model=case.reload(case.model))) else "a saved and loaded model scores differently"
    )


def seeding_repeats(case: Case) -> str | None:
    """The same data and seed give the same model."""
    import numpy as np

    if case.retrain is None:
        return None
    return _same(case.score(), case.score(model=case.retrain()), "trained again with the same seed", np)


def more_severity_never_lowers(case: Case) -> str | None:
    """One more rule that fires never lowers the probability."""
    if case.rules is None:
        return None
    base = case.score(rules=case.rules.fillna(0.0))
    for name in case.rules.columns:
        up = case.score(rules=case.rules.fillna(0.0).assign(**{name: 1.0}))
        if (up < base - TOLERANCE).any():
            return f"the probability falls when {name} fires"
    return None


def graver_rules_never_lower(case: Case) -> str | None:
    """A rule that is made graver never lowers the probability of a row in which it fired."""
    if case.rules is None or not case.weights:
        return None
    on = case.rules.fillna(0.0)
    base = _with_weights(case, on, case.weights)
    for name, weight in case.weights.items():
        up = _with_weights(case, on, {**case.weights, name: (1.0 + weight) / 2})
        if (up < base - TOLERANCE).any():
            return f"the probability falls when {name} becomes graver"
    return None


def contributions_add_up(case: Case) -> str | None:
    """The reasons of a row add up to its log-odds: those of the probability, or the raw ones where steps are drawn after them. Without reasons, no law."""
    import numpy as np

    from models.explain import total

    if not hasattr(case.model, "contributions"):
        return None
    whole = case.score()
    rows = [row for row in sorted({0, len(whole) // 3, 2 * len(whole) // 3, len(whole) - 1}) if 0 < whole[row] < 1]
    if not rows:
        return None
    told = np.array([total(found) for found in case.model.contributions(case.frame, case.rules, rows, top=None)])
    gaps = np.abs(told - np.log(whole[rows] / (1 - whole[rows])))
    if hasattr(case.model, "raw"):
        gaps = np.minimum(gaps, np.abs(told - np.asarray(case.model.raw(case.frame, case.rules))[rows]))
    worst = int(gaps.argmax())
    return None if gaps[worst] <= SUMS else f"the reasons of row {rows[worst]} miss its log-odds by {gaps[worst]:.3g}"


def calibrated(case: Case) -> str | None:
    """The calibration error measured out of fold is within the stated bound."""
    if case.calibration_error is None or case.calibration_error <= CALIBRATION_ERROR:
        return None
    return f"the calibration error is {case.calibration_error:.3f}, more than {CALIBRATION_ERROR}"


LAWS: tuple[Callable[[Case], str | None], ...] = (
    gives_probabilities,
    order_and_new_columns_do_not_matter,
    missing_values_do_not_crash,
    inputs_are_not_changed,
    batch_equals_single,
    saved_equals_loaded,
    seeding_repeats,
    more_severity_never_lowers,
    graver_rules_never_lower,
    contributions_add_up,
    calibrated,
)


def failures(case: Case) -> list[str]:
    """What is broken, as ``law: what is wrong``; empty for a model that may be promoted. A crash is a failure, told as such."""
    told = []
    for law in LAWS:
        try:
            problem = law(case)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if problem:
            told.append(f"{law.__name__}: {problem}")
    return told


def _with_weights(case: Case, rules: Any, weights: Mapping[str, float]) -> Any:
    import numpy as np

    return np.asarray(case.model.predict(case.frame, rules, weights), dtype=np.float64)


def _same(a: Any, b: Any, told: str, np: Any) -> str | None:
    if a.shape != b.shape:
        return f"{told}: {b.shape} rows instead of {a.shape}"
    gap = float(np.abs(a - b).max(initial=0.0))
    return None if gap <= TOLERANCE else f"{told}: scores differ by up to {gap:.3g}"


def _probabilities(p: Any, told: str, np: Any) -> str | None:
    if np.isnan(p).any() or (p < 0).any() or (p > 1).any():
        return f"{told}: not all scores are probabilities"
    return None
