"""Times of rivals that do the same work: in one process, taking turns, equal results asserted first.

Times are of the processor, of this process and of those that it waited for: other work on the machine costs them little. What was waited on the wall stands beside
them. Trust ratios of 1.3 and more, not absolute numbers.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def processor() -> float:
    """Seconds of the processor so far, those of processes that have ended included."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


@dataclass(frozen=True, slots=True)
class Rival:
    """A way to do the work. ``share``: the part of the rows it is given (slow ones get fewer); its times are divided by it.

    ``own_clock``: it runs in another process and returns the seconds that it took there.
    """

    name: str
    run: Callable[[], Any]
    share: float = 1.0
    own_clock: bool = False

    def seconds(self, clock: Callable[[], float] = processor) -> float:
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
    clock: Callable[[], float] = processor,
) -> dict[str, Any]:
    """Medians of all rivals, the first being ours; ``amount`` is how many units the whole work has.

    >>> told = race("sum", "numbers/s", 100, [Rival("sum", lambda: sum(range(10**5))), Rival("loop", lambda: [x for x in range(10**5)])], turns=1)
    >>> [r["name"] for r in told["rivals"]], told["rivals"][0]["ratio"]
    (['sum', 'loop'], 1.0)
    """
    seconds: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    waited: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    for _ in range(turns):
        for rival in rivals:
            began = time.perf_counter()
            seconds[rival.name].append(rival.seconds(clock))
            waited[rival.name].append((time.perf_counter() - began) / rival.share)
    ours = statistics.median(seconds[rivals[0].name])
    told = []
    for rival in rivals:
        middle = statistics.median(seconds[rival.name])
        told.append(
            {
                "name": rival.name,
                "rate": round(amount / max(middle, 1e-9), 1),
                "ratio": round(middle / ours, 3) if ours else 0.0,
                "seconds": [round(s, 5) for s in seconds[rival.name]],
                "wall": [round(s, 5) for s in waited[rival.name]],
                "share": rival.share,
            }
        )
    return {"what": what, "unit": unit, "amount": amount, "turns": turns, "note": note, "rivals": told}


def same(what: str, *results: Any) -> None:
    """Refuse to time rivals whose results differ."""
    if any(one != results[0] for one in results[1:]):
        raise AssertionError(f"{what}: the rivals do not give the same result")
