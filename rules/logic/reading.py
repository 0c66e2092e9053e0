"""From the tree to formulas: when is an expression true, and when is it false. Where it is neither, it is unknown.

What the reading does not understand becomes a value of its own, of which nothing is known.
"""

from dataclasses import dataclass

from rules.functions import Vocabulary
from rules.logic.facts import AtEdge, Found, Hit, Together
from rules.logic.formula import Allowed, Formula, In, Says, Subject, all_of, any_of, negated
from rules.logic.names import Names
from rules.logic.subjects import FLAGS, NO, YES, Subjects, Value, bounds
from rules.logic.values import Choices
from rules.logic.work import SpentError
from rules.nodes import (
    And,
    Between,
    Compare,
    Contains,
    Edge,
    Expr,
    Fires,
    Flag,
    Has,
    InList,
    InSet,
    Known,
    ListRef,
    Literal,
    Matches,
    Mode,
    Name,
    Near,
    Not,
    Or,
    Otherwise,
    SameSentence,
)
from rules.operators import MIRRORED, OPERATORS
from rules.pack import Pack

_ORDERS = Choices(frozenset((-1, 0, 1)), but=False)
_EQUAL = Choices(frozenset((0,)), but=False)
_BY_ORDER = {"=": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}


@dataclass(frozen=True, slots=True)
class Reading:
    """When an expression is true and when it is false; `size` bounds both."""

    yes: Formula
    no: Formula
    size: int = 1

    def opposite(self) -> "Reading":
        return Reading(self.no, self.yes, self.size)


def _every(parts: list[Reading]) -> Reading:
    return Reading(all_of(part.yes for part in parts), any_of(part.no for part in parts), sum(part.size for part in parts))


def _some(parts: list[Reading]) -> Reading:
    return Reading(any_of(part.yes for part in parts), all_of(part.no for part in parts), sum(part.size for part in parts))


