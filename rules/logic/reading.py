"""From the tree to formulas: when is an expression true, and when is it false. Where it is neither, it is unknown.

Names are opened: a condition is its expression, a field its English name. What the reading does not understand becomes a value of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

from rules.evaluate import OPERATORS
from rules.functions import Vocabulary
from rules.kinds import Kind, Type
from rules.limits import MAX_CHAIN, MAX_HEIGHT
from rules.logic.facts import AtEdge, Bounds, Found, Hit, Together, Words
from rules.logic.formula import Allowed, Formula, In, Says, Subject, all_of, any_of, negated
from rules.logic.values import Choices, Ranges
from rules.logic.work import SpentError
from rules.nodes import (
    Aggregate,
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
    ListRef,
    Literal,
    Matches,
    Mode,
    Name,
    Near,
    Node,
    Not,
    Number,
    Operand,
    Or,
    Otherwise,
    Related,
    SameSentence,
    Term,
    Text,
    Textual,
    Window,
    children,
)
from rules.pack import Pack

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_FLAGS = Choices(frozenset((True, False)), but=False)
_YES, _NO = (Choices(frozenset((value,)), but=False) for value in (True, False))
_ORDERS = Choices(frozenset((-1, 0, 1)), but=False)
_BY_ORDER = {"=": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}
_COUNTS = Allowed(Ranges.compared(">=", 0.0))
_TWO_VALUED = (
    And | Or | Not | Has | Near | SameSentence | Edge | Matches | Compare | Between | InSet | InList | Contains | Known | Fires | Flag
)


@dataclass(frozen=True, slots=True)
class Reading:
    """When an expression is true and when it is false; `size` bounds both."""

    yes: Formula
    no: Formula
    size: int = 1


@dataclass(frozen=True, slots=True)
class Value:
    """A subject, and what stands for it where it is unknown."""

    subject: Subject
    type: Type | None
    default: Literal | None = None


def height(node: Node) -> int:
    """Nodes on the longest way down, counted without recursion; names are not opened."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in children(item)]
    return deepest


