"""Probability → grade: fixed cut-offs without labels, cut-offs that keep a promised precision with labels. Plain Python.

The promise of a grade is about the alerts that carry it: of the rows between its cut-off and the next graver one, at least the floor is
true, with the lower end of the Wilson interval. Not ok: the precision of *everything above* a cut-off. Where red is nearly always
right, such a blue could be nearly always wrong and still show a good figure. For the same reason no cut-off may sink below the floor of
the next lower grade (blue: below half its own): a probability of 0.15 is no red, however good the company it keeps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

CODES = ("red", "orange", "yellow", "blue")
"""Gravest first. Below blue the code is ``none``."""

FIXED: Mapping[str, float] = {"red": 0.85, "orange": 0.70, "yellow": 0.55, "blue": 0.40}
"""Cut-offs while there are too few labels (domain notes §3.1); a default, settings may give others."""

FLOORS: Mapping[str, float] = {"red": 0.85, "orange": 0.70, "yellow": 0.50, "blue": 0.30}
"""Smallest share of true warnings that a grade promises; a default, settings may give others."""

MIN_LABELS = 200
MIN_POSITIVES = 30
"""Fewer labels than this decide no cut-off."""

NEVER = 1.01
"""The cut-off of a grade that no probability reaches."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Smallest probability of each grade, with where they come from (``fixed`` or ``solved``) and why."""

    red: float
    orange: float
    yellow: float
    blue: float
    source: str = "fixed"
    note: str = ""

    def __post_init__(self) -> None:
        if not self.red >= self.orange >= self.yellow >= self.blue > 0:
            raise ValueError("cut-offs must fall from red to blue and stay above 0")

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Cutoffs:
        """From a mapping of the four grades (and, where there, source and note)."""
        red, orange, yellow, blue = (float(values[c]) for c in CODES)
        return cls(red, orange, yellow, blue, str(values.get("source", "fixed")), str(values.get("note", "")))


FIXED_CUTOFFS = Cutoffs.of(FIXED)


def grade(p: float, cutoffs: Cutoffs = FIXED_CUTOFFS, floor: str | None = None, cap: str | None = None) -> str:
    """The code of the grade; a rule's ``floor`` raises it, a ``cap`` lowers it, and the cap has the last word.

    >>> grade(0.72), grade(0.1, floor="yellow"), grade(0.99, cap="blue"), grade(float("nan"))
    ('orange', 'yellow', 'blue', 'none')
    """
    rank = _rank(next((c for c in CODES if p >= getattr(cutoffs, c)), "none"))
    if floor is not None:
        rank = max(rank, _rank(floor))
    if cap is not None:
        rank = min(rank, _rank(cap))
    return _ORDER[rank]


_ORDER = ("none", *reversed(CODES))


def _rank(code: str) -> int:
    if code not in _ORDER:
        raise ValueError(f"no such grade: {code!r}; one of {', '.join(_ORDER)}")
    return _ORDER.index(code)


def wilson(hits: float, n: float, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share. Nothing seen says nothing.

    >>> [round(v, 3) for v in wilson(8, 10)], wilson(0, 0)
    ([0.49, 0.943], (0.0, 1.0))
    """
    if n <= 0:
        return 0.0, 1.0
    share = min(max(hits / n, 0.0), 1.0)
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def solve(
    probability: Iterable[float],
    labels: Iterable[float],
    weights: Iterable[float] | None = None,
    floors: Mapping[str, float] = FLOORS,
    n_min: int = MIN_LABELS,
    positives_min: int = MIN_POSITIVES,
    fallback: Cutoffs = FIXED_CUTOFFS,
) -> Cutoffs:
    """For each grade, gravest first, the smallest cut-off that keeps its promise; a grade that cannot keep it stays empty.

    None falls below the fixed cut-off of blue: texts of other kinds than the labelled ones come too, and what is lowered for the known ones alarms on them
    (measured: a drug model at 0.30 alarmed on one lawful instruction in ten, at one half on one in five hundred).

    Where no labelled row lies between what was found and the fixed cut-off, the fixed one holds: labels that part the classes by a wide gap say nothing
    of what falls into it. (Not ok: the lowest positive seen as the cut-off of every grade. A unit a hair below it, of a kind that is always true, was no alert.)

    Rows without a label (NaN) do not count. With weights the interval uses the effective number of rows, (Σw)² / Σw².

    >>> p = [i / 1000 for i in range(1000)]
    >>> c = solve(p, [float(v > 0.6) for v in p])
    >>> c.source, c.red, c.red >= c.orange >= c.yellow >= c.blue >= 0.3
    ('solved', 0.7, True)
    >>> gap = solve([0.97] * 200 + [0.01] * 200, [1.0] * 200 + [0.0] * 200)
    >>> gap.red, gap.orange, gap.yellow, gap.blue
    (0.85, 0.7, 0.55, 0.4)
    """
    p, y = [float(v) for v in probability], [float(v) for v in labels]
    w = [1.0] * len(p) if weights is None else [float(v) for v in weights]
    rows = sorted(((a, b, c) for a, b, c in zip(p, y, w, strict=True) if a == a and b == b and c > 0), reverse=True)
    positives = sum(1 for _, b, _ in rows if b > 0)
    if len(rows) < n_min or positives < positives_min:
        note = f"{len(rows)} labels with {positives} positives: fewer than {n_min} with {positives_min}"
        return Cutoffs(fallback.red, fallback.orange, fallback.yellow, fallback.blue, "fixed", note)
    found: dict[str, float] = {}
    first, above = 0, NEVER
    least = {"red": floors["orange"], "orange": floors["yellow"], "yellow": fallback.blue, "blue": fallback.blue}
    for code in CODES:
        end = _furthest(rows, first, float(floors[code]), float(least[code]))
        if end > first:
            first, above = end, rows[end - 1][0]
        following = rows[first][0] if first < len(rows) else 0.0
        if following < getattr(fallback, code) < above:
            above = getattr(fallback, code)
        found[code] = max(above, 1e-6)
    return Cutoffs(**found, source="solved", note=f"{len(rows)} labels with {positives} positives")


def _furthest(rows: list[tuple[float, float, float]], first: int, floor: float, least: float) -> int:
    """The end of the longest run from ``first`` down to ``least`` (ties whole) whose precision is at least ``floor``, by the lower bound."""
    end, total, squares, hits = first, 0.0, 0.0, 0.0
    for i in range(first, len(rows)):
        p, label, weight = rows[i]
        if p < least:
            break
        total, squares = total + weight, squares + weight * weight
        hits += weight if label > 0 else 0.0
        if i + 1 < len(rows) and rows[i + 1][0] == p:
            continue
        n = total * total / squares
        if wilson(hits / total * n, n)[0] >= floor:
            end = i + 1
    return end