class Reader:
    """Reads the expressions of one pack. Raises `SpentError` where a formula grows too large."""

    def __init__(self, pack: Pack, vocabulary: Vocabulary, largest: int) -> None:
        self._names = Names(pack, vocabulary)
        self._subjects = Subjects(self._names)
        self._largest = largest
        self._known: dict[int, tuple[Expr, Reading | None]] = {}

    def read(self, node: Expr) -> Reading:
        """When the expression is true and when it is false."""
        if id(node) not in self._known:
            self._known[id(node)] = (node, self._bounded(node))
        reading = self._known[id(node)][1]
        if reading is None:
            raise SpentError
        return reading

    def _bounded(self, node: Expr) -> Reading | None:
        """The reading, or None where it grows too large."""
        with self._names.deeper() as allowed:
            try:
                reading = self._reading(node) if allowed else self._opaque(("too deep", id(node)))
            except SpentError:
                return None
        return reading if reading.size <= self._largest else None

    def _reading(self, node: Expr) -> Reading:
        match node:
            case Flag(value):
                return Reading(value, not value)
            case And(items):
                return _every([self.read(item) for item in items])
            case Or(items):
                return _some([self.read(item) for item in items])
            case Not(item):
                return self.read(item).opposite()
            case Has() | Near() | SameSentence() | Edge() | Matches():
                fact = self._text(node)
                return Reading(fact, negated(fact), len(node.lists) if isinstance(node, Has) else 1)
            case Known(subject, known):
                there = self._there(subject)
                return there if known else there.opposite()
            case Otherwise(subject, Flag(default)) if self._names.is_condition(subject):
                inner = self.read(subject)
                yes = negated(inner.no) if default else inner.yes
                return Reading(yes, inner.no if default else negated(inner.yes), inner.size)
            case Compare() | Between() | InSet() | InList() | Contains():
                return self._comparison(node)
            case Fires():
                return self._fires(node)
            case Name(name) if (named := self._names.pack.named(name)) is not None:
                with self._names.opened(name) as allowed:
                    return self.read(named.expr) if allowed else self._opaque(("circle", id(node)))
            case _:
                return self._value_as_condition(node)

    def _opaque(self, key: tuple[object, ...], *, maybe: bool = True) -> Reading:
        """Something true, false or unknown of which nothing else is understood."""
        subject = Subject(key, Allowed(FLAGS, maybe))
        return Reading(In(subject, Allowed(YES)), In(subject, Allowed(NO)))

    def _value_as_condition(self, node: Expr) -> Reading:
        value = self._subjects.of(node)
        if value is None or not isinstance(value.subject.domain.known, Choices):
            return self._opaque(("condition", self._names.key(node)))
        return Reading(value.among(YES), value.among(NO))

    def _fires(self, node: Fires) -> Reading:
        """Another rule: its condition, and where it is valid for a time only, whether it is in force."""
        name = node.rule
        rule = self._names.pack.rule_by_id.get(name)
        with self._names.opened(f"rule {name}") as allowed:
            inner = self.read(rule.when) if rule is not None and allowed else self._opaque(("fires", id(node)))
        if rule is None or (rule.valid_from is None and rule.valid_to is None):
            return inner
        return _every([self._opaque(("in force", name), maybe=False), inner])

    def _there(self, subject: Expr) -> Reading:
        """Whether something is known."""
        if self._names.is_condition(subject):
            inner = self.read(subject)
            there, size = any_of((inner.yes, inner.no)), inner.size * 2
        else:
            value = self._subjects.of(subject)
            if value is None and not isinstance(subject, Literal):
                return self._opaque(("known", self._names.key(subject)), maybe=False)
            there, size = value is None or value.default is not None or In(value.subject, Allowed(value.every)), 1
        return Reading(there, negated(there), size)

    def _comparison(self, node: Compare | Between | InSet | InList | Contains) -> Reading:
        match node:
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Between(subject, low, high):
                return _every([self._compare(">=", subject, low), self._compare("<=", subject, high)])
            case InSet(subject, values):
                return self._in_set(subject, values) or _some([self._compare("=", subject, value) for value in values])
            case Contains(subject, mode, values):
                return self._contains(subject, mode, values)
            case InList(subject, ListRef(name)):
                return self._opaque(("in list", self._names.key(subject), name), maybe=self._names.maybe(subject))

    def _compare(self, op: str, left: Expr, right: Expr) -> Reading:
        if isinstance(left, Literal) and isinstance(right, Literal):
            return self._literals(op, left, right)
        if op in ("=", "!=") and self._names.is_condition(left) and self._names.is_condition(right):
            one, two = self.read(left), self.read(right)
            same = _some([_every([one, two]), _every([one.opposite(), two.opposite()])])
            other = _some([_every([one, two.opposite()]), _every([one.opposite(), two])])
            return Reading(same.yes, other.yes, same.size) if op == "=" else Reading(other.yes, same.yes, same.size)
        if isinstance(left, Literal):
            return self._compare(MIRRORED[op], right, left)
        value = self._subjects.of(left)
        if value is None:
            return self._opaque(("compare", op, self._names.key(left), self._names.key(right)))
        return self._against(op, value, right) if isinstance(right, Literal) else self._ordered(op, left, right)

    def _literals(self, op: str, left: Literal, right: Literal) -> Reading:
        if type(left) is not type(right):
            return self._opaque(("compare", op, self._names.key(left), self._names.key(right)))
        holds = bool(OPERATORS[op](left.value, right.value))
        return Reading(holds, not holds)

    def _against(self, op: str, value: Value, right: Literal) -> Reading:
        """A value against a literal: a set of values, and its complement among the known."""
        chosen = value.holding(op, right)
        if chosen is None:
            return self._opaque(("compare", op, value.subject.key, self._names.key(right)))
        return Reading(value.among(chosen.known), value.among(chosen.known.complement()))

    def _in_set(self, subject: Expr, values: tuple[Literal, ...]) -> Reading | None:
        """A value among literals, as one set; None where a literal does not fit."""
        value = None if isinstance(subject, Literal) else self._subjects.of(subject)
        if value is None:
            return None
        rest = Allowed(value.every)
        for item in values:
            outside = value.holding("!=", item)
            if outside is None:
                return None
            rest = rest.both(outside)
        return Reading(value.among(rest.known.complement()), value.among(rest.known))

    def _ordered(self, op: str, left: Expr, right: Expr) -> Reading:
        """Two values against each other: which of them is greater is a subject of its own."""
        one, two = self._names.key(left), self._names.key(right)
        if repr(one) > repr(two):
            one, two, op = two, one, MIRRORED[op]
        maybe = self._names.maybe(left) or self._names.maybe(right)
        subject = Subject(("order", one, two), Allowed(_EQUAL if one == two else _ORDERS, maybe))
        chosen = Choices(frozenset(_BY_ORDER[op]), but=False)
        return Reading(In(subject, Allowed(chosen)), In(subject, Allowed(chosen.complement().both(_ORDERS))))

    def _contains(self, subject: Expr, mode: Mode, values: tuple[Literal, ...]) -> Reading:
        key, maybe = self._names.key(subject), self._names.maybe(subject)
        parts = [self._opaque(("contains", key, self._names.key(value)), maybe=maybe) for value in values]
        if mode is Mode.ALL:
            return _every(parts)
        return _some(parts) if mode is Mode.ANY else _some(parts).opposite()

    def _text(self, node: Has | Near | SameSentence | Edge | Matches) -> Formula:
        words, admitted = self._names.all_words, bounds(node)
        match node:
            case Has(Mode.ALL, lists):
                return all_of(Says(Hit(self._names.words(item), admitted)) for item in lists)
            case Has(mode, lists):
                return Says(Hit(words(lists), admitted), mode is Mode.ANY)
            case Near(left, right, within):
                return Says(Together(words(left), words(right), within, admitted))
            case SameSentence(left, right):
                return Says(Together(words(left), words(right), None, admitted))
            case Edge(where, lists):
                return Says(AtEdge(str(where), words(lists), admitted))
            case Matches(pattern):
                return Says(Found(pattern, admitted))
