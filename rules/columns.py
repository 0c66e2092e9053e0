"""Columns as batches read them: numbers as floats, days and texts as codes into their different values, and masks as bits.

A mask of n rows is kept in n / 8 bytes (row 0 is the lowest bit of byte 0); the bits after the last row mean nothing.

>>> column = Ready.of(Column.of(["a", None, "b", "a"]), 4)
>>> column.codes.tolist(), column.words, unpacked(column.known_bits(0, 4), 4).tolist()
([0, 2, 1, 0], ('a', 'b'), [True, False, True, True])
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from rules.inputs import Array, Column, Mask

Bits: TypeAlias = npt.NDArray[np.uint8]


def packed(mask: Mask) -> Bits:
    """A mask as bits."""
    return np.packbits(mask, bitorder="little")


def unpacked(bits: Bits, rows: int) -> Mask:
    """Bits as a mask.

    >>> unpacked(packed(np.array([True, False, True])), 3).tolist()
    [True, False, True]
    """
    return np.unpackbits(bits, count=rows, bitorder="little").view(np.bool_)


class Coded(Sequence[Any]):
    """Values as numbers into the few different ones: what a host may hand in for categories, or for the terms of hits, instead of texts.

    >>> values = Coded(np.array([1, 0], dtype=np.uint8), ("shop", "forum"))
    >>> values[0], np.asarray(values).tolist(), len(values)
    ('forum', ['forum', 'shop'], 2)
    """

    __slots__ = ("codes", "words")
    dtype = np.dtype(object)

    def __init__(self, codes: npt.NDArray[Any], words: Sequence[Any]) -> None:
        self.codes = codes
        self.words = tuple(words)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: Any) -> Any:
        code = self.codes[row]
        return self.words[code] if np.ndim(code) == 0 else np.asarray(self)[row]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        words = np.empty(len(self.words), dtype=object)
        words[:] = self.words
        values: Array = words[self.codes]
        return values


def coded(codes: npt.NDArray[Any], words: Sequence[Any], known: Mask) -> Column:
    """A column of codes."""
    return Column(cast("Array", Coded(codes, words)), known)


class Ready:
    """A column ready to be compared: `numbers` (floats or booleans), or `codes` into `words`, or plain `values` that cannot be coded (sets)."""

    __slots__ = ("_known", "codes", "numbers", "values", "words")

    def __init__(self, known: Mask) -> None:
        self._known: Mask | None = None if known.all() else known
        self.numbers: Array | None = None
        self.codes: Array | None = None
        self.words: tuple[Any, ...] = ()
        self.values: Array | None = None

    @classmethod
    def of(cls, column: Column, size: int) -> "Ready":
        """A column as the host gave it."""
        values: Any = column.values
        known = np.asarray(column.known, dtype=bool)
        ready = cls(known)
        if isinstance(values, Coded):
            ready.codes, ready.words = values.codes, values.words
        elif values.dtype.kind in "iuf":
            ready.numbers = values.astype(np.float64, copy=False)
        elif values.dtype.kind == "b":
            ready.numbers = values
        else:
            ready._code(values, known, size)
        return ready

    def _code(self, values: Array, known: Mask, size: int) -> None:
        items: Iterable[Any] = values
        if values.dtype.kind == "M":
            known = known & ~np.isnat(values)
            items = values.astype("datetime64[D]").astype(object)
        items = list(items) if known.all() else [value if good else None for value, good in zip(items, known.tolist(), strict=True)]
        try:
            numbers = {value: at for at, value in enumerate(v for v in dict.fromkeys(items) if v is not None and v == v)}
            codes = np.fromiter(map(numbers.get, items, repeat(-1)), dtype=np.int64, count=size)
        except TypeError:  # not hashable
            self.values, self._known = np.asarray(values), None if known.all() else known
            return
        good_rows = codes >= 0
        self._known = None if good_rows.all() else good_rows
        codes[~good_rows] = len(numbers)
        self.codes, self.words = codes.astype(np.uint8 if len(numbers) < 256 else np.int32), tuple(numbers)

    def known_bits(self, low: int, high: int) -> Bits | None:
        """Where rows `low` to `high` are known; None where all are."""
        known = None if self._known is None else self._known[low:high]
        if self.numbers is not None and self.numbers.dtype.kind == "f":
            part = self.numbers[low:high]
            if np.isnan(part.min(initial=np.inf)):
                good = ~np.isnan(part)
                known = good if known is None else known & good
        return None if known is None else packed(known)
