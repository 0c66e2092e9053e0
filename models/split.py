"""Parts that share nothing: by group of near-duplicates, and by time.

Not ok: a random split of messages. One campaign is sent a hundred times with other digits; a model that has seen one copy is not
tested by another, and its figures are those of a memory. Every split here keeps a group on one side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grams import Floats, Ints
from models.neardup import near_duplicate_groups

__all__ = ["TimeSplit", "grouped_folds", "near_duplicate_groups", "time_split"]


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Row numbers: what a model may learn from, what it is measured on, and what is left out because a near-copy is earlier."""

    train: Ints
    test: Ints
    dropped: Ints


def grouped_folds(groups: npt.ArrayLike, labels: npt.ArrayLike, k: int, seed: int) -> Ints:
    """A fold number 0 … k-1 for each row: groups whole, positives and rows spread evenly.

    The largest groups are placed first, each into the fold that has fewest positives (or rows, for a group without positives).

    >>> grouped_folds([0, 0, 1, 2, 3], [1, 1, 1, 0, 0], 2, seed=0).tolist() in ([0, 0, 1, 0, 1], [0, 0, 1, 1, 0], [0, 0, 1, 1, 1])
    True
    """
    _, code = np.unique(np.asarray(groups), return_inverse=True)
    positive = np.nan_to_num(np.asarray(labels, dtype=np.float64)) > 0
    n = int(code.max()) + 1 if len(code) else 0
    rows = np.bincount(code, minlength=n)
    hits = np.bincount(code, weights=positive, minlength=n).astype(np.int64)
    shuffled = np.random.default_rng(seed).permutation(n)
    order = shuffled[np.lexsort((-rows[shuffled], -hits[shuffled]))]
    of_group = np.zeros(n, dtype=np.int64)
    load = [[0, 0] for _ in range(k)]
    for g in order.tolist():
        h, r = int(hits[g]), int(rows[g])
        fold = min(range(k), key=(lambda f: (load[f][0], load[f][1], f)) if h else (lambda f: (load[f][1], f)))
        of_group[g] = fold
        load[fold][0] += h
        load[fold][1] += r
    result: Ints = of_group[code]
    return result


def time_split(times: Sequence[Any] | npt.NDArray[Any], groups: npt.ArrayLike, at: Any) -> TimeSplit:
    """Learn from what is before ``at``, measure on what is not; later near-copies of earlier rows are left out of both.

    Rows of unknown time (NaN, NaT, None) are left out too: nobody can say that they were known.

    >>> s = time_split(["2024-01", "2024-03", "2024-04"], [0, 0, 1], "2024-02")
    >>> s.train.tolist(), s.test.tolist(), s.dropped.tolist()
    ([0], [2], [1])
    """
    when = np.asarray(times)
    code = np.asarray(groups)
    known = ~np.isnat(when) if when.dtype.kind in "mM" else np.array([t is not None and t == t for t in when.tolist()], dtype=bool)
    early = np.zeros(len(when), dtype=bool)
    early[known] = when[known] < at
    seen = np.isin(code, code[early])
    late = known & ~early
    return TimeSplit(np.flatnonzero(early), np.flatnonzero(late & ~seen), np.flatnonzero(~known | (late & seen)))


def folds_of(fold: Ints, k: int) -> list[tuple[Ints, Ints]]:
    """Pairs of (learn from, measure on) for each fold that has rows."""
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k) if (fold == f).any()]


def row_weights(weights: npt.ArrayLike | None, n: int) -> Floats:
    """The weights as given, or ones."""
    if weights is None:
        return np.ones(n)
    result = np.asarray(weights, dtype=np.float64)
    if len(result) != n or not np.isfinite(result).all() or (result < 0).any():
        raise ValueError(f"weights: one finite number of at least 0 for each of {n} rows is needed")
    return result