class Reader:
    """Reads the expressions of one pack. Raises `SpentError` where an expression is too deep or grows too large."""

    def __init__(self, pack: Pack, vocabulary: Vocabulary, largest: int) -> None:
        self._pack = pack
        self._vocabulary = vocabulary
        self._largest = largest
        self._known: dict[int, tuple[Expr, Reading]] = {}
        self._words: dict[Operand, Words] = {}
        self._names: list[str] = []

    def read(self, node: Expr) -> Reading:
        """When the expression is true and when it is false."""
        if id(node) not in self._known and height(node) > MAX_HEIGHT:
            raise SpentError
        return self._read(node)

    def _read(self, node: Expr) -> Reading:
        known = self._known.get(id(node))
        if known is not None:
            return known[1]
        reading = self._reading(node)
        if reading.size > self._largest:
            raise SpentError
        self._known[id(node)] = (node, reading)
        return reading

    def _reading(self, node: Expr) -> Reading:
        match node:
            case Flag(value):
                return Reading(value, not value)
            case And(items):
                parts = [self._read(item) for item in items]
                size = sum(part.size for part in parts)
                return Reading(all_of(part.yes for part in parts), any_of(part.no for part in parts), size)
            case Or(items):
                parts = [self._read(item) for item in items]
                size = sum(part.size for part in parts)
                return Reading(any_of(part.yes for part in parts), all_of(part.no for part in parts), size)
            case Not(item):
                inner = self._read(item)
                return Reading(inner.no, inner.yes, inner.size)
            case Has() | Near() | SameSentence() | Edge() | Matches():
                fact = self._text(node)
                return Reading(fact, negated(fact), len(node.lists) if isinstance(node, Has) else 1)
            case Known(subject, known):
                return self._is_known(subject, known=known)
            case Otherwise(subject, Flag(default)) if self.is_condition(subject):
                inner = self._read(subject)
                if default:
                    return Reading(negated(inner.no), inner.no, inner.size)
                return Reading(inner.yes, negated(inner.yes), inner.size)
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Between(subject, low, high):
                one, two = self._compare(">=", subject, low), self._compare("<=", subject, high)
                return Reading(all_of((one.yes, two.yes)), any_of((one.no, two.no)), one.size + two.size)
            case InSet(subject, values):
                parts = [self._compare("=", subject, value) for value in values]
                return self._in_set(subject, values) or Reading(
                    any_of(part.yes for part in parts), all_of(part.no for part in parts), len(parts)
                )
            case Contains(subject, mode, values):
                return self._contains(subject, mode, values)
            case InList(subject, ListRef(name)):
                return self._opaque(("in list", self.key(subject), name))
            case Fires(name):
                return self._fires(name)
            case Name(name):
                return self._name(node, name)
            case _:
                return self._value_as_condition(node)

    def _opaque(self, key: tuple[object, ...], *, maybe: bool = True) -> Reading:
        """Something true, false or unknown of which nothing else is understood."""
        subject = Subject(key, Allowed(_FLAGS, maybe))
        return Reading(In(subject, Allowed(_YES)), In(subject, Allowed(_NO)))

    def _name(self, node: Name, name: str) -> Reading:
        expr = self._opened(name)
        if expr is None:
            return self._value_as_condition(node)
        if name in self._names or len(self._names) > MAX_CHAIN or height(expr) > MAX_HEIGHT:
            raise SpentError
        self._names.append(name)
        try:
            return self._read(expr)
        finally:
            self._names.pop()

    def _opened(self, name: str) -> Expr | None:
        """The expression that a condition or feature stands for."""
        item = self._pack.condition_by_name.get(name) or self._pack.feature_by_name.get(name)
        return item.expr if item else None

    def _fires(self, name: str) -> Reading:
        rule = self._pack.rule_by_id.get(name)
        if rule is None:
            return self._opaque(("fires", name))
        if f"fires {name}" in self._names or len(self._names) > MAX_CHAIN or height(rule.when) > MAX_HEIGHT:
            raise SpentError
        self._names.append(f"fires {name}")
        try:
            inner = self._read(rule.when)
        finally:
            self._names.pop()
        if rule.valid_from is None and rule.valid_to is None:
            return inner
        valid = self._opaque(("in force", name), maybe=False)
        return Reading(all_of((valid.yes, inner.yes)), any_of((valid.no, inner.no)), inner.size + 1)

    def _value_as_condition(self, node: Expr) -> Reading:
        value = self._value(node)
        if value is None or not isinstance(value.subject.domain.known, Choices):
            return self._opaque(("condition", self.key(node)))
        return Reading(self._among(value, _YES), self._among(value, _NO))

    def _is_known(self, subject: Expr, *, known: bool) -> Reading:
        if self.is_condition(subject):
            inner = self._read(subject)
            there = any_of((inner.yes, inner.no))
            size = inner.size * 2
        else:
            value = self._value(subject)
            there = value is None or value.default is not None or In(value.subject, Allowed(self._all(value)))
            size = 1
        return Reading(there, negated(there), size) if known else Reading(negated(there), there, size)

    def _all(self, value: Value) -> Ranges | Choices:
        return Ranges() if isinstance(value.subject.domain.known, Ranges) else Choices()

    def _among(self, value: Value, chosen: Ranges | Choices) -> Formula:
        """The value, or what stands for it, is one of these."""
        default = value.default is not None and chosen.holds(_plain(value.default))
        return In(value.subject, Allowed(chosen, default))

    def is_condition(self, node: Expr) -> bool:
        """Whether the expression is a yes or no."""
        match node:
            case Name(name):
                expr = self._opened(name)
                if expr is not None:
                    return name in self._pack.condition_by_name or (not isinstance(expr, Name) and self.is_condition(expr))
                field = self._vocabulary.field(name)
                return field is not None and field.type.kind is Kind.FLAG
            case Call(name):
                function = self._vocabulary.function(name)
                return function is not None and function.result.kind is Kind.FLAG
            case Otherwise(subject):
                return self.is_condition(subject)
            case _:
                return isinstance(node, _TWO_VALUED)

    def _compare(self, op: str, left: Expr, right: Expr) -> Reading:
        if isinstance(left, Literal) and isinstance(right, Literal):
            if type(left) is not type(right):
                return self._opaque(("compare", op, self.key(left), self.key(right)))
            holds = bool(OPERATORS[op](left.value, right.value))
            return Reading(holds, not holds)
        if op in ("=", "!=") and self.is_condition(left) and self.is_condition(right):
            one, two = self._read(left), self._read(right)
            same = any_of((all_of((one.yes, two.yes)), all_of((one.no, two.no))))
            other = any_of((all_of((one.yes, two.no)), all_of((one.no, two.yes))))
            size = 2 * (one.size + two.size)
            return Reading(same, other, size) if op == "=" else Reading(other, same, size)
        if isinstance(left, Literal):
            return self._compare(FLIPPED[op], right, left)
        value = self._value(left)
        if value is None:
            return self._opaque(("compare", op, self.key(left), self.key(right)))
        return self._against(op, value, right) if isinstance(right, Literal) else self._ordered(op, value, left, right)

    def _against(self, op: str, value: Value, right: Literal) -> Reading:
        """A value against a literal: a set of values, and its complement among the known."""
        chosen = _chosen(op, value, right)
        if chosen is None:
            return self._opaque(("compare", op, value.subject.key, self.key(right)))
        return Reading(self._among(value, chosen), self._among(value, chosen.complement()))

    def _in_set(self, subject: Expr, values: tuple[Literal, ...]) -> Reading | None:
        """A value among literals, as one set; None where a literal does not fit."""
        value = None if isinstance(subject, Literal) else self._value(subject)
        if value is None:
            return None
        outside = [_chosen("!=", value, item) for item in values]
        rest: Ranges | Choices = self._all(value)
        for item in outside:
            if item is None:
                return None
            rest = rest.both(item)  # type: ignore[arg-type] # of one kind, by _chosen
        return Reading(self._among(value, rest.complement()), self._among(value, rest))

    def _ordered(self, op: str, value: Value, left: Expr, right: Expr) -> Reading:
        """Two values against each other: which of them is greater is a subject of its own."""
        one, two = self.key(left), self.key(right)
        other = self._value(right)
        maybe = any(item is None or (item.subject.domain.unknown and item.default is None) for item in (value, other))
        if repr(one) > repr(two):
            one, two, op = two, one, FLIPPED[op]
        subject = Subject(("order", one, two), Allowed(Choices(frozenset((0,)), but=False) if one == two else _ORDERS, maybe))
        chosen = Choices(frozenset(_BY_ORDER[op]), but=False)
        return Reading(In(subject, Allowed(chosen)), In(subject, Allowed(Choices(frozenset((-1, 0, 1)) - chosen.items, but=False))))

    def _contains(self, subject: Expr, mode: Mode, values: tuple[Literal, ...]) -> Reading:
        parts = [self._opaque(("contains", self.key(subject), self.key(value)), maybe=self._maybe(subject)) for value in values]
        if mode is Mode.ALL:
            return Reading(all_of(part.yes for part in parts), any_of(part.no for part in parts), len(parts))
        some = Reading(any_of(part.yes for part in parts), all_of(part.no for part in parts), len(parts))
        return some if mode is Mode.ANY else Reading(some.no, some.yes, some.size)

    def _maybe(self, node: Expr) -> bool:
        value = self._value(node)
        return value is None or (value.subject.domain.unknown and value.default is None)

    def _value(self, node: Expr) -> Value | None:
        """The subject behind a value; None for what is no value of its own."""
        match node:
            case Otherwise(subject, default):
                inner = self._value(subject)
                if inner is None or inner.default is not None:
                    return inner
                misfit = isinstance(default, Number) and inner.type not in (None, default.type) and default.amount != "0"
                return None if misfit else Value(inner.subject, inner.type, default)
            case Name(name):
                expr = self._opened(name)
                if expr is not None:
                    if name in self._names or len(self._names) > MAX_CHAIN:
                        raise SpentError
                    self._names.append(name)
                    try:
                        return self._value(expr)
                    finally:
                        self._names.pop()
                field = self._vocabulary.field(name)
                return self._named(("field", field.name), field.type, field.values, maybe=field.maybe) if field else None
            case Call(name):
                function = self._vocabulary.function(name)
                return self._named(self.key(node), function.result, function.values, maybe=function.maybe) if function else None
            case Count():
                return Value(self._count(node), Type(Kind.NUMBER))
            case Window(aggregate):
                counts = aggregate in (Aggregate.COUNT, Aggregate.DISTINCT)
                never_negative = counts or aggregate is Aggregate.DAYS_SINCE
                known = Ranges.compared(">=", 0.0) if never_negative else Ranges()
                return Value(Subject(self.key(node), Allowed(known, unknown=True), whole=counts), None)
            case Related():
                return Value(Subject(self.key(node), Allowed(Ranges.compared(">=", 0.0), unknown=True), whole=True), Type(Kind.NUMBER))
            case Arithmetic():
                return Value(Subject(self.key(node), Allowed(Ranges(), unknown=True)), None)
            case _:
                return None

    def _named(self, key: tuple[object, ...], type_: Type, values: tuple[tuple[str, str], ...], *, maybe: bool) -> Value:
        match type_.kind:
            case Kind.NUMBER | Kind.DATE:
                return Value(Subject(key, Allowed(Ranges(), maybe), whole=type_.kind is Kind.DATE), type_)
            case Kind.FLAG:
                return Value(Subject(key, Allowed(_FLAGS, maybe)), type_)
            case Kind.CATEGORY if values:
                return Value(Subject(key, Allowed(Choices(frozenset(name for name, _ in values), but=False), maybe)), type_)
            case _:
                return Value(Subject(key, Allowed(Choices(), maybe)), type_)

    def _count(self, node: Count) -> Subject:
        hit = Hit(self._all_words(node.lists), _bounds(node))
        most = Ranges.compared("<=", float(sum(self._terms(item) for item in node.lists))) if node.distinct else Ranges()
        domain = _COUNTS.both(Allowed(most))
        return Subject(("count", hit, node.distinct), domain, whole=True, hit=hit)

    def _terms(self, item: Operand) -> int:
        """How many words a list has; a list that is not known may have any number."""
        if isinstance(item, Term):
            return 1
        found = self._pack.list_by_name.get(item.name)
        return len(found.terms) if found else 10**9

    def _text(self, node: Has | Near | SameSentence | Edge | Matches) -> Formula:
        bounds = _bounds(node)
        match node:
            case Has(Mode.ALL, lists):
                return all_of(Says(Hit(self.words(item), bounds)) for item in lists)
            case Has(mode, lists):
                return Says(Hit(self._all_words(lists), bounds), mode is Mode.ANY)
            case Near(left, right, within):
                return Says(Together(self._all_words(left), self._all_words(right), within, bounds))
            case SameSentence(left, right):
                return Says(Together(self._all_words(left), self._all_words(right), None, bounds))
            case Edge(where, lists):
                return Says(AtEdge(str(where), self._all_words(lists), bounds))
            case Matches(pattern):
                return Says(Found(pattern, bounds))

    def _all_words(self, lists: tuple[Operand, ...]) -> Words:
        return self.words(lists[0]) if len(lists) == 1 else frozenset().union(*map(self.words, lists))

    def words(self, item: Operand) -> Words:
        """The words of a list or literal, brought to the form in which the host compares them."""
        if item not in self._words:
            self._words[item] = self._words_of(item)
        return self._words[item]

    def _words_of(self, item: Operand) -> Words:
        normal: Callable[[str], str] = self._vocabulary.normalise
        if isinstance(item, Term):
            return frozenset(((normal(item.text), frozenset()),))
        found = self._pack.list_by_name.get(item.name)
        if found is None or not found.terms:
            return frozenset(((f"@{item.name}", frozenset()),))
        contexts = frozenset(map(normal, found.exclude))
        return frozenset((normal(term), contexts) for term in found.terms)

    def key(self, node: Node) -> tuple[object, ...]:
        """A node as a key: names in English, numbers by value and unit, opened names by what they stand for."""
        match node:
            case Name(name):
                expr = self._opened(name)
                if expr is not None and name not in self._names and len(self._names) <= MAX_CHAIN:
                    self._names.append(name)
                    try:
                        return self.key(expr)
                    finally:
                        self._names.pop()
                field = self._vocabulary.field(name)
                return ("field", field.name if field else name)
            case Call(name, args):
                function = self._vocabulary.function(name)
                return ("call", function.name if function else name, *map(self.key, args))
            case Number():
                return ("number", node.value, node.type.unit)
            case Window(aggregate, stream, field_name, days, relation):
                found = self._vocabulary.stream(stream)
                column = found.field(field_name) if found else None
                shared = self._vocabulary.relation(relation)
                names = (found.name if found else stream, column.name if column else field_name, shared.name if shared else relation)
                return ("window", aggregate, *names, days)
            case Related(relation):
                shared = self._vocabulary.relation(relation)
                return ("related", shared.name if shared else relation)
            case _:
                values = (getattr(node, item.name) for item in fields(node) if item.name != "span")
                return (type(node).__name__, *(self._part(value) for value in values))

    def _part(self, value: object) -> object:
        if isinstance(value, tuple):
            return tuple(self._part(item) for item in value)
        return self.key(value) if isinstance(value, Node) else value


