"""Where rules and learner meet: one probability, one grade, with floors and caps. The one place for it.

Without labels a unit scores by its rules alone: a *noisy or* over the severities of the rules that fired, so that more and graver rules never lower it.
With labels the learner, which has the rules among its inputs (monotone in them), gives the calibrated probability.

- a rule may set a floor; - a rule that is a single keyword cannot take a unit beyond blue; - hits seen only through aggressive normalising (sound-alikes,
separators …) cannot take it beyond yellow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk.domain.grades import Grade

Floats = npt.NDArray[np.float64]

FIXED_CUTOFFS: Mapping[Grade, float] = {Grade.RED: 0.85, Grade.ORANGE: 0.70, Grade.YELLOW: 0.55, Grade.BLUE: 0.40}
"""Cut-offs while there are no labels (a design choice of this project, editable; no law sets them)."""

KEYWORD_WEIGHT = 0.42
"""The most that a rule which is one keyword counts for: just above the cut-off of blue."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """The lowest probability of each grade."""

    red: float = FIXED_CUTOFFS[Grade.RED]
    orange: float = FIXED_CUTOFFS[Grade.ORANGE]
    yellow: float = FIXED_CUTOFFS[Grade.YELLOW]
    blue: float = FIXED_CUTOFFS[Grade.BLUE]

    def grades(self, probability: Floats) -> npt.NDArray[np.int64]:
        """The grade of each probability.

        >>> Cutoffs().grades(np.array([0.1, 0.4, 0.9])).tolist()
        [0, 1, 4]
        """
        edges = np.array([self.blue, self.yellow, self.orange, self.red])
        return np.searchsorted(edges, probability, side="right")

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Cutoffs:
        """From a mapping of grade code to probability; missing grades keep the fixed cut-off."""
        return cls(**{name: float(values[name]) for name in ("red", "orange", "yellow", "blue") if name in values})


def noisy_or(fired: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """1 − Π(1 − weight) over the rules that fired, row by row.

    >>> noisy_or(np.array([[True, True], [False, False]]), np.array([0.5, 0.5])).tolist()
    [0.75, 0.0]
    """
    if not len(weights):
        return np.zeros(len(fired))
    return 1.0 - np.exp(np.where(fired, np.log1p(-np.minimum(weights, 0.999)), 0.0).sum(axis=1))


def grade(
    probability: Floats, cutoffs: Cutoffs, *, floors: npt.NDArray[np.int64] | None = None, caps: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.int64]:
    """Grades with the floors that rules ask for, then the caps that weak evidence sets (a cap wins over a floor).

    >>> grade(np.array([0.1, 0.99]), Cutoffs(), floors=np.array([2, 0]), caps=np.array([4, 2])).tolist()
    [2, 2]
    """
    grades = cutoffs.grades(probability)
    if floors is not None:
        grades = np.maximum(grades, floors)
    return np.minimum(grades, caps) if caps is not None else grades
