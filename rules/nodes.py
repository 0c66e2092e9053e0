"""The tree of a rule file: frozen, hashable, and blind to where it was written.

Spans stand beside the meaning and take no part in equality, so that two equal expressions are one key and are computed once.

>>> Name("channel", span=Span("a", 0, 7, 1, 1, 1, 8)) == Name("channel")
True
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import TypeAlias

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
    """A field of the host or a condition of the pack."""

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


@dataclass(frozen=True, slots=True)
class Has:
    """The text has any / all / none of the lists."""

    mode: Mode
    lists: "tuple[ListRef | Term, ...]"
    asserted: bool = False
    plain: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Near:
    """A hit of each list, at most `within` characters of the original between them."""

    left: "ListRef | Term"
    right: "ListRef | Term"
    within: int
    asserted: bool = False
    plain: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Count:
    """How many different terms of the lists are hit."""

    lists: "tuple[ListRef | Term, ...]"
    asserted: bool = False
    plain: bool = False
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
Textual: TypeAlias = Has | Near | Count
Expr: TypeAlias = Literal | Name | Call | Has | Near | Count | Compare | Between | InSet | Known | Otherwise | Not | And | Or
Node: TypeAlias = Expr | Operand


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside, in written order."""
    for item in fields(node):
        value = getattr(node, item.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Node):
                yield child


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


def operands(node: Textual) -> tuple[Operand, ...]:
    """The lists of a text operator."""
    return (node.left, node.right) if isinstance(node, Near) else node.lists
