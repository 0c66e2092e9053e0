"""What a value may be: the subject behind it, its domain, and which of its values make a comparison true.

>>> from rules.functions import Vocabulary
>>> from rules.nodes import Term
>>> from rules.pack import pack_from_text
>>> several = Subjects(Names(pack_from_text(""), Vocabulary())).of(Count((Term("u"), Term("v"))))
>>> several.holding(">=", Number("2")).known.holds(2), several.holding(">=", Number("3", "%")) is None
(True, True)
"""

from dataclasses import dataclass

from rules.kinds import Kind, Type
from rules.logic.facts import Bounds, Hit
from rules.logic.formula import Allowed, Formula, In, Subject
from rules.logic.names import Names
from rules.logic.values import Choices, Ranges
from rules.nodes import (
    Aggregate,
    Arithmetic,
    Call,
    Count,
    Day,
    Expr,
    Flag,
    Literal,
    Name,
    Number,
    Otherwise,
    Related,
    Text,
    Textual,
    Window,
)

FLAGS = Choices(frozenset((True, False)), but=False)
YES, NO = (Choices(frozenset((value,)), but=False) for value in (True, False))
_COUNTS = Ranges.compared(">=", 0.0)


@dataclass(frozen=True, slots=True)
class Value:
    """A subject, and what stands for it where it is unknown."""

    subject: Subject
    type: Type | None
    default: Literal | None = None

    @property
    def every(self) -> Ranges | Choices:
        """Every known value."""
        return Ranges() if isinstance(self.subject.domain.known, Ranges) else Choices()

    def among(self, chosen: Ranges | Choices) -> Formula:
        """The value, or what stands for it, is one of these."""
        default = self.default is not None and chosen.holds(_plain(self.default))
        return In(self.subject, Allowed(chosen, default))

    def holding(self, op: str, right: Literal) -> Allowed | None:
        """The known values for which the comparison with a literal holds; None where the two do not fit."""
        domain, kind = self.subject.domain.known, self.type.kind if self.type else None
        match right:
            case Number() if isinstance(domain, Ranges) and (self.type == right.type or (kind is Kind.NUMBER and right.amount == "0")):
                return Allowed(Ranges.compared(op, right.value))
            case Day() if kind is Kind.DATE:
                return Allowed(Ranges.compared(op, right.value.toordinal()))
            case Text() | Flag() if isinstance(domain, Choices) and op in ("=", "!="):
                fits = domain.but or right.value in domain.items
                return Allowed(Choices(frozenset((right.value,)), but=op == "!=")) if fits else None
            case _:
                return None


def _plain(node: Literal) -> object:
    """A literal as the value in a set: days as numbers."""
    return node.value.toordinal() if isinstance(node, Day) else node.value


def bounds(node: Textual) -> Bounds:
    """Which hits the qualifiers of a text operator admit."""
    named = {"unnegated": node.asserted or node.unnegated, "unquoted": node.asserted or node.unquoted, "plain": node.plain}
    return frozenset(name for name, on in named.items() if on)


class Subjects:
    """The subjects behind the values of one pack."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def of(self, node: Expr) -> Value | None:
        """The subject behind a value; None for what is no value of its own."""
        match node:
            case Otherwise(subject, default):
                inner = self.of(subject)
                if inner is None or inner.default is not None:
                    return inner
                misfit = isinstance(default, Number) and inner.type not in (None, default.type) and default.amount != "0"
                return None if misfit else Value(inner.subject, inner.type, default)
            case Name(name):
                return self._name(name)
            case Call(name):
                function = self._names.vocabulary.function(name)
                return _value(self._names.key(node), function.result, function.values, maybe=function.maybe) if function else None
            case Count():
                return Value(self._count(node), Type(Kind.NUMBER))
            case Window() | Related() | Arithmetic():
                return self._number(node)
            case _:
                return None

    def _name(self, name: str) -> Value | None:
        named = self._names.pack.named(name)
        if named is not None:
            with self._names.opened(name) as allowed:
                return self.of(named.expr) if allowed else None
        field = self._names.vocabulary.field(name)
        return _value(("field", field.name), field.type, field.values, maybe=field.maybe) if field else None

    def _number(self, node: Window | Related | Arithmetic) -> Value | None:
        typed = self._names.types.of(node)
        if typed is None:
            return None
        counts = isinstance(node, Related) or (isinstance(node, Window) and node.aggregate in (Aggregate.COUNT, Aggregate.DISTINCT))
        never_negative = counts or (isinstance(node, Window) and node.aggregate is Aggregate.DAYS_SINCE)
        whole = counts or typed.type.kind is Kind.DATE
        return Value(Subject(self._names.key(node), Allowed(_COUNTS if never_negative else Ranges(), typed.maybe), whole), typed.type)

    def _count(self, node: Count) -> Subject:
        hit = Hit(self._names.all_words(node.lists), bounds(node))
        most = Ranges.compared("<=", sum(map(self._names.size, node.lists))) if node.distinct else Ranges()
        return Subject(("count", hit, node.distinct), Allowed(_COUNTS.both(most)), whole=True, hit=hit)


def _value(key: tuple[object, ...], type_: Type, values: tuple[tuple[str, str], ...], *, maybe: bool) -> Value:
    match type_.kind:
        case Kind.NUMBER | Kind.DATE:
            return Value(Subject(key, Allowed(Ranges(), maybe), whole=type_.kind is Kind.DATE), type_)
        case Kind.FLAG:
            return Value(Subject(key, Allowed(FLAGS, maybe)), type_)
        case Kind.CATEGORY if values:
            return Value(Subject(key, Allowed(Choices(frozenset(name for name, _ in values), but=False), maybe)), type_)
        case _:
            return Value(Subject(key, Allowed(Choices(), maybe)), type_)
