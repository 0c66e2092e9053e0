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

from rules.functions import Vocabulary
from rules.nodes import Aggregate

Array: TypeAlias = npt.NDArray[Any]
Mask: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]


_WORDY: frozenset[type] = frozenset({str, frozenset, type(None)})
"""What columns of texts and of sets are made of."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One value a row. `values` may be numbers, booleans, texts (object), dates (object or datetime64), sets (frozensets of texts); where not `known` they are ignored."""

    values: Array
    known: Mask

    @classmethod
    def of(cls, values: Iterable[Any]) -> "Column":
        """A column whose None and NaN are unknown.

        >>> Column.of(["a", None]).known.tolist()
        [True, False]
        """
        items = list(values)
        if {type(None)} < {type(None), *map(type, items)} <= _WORDY:  # the most common, in one go
            return cls(np.fromiter(items, dtype=object, count=len(items)), np.array([item is not None for item in items], dtype=bool))
        known = np.array([item is not None and item == item for item in items], dtype=bool)
        kinds = {type(item) for item, good in zip(items, known, strict=True) if good}
        if kinds <= {bool}:
            return cls(np.array([bool(item) if good else False for item, good in zip(items, known, strict=True)], dtype=bool), known)
        if kinds <= {int, float}:
            return cls(np.array([float(item) if good else np.nan for item, good in zip(items, known, strict=True)]), known)
        array = np.empty(len(items), dtype=object)
        for index, item in enumerate(items):
            array[index] = item
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


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Pieces of the texts, such as sentences: parallel arrays sorted by row, then start; offsets in the original text."""

    row: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class WindowQuery:
    """What a window asks of a host, every name in English; `days` None is all time before the judged moment.

    `field` is empty for count, days_since and change; `relation` is empty where the subject itself is meant, else its related subjects are.
    """

    aggregate: Aggregate
    stream: str
    field: str = ""
    days: float | None = None
    relation: str = ""


class Inputs(Protocol):
    """`size` rows. Fields and functions come as written in the rule (either language), the other names in the language of the pack or in English."""

    @property
    def size(self) -> int: ...

    @property
    def vocabulary(self) -> Vocabulary:
        """What this host offers; units and English names are taken from it."""
        ...

    def hits(self, list_name: str) -> Hits: ...

    def literal(self, term: str) -> Hits: ...

    def field(self, name: str) -> Column: ...

    def call(self, name: str, args: tuple[Any, ...]) -> Column: ...

    def text(self, row: int) -> str: ...

    def matches(self, pattern: str) -> Hits:
        """Hits of a regular expression (RE2), found on the plain normalised text; offsets in the original, `aggressive` false."""
        ...

    def sentences(self) -> Spans:
        """The sentences of every text, trimmed of white space and closing punctuation."""
        ...

    def member(self, column: Column, list_name: str) -> Column:
        """Whether the text value is, after normalising, a word of the list; an excluded word is not. Unknown where the value is. Columns of any length."""
        ...

    def window(self, query: WindowQuery) -> Column:
        """A number for each row's subject over its history before the judged moment, the unit itself left out. Unknown where the subject is."""
        ...

    def related(self, relation: str) -> Column:
        """How many other subjects share that with the row's subject as of the judged moment. Unknown where the subject or its value is."""
        ...


class Remembered:
    """Inputs that ask their host for each column and call once; for readers that go row by row."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._fields: dict[str, Column] = {}
        self._calls: dict[tuple[str, tuple[Any, ...]], Column] = {}
        self._windows: dict[WindowQuery, Column] = {}
        self._related: dict[str, Column] = {}
        self._matches: dict[str, Hits] = {}
        self._sentences: Spans | None = None

    @property
    def size(self) -> int:
        return self._inputs.size

    @property
    def vocabulary(self) -> Vocabulary:
        return self._inputs.vocabulary

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

    def matches(self, pattern: str) -> Hits:
        if pattern not in self._matches:
            self._matches[pattern] = self._inputs.matches(pattern)
        return self._matches[pattern]

    def sentences(self) -> Spans:
        if self._sentences is None:
            self._sentences = self._inputs.sentences()
        return self._sentences

    def member(self, column: Column, list_name: str) -> Column:
        return self._inputs.member(column, list_name)

    def window(self, query: WindowQuery) -> Column:
        if query not in self._windows:
            self._windows[query] = self._inputs.window(query)
        return self._windows[query]

    def related(self, relation: str) -> Column:
        if relation not in self._related:
            self._related[relation] = self._inputs.related(relation)
        return self._related[relation]
