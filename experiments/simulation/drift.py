"""What is injected: from one round on, a new kind of offence takes a share of all, and the last channel grows. Before, neither is there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from experiments.simulation.truth import CHANNELS, Truth

Floats = npt.NDArray[np.float64]

BEFORE = 0.10
"""Share of the last channel before anything is injected."""


def injected(truth: Truth, number: int) -> bool:
    """Whether it has happened by that round.

    >>> from experiments.simulation.truth import setting
    >>> [injected(setting("main"), n) for n in (2, 3, 4)], injected(setting("still"), 6)
    ([False, True, True], False)
    """
    return 0 < truth.drift_at <= number


def channel_shares(truth: Truth, number: int) -> Floats:
    """Of all units, by channel, in a round."""
    last = truth.mix_to if injected(truth, number) else BEFORE
    return np.append(np.full(CHANNELS - 1, (1 - last) / (CHANNELS - 1)), last)


def scheme_shares(truth: Truth, number: int) -> Floats:
    """Of all offences, by kind; the new kind is the last."""
    new = truth.new_scheme if injected(truth, number) else 0.0
    old = np.arange(truth.schemes, 0, -1, dtype=np.float64)
    return np.append((1 - new) * old / old.sum(), new)
