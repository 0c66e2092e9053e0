"""One row at a time, by plain recursion: the meaning of the language, readable at a glance.

Slow and simple on purpose. `evaluate` must agree with it on every row, unknowns included; `explain` walks with it.
"""

from datetime import date
from typing import Any

import numpy as np

from rules.evaluate import OPERATORS
from rules.inputs import Inputs
from rules.items import Plain
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
    Mode,
    Name,
    Near,
    Not,
    Number,
    Operand,
    Or,
    Otherwise,
    Text,
)
from rules.pack import Pack
from rules.text_hits import HitBook, Qualified, Sorted


class RowReader:
    """Evaluates any expression of a pack for one row; None is unknown."""

    def __init__(self, pack: Pack, inputs: Inputs, row: int, book: HitBook | None = None) -> None:
        self.pack = pack
        self.inputs = inputs
        self.row = row
        self.book = book or HitBook(pack, inputs)
        self._hits: dict[Operand, Sorted] = {}

    def truth(self, node: Expr) -> bool | None:
        """A condition."""
        value = self.value(node)
        return None if value is None else bool(value)

    def value(self, node: Expr) -> Plain:
        """The value of any expression; conditions are booleans."""
        match node:
            case And(items):
                return kleene_and([self.truth(item) for item in items])
            case Or(items):
                return kleene_or([self.truth(item) for item in items])
            case Not(item):
                return kleene_not(self.truth(item))
            case Number() | Text() | Flag() | Day():
                return node.value
            case Name(name):
                condition = self.pack.condition_by_name.get(name)
                return self.truth(condition.expr) if condition else self._cell(self.inputs.field(name))
            case Call(name, args):
                return self._cell(self.inputs.call(name, tuple(self._argument(item) for item in args)))
            case Has() | Near() | Count():
                return self._text(node)
            case Compare(op, left, right):
                return compare(op, self.value(left), self.value(right))
            case Between(subject, low, high):
                value = self.value(subject)
                return kleene_and([compare(">=", value, self.value(low)), compare("<=", value, self.value(high))])
            case InSet(subject, values):
                return kleene_or([compare("=", self.value(subject), item.value) for item in values])
            case Known(subject, known):
                return (self.value(subject) is not None) == known
            case Otherwise(subject, default):
                value = self.value(subject)
                return default.value if value is None else value

    def field(self, name: str) -> Plain:
        """The value of a column in this row."""
        return self._cell(self.inputs.field(name))

    def _argument(self, node: Any) -> Any:
        if isinstance(node, Name):
            return self.inputs.field(node.name)
        if isinstance(node, Call):
            return self.inputs.call(node.name, tuple(self._argument(item) for item in node.args))
        return node.value

    def _cell(self, column: Any) -> Plain:
        value = column.values[self.row]
        if not column.known[self.row] or value is None or value != value:
            return None
        if isinstance(value, np.datetime64):
            day = value.astype("datetime64[D]").item()
            assert isinstance(day, date)
            return day
        return value.item() if isinstance(value, np.generic) else value  # type: ignore[no-any-return]

    def _text(self, node: Has | Near | Count) -> Plain:
        if isinstance(node, Near):
            return bool(near_pairs(self.hits(node, node.left[0]), self.hits(node, node.right[0]), node.within))
        found = [self.hits(node, item) for item in node.lists]
        if isinstance(node, Count):
            return float(len({int(term) for hits in found for term in hits.term}))
        some = [len(hits.row) > 0 for hits in found]
        return {Mode.ANY: any(some), Mode.ALL: all(some), Mode.NONE: not any(some)}[node.mode]

    def hits(self, node: Qualified, operand: Operand) -> Sorted:
        """The admitted hits of one list in this row."""
        if operand not in self._hits:
            self._hits[operand] = self.book.of(operand).of_row(self.row)
        return self._hits[operand].qualified(node)


def near_pairs(left: Sorted, right: Sorted, within: int) -> list[tuple[int, int]]:
    """Indices of pairs at most `within` apart; touching and overlapping spans, and the very same span, are 0 apart."""
    return [
        (one, two)
        for one in range(len(left.row))
        for two in range(len(right.row))
        if max(0, int(right.start[two] - left.end[one]), int(left.start[one] - right.end[two])) <= within
    ]


def compare(op: str, left: Plain, right: Plain) -> bool | None:
    """A comparison; unknown when either side is.

    >>> compare(">=", 15.0, 10.0), compare("=", None, 1.0)
    (True, None)
    """
    return None if left is None or right is None else bool(OPERATORS[op](left, right))


def kleene_not(value: bool | None) -> bool | None:
    """The opposite of what is known."""
    return None if value is None else not value


def kleene_and(values: list[bool | None]) -> bool | None:
    """False as soon as one is known to be false; unknown when that is open.

    >>> kleene_and([None, False]), kleene_and([None, True])
    (False, None)
    """
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def kleene_or(values: list[bool | None]) -> bool | None:
    """True as soon as one is known to be true; unknown when that is open.

    >>> kleene_or([None, True]), kleene_or([None, False])
    (True, None)
    """
    return kleene_not(kleene_and([kleene_not(value) for value in values]))


def evaluate_row(pack: Pack, inputs: Inputs, rule_id: str, row: int) -> bool | None:
    """One rule on one row: true, false, or None for unknown. Raises KeyError for an unknown rule."""
    return RowReader(pack, inputs, row).truth(pack.rule_by_id[rule_id].when)
