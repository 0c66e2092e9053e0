"""A view of a text: other characters, same places.

The one rule: whatever a view shows, `span` says which characters of the original it came from, so that evidence is always quoted as it was written.

>>> v = identity("保·本")
>>> w = rewrite(v, [(1, 2, "", "separator")])
>>> w.text, w.span(0, 2), sorted(w.transforms(0, 2))
('保本', (0, 3), ['separator'])
>>> sorted(w.transforms(0, 1))
[]
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

Mark = tuple[int, int, str]
"""`(from, to, transform)`. Where something was taken out, from = to: the mark lies between two characters."""

Edit = tuple[int, int, str, str]
"""`(from, to, replacement, transform)`: edits of one pass are sorted and do not overlap."""

_MANY = 16
_WIDEST = 64
"""no mark is wider: replacements are words"""
_COMMON = 1024
"""Places of texts that are no longer are made once a length."""


@lru_cache(maxsize=_COMMON)
def _places(n: int) -> "tuple[array[int], array[int]]":
    return array("i", range(n)), array("i", range(1, n + 1))


@dataclass(frozen=True, slots=True)
class View:
    """A text with, for each character, its `[start, end)` in the original."""

    text: str
    starts: "array[int]"
    ends: "array[int]"
    marks: tuple[Mark, ...] = ()
    """sorted by place"""
    straight: bool = False
    """Known to change no place: character i came from `[i, i + 1)`."""

    def span(self, i: int, j: int) -> tuple[int, int]:
        """The original offsets of `text[i:j]`; an empty slice has an empty span.

        >>> identity("abc").span(1, 3)
        (1, 3)
        >>> identity("abc").span(3, 3)
        (3, 3)
        """
        if i < j:
            return self.starts[i], self.ends[j - 1]
        at = self.starts[i] if i < len(self.starts) else (self.ends[-1] if self.ends else 0)
        return at, at

    def transforms(self, i: int, j: int) -> frozenset[str]:
        """The aggressive transforms that took part in `text[i:j]`."""
        if not self.marks:
            return frozenset()
        near = self.marks
        if len(near) > _MANY:
            near = near[bisect_left(near, i - _WIDEST, key=_from) : bisect_left(near, j, key=_from)]
        return frozenset(name for lo, hi, name in near if lo < j and hi > i)


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """One text in two views. `dense` is the very object `plain` where nothing aggressive was needed."""

    original: str
    plain: View
    dense: View
    transforms: frozenset[str]

    def quote(self, start: int, end: int) -> str:
        """The original characters in `[start, end)`."""
        return self.original[start:end]


def identity(text: str) -> View:
    """The view that changes nothing."""
    n = len(text)
    starts, ends = _places(n) if n < _COMMON else _places.__wrapped__(n)
    return View(text, starts, ends, straight=True)


def rewrite(view: View, edits: Sequence[Edit]) -> View:
    """Apply the edits of one pass.

    A replacement of the same length keeps a place for each character; any other takes the whole place of what it replaced.

    >>> rewrite(identity("加vx吧"), [(1, 3, "微信", "contact")]).span(1, 2)
    (1, 2)
    >>> rewrite(identity("加v吧"), [(1, 2, "微信", "contact")]).span(2, 3)
    (1, 2)
    """
    if not edits:
        return view
    pieces: list[str] = []
    starts, ends = array("i"), array("i")
    marks: list[Mark] = []
    after: list[int] = []
    by: list[int] = []
    at = shift = 0
    for lo, hi, new, name in edits:
        pieces += (view.text[at:lo], new)
        starts += view.starts[at:lo]
        ends += view.ends[at:lo]
        if len(new) == hi - lo:
            starts += view.starts[lo:hi]
            ends += view.ends[lo:hi]
        elif new:
            first, last = view.span(lo, hi)
            starts += array("i", [first]) * len(new)
            ends += array("i", [last]) * len(new)
        marks.append((lo + shift, lo + shift + len(new), name))
        shift += len(new) - (hi - lo)
        after.append(hi)
        by.append(shift)
        at = hi
    pieces.append(view.text[at:])
    starts += view.starts[at:]
    ends += view.ends[at:]
    old = [(_moved(lo, after, by), _moved(hi, after, by), name) for lo, hi, name in view.marks]
    return View("".join(pieces), starts, ends, tuple(sorted(old + marks)))


def _moved(place: int, after: Sequence[int], by: Sequence[int]) -> int:
    """Where a place is found once the edits that end at `after` have shifted it `by`."""
    k = bisect_right(after, place)
    return max(0, place + by[k - 1]) if k else place


def _from(mark: Mark) -> int:
    return mark[0]
