"""Intervals for proportions, in plain Python."""

from __future__ import annotations

from math import sqrt


def wilson(successes: float, trials: float, z: float = 1.959964) -> tuple[float, float]:
    """The Wilson score interval (Wilson 1927) of a proportion; (0, 1) where nothing was tried.

    >>> low, high = wilson(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if trials <= 0:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
