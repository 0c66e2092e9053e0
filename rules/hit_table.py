"""All word hits of a batch in one table, sorted by list: whether a list is hit in each row, as bits, and where, without an object for each list.

A host that has its hits in one piece hands them over as they are (`Together`). The bits of all lists are made in one go for each way of counting hits, so that a
list without hits costs nothing, and the places of words are looked at only in rows in which they can stand together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rules.columns import Bits
from rules.inputs import Array, Ints, Mask
from rules.nodes import Operand

_AT_ONCE = 1 << 24
"""Cells of the table that are spelt out at a time, a byte each."""


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Hits of many lists and words as parallel arrays, sorted by row and start within each list.

    ``number`` is the place in ``operands`` (the same object from batch to batch); ``word`` numbers what was hit, the same word alike in all lists;
    ``mark`` has the bits of `rules.plan.kept_hits` that apply to the hit.
    """

    operands: tuple[Operand, ...]
    number: Ints
    row: Ints
    start: Ints
    end: Ints
    word: Ints
    mark: Ints


class Joint(Protocol):
    """What a host may offer besides `Inputs`, where it has the hits of all lists in one piece."""

    def hits_together(self) -> Together:
        """The hits of everything that was looked for."""
        ...


class Places(NamedTuple):
    """Where words stand, sorted by row, start and end."""

    row: Array
    start: Array
    end: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Counting:
    """One way of counting hits: for each list that is hit its line in `bits`."""

    line: dict[int, int]
    hit: npt.NDArray[np.intp]
    """Those lists, in the order of their lines."""
    bits: npt.NDArray[np.uint8]


class Numbering:
    """The places of lists and words in ``Together.operands``; one that was not looked for is an error, never an empty answer."""

    def __init__(self, operands: tuple[Operand, ...]) -> None:
        self.operands = operands
        self._numbers = {operand: number for number, operand in enumerate(operands)}
        self._groups: dict[tuple[Operand, ...], tuple[int, ...]] = {}
        self._steps: dict[int, tuple[list[int], npt.NDArray[np.intp]]] = {}
        self._counted = 0

    def of(self, operands: tuple[Operand, ...]) -> tuple[int, ...]:
        """The numbers of some lists."""
        found = self._groups.get(operands)
        if found is None:
            missing = sorted(str(item) for item in operands if item not in self._numbers)
            if missing:
                raise KeyError(f"not looked for: {', '.join(missing)}")
            found = self._groups[operands] = tuple(self._numbers[item] for item in operands)
        return found

    def steps(self, hits: Sequence[tuple[int, Operand, int]]) -> Mapping[int, tuple[list[int], npt.NDArray[np.intp]]]:
        """Steps (number, list, way of counting) by the way of counting, with the numbers of their lists. ``hits`` only ever grows."""
        if self._counted < len(hits):
            known = list(hits)
            for kept in {kept for _, _, kept in known}:
                mine = [(step, operand) for step, operand, how in known if how == kept]
                self._steps[kept] = [step for step, _ in mine], np.array(self.of(tuple(operand for _, operand in mine)), dtype=np.intp)
            self._counted = len(known)
        return self._steps


