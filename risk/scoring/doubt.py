"""Where the learner is unsure, said of the probability that is shown: its interval goes through the same fusion and floors as the probability itself.

Rules alone give no interval and no doubt: nothing was calibrated, so nothing is known (None), which is not *sure*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from risk.scoring import fusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.uncertainty import Uncertainty

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Doubt:
    """The interval of each unit's probability, and whether a person should see the unit before anyone relies on the model."""

    low: Floats
    high: Floats
    unsure: npt.NDArray[np.bool_]

    def raised(self, floors: fusion.Ranks) -> Doubt:
        """As the probability is raised by the floors of rules."""
        return Doubt(fusion.raised(self.low, floors), fusion.raised(self.high, floors), self.unsure)

    def take(self, rows: Sequence[int]) -> Doubt:
        """Some of the units."""
        return Doubt(self.low[rows], self.high[rows], self.unsure[rows])

    def told(self, row: int) -> dict[str, Any]:
        """One unit, for its evidence."""
        return {"low": round(float(self.low[row]), 4), "high": round(float(self.high[row]), 4), "unsure": bool(self.unsure[row])}


def doubt_of(more: Mapping[str, Any], alone: Floats, fused: Callable[[Floats], Floats]) -> Doubt | None:
    """The doubt of a learner about its own probabilities ``alone``, carried to the fused ones; None for a learner that was never calibrated for it.

    >>> doubt_of({}, np.array([0.5]), lambda p: p) is None
    True
    """
    found = _stored(more)
    if found is None:
        return None
    low, high = found.interval(alone)
    low, high = np.minimum(low, alone), np.maximum(high, alone)
    return Doubt(fused(low), fused(high), found.unsure(alone))


def _stored(more: Mapping[str, Any]) -> Uncertainty | None:
    from models.uncertainty import Uncertainty

    return Uncertainty.of(more["uncertainty"]) if more.get("uncertainty") else None
