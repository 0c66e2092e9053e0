"""The tree of a rule file: frozen, hashable, and blind to where it was written.

Spans stand beside the meaning and take no part in equality, so that two equal expressions are one key and are computed once.

>>> Name("channel", span=Span("a", 0, 7, 1, 1, 1, 8)) == Name("channel")
True
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias, get_args

from rules.kinds import Quantity, Type, suffix_named


@dataclass(frozen=True, slots=True)
class Span:
    """Where something is written: offsets, and lines and columns that count from 1."""

    file: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


NOWHERE = Span("", 0, 0, 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its unit, as written: 5万元 keeps amount 5 and suffix 万元."""

    amount: str
    suffix: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.amount, suffix_named(self.suffix))

    @property
    def value(self) -> float:
        return self.quantity.value

    @property
    def type(self) -> Type:
        return self.quantity.type


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Flag:
    value: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Day:
    value: date
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Name:
    """A field of the host, or a condition or feature of the pack."""

    name: str
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the host with literal values, fields or calls."""

    name: str
    args: "tuple[Literal | Name | Call, ...]"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ListRef:
    """`@name`: a word list of the pack."""

    name: str
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Term:
    """A literal word where a list is expected."""

    text: str
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


class Mode(StrEnum):
    ANY = "any"
    ALL = "all"
    NONE = "none"


class Side(StrEnum):
    """An end of the text."""

    START = "start"
    END = "end"


class Aggregate(StrEnum):
    """What a window makes of the events in it."""

    COUNT = "count"
    DISTINCT = "distinct"
    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    MIN = "min"
    DAYS_SINCE = "days_since"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Has:
    """The text has any / all / none of the lists."""

    mode: Mode
    lists: "tuple[ListRef | Term, ...]"
    asserted: bool = False
    plain: bool = False
    unnegated: bool = False
    unquoted: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Near:
    """A hit of any list of each side, at most `within` characters of the original between them."""

    left: "tuple[ListRef | Term, ...]"
    right: "tuple[ListRef | Term, ...]"
    within: int
    asserted: bool = False
    plain: bool = False
    unnegated: bool = False
    unquoted: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class SameSentence:
    """A hit of any list of each side in one sentence."""

    left: "tuple[ListRef | Term, ...]"
    right: "tuple[ListRef | Term, ...]"
    asserted: bool = False
    plain: bool = False
    unnegated: bool = False
    unquoted: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Edge:
    """The text starts or ends with a hit of one of the lists; white space and closing punctuation aside."""

    where: Side
    lists: "tuple[ListRef | Term, ...]"
    asserted: bool = False
    plain: bool = False
    unnegated: bool = False
    unquoted: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression (RE2) finds something in the text."""

    pattern: str
    asserted: bool = False
    plain: bool = False
    unnegated: bool = False
    unquoted: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Count:
    """How many different terms of the lists are hit, or, when not `distinct`, how many places."""

    lists: "tuple[ListRef | Term, ...]"
    asserted: bool = False
    plain: bool = False
    unnegated: bool = False
    unquoted: bool = False
    distinct: bool = True
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Window:
    """An aggregate over the events of the subject's history before the judged moment, or over those of its relations.

    Names are as written. `field` is empty where the aggregate needs none, `relation` where it is about the subject itself, `days` None for all time.
    """

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)
    aggregate: Aggregate
    stream: str
    field: str = ""
    days: float | None = None
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """How many other subjects share something with the unit's subject."""

    relation: str
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Fires:
    """Whether another rule of the pack fires."""

    rule: str
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """One of + - * / between two values; division by zero is unknown."""

    op: str
    left: "Expr"
    right: "Expr"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Compare:
    op: str
    left: "Expr"
    right: "Expr"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Between:
    subject: "Expr"
    low: "Expr"
    high: "Expr"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class InSet:
    subject: "Expr"
    values: "tuple[Literal, ...]"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class InList:
    """The value is, after normalising, a word of a list."""

    subject: "Expr"
    list: ListRef
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Contains:
    """A field of several values has any / all / none of these."""

    subject: "Expr"
    mode: Mode
    values: "tuple[Literal, ...]"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Known:
    """`is known` when `known`, else `is unknown`: always true or false itself."""

    subject: "Expr"
    known: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """The subject where it is known, the default where it is not."""

    subject: "Expr"
    default: "Literal"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Not:
    item: "Expr"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class And:
    items: "tuple[Expr, ...]"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Or:
    items: "tuple[Expr, ...]"
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


Literal: TypeAlias = Number | Text | Flag | Day
Operand: TypeAlias = ListRef | Term
Textual: TypeAlias = Has | Near | SameSentence | Edge | Matches | Count
Expr: TypeAlias = (
    Literal
    | Name
    | Call
    | Has
    | Near
    | SameSentence
    | Edge
    | Matches
    | Count
    | Window
    | Related
    | Fires
    | Arithmetic
    | Compare
    | Between
    | InSet
    | InList
    | Contains
    | Known
    | Otherwise
    | Not
    | And
    | Or
)
Node: TypeAlias = Expr | Operand
_KINDS: frozenset[type[Any]] = frozenset(get_args(Node))


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside, in written order."""
    kind: Any = type(node)
    for name in _parts(kind):
        value = getattr(node, name)
        if isinstance(value, tuple):
            yield from (child for child in value if type(child) in _KINDS)
        elif type(value) in _KINDS:
            yield value


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    """The attributes of a kind of node, its place aside."""
    return tuple(item.name for item in fields(kind) if item.name != "span")


def walk(node: Node) -> Iterator[Node]:
    """The node and all inside it, in written order.

    >>> [type(item).__name__ for item in walk(Not(Name("a")))]
    ['Not', 'Name']
    """
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(list(children(current))))


def height(node: Node) -> int:
    """Nodes on the longest way down; without recursion, for trees of any height.

    >>> height(Not(Not(Name("a"))))
    3
    """
    most, stack = 0, [(node, 1)]
    while stack:
        current, depth = stack.pop()
        most = max(most, depth)
        stack.extend((child, depth + 1) for child in children(current))
    return most


def operands(node: Textual) -> tuple[Operand, ...]:
    """The lists of a text operator, in written order; a regular expression has none."""
    match node:
        case Near() | SameSentence():
            return (*node.left, *node.right)
        case Matches():
            return ()
        case _:
            return node.lists
