"""Random inspection plans (双随机抽查): how likely each subject is to be drawn, the draw, who inspects. Pure; the seed decides everything.

**The draw** is systematic sampling with unequal probabilities (W. G. Madow, Ann. Math. Stat. 20, 1949) over a random order (H. O. Hartley and J. N. K. Rao,
Ann. Math. Stat. 33, 1962): the number drawn is fixed and the chance of every subject is *exactly* the one it was given, so that what the sample stands for is
known (Horvitz and Thompson 1952). Weighted reservoir draws (Efraimidis and Spirakis 2006) are as easy, but their chances of inclusion are not known.

**The random audit sample** is drawn beside it, independently, among subjects without an alert, each as likely as any other. Who is in both is inspected once; the chance
of being in either is ``1 − (1 − p)(1 − q)``.

Order and start come from SHA-256 of the seed, so that the same draw comes out on any machine and in any language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.signals import digest

WEIGHTED, AUDIT, BOTH = "weighted", "audit", "both"

register(
    {
        "plan_rates": ("抽查倍率须为正数：{name}", "a rate is a positive number: {name}"),
        "plan_rate_unknown": ("没有这一类或等级：{name}", "no such class or grade: {name}"),
        "plan_size": (
            "抽取数须在 1 到 {most} 之间，且不超过可抽对象 {units} 个",
            "draw from 1 to {most}, and no more than the {units} that there are",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Rates:
    """How much likelier than another a subject is drawn, by credit class and by the grade of its gravest alert."""

    classes: Mapping[str, float]
    grades: Mapping[str, float]

    def size(self, credit_class: str | None, grade: str | None) -> float:
        """The measure of size of a subject.

        >>> default_rates().size("D", "red"), default_rates().size(None, None), default_rates().size("A", "none")
        (12.0, 1.0, 0.3)
        """
        return self.classes[credit_class or "unknown"] * self.grades[grade or "none"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A subject of the population: ``size`` as of :class:`Rates`; ``alerted``: whether it has an alert, so that it is none of the audit sample's."""

    id: int
    size: float
    alerted: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A subject drawn. ``weighted`` and ``audit``: its chance in either draw; ``probability``: of being in the plan at all."""

    id: int
    by: str
    weighted: float
    audit: float
    probability: float


def default_rates() -> Rates:
    """Those of ``random_plans.toml``."""
    data = read_toml("random_plans.toml")
    return Rates(dict(data["classes"]), dict(data["grades"]))


def rates_with(classes: Mapping[str, float], grades: Mapping[str, float]) -> Rates:
    """The default rates with some changed. ``plan_rate_unknown``, ``plan_rates``."""
    known = default_rates()
    for given, there in ((classes, known.classes), (grades, known.grades)):
        for name, rate in given.items():
            if name not in there:
                raise InvalidInputError("plan_rate_unknown", name=name[:40])
            if not 0 < rate <= 1000:
                raise InvalidInputError("plan_rates", name=name)
    return Rates({**known.classes, **classes}, {**known.grades, **grades})


def inclusion(sizes: Sequence[float], count: int) -> list[float]:
    """The chance of each to be among ``count`` drawn, in proportion to its size, at most 1; they sum to ``count``.

    >>> inclusion([1.0, 1.0, 2.0], 2), inclusion([1.0, 1.0, 8.0], 2)
    ([0.5, 0.5, 1.0], [0.5, 0.5, 1.0])
    """
    chances = [0.0] * len(sizes)
    left, waiting = count, list(range(len(sizes)))
    while waiting and left > 0:
        total = fsum(sizes[i] for i in waiting)
        certain = [i for i in waiting if sizes[i] * left >= total * (1 - 1e-12)]
        if not certain:
            for i in waiting:
                chances[i] = sizes[i] * left / total
            break
        for i in certain[:left]:
            chances[i] = 1.0
        left -= len(certain[:left])
        chosen = set(certain)
        waiting = [i for i in waiting if i not in chosen]
    return chances


def systematic(ids: Sequence[int], chances: Sequence[float], seed: str) -> list[int]:
    """The ids drawn, in the order of the lots: each with exactly its chance, as many as the chances sum to.

    >>> systematic([1, 2, 3, 4], [0.5, 0.5, 0.5, 0.5], "s") == systematic([4, 3, 2, 1], [0.5, 0.5, 0.5, 0.5], "s")
    True
    >>> len(systematic(range(1, 101), [0.1] * 100, "2026"))
    10
    """
    chance = dict(zip(ids, chances, strict=True))
    start = lot(seed, "start")
    drawn, passed = [], 0.0
    reached = 0  # how many steps of one, from the start, lie behind
    for one in sorted(chance, key=lambda unit: (lot(seed, str(unit)), unit)):
        passed += chance[one]
        if chance[one] >= 1 - 1e-12 or passed > start + reached + 1e-9:
            drawn.append(one)
            reached += 1
    return drawn


def draw(units: Sequence[Unit], count: int, audit: int, seed: str) -> list[Drawn]:
    """The plan: ``count`` by size, ``audit`` of those without an alert, in the order of their ids. ``plan_size`` for more than there are."""
    most = int(read_toml("random_plans.toml")["plan"]["most"])
    quiet = [unit for unit in units if not unit.alerted]
    for asked, there in ((count, len(units)), (audit, len(quiet))):
        if asked < 0 or asked > min(there, most) or not count + audit:
            raise InvalidInputError("plan_size", most=most, units=there)
    weighted = dict(zip((u.id for u in units), inclusion([u.size for u in units], count), strict=True))
    even = audit / len(quiet) if quiet else 0.0
    first = set(systematic(list(weighted), list(weighted.values()), f"{seed}/weighted"))
    second = set(systematic([u.id for u in quiet], [even] * len(quiet), f"{seed}/audit"))
    alerted = {u.id for u in units if u.alerted}
    drawn = []
    for one in sorted(first | second):
        p, q = weighted[one], 0.0 if one in alerted else even
        by = BOTH if one in first and one in second else WEIGHTED if one in first else AUDIT
        drawn.append(Drawn(one, by, p, q, 1 - (1 - p) * (1 - q)))
    return drawn


def pair(units: Sequence[int], officers: Sequence[str], seed: str, *, each: int) -> dict[int, tuple[str, ...]]:
    """Who inspects what: ``each`` officers for a unit, by lot among those who have the fewest so far, so that the work is even.

    >>> told = pair([1, 2, 3, 4], ["甲", "乙", "丙", "丁"], "s", each=2)
    >>> [sum(name in two for two in told.values()) for name in "甲乙丙丁"], all(len(set(two)) == 2 for two in told.values())
    ([2, 2, 2, 2], True)
    """
    load = dict.fromkeys(officers, 0)
    told: dict[int, tuple[str, ...]] = {}
    for unit in sorted(units, key=lambda one: (lot(seed, f"turn/{one}"), one)):
        order = sorted(load, key=lambda name: (load[name], lot(seed, f"{unit}/{name}"), name))
        told[unit] = tuple(sorted(order[:each]))
        for name in told[unit]:
            load[name] += 1
    return told


def lot(seed: str, what: str) -> float:
    """A number in [0, 1) from the seed.

    >>> 0 <= lot("a", "b") < 1 and lot("a", "b") != lot("a", "c")
    True
    """
    return int(digest(["plan", seed, what])[:13], 16) / 16**13
