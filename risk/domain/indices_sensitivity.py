"""How much a ranking depends on its weights: each weight is raised and lowered by a fifth, the others share the difference, and the places are ranked again.

One weight at a time, the others kept in proportion, as usual for composite indicators (OECD and JRC, *Handbook on Constructing Composite Indicators*, 2008,
step 7). Kendall's tau says how alike two rankings are: 1 the same, 0 unrelated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from risk.domain.indices import compose, rules

Scores = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, slots=True)
class RankRange:
    """A place: its rank, and the best and worst it takes while single weights move. Rank 1 has most risk."""

    place: str
    value: float | None
    rank: int | None
    best: int | None
    worst: int | None


@dataclass(frozen=True, slots=True)
class WeightMove:
    """What moving one weight does: Kendall's tau with the ranking as it is, and how many places change their rank."""

    code: str
    factor: float
    weight: float
    tau: float
    changed: int


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Rank ranges by place and every move, the one with the lowest tau first."""

    change: float
    places: tuple[RankRange, ...]
    moves: tuple[WeightMove, ...]


def sensitivity(weights: Mapping[str, float], scores: Scores, *, change: float | None = None) -> Sensitivity:
    """``scores``: place → indicator → score or None."""
    by = float(rules()["change"]) if change is None else change
    base = _values(weights, scores)
    ranks = ranked(base)
    every = {place: [rank] for place, rank in ranks.items()}
    moves = []
    for code in (code for code, weight in weights.items() if weight > 0):
        for factor in (1 - by, 1 + by):
            moved = moved_weights(weights, code, factor)
            found = _values(moved, scores)
            other = ranked(found)
            for place, rank in other.items():
                every[place].append(rank)
            changed = sum(other[place] != ranks[place] for place in ranks)
            moves.append(WeightMove(code, factor, moved[code], kendall(_known(base, ranks), _known(found, ranks)), changed))
    places = tuple(
        RankRange(place, base[place], ranks.get(place), min(every[place], default=None), max(every[place], default=None))
        if place in ranks
        else RankRange(place, None, None, None, None)
        for place in sorted(base, key=lambda one: (ranks.get(one, len(base) + 1), one))
    )
    return Sensitivity(by, places, tuple(sorted(moves, key=lambda one: (one.tau, one.code, one.factor))))


def moved_weights(weights: Mapping[str, float], code: str, factor: float) -> dict[str, float]:
    """One weight times ``factor`` (at most all there is), the others in proportion, the sum one.

    >>> {c: round(w, 3) for c, w in moved_weights({"a": 0.5, "b": 0.25, "c": 0.25}, "a", 1.2).items()}
    {'a': 0.6, 'b': 0.2, 'c': 0.2}
    """
    total = sum(weights.values())
    mine = min(weights[code] / total * factor, 1.0)
    rest = total - weights[code]
    return {one: mine if one == code else (weight / rest * (1 - mine) if rest > 0 else 0.0) for one, weight in weights.items()}


def ranked(values: Mapping[str, float | None]) -> dict[str, int]:
    """Ranks from 1 (most risk) of places whose index is known; equals share the better one.

    >>> ranked({"a": 50.0, "b": 70.0, "c": 50.0, "d": None})
    {'a': 2, 'b': 1, 'c': 2}
    """
    known = {place: round(value, 9) for place, value in values.items() if value is not None}
    return {place: 1 + sum(other > value for other in known.values()) for place, value in known.items()}


def kendall(first: Sequence[float], second: Sequence[float]) -> float:
    """Kendall's tau-b of two rows of values; 1 where there is nothing to tell apart.

    >>> kendall([1, 2, 3], [1, 2, 3]), kendall([1, 2, 3], [3, 2, 1])
    (1.0, -1.0)
    """
    agree = ties_a = ties_b = 0
    pairs = 0
    for i in range(len(first)):
        for j in range(i + 1, len(first)):
            a, b = _sign(first[j] - first[i]), _sign(second[j] - second[i])
            pairs, agree, ties_a, ties_b = pairs + 1, agree + a * b, ties_a + (a == 0), ties_b + (b == 0)
    scale = sqrt((pairs - ties_a) * (pairs - ties_b))
    return agree / scale if scale else 1.0


def _sign(value: float) -> int:
    return (value > 1e-9) - (value < -1e-9)


def _values(weights: Mapping[str, float], scores: Scores) -> dict[str, float | None]:
    return {place: compose(weights, one).value for place, one in scores.items()}


def _known(values: Mapping[str, float | None], ranks: Mapping[str, int]) -> list[float]:
    return [value if (value := values[place]) is not None else 0.0 for place in ranks]
