"""What would a setting of grades mean? Cases run through cut-offs and the weekly capacity of offices: how many alerts, how right, how many missed, who waits.

First the cut-offs (`models.grades.solve`: a promised precision each), then the offices: in each week an office takes the gravest of what is new and what
has waited, as many as it can; red is never cut off, and it counts. What is left waits for the next week and is offered again, and what still waits at the
end is listed. A quiet week gives no alerts: capacity is a limit, never a quota.

Precision is about the alerts that were verified. Recall needs units that were *not* alerted and yet verified (a random audit sample, weighted by its inverse
probability): without one it is known only among verified units, and said to be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grades import CODES, Cutoffs, wilson
from models.inputs import Floats

RED = len(CODES)
"""The rank of red; blue is 1, none 0."""


@dataclass(frozen=True, slots=True)
class Cases:
    """n units that may become alerts, in the order they came. All of length n.

    ``labels``: 1, 0, or NaN where nobody verified. ``weights``: 1 / probability of being verified. ``weeks``: number of the week, 0 the first.
    ``floors``, ``caps``: ranks (0 none … 4 red) that rules ask for and weak evidence allows. ``first``: served before its peers of one grade (unsure).
    """

    probability: Floats
    labels: Floats
    weights: Floats
    offices: Sequence[str]
    weeks: npt.NDArray[np.int64]
    floors: npt.NDArray[np.int64] | None = None
    caps: npt.NDArray[np.int64] | None = None
    first: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.probability)

    def plain(self, cutoffs: Cutoffs) -> npt.NDArray[np.int64]:
        """The grade of each case by its probability alone, as a rank."""
        edges = np.array([getattr(cutoffs, code) for code in reversed(CODES)])
        return np.asarray(np.searchsorted(edges, self.probability, side="right").astype(np.int64))

    def ranks(self, cutoffs: Cutoffs) -> npt.NDArray[np.int64]:
        """The grade of each case as a rank, floors and caps included; a cap wins over a floor."""
        ranks = self.plain(cutoffs)
        if self.floors is not None:
            ranks = np.maximum(ranks, self.floors)
        return np.minimum(ranks, self.caps) if self.caps is not None else ranks


@dataclass(frozen=True, slots=True)
class Served:
    """What offices took: for each case the week it was issued in, or -1. ``ranks`` are the grades; an alarm that was never issued still waits."""

    ranks: npt.NDArray[np.int64]
    issued: npt.NDArray[np.int64]
    plain: npt.NDArray[np.int64]
    """The grade by probability alone: where it is lower, a rule's floor made the alert, and no cut-off promises anything of it."""
    loads: Mapping[tuple[str, int], tuple[int, int, int]] = field(default_factory=dict)
    """(office, week) → (offered, issued, waiting after it)."""

    @property
    def waiting(self) -> list[int]:
        """The list that capacity cuts off: alarms that no week had room for, gravest first among those of a week."""
        return np.flatnonzero((self.ranks > 0) & (self.issued < 0)).tolist()


def serve(
    cases: Cases, cutoffs: Cutoffs, capacity: Mapping[str, int], weeks: int, taken: Mapping[tuple[str, int], int] | None = None
) -> Served:
    """Run the cases through ``weeks`` weeks. ``capacity``: cases a week, an office; one that is not named takes none but red. ``taken``: what other models
    issued to an office in a week.

    >>> cases = Cases(np.array([0.9, 0.6, 0.7, 0.1]), np.full(4, np.nan), np.ones(4), ["a"] * 4, np.zeros(4, dtype=np.int64))
    >>> from models.grades import FIXED_CUTOFFS
    >>> serve(cases, FIXED_CUTOFFS, {"a": 2}, weeks=1).issued.tolist(), serve(cases, FIXED_CUTOFFS, {"a": 2}, weeks=2).issued.tolist()
    ([0, -1, 0, -1], [0, 1, 0, -1])
    """
    ranks = cases.ranks(cutoffs)
    issued = np.full(len(cases), -1, dtype=np.int64)
    first = np.zeros(len(cases), dtype=bool) if cases.first is None else cases.first
    arrivals: dict[tuple[str, int], list[int]] = defaultdict(list)
    for i in np.flatnonzero(ranks > 0).tolist():
        arrivals[cases.offices[i], int(cases.weeks[i])].append(i)
    loads: dict[tuple[str, int], tuple[int, int, int]] = {}
    for office in sorted({office for office, _ in arrivals}):
        waiting: list[int] = []
        for week in range(weeks):
            offered = arrivals.get((office, week), [])
            pool = sorted([*waiting, *offered], key=lambda i: (-ranks[i], not first[i], -cases.probability[i], i))
            room = capacity.get(office, 0) - (taken or {}).get((office, week), 0)
            took: set[int] = set()
            for i in pool:
                if ranks[i] == RED or len(took) < room:
                    took.add(i)
                    issued[i] = week
            waiting = [i for i in pool if i not in took]
            loads[office, week] = (len(offered), len(took), len(waiting))
    return Served(ranks, issued, cases.plain(cutoffs), loads)


