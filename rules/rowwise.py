"""One row at a time, by plain recursion: the meaning of the language, readable at a glance.

Slow and simple on purpose. `evaluate` must agree with it on every row, unknowns included; `explain` walks with it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from rules.arithmetic import calculate
from rules.evaluate import CONTAINS, OPERATORS
from rules.history import query_of, relation_of
from rules.inputs import Column, Inputs
from rules.items import Plain
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
    Matches,
    Mode,
    Name,
    Near,
    Not,
    Number,
    Operand,
    Or,
    Otherwise,
    Related,
    SameSentence,
    Side,
    Text,
    Textual,
    Window,
)
from rules.pack import Pack
from rules.row_hits import RowHit, near, qualified, together
from rules.text_hits import HitBook
from rules.typed import Types


class RowReader:
    """Evaluates any expression of a pack for one row; None is unknown. Outcomes of other rules are those of the day `as_of`."""

    def __init__(
        self,
        pack: Pack,
        inputs: Inputs,
        row: int,
        book: HitBook | None = None,
        as_of: date | None = None,
        columns: dict[str, Column] | None = None,
    ) -> None:
        """`columns`: conditions and features as functions take them, for readers of one batch to share."""
        self.pack = pack
        self.inputs = inputs
        self.row = row
        self.book = book or HitBook(pack, inputs)
        self.as_of = as_of
        self._hits: dict[Operand, Sequence[RowHit]] = {}
        self._columns = {} if columns is None else columns
        self._read: dict[int, tuple[Expr, Plain]] = {}
        self._sentences: list[tuple[int, int]] | None = None

    @cached_property
    def _types(self) -> Types:
        return Types(self.pack, self.inputs.vocabulary)

    def truth(self, node: Expr) -> bool | None:
        """A condition."""
        value = self.value(node)
        return None if value is None else bool(value)

    def value(self, node: Expr) -> Plain:
        """The value of any expression; conditions are booleans. The very same node is read once: evidence and traces ask for it again and again."""
        found = self._read.get(id(node))
        if found is None:
            found = self._read[id(node)] = (node, self._value(node))
        return found[1]

    def _value(self, node: Expr) -> Plain:
        match node:
            case Has() | Near() | SameSentence() | Edge() | Matches() | Count():
                return self._text(node)
            case And(items):
                return kleene_and(self.truth(item) for item in items)
            case Or(items):
                return kleene_or(self.truth(item) for item in items)
            case Not(item):
                return kleene_not(self.truth(item))
            case Number() | Text() | Flag() | Day():
                return node.value
            case Name(name):
                definition = self.pack.named(name)
                return self.value(definition.expr) if definition else self._cell(self.inputs.field(name))
            case Fires(rule_id):
                rule = self.pack.rule_by_id[rule_id]
                return self.truth(rule.when) if rule.in_force(self.as_of) else False
            case Call(name, args):
                return self._cell(self.inputs.call(name, tuple(self._argument(item) for item in args)))
            case Window():
                return self._cell(self.inputs.window(query_of(node, self.inputs.vocabulary)))
            case Related(relation):
                return self._cell(self.inputs.related(relation_of(relation, self.inputs.vocabulary)))
            case Arithmetic(op, left, right):
                return calculate(op, self.value(left), self.value(right), percent=self._types.percent_of(node))
            case Compare(op, left, right):
                return compare(op, self.value(left), self.value(right))
            case Between(subject, low, high):
                value = self.value(subject)
                return kleene_and([compare(">=", value, self.value(low)), compare("<=", value, self.value(high))])
            case InSet(subject, values):
                return kleene_or([compare("=", self.value(subject), item.value) for item in values])
            case InList(subject, word_list):
                value = self.value(subject)
                return None if value is None else self._cell(self.inputs.member(Column.of([value]), word_list.name), 0)
            case Contains(subject, mode, values):
                held = self.value(subject)
                return CONTAINS[mode](frozenset(item.value for item in values), frozenset(held)) if isinstance(held, Collection) else None
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
            return self._named(node.name)
        if isinstance(node, Call):
            return self.inputs.call(node.name, tuple(self._argument(item) for item in node.args))
        return node.value

    def _named(self, name: str) -> Column:
        """A field, a condition or a feature for every row, as functions take them."""
        definition = self.pack.named(name)
        if definition is None:
            return self.inputs.field(name)
        if name not in self._columns:
            readers = (RowReader(self.pack, self.inputs, row, self.book, self.as_of, self._columns) for row in range(self.inputs.size))
            self._columns[name] = Column.of(reader.value(definition.expr) for reader in readers)
        return self._columns[name]

    def _cell(self, column: Column, row: int | None = None) -> Plain:
        row = self.row if row is None else row
        value = column.values[row]
        if not column.known[row] or value is None or value != value:
            return None
        if isinstance(value, np.datetime64):
            day = value.astype("datetime64[D]").item()
            assert isinstance(day, date)
            return day
        return value.item() if isinstance(value, np.generic) else value  # type: ignore[no-any-return]

    def _text(self, node: Textual) -> Plain:
        match node:
            case Near() | SameSentence():
                return any(self.met(node, one, two) for one in self.hit(node.left) for two in self.hit(node.right))
            case Edge(_, lists):
                return any(self.at_edge(node, item) for item in self.hit(lists))
            case Matches():
                return len(self.matches(node)) > 0
            case Count(lists):
                found = [hit for item in self.hit(lists) for hit in self.hits(node, item)]
                return float(len({hit.word for hit in found} if node.distinct else {(hit.start, hit.end) for hit in found}))
            case Has(Mode.ALL, lists):
                return all(self.hits(node, item) for item in lists)
            case Has(mode, lists):
                return any(self.hits(node, item) for item in self.hit(lists)) == (mode is Mode.ANY)

    def hit(self, operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """Those of some lists that may be hit in this row, in the order given: the others need not be looked at."""
        return self.book.hit(operands, self.row)

    def hits(self, node: Textual, operand: Operand) -> Sequence[RowHit]:
        """The admitted hits of one list in this row."""
        found = self._hits.get(operand)
        if found is None:
            found = self._hits[operand] = self.book.of_row(operand, self.row)
        return qualified(found, node)

    def matches(self, node: Matches) -> Sequence[RowHit]:
        """The admitted hits of a regular expression in this row."""
        return qualified(self.book.matches_of_row(node.pattern, self.row), node)

    def met(self, node: Near | SameSentence, operand: Operand, other: Operand) -> list[int]:
        """Indices of the hits of one list that stand together, as the node asks, with one of another; both operators ask the same of either side."""
        one, two = self.hits(node, operand), self.hits(node, other)
        return near(one, two, node.within) if isinstance(node, Near) else together(one, two, self.sentences())

    def at_edge(self, node: Edge, operand: Operand) -> list[int]:
        """Indices of the hits of a list at an end of the text."""
        hits, sentences = self.hits(node, operand), self.sentences()
        if not sentences:
            return []
        if node.where is Side.START:
            first = min(start for start, _ in sentences)
            return [index for index, hit in enumerate(hits) if hit.start <= first]
        last = max(end for _, end in sentences)
        return [index for index, hit in enumerate(hits) if hit.end >= last]

    def sentences(self) -> list[tuple[int, int]]:
        """The sentences of this row."""
        if self._sentences is None:
            spans = self.book.sentences(np.array([self.row]))
            mine = np.flatnonzero(spans.row == self.row)
            self._sentences = [(int(spans.start[index]), int(spans.end[index])) for index in mine]
        return self._sentences


def compare(op: str, left: Plain, right: Plain) -> bool | None:
    """A comparison; unknown when either side is.

    >>> compare(">=", 15.0, 10.0), compare("=", None, 1.0)
    (True, None)
    """
    return None if left is None or right is None else bool(OPERATORS[op](left, right))


def kleene_not(value: bool | None) -> bool | None:
    """The opposite of what is known."""
    return None if value is None else not value


def kleene_and(values: Iterable[bool | None]) -> bool | None:
    """False as soon as one is known to be false, and no more is looked at then; unknown when that is open.

    >>> kleene_and([None, False]), kleene_and([None, True])
    (False, None)
    """
    known = True
    for value in values:
        if value is False:
            return False
        known &= value is not None
    return True if known else None


def kleene_or(values: Iterable[bool | None]) -> bool | None:
    """True as soon as one is known to be true; unknown when that is open.

    >>> kleene_or([None, True]), kleene_or([None, False])
    (True, None)
    """
    return kleene_not(kleene_and(kleene_not(value) for value in values))


def evaluate_row(pack: Pack, inputs: Inputs, rule_id: str, row: int, as_of: date | None = None) -> bool | None:
    """One rule on one row: true, false, or None for unknown. Raises KeyError for an unknown rule."""
    return RowReader(pack, inputs, row, as_of=as_of).truth(pack.rule_by_id[rule_id].when)