def _bounds(node: Textual) -> Bounds:
    """Which hits the qualifiers of a text operator admit."""
    named = {"unnegated": node.asserted or node.unnegated, "unquoted": node.asserted or node.unquoted, "plain": node.plain}
    return frozenset(name for name, on in named.items() if on)


def _plain(node: Literal) -> object:
    """A literal as the value in a set: days as numbers."""
    return node.value.toordinal() if isinstance(node, Day) else node.value


def _chosen(op: str, value: Value, right: Literal) -> Ranges | Choices | None:
    """The values for which the comparison with a literal holds; None where the two do not fit."""
    domain = value.subject.domain.known
    match right:
        case Number() if isinstance(domain, Ranges) and (
            value.type in (None, right.type) or (_is_number(value.type) and right.amount == "0")
        ):
            return Ranges.compared(op, right.value)
        case Day() if isinstance(domain, Ranges) and value.type is not None and value.type.kind is Kind.DATE:
            return Ranges.compared(op, right.value.toordinal())
        case Text() if isinstance(domain, Choices) and op in ("=", "!=") and (domain.but or right.value in domain.items):
            return Choices(frozenset((right.value,)), but=op == "!=")
        case Flag() if isinstance(domain, Choices) and op in ("=", "!=") and value.type is not None and value.type.kind is Kind.FLAG:
            return Choices(frozenset((right.value,)), but=op == "!=")
        case _:
            return None


def _is_number(type_: Type | None) -> bool:
    return type_ is not None and type_.kind is Kind.NUMBER
