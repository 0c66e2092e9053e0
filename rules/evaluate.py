"""Whole columns at a time, in three values: a row fires only where the condition is *known* to be true.

Equal sub-expressions are one key and are computed once. `rowwise` says the same one row at a time; the tests hold them to each other.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from typing import Any, TypeVar, assert_never

import numpy as np
import numpy.typing as npt

from rules.arithmetic import calculate_columns
from rules.history import query_of, relation_of
from rules.inputs import Array, Column, Inputs, Mask
from rules.limits import MAX_CHAIN
from rules.nodes import (
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Contains,
    Count,
    Day,
    Edge,
    Expr,
    Fires,
    Flag,
    Has,
    InList,
    InSet,
    Known,
    Literal,
    Matches,
    Mode,
    Name,
    Near,
    Not,
    Number,
    Or,
    Otherwise,
    Related,
    SameSentence,
    Text,
    Window,
)
from rules.pack import Pack, Rule
from rules.text_hits import HitBook, distinct_places, distinct_terms, rows_at_edge, rows_hit, rows_near, rows_together
from rules.typed import Types

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


CONTAINS: dict[Mode, Callable[[frozenset[Any], frozenset[Any]], bool]] = {
    Mode.ANY: lambda wanted, held: not wanted.isdisjoint(held),
    Mode.ALL: frozenset.issubset,
    Mode.NONE: frozenset.isdisjoint,
}
"""Whether what is held has any, all or none of what is wanted."""

_T = TypeVar("_T")


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
    batch = Batch(pack, inputs, as_of)
    for index, rule in enumerate(rules):
        if rule.in_force(as_of):
            truth = batch.truth(rule.when)
            outcome[:, index] = np.where(truth.yes, 1, np.where(truth.no, 0, -1))
    return RuleHits(rules, outcome)


class Batch:
    """One pack over one set of inputs, with everything computed so far. Outcomes of other rules are those of the day `as_of`."""

    def __init__(self, pack: Pack, inputs: Inputs, as_of: date | None = None) -> None:
        self._as_of = as_of
        self._types = Types(pack, inputs.vocabulary)
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
            case Has() | Near() | SameSentence() | Edge() | Matches():
                return self._known(self._text(node))
            case Known(subject, known):
                return self._known(self.value(subject).known == known)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Between(subject, low, high):
                return self._compare(">=", subject, low).both(self._compare("<=", subject, high))
            case InSet(subject, values):
                return reduce(Truth.either, (self._compare("=", subject, value) for value in values))
            case Name(name) if (definition := self._pack.named(name)) is not None:
                return self._opened(name, definition.expr, self.truth)
            case Fires(rule_id):
                return self._fires(rule_id)
            case Contains(subject, mode, values):
                return self._contains(self.value(subject), mode, frozenset(item.value for item in values))
            case _:
                column = self.value(node)
                yes = column.known & column.values.astype(bool)
                return Truth(yes, column.known & ~yes)

    def _value(self, node: Expr) -> Column:
        match node:
            case Number() | Text() | Flag() | Day():
                return self._constant(node)
            case Name(name) if (feature := self._feature(name)) is not None:
                return self._opened(name, feature, self.value)
            case Name(name) if self._pack.named(name) is None:
                return _tidy(self._inputs.field(name))
            case Call(name, args):
                return _tidy(self._inputs.call(name, tuple(self._argument(item) for item in args)))
            case Window():
                return _tidy(self._inputs.window(query_of(node, self._inputs.vocabulary)))
            case Related(relation):
                return _tidy(self._inputs.related(relation_of(relation, self._inputs.vocabulary)))
            case InList(subject, word_list):
                return _tidy(self._inputs.member(self.value(subject), word_list.name))
            case Arithmetic(op, left, right):
                return calculate_columns(op, self.value(left), self.value(right), percent=self._types.percent_of(node))
            case Count():
                return Column(self._count(node), np.ones(self._size, dtype=bool))
            case Otherwise(subject, default):
                column, other = self.value(subject), self.value(default)
                return Column(np.where(column.known, column.values, other.values), column.known | other.known)
            case (
                Name() | And() | Or() | Not() | Has() | Near() | SameSentence() | Edge() | Matches() | Known() | Compare() | Between()
                | InSet() | Contains() | Fires()
            ):  # fmt: skip
                truth = self.truth(node)
                return Column(truth.yes, truth.yes | truth.no)
            case _:
                assert_never(node)

    def _feature(self, name: str) -> Expr | None:
        """The expression of a feature; a condition of that name goes first."""
        return (
            self._pack.feature_by_name[name].expr
            if name in self._pack.feature_by_name and name not in self._pack.condition_by_name
            else None
        )

    def _opened(self, name: str, expr: Expr, read: Callable[[Expr], _T]) -> _T:
        """What a definition stands for."""
        self._depth += 1
        if self._depth > MAX_CHAIN:
            raise EvaluationError(f"`{name}` builds on itself or on too many others")
        result = read(expr)
        self._depth -= 1
        return result

    def _fires(self, rule_id: str) -> Truth:
        rule = self._pack.rule_by_id.get(rule_id)
        if rule is None:
            raise EvaluationError(f"no rule `{rule_id}` in pack `{self._pack.name}`")
        if not rule.in_force(self._as_of):
            return self._known(np.zeros(self._size, dtype=bool))
        return self._opened(rule_id, rule.when, self.truth)

    def _contains(self, column: Column, mode: Mode, wanted: frozenset[Any]) -> Truth:
        test = CONTAINS[mode]
        yes = np.zeros(self._size, dtype=bool)
        yes[column.known] = [test(wanted, frozenset(value)) for value in column.values[column.known]]
        return Truth(yes, column.known & ~yes)

    def _argument(self, node: Literal | Name | Call) -> Any:
        return self.value(node) if isinstance(node, Name | Call) else node.value

    def _known(self, mask: Mask) -> Truth:
        return Truth(mask, ~mask)

    def _text(self, node: Has | Near | SameSentence | Edge | Matches) -> Mask:
        book, size = self._book, self._size
        match node:
            case Has():
                return self._has(node)
            case Near(left, right, within):
                return rows_near(book.of_any(left, node), book.of_any(right, node), within, size)
            case SameSentence(left, right):
                return rows_together(book.of_any(left, node), book.of_any(right, node), book.sentences(), size)
            case Edge(where, lists):
                return rows_at_edge(book.of_any(lists, node), book.sentences(), where, size)
            case Matches(pattern):
                return rows_hit(book.matches(pattern).qualified(node), size)

    def _has(self, node: Has) -> Mask:
        masks = [rows_hit(self._book.of(item).qualified(node), self._size) for item in node.lists]
        if node.mode is Mode.ALL:
            return reduce(np.logical_and, masks)
        found = reduce(np.logical_or, masks)
        return ~found if node.mode is Mode.NONE else found

    def _count(self, node: Count) -> Array:
        if node.distinct:
            return distinct_terms([self._book.of(item).qualified(node) for item in node.lists], self._size)
        return distinct_places(self._book.of_any(node.lists, node), self._size)

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
