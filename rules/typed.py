"""What an expression is: its type, and whether it may be unknown. Named features are read in the order in which they build on each other.

>>> from rules.functions import Field
>>> from rules.pack import pack_from_text
>>> words = Vocabulary((Field("amount", "金额", Type(Kind.NUMBER, Unit.YUAN)), Field("rows", "行数", Type(Kind.NUMBER), maybe=False)))
>>> types = Types(pack_from_text("feature 利息 = amount * 15%\\nfeature 半 = rows / 2"), words)
>>> str(types.of(Name("利息"))), types.of(Name("半")).maybe
('number of yuan', False)
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.functions import Vocabulary
from rules.kinds import Kind, Type, Unit
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
    Matches,
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
from rules.order import Reference, in_order
from rules.pack import Pack

_PLAIN = Type(Kind.NUMBER)


@dataclass(frozen=True, slots=True)
class Typed:
    """A type, and whether a value of it may be unknown."""

    type: Type
    maybe: bool

    def __str__(self) -> str:
        return str(self.type)


class Types:
    """The types of one pack's expressions under one vocabulary."""

    def __init__(self, pack: Pack, vocabulary: Vocabulary) -> None:
        self._pack = pack
        self._vocabulary = vocabulary
        self._named: dict[Reference, Typed | None] | None = None

    def of(self, node: Expr) -> Typed | None:
        """None where a name is unknown, kinds do not fit or definitions go in circles: all that is reported elsewhere."""
        match node:
            case Number():
                return Typed(node.type, maybe=False)
            case Text():
                return Typed(Type(Kind.TEXT), maybe=False)
            case Day():
                return Typed(Type(Kind.DATE), maybe=False)
            case Count():
                return Typed(_PLAIN, maybe=False)
            case Related():
                return Typed(_PLAIN, maybe=True)
            case Window():
                type_ = self._window(node)
                return Typed(type_, maybe=True) if type_ else None
            case Name(name):
                return self._name(name)
            case Call(name):
                function = self._vocabulary.function(name)
                return Typed(function.result, function.maybe) if function else None
            case Arithmetic():
                return self._arithmetic(node)
            case Otherwise(subject, default):
                found = self.of(subject)
                return Typed(found.type, maybe=False) if found else self.of(default)
            case _:
                return Typed(Type(Kind.FLAG), self._may(node))

    def percent_of(self, node: Arithmetic) -> bool:
        """Whether it takes a percentage of an amount, so that the product is divided by 100."""
        one, two = self.of(node.left), self.of(node.right)
        return node.op == "*" and one is not None and two is not None and {one.type.unit, two.type.unit} == {Unit.PERCENT, Unit.YUAN}

    def _may(self, node: Expr) -> bool:
        """Whether a yes or no may be unknown."""
        match node:
            case Flag() | Known() | Has() | Near() | SameSentence() | Edge() | Matches():
                return False
            case Not(item):
                return self._any((item,))
            case And(items) | Or(items):
                return self._any(items)
            case Compare(_, left, right):
                return self._any((left, right))
            case Between(subject, low, high):
                return self._any((subject, low, high))
            case InSet(subject) | InList(subject) | Contains(subject):
                return self._any((subject,))
            case Fires():
                found = self._reference(node)
                return found is None or found.maybe
            case _:
                return True

    def _any(self, items: Iterable[Expr]) -> bool:
        return any(found is None or found.maybe for found in map(self.of, items))

    def _reference(self, key: Reference) -> Typed | None:
        """The type of a definition. All are read on first use, the lower ones first; one in a circle has none."""
        if self._named is None:
            self._named = {}
            order = in_order(self._pack)
            for each in order.order:
                found = self.of(order.exprs[each])
                is_value = isinstance(each, Name) and each.name not in self._pack.condition_by_name
                self._named[each] = found if is_value else Typed(Type(Kind.FLAG), found is None or found.maybe)
        return self._named.get(key)

    def _name(self, name: str) -> Typed | None:
        if self._pack.named(name) is not None:
            return self._reference(Name(name))
        field = self._vocabulary.field(name)
        return Typed(field.type, field.maybe) if field else None

    def _window(self, node: Window) -> Type | None:
        if node.aggregate is Aggregate.DAYS_SINCE:
            return Type(Kind.NUMBER, Unit.DAYS)
        if node.aggregate not in (Aggregate.SUM, Aggregate.MEAN, Aggregate.MAX, Aggregate.MIN):
            return _PLAIN
        stream = self._vocabulary.stream(node.stream)
        field = stream.field(node.field) if stream else None
        return field.type if field and field.type.kind is Kind.NUMBER else None

    def _arithmetic(self, node: Arithmetic) -> Typed | None:
        one, two = self.of(node.left), self.of(node.right)
        if one is None or two is None:
            return None
        dates = Kind.DATE in (one.type.kind, two.type.kind)
        if dates:
            found = _dates(node.op, one.type, two.type)
        elif one.type.kind is two.type.kind is Kind.NUMBER:
            found = _added(node, one.type, two.type) if node.op in "+-" else _scaled(node.op, one.type.unit, two.type.unit)
        else:
            found = None
        return Typed(found, one.maybe or two.maybe or dates or (node.op == "/" and not _not_zero(node.right))) if found else None


def is_zero(node: Expr) -> bool:
    """A literal 0 fits every unit."""
    return isinstance(node, Number) and node.amount == "0"


def _not_zero(node: Expr) -> bool:
    return isinstance(node, Number) and node.amount != "0"


def _dates(op: str, one: Type, two: Type) -> Type | None:
    """A date less a date is days; days may be added to a date and taken from it."""
    days = Type(Kind.NUMBER, Unit.DAYS)
    if op == "-" and one == two:
        return days
    return one if op in "+-" and one.kind is Kind.DATE and two == days else None


def _added(node: Arithmetic, one: Type, two: Type) -> Type | None:
    """Like units only."""
    if one.unit is two.unit or is_zero(node.right):
        return one
    return two if is_zero(node.left) else None


def _scaled(op: str, one: Unit, two: Unit) -> Type | None:
    """A plain number scales anything; a percentage of an amount is an amount; like units divide to a plain number."""
    if two is Unit.PLAIN:
        return Type(Kind.NUMBER, one)
    if op == "*":
        unit = two if one is Unit.PLAIN else Unit.YUAN if {one, two} == {Unit.PERCENT, Unit.YUAN} else None
        return Type(Kind.NUMBER, unit) if unit else None
    return _PLAIN if one is two else None
