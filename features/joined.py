"""Many texts in one, with the way back: what a batch asks of all characters at once.

The rule: texts are joined by a line break, which no word, phrase or number holds; a place in the joined text has one row.

>>> joined = Joined(["保本", "", "年化5%"])
>>> joined.text, joined.rows(np.array([3])).tolist(), joined.count(joined.codes == ord("5")).tolist()
('保本\\n\\n年化5%', [False, True, False], [0, 0, 1])
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

BETWEEN = "\n"
_HIGHEST = 0x2B000
"""No class that is asked for has characters from here on; all of them are looked up as the last one before."""


class Joined:
    """Texts joined by `BETWEEN`, or by another sign that nothing holds that is looked for."""

    def __init__(self, texts: Sequence[str], between: str = BETWEEN) -> None:
        self.size = len(texts)
        self.text = between.join(texts)
        sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
        self.begins: Ints = np.cumsum(sizes) - sizes

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The code points."""
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)

    def kinds(self, table: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """What a table of `kinds` says of each character."""
        return table[np.minimum(self.codes, _HIGHEST - 1)]

    @property
    def between(self) -> Ints:
        """Where texts are joined."""
        return self.begins[1:] - 1

    def row_of(self, places: Ints) -> Ints:
        """The row of each place."""
        return np.searchsorted(self.begins, places, side="right") - 1

    def rows(self, places: Ints) -> Mask:
        """The rows that have one of the places."""
        found = np.zeros(self.size, dtype=bool)
        found[self.row_of(places)] = True
        return found

    def count(self, mask: Mask) -> Ints:
        """How many characters of each row a mask marks."""
        return np.bincount(self.row_of(np.flatnonzero(mask)), minlength=self.size)

    @staticmethod
    def runs(mask: Mask) -> tuple[Ints, Ints]:
        """Where runs of marked characters begin, and where they have ended. None crosses from one text into the next if the mask leaves out line breaks."""
        edge = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
        return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)


def kinds(classes: Mapping[int, re.Pattern[str]]) -> NDArray[np.uint32]:
    """For every code point the bits of the classes that it is in; a class is an expression for one character.

    >>> kinds({1: re.compile("[0-9]"), 2: re.compile("[a-f5]")})[[ord("5"), ord("a"), ord("z")]].tolist()
    [3, 2, 0]
    """
    table = np.zeros(_HIGHEST, dtype=np.uint32)
    for bit, pattern in classes.items():
        table[[m.start() for m in pattern.finditer(_every())]] |= np.uint32(bit)
    return table


@cache
def _every() -> str:
    return "".join(map(chr, range(_HIGHEST)))
