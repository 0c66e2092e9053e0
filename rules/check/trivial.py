"""A comparison can come out either way; one that cannot is a slip of the pen."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.evaluate import OPERATORS
from rules.nodes import Between, Compare, Count, Literal, Node, Number, walk

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


def comparisons_can_go_both_ways(context: Context) -> Iterator[Diagnostic]:
    """R044: a value against itself, two literals, a count against nothing, an empty interval."""
    for _, expr in context.expressions():
        for node in walk(expr):
            value = _always(node)
            if value is not None:
                yield diagnose("R044", node.span, value_zh="真" if value else "假", value_en="true" if value else "false")


def _always(node: Node) -> bool | None:
    match node:
        case Compare(op, left, right) if isinstance(left, Literal) and isinstance(right, Literal):
            return _literals(op, left, right)
        case Compare(op, left, right) if left == right:
            return op in ("=", "<=", ">=")
        case Compare(op, Count(), Number() as number):
            return _count(op, number)
        case Compare(op, Number() as number, Count()):
            return _count(_FLIPPED[op], number)
        case Between(_, Number() as low, Number() as high) if low.value > high.value:
            return False
        case _:
            return None


def _literals(op: str, left: Literal, right: Literal) -> bool | None:
    return bool(OPERATORS[op](left.value, right.value)) if type(left) is type(right) else None


def _count(op: str, number: Number) -> bool | None:
    """A count is a whole number from 0 up."""
    if number.value < 0 or (op in (">=", "<") and number.value == 0):
        return op in (">", ">=", "!=")
    if not number.value.is_integer() and op in ("=", "!="):
        return op == "!="
    return None