def expected(cases: Cases, served: Served, weeks: int, *, audited: bool, seed: int = 0) -> dict[str, Any]:
    """Alerts a week, precision and recall with intervals, as the cut-offs alone would have it and as the offices took them; each grade apart.

    ``audited``: whether the labels hold a random sample of what was not alerted. Without it recall is ``among_verified`` only.
    """
    alarm, taken = served.ranks > 0, served.issued >= 0
    told: dict[str, Any] = {"weeks": weeks, "cases": len(cases), "labelled": int((~np.isnan(cases.labels)).sum()), "audited": audited}
    told["recall_is"] = "of_all" if audited else "among_verified"
    told["by_cutoffs"] = _figures(cases, alarm, weeks, audited, seed)
    told["with_capacity"] = _figures(cases, taken, weeks, audited, seed) | {"waiting": int((alarm & ~taken).sum())}
    told["grades"] = {
        code: {
            "alerts": int((served.ranks == rank).sum()),
            "issued": int(((served.ranks == rank) & taken).sum()),
            "by_floor": int(((served.ranks == rank) & (served.plain < rank)).sum()),
            "per_week": _per_week(served.issued[(served.ranks == rank) & taken], weeks),
            "precision": _precision(cases, served.ranks == rank),
        }
        for rank, code in sorted(enumerate(reversed(CODES), 1), reverse=True)
    }
    return told


def curve(cases: Cases, weeks: int, cuts: Sequence[float]) -> list[dict[str, Any]]:
    """For each cut by probability alone: how many cases a week lie at or above it, how right the verified among them were, and which share of what was verified
    as true lies there (``found``; None without any). Rules' floors and caps are left out: they do not move with a cut.

    >>> cases = Cases(np.array([0.9, 0.6, 0.3]), np.array([1.0, 0.0, 1.0]), np.ones(3), ["a"] * 3, np.zeros(3, dtype=np.int64))
    >>> [(point["cut"], point["alerts"], point["precision"]["value"], point["found"]) for point in curve(cases, 1, [0.2, 0.5])]
    [(0.2, 3, 0.6666666666666666, 1.0), (0.5, 2, 0.5, 0.5)]
    """
    true = np.nan_to_num(cases.labels) > 0
    mass = float(cases.weights[true].sum())
    told = []
    for cut in cuts:
        chosen = cases.probability >= cut
        found = float(cases.weights[true & chosen].sum()) / mass if mass > 0 else None
        precision = _precision(cases, chosen)
        told.append(
            {
                "cut": cut,
                "alerts": int(chosen.sum()),
                "per_week": float(chosen.sum()) / max(weeks, 1),
                "precision": precision,
                "found": found,
            }
        )
    return told


def _figures(cases: Cases, chosen: npt.NDArray[np.bool_], weeks: int, audited: bool, seed: int) -> dict[str, Any]:
    return {
        "alerts": int(chosen.sum()),
        "per_week": _per_week(cases.weeks[chosen], weeks),
        "precision": _precision(cases, chosen),
        "recall": _recall(cases, chosen, audited, seed),
    }


def _per_week(weeks: npt.NDArray[np.int64], count: int) -> dict[str, float] | None:
    """The mean a week with a 95 % interval: that of a Poisson count, widened where weeks scatter more than chance would have it."""
    from scipy.stats import chi2

    if count < 1:
        return None
    counts = np.bincount(weeks, minlength=count)[:count]
    total, mean = int(counts.sum()), float(counts.mean())
    spread = max(1.0, float(counts.var(ddof=1)) / mean) if count > 1 and mean > 0 else 1.0
    n = total / spread
    low = float(chi2.ppf(0.025, 2 * n)) / 2 if n > 0 else 0.0
    return {"value": mean, "low": low * spread / count, "high": float(chi2.ppf(0.975, 2 * n + 2)) / 2 * spread / count}


def _precision(cases: Cases, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    known = chosen & ~np.isnan(cases.labels)
    w = cases.weights[known]
    if not len(w):
        return {"value": None, "low": 0.0, "high": 1.0, "n": 0}
    share, n = float((w * (cases.labels[known] > 0)).sum() / w.sum()), float(w.sum() ** 2 / (w**2).sum())
    low, high = wilson(share * n, n)
    return {"value": share, "low": low, "high": high, "n": int(known.sum())}


def _recall(cases: Cases, chosen: npt.NDArray[np.bool_], audited: bool, seed: int) -> dict[str, Any]:
    known = ~np.isnan(cases.labels)
    positive = known & (np.nan_to_num(cases.labels) > 0)
    if audited:
        from models.audit import estimate

        sizes = (float(chosen.sum()), float((~chosen).sum()))
        truth = (cases.labels[known] > 0).astype(np.float64)
        told = estimate(truth, 1.0 / np.maximum(cases.weights[known], 1.0), chosen[known], totals=sizes, seed=seed)["recall"]
        return {**told, "n": int(positive.sum())}
    n = int(positive.sum())
    low, high = wilson(float((positive & chosen).sum()), float(n))
    return {"value": float((positive & chosen).sum()) / n if n else None, "low": low, "high": high, "n": n}
