"""What a policy has asked for and been told: checked units as they looked, verdicts, when each became known, how likely it was to be asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.simulation.learner import Floats, Frame, Ints, joined

Flags = npt.NDArray[np.bool_]


MOST_UNITS = 10_000_000


def unit(number: int, row: Ints) -> Ints:
    """A round and rows in it as one number each.

    >>> (unit(2, np.array([7])) // MOST_UNITS).tolist(), (unit(2, np.array([7])) % MOST_UNITS).tolist()
    ([2], [7])
    """
    return number * MOST_UNITS + row


@dataclass(frozen=True)
class Checked:
    """Rows of checked units with a verdict. ``probability``: of being checked; ``known``: the week of the verdict; ``unit``: round and number, see `unit`."""

    rows: Frame
    verdict: Floats
    known: Ints
    subject: Ints
    probability: Floats
    unit: Ints

    @property
    def n(self) -> int:
        """How many."""
        return len(self.verdict)

    def take(self, chosen: Flags) -> Checked:
        """Some of them."""
        at: Ints = np.flatnonzero(chosen)
        return Checked(self.rows.take(at), self.verdict[at], self.known[at], self.subject[at], self.probability[at], self.unit[at])

    def __add__(self, more: Checked) -> Checked:
        return Checked(
            joined([self.rows, more.rows]),
            np.concatenate([self.verdict, more.verdict]),
            np.concatenate([self.known, more.known]),
            np.concatenate([self.subject, more.subject]),
            np.concatenate([self.probability, more.probability]),
            np.concatenate([self.unit, more.unit]),
        )
