"""How often a source of data delivers, learnt from when it did or set by a person, and whether it is late. Pure; the limits are ``data/sources.toml``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Literal

from risk.domain.datafiles import read_toml

Status = Literal["fresh", "late", "silent", "unknown", "off"]
"""``unknown``: too little came to know a rhythm; ``off``: nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a source is late, and when too much of it is refused or known already."""

    window: timedelta
    least_arrivals: int
    share: float
    merge: timedelta
    late: float
    silent: float
    least: timedelta
    quarantine: float
    duplicates: float


@cache
def limits() -> Limits:
    """The limits in force.

    >>> limits().window.days, limits().late
    (60, 1.5)
    """
    rhythm, shares = (read_toml("sources.toml")[part] for part in ("rhythm", "shares"))
    return Limits(
        timedelta(days=rhythm["window_days"]),
        rhythm["least_arrivals"],
        rhythm["share"],
        timedelta(minutes=rhythm["merge_minutes"]),
        rhythm["late"],
        rhythm["silent"],
        timedelta(minutes=rhythm["least_minutes"]),
        shares["quarantine"],
        shares["duplicates"],
    )


def rhythm(arrivals: Sequence[datetime]) -> timedelta | None:
    """The gap between deliveries that nine of ten kept; nothing where too few came. Arrivals may be in any order.

    >>> from datetime import UTC
    >>> days = [datetime(2026, 10, day, tzinfo=UTC) for day in (1, 2, 3, 6, 7, 8, 9, 10, 13)]  # rests at the week's end
    >>> rhythm(days), rhythm(days[:3])
    (datetime.timedelta(days=3), None)
    """
    rules = limits()
    moments: list[datetime] = []
    for one in sorted(arrivals):
        if not moments or one - moments[-1] >= rules.merge:
            moments.append(one)
    if len(moments) < rules.least_arrivals:
        return None
    gaps = sorted(b - a for a, b in pairwise(moments))
    return max(gaps[math.ceil(rules.share * len(gaps)) - 1], rules.least)


def status(last: datetime | None, expected: timedelta | None, now: datetime, *, watched: bool = True) -> Status:
    """How a source stands.

    >>> from datetime import UTC
    >>> now, day = datetime(2026, 10, 12, tzinfo=UTC), timedelta(days=1)
    >>> [status(now - n * day, day, now) for n in (1, 2, 4)], status(now, None, now), status(None, day, now, watched=False)
    (['fresh', 'late', 'silent'], 'unknown', 'off')
    """
    if not watched:
        return "off"
    if last is None or expected is None:
        return "unknown"
    gaps = (now - last) / expected
    return "silent" if gaps > limits().silent else "late" if gaps > limits().late else "fresh"
