"""The yes-or-no steps of a plan over blocks of rows that fit the cache: masks as bits, Kleene's `and` and `or` eight rows a byte.

A truth is two masks, where it is true and where it is false; the second is None where nothing is unknown. Three constants stand for whole blocks, so that
what cannot matter in a block (a list without hits there, a column that nobody knows) is never computed. Expressions and sentences are dear, so they are asked
about rows: an `and` asks for those that nothing has made false yet, an `or` for those that nothing has made true.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from rules.columns import Bits, Ready, packed, unpacked
from rules.operators import OPERATORS
from rules.plan import (
    DEAR,
    AllOf,
    AnyOf,
    Compared,
    Fixed,
    Flagged,
    Hit,
    Holds,
    IsKnown,
    OneOf,
    Opposite,
    Placed,
    Plan,
    Settled,
    WhileInForce,
)
from rules.text_hits import Numbers
from rules.values import Values

Truth: TypeAlias = tuple[Bits, Bits | None]
BLOCK = 1 << 17
"""Rows of a block: a column of it takes a megabyte, a mask 16 kB."""

_FEW = 8
_UFUNCS: dict[str, Callable[..., Any]] = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


class Block:
    """Rows `low` to `high` of a batch; `low` is a multiple of eight."""

    def __init__(self, plan: Plan, values: Values, force: Sequence[bool], low: int, high: int) -> None:
        self._steps = plan.steps
        self._costs = plan.costs
        self._searching = plan.searching
        self._values = values
        self._force = force
        self._low, self._high = low, high
        self._bytes = slice(low // 8, (high + 7) // 8)
        width = (high - low + 7) // 8
        self._none, self.all = np.zeros(width, dtype=np.uint8), np.full(width, 255, dtype=np.uint8)
        self.false: Truth = (self._none, self.all)
        self.true: Truth = (self.all, self._none)
        self.unknown: Truth = (self._none, self._none)
        self._done: dict[int, Truth] = {}
        for steps, hit, rows in values.hits():
            self._done.update(dict.fromkeys(steps, self.false))
            self._done.update(zip(hit, ((bits[self._bytes], None) for bits in rows), strict=True))
        self._partly: dict[int, tuple[Bits, Truth]] = {}
        self._known: dict[int, Bits | None] = {}
        self._codes: dict[tuple[int, int], Bits] = {}
        self._scratch = np.empty(high - low, dtype=bool)

    def truth(self, number: int, among: Bits | None = None) -> Truth:
        """A yes-or-no step; `among`: only these rows matter (None: all), what it says of others means nothing."""
        found = self._done.get(number)
        if found is not None:
            return found
        if among is None or not self._searching[number]:
            found = self._done[number] = self._compute(number, None)
            return found
        held = self._partly.get(number)
        if held is not None:
            if not (among & ~held[0]).any():
                return held[1]
            among = among | held[0]
        found = self._compute(number, among)
        self._partly[number] = among, found
        return found

    def _compute(self, number: int, among: Bits | None) -> Truth:
        step = self._steps[number]
        match step:
            case Hit():
                return self._hit(self._values.places(number))
            case AllOf(items):
                return self._all_of(items, among)
            case AnyOf(items):
                return self._any_of(items, among)
            case Opposite(item):
                return self._opposite(self.truth(item, among))
            case Placed():
                return self._hit(self._values.places(number) if among is None else self._values.places_among(number, self._rows(among)))
            case Compared():
                return self._compared(number, step)
            case OneOf(value, words):
                return self._one_of(value, words)
            case Flagged(value):
                return self._flagged(value)
            case IsKnown(value):
                known = self._known_bits(value)
                return self.true if known is None else (known, None)
            case Settled(item, default):
                yes, no = self.truth(item)
                return (yes, None) if no is None or not default else (~no, None)
            case WhileInForce(rule, item):
                return self.truth(item, among) if self._force[rule] else self.false
            case Fixed(truth):
                return self.true if truth else self.false
            case Holds():
                return self._pair(number)
            case _:
                raise TypeError(f"no truth: {step}")

    def _hit(self, bits: Bits | None) -> Truth:
        return self.false if bits is None else (bits[self._bytes], None)

    def _rows(self, among: Bits) -> Numbers:
        """Rows of the batch, from bits of the block."""
        return np.flatnonzero(unpacked(among, self._high - self._low)) + self._low

    def _all_of(self, items: Sequence[int], among: Bits | None) -> Truth:
        sure: Bits | None = None
        doubtful: list[Truth] = []
        for item in items:
            if sure is not None and self._costs[item] >= DEAR and item not in self._done and not sure.any():
                return self.false
            if self._searching[item] and item not in self._done:
                left = _left(among, sure, [no for _, no in doubtful])
                if left is not None and not left.any():
                    continue  # false in every row that matters
                truth = self.truth(item, left)
            else:
                truth = self.truth(item)
            if truth is self.false:
                return truth
            if truth[1] is not None and truth is not self.true:
                doubtful.append(truth)
            elif truth is not self.true:
                sure = truth[0] if sure is None else sure & truth[0]
        if not doubtful:
            return self.true if sure is None else (sure, None)
        yes, no = _folded(doubtful, np.bitwise_and, np.bitwise_or)
        return (yes, no) if sure is None else (yes & sure, no | ~sure)

    def _any_of(self, items: Sequence[int], among: Bits | None) -> Truth:
        sure: Bits | None = None
        doubtful: list[Truth] = []
        for item in items:
            if self._searching[item] and item not in self._done:
                left = _left(among, None if sure is None else ~sure, [yes for yes, _ in doubtful])
                if left is not None and not left.any():
                    continue  # true in every row that matters
                truth = self.truth(item, left)
            else:
                truth = self.truth(item)
            if truth is self.true:
                return truth
            if truth[1] is not None and truth is not self.false:
                doubtful.append(truth)
            elif truth is not self.false:
                sure = truth[0] if sure is None else sure | truth[0]
        if not doubtful:
            return self.false if sure is None else (sure, None)
        yes, no = _folded(doubtful, np.bitwise_or, np.bitwise_and)
        return (yes, no) if sure is None else (yes | sure, no & ~sure)

    def _opposite(self, truth: Truth) -> Truth:
        if truth is self.false:
            return self.true
        if truth is self.true:
            return self.false
        yes, no = truth
        return (~yes, None) if no is None else (no, yes)

    def _known_bits(self, value: int) -> Bits | None:
        if value not in self._known:
            self._known[value] = self._values.ready(value).known_bits(self._low, self._high)
        return self._known[value]

    def _told(self, yes: Bits, known: Bits | None) -> Truth:
        """The truth of what is true at most where it is known."""
        return (yes, None) if known is None else (yes & known, ~yes & known)

    def _compared(self, number: int, step: Compared) -> Truth:
        constant = self._values.constant(step.right)
        column = self._values.ready(step.left)
        if constant is None:
            other = self._values.ready(step.right)
            if column.numbers is None or other.numbers is None:
                return self._pair(number)
            yes = self._mask(_UFUNCS[step.op], self._numbers(column), self._numbers(other))
            return self._told(yes, _both(self._known_bits(step.left), self._known_bits(step.right)))
        known = self._known_bits(step.left)
        if known is not None and not known.any():
            return self.unknown
        if column.numbers is not None:
            return self._told(self._mask(_UFUNCS[step.op], self._numbers(column), constant.value), known)
        if column.codes is None:
            return self._pair(number)
        test = OPERATORS[step.op]
        return self._told(
            self._among(step.left, column, [code for code, word in enumerate(column.words) if test(word, constant.value)]), known
        )

    def _one_of(self, value: int, words: frozenset[Any]) -> Truth:
        column, known = self._values.ready(value), self._known_bits(value)
        if known is not None and not known.any():
            return self.unknown
        if column.codes is not None:
            return self._told(self._among(value, column, [code for code, word in enumerate(column.words) if word in words]), known)
        if column.numbers is not None:
            part = self._numbers(column)
            numbers = [word for word in words if isinstance(word, bool | int | float)]
            return self._told(_united([self._mask(np.equal, part, word) for word in numbers], self._none), known)
        assert column.values is not None
        return self._told(packed(np.array([item in words for item in column.values[self._low : self._high]], dtype=bool)), known)

    def _flagged(self, value: int) -> Truth:
        column, known = self._values.ready(value), self._known_bits(value)
        if known is not None and not known.any():
            return self.unknown
        if column.numbers is not None:
            part = self._numbers(column)
            return self._told(packed(part if part.dtype == bool else part.astype(bool)), known)
        if column.codes is not None:
            return self._told(self._among(value, column, [code for code, word in enumerate(column.words) if word]), known)
        assert column.values is not None
        return self._told(packed(column.values[self._low : self._high].astype(bool)), known)

    def _pair(self, number: int) -> Truth:
        yes, known = self._values.pair(number)
        return self._told(yes[self._bytes], None if known is None else known[self._bytes])

    def _numbers(self, column: Ready) -> Any:
        assert column.numbers is not None
        return column.numbers[self._low : self._high]

    def _mask(self, ufunc: Callable[..., Any], one: Any, two: Any) -> Bits:
        return packed(ufunc(one, two, out=self._scratch))

    def _among(self, value: int, column: Ready, codes: list[int]) -> Bits:
        """The rows with one of some codes: few by their masks, which are shared, many by a table."""
        assert column.codes is not None
        part = column.codes[self._low : self._high]
        if len(codes) > _FEW:
            table = np.zeros(len(column.words) + 1, dtype=bool)
            table[codes] = True
            return packed(table[part])
        for code in codes:
            if (value, code) not in self._codes:
                self._codes[value, code] = self._mask(np.equal, part, code)
        return _united([self._codes[value, code] for code in codes], self._none)


def _left(among: Bits | None, still: Bits | None, decided: Sequence[Bits | None]) -> Bits | None:
    """The rows that matter and are not decided yet: those of `among` and `still` that are in none of `decided` (None: all rows)."""
    found = among if still is None else still if among is None else among & still
    for bits in decided:
        assert bits is not None
        found = ~bits if found is None else found & ~bits
    return found


def _folded(truths: Sequence[Truth], yes_by: Callable[..., Any], no_by: Callable[..., Any]) -> tuple[Bits, Bits]:
    yes, no = truths[0]
    assert no is not None
    for other_yes, other_no in truths[1:]:
        yes, no = yes_by(yes, other_yes), no_by(no, other_no)
    return yes, no


def _united(masks: Sequence[Bits], none: Bits) -> Bits:
    found = none
    for at, mask in enumerate(masks):
        found = found | mask if at else mask
    return found


def _both(one: Bits | None, two: Bits | None) -> Bits | None:
    if one is None or two is None:
        return two if one is None else one
    return one & two
