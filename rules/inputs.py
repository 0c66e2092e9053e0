"""What a host hands in: columns, word hits and function results. The only way from the world into a rule.

>>> import numpy as np
>>> column = Column.of([15.0, float("nan")])
>>> column.known.tolist()
[True, False]
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Mask: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One value a row. `values` may be numbers, booleans, texts (object), dates (object or datetime64); where not `known` they are ignored."""

    values: Array
    known: Mask

    @classmethod
    def of(cls, values: Iterable[Any]) -> "Column":
        """A column whose None and NaN are unknown.

        >>> Column.of(["a", None]).known.tolist()
        [True, False]
        """
        items = list(values)
        known = np.array([item is not None and item == item for item in items], dtype=bool)
        kinds = {type(item) for item, good in zip(items, known, strict=True) if good}
        if kinds <= {bool}:
            return cls(np.array([bool(item) if good else False for item, good in zip(items, known, strict=True)], dtype=bool), known)
        if kinds <= {int, float}:
            return cls(np.array([float(item) if good else np.nan for item, good in zip(items, known, strict=True)]), known)
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return cls(array, known)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Hits of one list or literal, as parallel arrays; `start` and `end` are offsets in the original text.

    `term` holds indices into the list's terms, or the terms themselves.
    """

    row: Ints
    start: Ints
    end: Ints
    term: Ints | Sequence[str]
    aggressive: Mask
    negated: Mask
    reported: Mask


class Inputs(Protocol):
    """`size` rows. Names come as written in the rule (either language): resolve them with `Vocabulary`."""

    @property
    def size(self) -> int: ...

    def hits(self, list_name: str) -> Hits: ...

    def literal(self, term: str) -> Hits: ...

    def field(self, name: str) -> Column: ...

    def call(self, name: str, args: tuple[Any, ...]) -> Column: ...

    def text(self, row: int) -> str: ...


class Remembered:
    """Inputs that ask their host for each column and call once; for readers that go row by row."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._fields: dict[str, Column] = {}
        self._calls: dict[tuple[str, tuple[Any, ...]], Column] = {}

    @property
    def size(self) -> int:
        return self._inputs.size

    def hits(self, list_name: str) -> Hits:
        return self._inputs.hits(list_name)

    def literal(self, term: str) -> Hits:
        return self._inputs.literal(term)

    def text(self, row: int) -> str:
        return self._inputs.text(row)

    def field(self, name: str) -> Column:
        if name not in self._fields:
            self._fields[name] = self._inputs.field(name)
        return self._fields[name]

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        """The call's column; an argument that is a column is the same argument while it is the same object."""
        key = (name, tuple((type(argument), argument) for argument in args))
        if key not in self._calls:
            self._calls[key] = self._inputs.call(name, args)
        return self._calls[key]