class HitTable:
    """The hits of a batch of `size` rows.

    >>> from rules.nodes import Term
    >>> columns = (np.array(column) for column in ([1, 0, 1], [0, 0, 2], [4, 0, 1], [6, 2, 3], [8, 9, 8], [0, 0, 1]))
    >>> table = HitTable(Together((Term("甲"), Term("乙")), *columns), 3)
    >>> [None if bits is None else bits.tolist() for bits in (table.any_of((1,), 7), table.any_of((0, 1), 4), table.any_of((0,), 7))]
    [[5], [1], [1]]
    >>> table.words((0, 1), 7).tolist()
    [2.0, 0.0, 1.0]
    """

    def __init__(self, given: Together, size: int) -> None:
        self.size = size
        self.operands = given.operands
        width = len(given.operands)
        numbers = given.number.astype(np.int16 if width < 1 << 15 else np.int64, copy=False)
        order = np.argsort(numbers, kind="stable")
        self._numbers = numbers[order]
        self._row, self._start, self._end, self._word, self._mark = (
            np.asarray(column)[order] for column in (given.row, given.start, given.end, given.word, given.mark)
        )
        hit, first = np.unique(self._numbers, return_index=True)
        edges = [*first.tolist(), len(order)]
        self._slices = {number: slice(edges[at], edges[at + 1]) for at, number in enumerate(hit.tolist())}
        self._countings: dict[int, _Counting] = {}

    def line(self, number: int, kept: int) -> Bits | None:
        """The rows in which a list is hit; None where there is none."""
        counting = self._counting(kept)
        at = counting.line.get(number)
        return None if at is None else counting.bits[at]

    def lines(self, numbers: npt.NDArray[np.intp], kept: int) -> tuple[list[int], list[Bits]]:
        """The same of many lists: the places of those that are hit, and their rows."""
        counting = self._counting(kept)
        lines = np.full(len(self.operands), -1, dtype=np.intp)
        lines[counting.hit] = np.arange(len(counting.hit))
        lines = lines[numbers]
        hit = np.flatnonzero(lines >= 0)
        return hit.tolist(), list(counting.bits[lines[hit]])

    def any_of(self, numbers: Sequence[int], kept: int) -> Bits | None:
        """The rows in which one of some lists is hit; None where there is none."""
        counting = self._counting(kept)
        lines = [at for number in numbers if (at := counting.line.get(number)) is not None]
        if len(lines) < 2:
            return counting.bits[lines[0]] if lines else None
        found: Bits = np.bitwise_or.reduce(counting.bits[lines], axis=0)
        return found

    def words(self, numbers: Iterable[int], kept: int) -> npt.NDArray[np.float64]:
        """How many different words of some lists each row has."""
        parts = self._parts(numbers)
        if not parts:
            return np.zeros(self.size)
        chosen = (self._joined(self._mark, parts) & (~kept & 7)) == 0
        row, word = (self._joined(column, parts)[chosen].astype(np.int64) for column in (self._row, self._word))
        width = int(word.max(initial=0)) + 1
        return np.bincount(np.unique(row * width + word) // width, minlength=self.size).astype(float)

    def _parts(self, numbers: Iterable[int]) -> list[slice]:
        slices = self._slices
        return [slices[number] for number in numbers if number in slices]

    def places(self, numbers: Iterable[int], kept: int, rows: Mask | None = None) -> Places:
        """Where some lists are hit, in some rows (None: in all)."""
        parts = self._parts(numbers)
        if not parts:
            return _NOWHERE
        row, mark = self._joined(self._row, parts), self._joined(self._mark, parts)
        chosen = (mark & (~kept & 7)) == 0
        if rows is not None:
            chosen &= rows[row]
        row, start, end = row[chosen], self._joined(self._start, parts)[chosen], self._joined(self._end, parts)[chosen]
        order = np.lexsort((end, start, row)) if len(row) > 1 else slice(None)
        return Places(row[order].astype(np.int64), start[order].astype(np.int64), end[order].astype(np.int64))

    def _joined(self, column: Array, parts: Sequence[slice]) -> Array:
        return column[parts[0]] if len(parts) == 1 else np.concatenate([column[part] for part in parts])

    def _counting(self, kept: int) -> _Counting:
        found = self._countings.get(kept)
        if found is None:
            found = self._countings[kept] = self._made(kept)
        return found

    def _made(self, kept: int) -> _Counting:
        chosen = (self._mark & (~kept & 7)) == 0
        numbers, row = self._numbers[chosen], self._row[chosen]
        hit, line = np.unique(numbers, return_inverse=True)
        bits = np.zeros((len(hit), (self.size + 7) // 8), dtype=np.uint8)
        some = max(1, _AT_ONCE // max(self.size, 1))
        for low in range(0, len(hit), some):
            part = slice(*np.searchsorted(line, [low, low + some]).tolist())
            cells = np.zeros((min(some, len(hit) - low), self.size), dtype=bool)
            cells[line[part] - low, row[part]] = True
            bits[low : low + some] = np.packbits(cells, axis=1, bitorder="little")
        return _Counting({number: at for at, number in enumerate(hit.tolist())}, hit.astype(np.intp), bits)


_NOWHERE = Places(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
