"""Who checks, how many, how well and when: a warning goes to the office of its region, which has so many checks a week and is sometimes wrong.

What a check of a unit would find is drawn with the unit, so two policies that ask for the same unit get the same answer at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.simulation.truth import REGIONS, Truth
from experiments.simulation.world import REGION_SIZE, Flags, Floats, Ints, Units


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check of each unit would find: ``confirmed`` is 1, 0 or NaN (no verdict, ever), from ``week`` on."""

    confirmed: Floats
    week: Ints


class Offices:
    """One office a region, with its own accuracy and its share of the capacity."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self.truth = truth
        rng = np.random.default_rng([seed, 6])
        self.sensitivity = rng.uniform(*truth.sensitivity, REGIONS)
        self.specificity = rng.uniform(*truth.specificity, REGIONS)

    def capacity(self, week: int, reserved: int = 0) -> Ints:
        """Checks of each office in a week; the rest of an uneven share moves round from week to week. ``reserved`` are not for warnings."""
        total = max(self.truth.capacity - reserved, 0)
        exact = total * REGION_SIZE
        whole: Ints = np.floor(exact).astype(np.int64)
        rest = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
        whole[(rest + week) % REGIONS] += 1
        return whole

    def warned(self, units: Units, score: Floats, reserved: int = 0) -> Flags:
        """The highest scores of each office and week, as many as it can check. What is above and not taken is cut off by capacity."""
        taken = np.zeros(units.n, dtype=np.bool_)
        order = np.lexsort((-score, units.region, units.week))
        key = units.week[order] * REGIONS + units.region[order]
        first = np.concatenate([[True], np.diff(key) != 0])
        begin = np.maximum.accumulate(np.where(first, np.arange(len(key)), 0))
        weeks = np.unique(units.week)
        limit = np.array([self.capacity(int(week), reserved) for week in weeks])
        taken[order] = np.arange(len(key)) - begin < limit[np.searchsorted(weeks, units.week[order]), units.region[order]]
        return taken

    def findings(self, units: Units) -> Findings:
        """What a check of each unit would find, and when that would be known."""
        truth = self.truth
        right = np.where(units.offence, self.sensitivity[units.region], self.specificity[units.region])
        confirmed = np.where(units.luck[:, 0] < right, units.offence, ~units.offence).astype(np.float64)
        lost = units.luck[:, 1] < np.where(units.offence, truth.untraceable[1], truth.untraceable[0])
        return Findings(np.where(lost, np.nan, confirmed), units.week + units.delay)
