"""Hits of word lists in texts, as parallel arrays.

The rule: one row of the arrays is one hit; `start` and `end` count characters of the original; sorted by row, then start.

>>> hits = ListHits.pack(("甲",), ("根治",), [0], [(0, 0, 3, 5, False, True, False)])
>>> len(hits), hits.of("甲").start.tolist(), hits.asserted.tolist()
(1, [3], [False])
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit, with names instead of numbers."""

    row: int
    list: str
    term: str
    start: int
    end: int
    aggressive: bool
    negated: bool
    reported: bool


@dataclass(frozen=True, slots=True, eq=False)
class ListHits:
    """Parallel arrays. `list` numbers `names`, `term` numbers `terms` (all lists' terms in order, as they were given)."""

    names: tuple[str, ...]
    terms: tuple[str, ...]
    row: NDArray[np.int32]
    list: NDArray[np.int16]
    term: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    aggressive: NDArray[np.bool_]
    negated: NDArray[np.bool_]
    reported: NDArray[np.bool_]

    @classmethod
    def pack(cls, names: tuple[str, ...], terms: tuple[str, ...], rows: Sequence[int], records: Sequence[tuple[Any, ...]]) -> "ListHits":
        """From records `(list, term, start, end, aggressive, negated, reported)`."""
        table = np.array(records, dtype=np.int32).reshape(len(rows), 7)
        at, term, start, end, *flags = table.T.copy()
        aggressive, negated, reported = (f.astype(np.bool_) for f in flags)
        return cls(names, terms, np.asarray(rows, dtype=np.int32), at.astype(np.int16), term, start, end, aggressive, negated, reported)

    def __len__(self) -> int:
        return len(self.row)

    def __iter__(self) -> Iterator[Hit]:
        columns = (self.row, self.list, self.term, self.start, self.end, self.aggressive, self.negated, self.reported)
        for row, at, term, start, end, aggressive, negated, reported in zip(*(c.tolist() for c in columns), strict=True):
            yield Hit(row, self.names[at], self.terms[term], start, end, aggressive, negated, reported)

    @property
    def asserted(self) -> NDArray[np.bool_]:
        """Neither negated nor reported."""
        return ~(self.negated | self.reported)

    def where(self, mask: NDArray[np.bool_]) -> "ListHits":
        """The hits that a boolean array selects."""
        arrays = (self.row, self.list, self.term, self.start, self.end, self.aggressive, self.negated, self.reported)
        return ListHits(self.names, self.terms, *(a[mask] for a in arrays))  # type: ignore[arg-type]

    def of(self, name: str) -> "ListHits":
        """The hits of one list; a list the lexicon does not have is an error, not an empty answer."""
        if name not in self.names:
            raise KeyError(f"no word list named {name!r}")
        return self.where(self.list == self.names.index(name))

    def split(self) -> dict[str, "ListHits"]:
        """The hits of each list that has any, all in one go.

        >>> hits = ListHits.pack(("甲", "乙", "丙"), ("根治", "病"), [0, 0, 1], [(2, 1, 0, 1, 0, 0, 0), (0, 0, 3, 5, 0, 0, 0), (2, 1, 4, 5, 0, 0, 0)])
        >>> {name: part.start.tolist() for name, part in hits.split().items()}
        {'甲': [3], '丙': [0, 4]}
        """
        if not len(self):
            return {}
        order = np.argsort(self.list, kind="stable")
        lists = self.list[order]
        edges = [0, *(np.flatnonzero(np.diff(lists)) + 1).tolist(), len(lists)]
        columns = (self.row, self.list, self.term, self.start, self.end, self.aggressive, self.negated, self.reported)
        arrays = [column[order] for column in columns]
        found = {}
        for low, high in itertools.pairwise(edges):
            found[self.names[lists[low]]] = ListHits(self.names, self.terms, *(array[low:high] for array in arrays))  # type: ignore[arg-type]
        return found

    def counts(self, n: int, asserted_only: bool = False) -> NDArray[np.int64]:
        """How many hits each of `n` texts has in each list: an `n` x lists table."""
        chosen = self.asserted if asserted_only else np.ones(len(self), dtype=np.bool_)
        width = len(self.names)
        cells = self.row[chosen].astype(np.int64) * width + self.list[chosen]
        return np.bincount(cells, minlength=n * width).reshape(n, width)
