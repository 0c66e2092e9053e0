"""What a learner is handed: texts as `features.frame` builds them, and rule outcomes as columns. Shapes only, no work.

Rule outcomes are a table with one column ``rule:<id>`` a rule: 1 fired, 0 not, NaN unknown. Unknown never counts as fired.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

RULE = "rule:"
"""Prefix of a rule's column."""


class ViewLike(Protocol):
    """A view of a text with the way back to the original."""

    @property
    def text(self) -> str: ...
    def span(self, i: int, j: int, /) -> tuple[int, int]: ...


class TextLike(Protocol):
    """A normalised text."""

    @property
    def original(self) -> str: ...
    @property
    def dense(self) -> Any: ...


class FrameLike(Protocol):
    """`features.frame.TextFrame`, or anything of its shape."""

    @property
    def texts(self) -> Sequence[TextLike]: ...
    @property
    def columns(self) -> pd.DataFrame: ...
    @property
    def words(self) -> Sequence[Sequence[str]]: ...
    @property
    def n(self) -> int: ...


def dense_texts(frame: FrameLike) -> list[str]:
    """The dense view of each text."""
    return [t.dense.text for t in frame.texts]


def table(columns: pd.DataFrame | None, names: Sequence[str], n: int) -> Floats:
    """The named columns, in that order, as numbers: missing columns, infinities and what is no number become NaN; others are left out.

    >>> import pandas as pd
    >>> table(pd.DataFrame({"b": [1, 2], "new": [9, 9]}), ["a", "b"], 2).tolist()
    [[nan, 1.0], [nan, 2.0]]
    """
    result = np.empty((n, len(names)))
    fill(result, columns, names)
    return result


def fill(result: Floats, columns: pd.DataFrame | None, names: Sequence[str]) -> None:
    """`table` written where it is wanted: one row a unit, one column a name."""
    n = len(result)
    if columns is None:
        result[:] = np.nan
        return
    if len(columns) != n:
        raise ValueError(f"columns: {n} rows are needed, {len(columns)} were given")
    places = _places(columns.columns, tuple(names))
    values = columns.to_numpy()
    if values.dtype.kind not in "fiub":
        values = np.column_stack([_numbers(columns.iloc[:, j]) for j in range(columns.shape[1])])
    there = places >= 0
    if there.all():
        result[:] = values[:, places]
    else:
        result[:] = np.nan
        result[:, there] = values[:, places[there]]
    np.copyto(result, np.nan, where=~np.isfinite(result))


_KNOWN: dict[tuple[str, ...], tuple[pd.Index[str], npt.NDArray[np.intp]]] = {}
_MOST_KNOWN = 64
_IDS: deque[tuple[pd.Index[str], tuple[str, ...]]] = deque(maxlen=16)
"""The ids of the columns seen last: the outcomes of a pack's rules share theirs."""


def _places(index: pd.Index[str], names: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Where each name stands among the columns, -1 where it does not. Remembered for the columns seen last: frames of one scorer share theirs."""
    import pandas as pd

    known = _KNOWN.get(names)
    if known is not None and index.is_(known[0]):
        return known[1]
    found = index.get_indexer(pd.Index(names))
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[names] = (index, found)
    return found


def _numbers(column: pd.Series[Any]) -> Floats:
    import pandas as pd

    if column.dtype.kind in "fiub":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def rule_ids(rules: pd.DataFrame | None) -> list[str]:
    """The ids of the rules that have a column, in sorted order."""
    if rules is None:
        return []
    index = rules.columns
    for seen, ids in tuple(_IDS):  # others may add to it meanwhile
        if index.is_(seen):
            return list(ids)
    found = sorted(str(c)[len(RULE) :] for c in index if str(c).startswith(RULE))
    _IDS.appendleft((index, tuple(found)))
    return found


def fired(rules: pd.DataFrame | None, ids: Sequence[str], n: int) -> Floats:
    """Rule outcomes as numbers, one column an id; NaN where unknown or absent."""
    return table(rules, [RULE + i for i in ids], n)


def known_weights(weights: Mapping[str, float] | None, fallback: Mapping[str, float] | None = None) -> dict[str, float]:
    """Severity weights by rule id; those given now win over those stored with the model."""
    merged = {**(fallback or {}), **(weights or {})}
    for rule, weight in merged.items():
        if not 0.0 <= weight <= 1.0:
            raise ValueError(f"the severity weight of rule {rule!r} must be from 0 to 1, not {weight}")
    return merged
