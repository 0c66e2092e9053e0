"""Times of rivals that do the same work: in one process, taking turns, equal results asserted first.

Trust ratios of 1.3 and more, not absolute numbers: other work on the machine hits all rivals of a row alike, but not all rows.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rival:
    """A way to do the work. ``share``: the part of the rows it is given (slow ones get fewer); its times are divided by it.

    ``own_clock``: it runs in another process and returns the seconds that it took there.
    """

    name: str
    run: Callable[[], Any]
    share: float = 1.0
    own_clock: bool = False

    def seconds(self, clock: Callable[[], float] = time.perf_counter) -> float:
        """How long the whole work takes it."""
        began = clock()
        told = self.run()
        taken = float(told) if self.own_clock else clock() - began
        return taken / self.share


def race(
    what: str,
    unit: str,
    amount: float,
    rivals: Sequence[Rival],
    *,
    turns: int = 3,
    note: str = "",
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """Medians of all rivals, the first being ours; ``amount`` is how many units the whole work has.

    >>> told = race("sum", "numbers/s", 100, [Rival("sum", lambda: sum(range(100))), Rival("loop", lambda: [x for x in range(100)])], turns=1)
    >>> [r["name"] for r in told["rivals"]], told["rivals"][0]["ratio"]
    (['sum', 'loop'], 1.0)
    """
    seconds: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    for _ in range(turns):
        for rival in rivals:
            seconds[rival.name].append(rival.seconds(clock))
    ours = statistics.median(seconds[rivals[0].name])
    told = []
    for rival in rivals:
        mine = seconds[rival.name]
        middle = statistics.median(mine)
        told.append(
            {
                "name": rival.name,
                "rate": round(amount / middle, 1),
                "ratio": round(middle / ours, 2),
                "seconds": [round(s, 5) for s in mine],
                "share": rival.share,
            }
        )
    return {"what": what, "unit": unit, "amount": amount, "turns": turns, "note": note, "rivals": told}


def same(what: str, *results: Any) -> None:
    """Refuse to time rivals whose results differ."""
    if any(one != results[0] for one in results[1:]):
        raise AssertionError(f"{what}: the rivals do not give the same result")
