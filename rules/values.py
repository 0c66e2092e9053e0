"""The values and word hits of a plan's steps over a batch: each computed once, for all rows, when first asked for."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from rules.arithmetic import calculate_columns
from rules.columns import Bits, Coded, Ready, packed, unpacked
from rules.hit_table import HitTable, Joint, Numbering, Places
from rules.inputs import Array, Column, Inputs, Mask
from rules.nodes import Edge, Matches, Near, Operand, SameSentence
from rules.operators import CONTAINS, OPERATORS
from rules.plan import (
    AGGRESSIVE,
    NEGATED,
    REPORTED,
    Calculated,
    CallValue,
    Compared,
    Constant,
    Counted,
    Defaulted,
    FieldValue,
    Hit,
    Holds,
    Listed,
    Placed,
    Plan,
    RelatedValue,
    TruthValue,
    WindowValue,
    kept_hits,
)
from rules.text_hits import (
    HitBook,
    Numbers,
    Sorted,
    distinct_places,
    distinct_terms,
    merged,
    rows_at_edge,
    rows_hit,
    rows_near,
    rows_together,
)

Known: TypeAlias = tuple[Mask, Mask]
"""Where something is true, and where it is known."""


class Values:
    """Columns and word hits of one batch, by the numbers of the steps; `truth` tells a yes-or-no step that is taken as a value."""

    def __init__(self, plan: Plan, inputs: Inputs, book: HitBook, truth: Callable[[int], Known]) -> None:
        self.size = inputs.size
        self._steps = plan.steps
        self._inputs = inputs
        self._book = book
        self._truth = truth
        self._columns: dict[int, Column] = {}
        self._ready: dict[int, Ready] = {}
        self._places: dict[int, Bits | None] = {}
        joint: Joint | None = inputs if hasattr(inputs, "hits_together") else None  # type: ignore[assignment]
        self._joint = joint
        self._plan = plan
        self._pairs: dict[int, tuple[Bits, Bits | None]] = {}
        self._kept: dict[tuple[tuple[Operand, ...], int], Sorted] = {}

    @cached_property
    def _table(self) -> HitTable | None:
        return None if self._joint is None else HitTable(self._joint.hits_together(), self.size)

    @cached_property
    def _numbering(self) -> Numbering | None:
        return None if self._table is None else self._plan.numbering(self._table.operands)

    def constant(self, number: int) -> Constant | None:
        """The step, where it is a constant."""
        step = self._steps[number]
        return step if isinstance(step, Constant) else None

    def column(self, number: int) -> Column:
        """A value for every row: numbers as floats, days and texts as objects."""
        if number not in self._columns:
            self._columns[number] = _tidy(self._column(number))
        return self._columns[number]

    def ready(self, number: int) -> Ready:
        """A value ready to be compared with constants."""
        if number not in self._ready:
            raw = isinstance(self._steps[number], FieldValue)
            self._ready[number] = Ready.of(self._column(number) if raw else self.column(number), self.size)
        return self._ready[number]

    def places(self, number: int) -> Bits | None:
        """The rows in which words are hit, alone or as they should stand; None where there is no such row."""
        if number not in self._places:
            step = self._steps[number]
            assert isinstance(step, Hit | Placed)
            mask = self._hit(step) if isinstance(step, Hit) else self._placed(step.node, None)
            self._places[number] = _as_bits(mask)
        return self._places[number]

    def hits(self) -> Iterator[tuple[list[int], list[int], list[Bits]]]:
        """Steps that ask for the hits of one list, where the host hands all hits over in one piece: which of them have any, and in which rows."""
        if self._table is not None and self._numbering is not None:
            for kept, (steps, numbers) in self._numbering.steps(self._plan.hits).items():
                hit, bits = self._table.lines(numbers, kept)
                yield steps, [steps[at] for at in hit], bits

    def places_among(self, number: int, rows: Numbers) -> Bits | None:
        """The same of a step that searches texts, in some rows (numbers in order); what it says of others means nothing."""
        step = self._steps[number]
        assert isinstance(step, Placed)
        return _as_bits(self._placed(step.node, rows))

    def pair(self, number: int) -> tuple[Bits, Bits | None]:
        """Where a comparison of any two columns, or of sets, is true, and where it is known (None: everywhere)."""
        if number not in self._pairs:
            step = self._steps[number]
            assert isinstance(step, Compared | Holds)
            yes, known = self._compared(step) if isinstance(step, Compared) else self._holds(step)
            self._pairs[number] = packed(yes), None if known.all() else packed(known)
        return self._pairs[number]

    def kept(self, operands: tuple[Operand, ...], which: int) -> Sorted:
        """The hits of several lists together that count."""
        key = (operands, which)
        if key not in self._kept:
            hits = merged([self._book.of(item) for item in operands])
            self._kept[key] = (
                hits
                if which == NEGATED | REPORTED | AGGRESSIVE or not len(hits.row)
                else hits.take(counting(hits.negated, hits.reported, hits.aggressive, which))
            )
        return self._kept[key]

    def _column(self, number: int) -> Column:
        step = self._steps[number]
        match step:
            case Constant(value):
                single: Array = np.array(value, dtype=None if isinstance(value, bool | int | float) else object)
                return Column(np.broadcast_to(single, self.size), np.broadcast_to(np.array(object=True), self.size))
            case FieldValue(name):
                return self._inputs.field(name)
            case CallValue(name, args):
                return self._inputs.call(name, tuple(self._argument(item) for item in args))
            case WindowValue(query):
                return self._inputs.window(query)
            case RelatedValue(relation):
                return self._inputs.related(relation)
            case Listed(value, word_list):
                return self._inputs.member(self.column(value), word_list)
            case Calculated(op, left, right, percent):
                return calculate_columns(op, self.column(left), self.column(right), percent=percent)
            case Counted():
                return Column(self._counted(step), np.ones(self.size, dtype=bool))
            case Defaulted(value, default):
                column, other = self.column(value), self.column(default)
                return Column(np.where(column.known, column.values, other.values), column.known | other.known)
            case TruthValue(item):
                return Column(*self._truth(item))
            case _:
                raise TypeError(f"no value: {step}")

    def _argument(self, number: int) -> Any:
        step = self._steps[number]
        return step.value if isinstance(step, Constant) else self.column(number)

    def _counted(self, step: Counted) -> Array:
        node, which = step.node, kept_hits(step.node)
        if node.distinct:
            if self._table is not None:
                return self._table.words(self._numbers(*node.lists), which)
            return distinct_terms([self.kept((item,), which) for item in node.lists], self.size)
        return distinct_places(self._stand(node.lists, which), self.size)

    def _hit(self, step: Hit) -> Mask | None:
        if self._table is not None:
            line = self._table.line(self._numbers(step.operand)[0], step.kept)
            return None if line is None else unpacked(line, self.size)
        hits = self.kept((step.operand,), step.kept)
        return rows_hit(hits, self.size) if len(hits.row) else None

    def _placed(self, node: Near | SameSentence | Edge | Matches, among: Numbers | None) -> Mask | None:
        """Where words stand as they should; `among`: in these rows, others need not be looked at."""
        which = kept_hits(node)
        match node:
            case Matches(pattern):
                hits = self._book.matched(pattern, among)
                if not len(hits.row):
                    return None
                mask = np.zeros(self.size, dtype=bool)
                mask[np.asarray(hits.row)[counting(hits.negated, hits.reported, hits.aggressive, which)]] = True
                return mask
            case Edge(where, lists):
                places = self._stand(lists, which, self._rows(among))
                if not len(places.row):
                    return None
                return rows_at_edge(places, self._book.sentences(np.unique(places.row)), where, self.size)
            case _:
                both = self._both(node.left, node.right, which, among)
                if both is None:
                    return None
                left, right = self._stand(node.left, which, both), self._stand(node.right, which, both)
                if isinstance(node, Near):
                    return rows_near(left, right, node.within, self.size)
                return rows_together(left, right, self._book.sentences(np.flatnonzero(both)), self.size)

    def _both(self, left: tuple[Operand, ...], right: tuple[Operand, ...], which: int, among: Numbers | None) -> Mask | None:
        """The rows that have hits of either side; None where there is none."""
        if self._table is not None:
            here, there = self._numbers(*left), self._numbers(*right)
            one = self._table.any_of(here, which)
            two = None if one is None else self._table.any_of(there, which)
            both = None if one is None or two is None else unpacked(one & two, self.size)
        else:
            both = rows_hit(self.kept(left, which), self.size) & rows_hit(self.kept(right, which), self.size)
        if both is None:
            return None
        rows = self._rows(among)
        both = both if rows is None else both & rows
        return both if both.any() else None

    def _rows(self, among: Numbers | None) -> Mask | None:
        if among is None:
            return None
        mask = np.zeros(self.size, dtype=bool)
        mask[among] = True
        return mask

    def _stand(self, operands: tuple[Operand, ...], which: int, rows: Mask | None = None) -> Places | Sorted:
        """Where some lists are hit, in some rows (None: in all)."""
        if self._table is not None:
            return self._table.places(self._numbers(*operands), which, rows)
        hits = self.kept(operands, which)
        return hits if rows is None or not len(hits.row) else hits.take(rows[hits.row])

    def _numbers(self, *operands: Operand) -> tuple[int, ...]:
        assert self._numbering is not None
        return self._numbering.of(operands)

    def _compared(self, step: Compared) -> Known:
        one, two = self.column(step.left), self.column(step.right)
        known = one.known & two.known
        yes = np.zeros(self.size, dtype=bool)
        yes[known] = OPERATORS[step.op](one.values[known], two.values[known])
        return yes, known

    def _holds(self, step: Holds) -> Known:
        column, test, ready = self.column(step.value), CONTAINS[step.mode], self.ready(step.value)
        if ready.codes is not None:  # each different set once
            table = np.array([*(test(step.words, frozenset(value)) for value in ready.words), False], dtype=bool)
            return table[ready.codes], column.known
        yes = np.zeros(self.size, dtype=bool)
        yes[column.known] = [test(step.words, frozenset(value)) for value in column.values[column.known]]
        return yes, column.known


def counting(negated: Mask, reported: Mask, aggressive: Mask, which: int) -> Mask:
    """The hits that count, by the bits of `rules.plan.kept_hits`."""
    count = np.ones(len(negated), dtype=bool)
    for bit, marked in ((NEGATED, negated), (REPORTED, reported), (AGGRESSIVE, aggressive)):
        if not which & bit:
            count &= ~marked
    return count


def _as_bits(mask: Mask | None) -> Bits | None:
    return packed(mask) if mask is not None and mask.any() else None


def _tidy(column: Column) -> Column:
    """Numbers as floats with NaN unknown, dates as days, texts as objects."""
    values: Any = column.values
    known = np.asarray(column.known, dtype=bool)
    if isinstance(values, Coded):
        return Column(np.asarray(values), known)
    if values.dtype.kind in "iuf":
        values = values.astype(float, copy=False)
        return Column(values, known & ~np.isnan(values))
    if values.dtype.kind == "M":
        return Column(values.astype("datetime64[D]").astype(object), known & ~np.isnat(values))
    if values.dtype.kind != "b":
        values = values.astype(object, copy=False)
    return Column(values, known)
