"""Whole columns at a time, in three values: a row fires only where the condition is *known* to be true.

Equal sub-expressions are one key and are computed once. `rowwise` says the same one row at a time; the tests hold them to each other.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from rules.inputs import Array, Column, Inputs, Mask
from rules.limits import MAX_CHAIN
from rules.nodes import (
    And,
    Between,
    Call,
    Compare,
    Count,
    Day,
    Expr,
    Flag,
    Has,
    InSet,
    Known,
    Literal,
    Mode,
    Name,
    Near,
    Not,
    Number,
    Or,
    Otherwise,
    Text,
)
from rules.pack import Pack, Rule
from rules.text_hits import HitBook, distinct_terms, rows_hit, rows_near

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class EvaluationError(ValueError):
    """The pack cannot run: it was not checked, or it has errors."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Kleene truth a row: `yes` where known to be true, `no` where known to be false, unknown where neither."""

    yes: Mask
    no: Mask

    def negated(self) -> "Truth":
        return Truth(self.no, self.yes)

    def both(self, other: "Truth") -> "Truth":
        return Truth(self.yes & other.yes, self.no | other.no)

    def either(self, other: "Truth") -> "Truth":
        return Truth(self.yes | other.yes, self.no & other.no)


@dataclass(frozen=True, eq=False)
class RuleHits:
    """Outcome of each row and rule: 1 true, 0 false, -1 unknown. A rule not in force on the day is 0 everywhere."""

    rules: tuple[Rule, ...]
    outcome: npt.NDArray[np.int8]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(rule.id for rule in self.rules)

    @cached_property
    def weights(self) -> npt.NDArray[np.float64]:
        """The severity weight of each rule."""
        return np.array([rule.severity.weight for rule in self.rules], dtype=float)

    @cached_property
    def fired(self) -> Mask:
        """True where the rule fires; unknown does not."""
        return np.equal(self.outcome, 1)

    def fired_rules(self, row: int) -> tuple[Rule, ...]:
        """The rules that fire in a row, in the pack's order."""
        return tuple(self.rules[index] for index in np.flatnonzero(self.fired[row]))


def evaluate(pack: Pack, inputs: Inputs, as_of: date | None = None, *, lens: str | None = None) -> RuleHits:
    """All rules of a checked pack over all rows. `lens` keeps only rules of that lens and of none.

    Raises `EvaluationError` when conditions go in circles; a pack that passed `rules.check` never does.
    """
    rules = tuple(rule for rule in pack.rules if lens is None or rule.lens in (lens, ""))
    outcome = np.zeros((inputs.size, len(rules)), dtype=np.int8)
    batch = Batch(pack, inputs)
    for index, rule in enumerate(rules):
        if rule.in_force(as_of):
            truth = batch.truth(rule.when)
            outcome[:, index] = np.where(truth.yes, 1, np.where(truth.no, 0, -1))
    return RuleHits(rules, outcome)


class Batch:
    """One pack over one set of inputs, with everything computed so far."""

    def __init__(self, pack: Pack, inputs: Inputs) -> None:
        self._pack = pack
        self._inputs = inputs
        self._size = inputs.size
        self._book = HitBook(pack, inputs)
        self._truths: dict[Expr, Truth] = {}
        self._values: dict[Expr, Column] = {}
        self._depth = 0

    def truth(self, node: Expr) -> Truth:
        """A condition, for every row."""
        if node not in self._truths:
            self._truths[node] = self._truth(node)
        return self._truths[node]

    def value(self, node: Expr) -> Column:
        """A value, for every row; conditions are flags."""
        if node not in self._values:
            self._values[node] = self._value(node)
        return self._values[node]

    def _truth(self, node: Expr) -> Truth:
        match node:
            case And(items):
                return reduce(Truth.both, map(self.truth, items))
            case Or(items):
                return reduce(Truth.either, map(self.truth, items))
            case Not(item):
                return self.truth(item).negated()
            case Has():
                return self._known(self._has(node))
            case Near(left, right, within):
                one, two = self._book.of(left[0]).qualified(node), self._book.of(right[0]).qualified(node)
                return self._known(rows_near(one, two, within, self._size))
            case Known(subject, known):
                return self._known(self.value(subject).known == known)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Between(subject, low, high):
                return self._compare(">=", subject, low).both(self._compare("<=", subject, high))
            case InSet(subject, values):
                return reduce(Truth.either, (self._compare("=", subject, value) for value in values))
            case Name(name) if name in self._pack.condition_by_name:
                return self._condition(name)
            case _:
                column = self.value(node)
                yes = column.known & column.values.astype(bool)
                return Truth(yes, column.known & ~yes)

    def _value(self, node: Expr) -> Column:
        match node:
            case Number() | Text() | Flag() | Day():
                return self._constant(node)
            case Name(name) if name not in self._pack.condition_by_name:
                return _tidy(self._inputs.field(name))
            case Call(name, args):
                return _tidy(self._inputs.call(name, tuple(self._argument(item) for item in args)))
            case Count():
                parts = [self._book.of(item).qualified(node) for item in node.lists]
                return Column(distinct_terms(parts, self._size), np.ones(self._size, dtype=bool))
            case Otherwise(subject, default):
                column, other = self.value(subject), self.value(default)
                return Column(np.where(column.known, column.values, other.values), column.known | other.known)
            case Name() | And() | Or() | Not() | Has() | Near() | Known() | Compare() | Between() | InSet():
                truth = self.truth(node)
                return Column(truth.yes, truth.yes | truth.no)
            case _:
                assert_never(node)

    def _condition(self, name: str) -> Truth:
        self._depth += 1
        if self._depth > MAX_CHAIN:
            raise EvaluationError(f"condition `{name}` builds on itself or on too many others")
        truth = self.truth(self._pack.condition_by_name[name].expr)
        self._depth -= 1
        return truth

    def _argument(self, node: Literal | Name | Call) -> Any:
        return self.value(node) if isinstance(node, Name | Call) else node.value

    def _known(self, mask: Mask) -> Truth:
        return Truth(mask, ~mask)

    def _has(self, node: Has) -> Mask:
        masks = [rows_hit(self._book.of(item).qualified(node), self._size) for item in node.lists]
        if node.mode is Mode.ALL:
            return reduce(np.logical_and, masks)
        found = reduce(np.logical_or, masks)
        return ~found if node.mode is Mode.NONE else found

    def _constant(self, node: Literal) -> Column:
        value: Array = np.array(node.value, dtype=object if isinstance(node, Text | Day) else None)
        return Column(np.broadcast_to(value, self._size), np.broadcast_to(np.array(object=True), self._size))

    def _compare(self, op: str, left: Expr, right: Expr) -> Truth:
        one, two = self.value(left), self.value(right)
        known = one.known & two.known
        yes = np.zeros(self._size, dtype=bool)
        yes[known] = OPERATORS[op](one.values[known], two.values[known])
        return Truth(yes, known & ~yes)


def _tidy(column: Column) -> Column:
    """Numbers as floats with NaN unknown, dates as days, texts as objects."""
    values, known = column.values, np.asarray(column.known, dtype=bool)
    if values.dtype.kind in "iuf":
        values = values.astype(float)
        return Column(values, known & ~np.isnan(values))
    if values.dtype.kind == "M":
        return Column(values.astype("datetime64[D]").astype(object), known & ~np.isnat(values))
    if values.dtype.kind != "b":
        values = values.astype(object)
    return Column(values, known)
