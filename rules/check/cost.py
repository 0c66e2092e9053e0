"""What a rule costs, in comparisons: an estimate from its operators, its lists and its patterns, before any data is seen.

The prices were measured on 50,000 rows of some 100 characters (one comparison of a column: 14 ns a row); equal parts are paid once, as in evaluation.

>>> from rules.functions import Vocabulary
>>> from rules.pack import pack_from_text
>>> pack = pack_from_text('list a\\n include "u"\\nrule r "x" when text has any of @a or text matches "u+" or b > 1 and b > 1')
>>> price(pack.rules[0].when, Context(pack, Vocabulary()))
(523, Matches(pattern='u+', asserted=False, plain=False, unnegated=False, unquoted=False))
"""

from collections.abc import Iterator

from rules.check.context import Context
from rules.check.patterns import compiled
from rules.check.wording import quoted
from rules.diagnostics import Diagnostic, diagnose
from rules.limits import MAX_COST
from rules.nodes import (
    Aggregate,
    Arithmetic,
    Between,
    Call,
    Compare,
    Contains,
    Count,
    Edge,
    Expr,
    Fires,
    Has,
    InList,
    InSet,
    Known,
    ListRef,
    Matches,
    Name,
    Near,
    Node,
    Operand,
    Related,
    SameSentence,
    Window,
    operands,
    walk,
)

_HAS, _COUNT, _EDGE, _NEAR, _SENTENCE = 10, 15, 15, 20, 50
_PATTERN, _INSTRUCTION = 500, 2
_WINDOW, _CHANGE, _ACROSS, _CALL = 200, 400, 100, 100
_TERMS = 1_000
"""A list of so many terms costs twice as much as a list of few."""


def rules_are_affordable(context: Context) -> Iterator[Diagnostic]:
    """R069, with the part that costs most."""
    for rule in context.pack.rules:
        total, dearest = price(rule.when, context)
        if total > MAX_COST and dearest is not None:
            yield diagnose("R069", rule.span, name=rule.id, size=f"{total:,}", limit=f"{MAX_COST:,}", **quoted("part", dearest))


def price(expr: Expr, context: Context) -> tuple[int, Node | None]:
    """The comparisons that an expression comes to, names opened, and the part that costs most."""
    paid: dict[Node, int] = {}
    opened: set[str] = set()
    waiting: list[Expr] = [expr]
    while waiting:
        for node in walk(waiting.pop()):
            name = f"rule {node.rule}" if isinstance(node, Fires) else node.name if isinstance(node, Name) else ""
            if name and name not in opened:
                opened.add(name)
                waiting += _behind(node, context)
            own = _own(node, context)
            if own:
                paid[node] = own
    return sum(paid.values()), max(paid, key=lambda node: paid[node], default=None)


def _behind(node: Node, context: Context) -> list[Expr]:
    """The expression that a name or the outcome of a rule stands for."""
    if isinstance(node, Fires):
        rule = context.pack.rule_by_id.get(node.rule)
        return [rule.when] if rule else []
    named = context.pack.named(node.name) if isinstance(node, Name) else None
    return [named.expr] if named else []


def _own(node: Node, context: Context) -> int:
    """The price of one operator, without what stands inside."""
    match node:
        case Has(_, lists):
            return sum(_scaled(_HAS, (item,), context) for item in lists)
        case Count():
            return _scaled(_COUNT, operands(node), context)
        case Edge():
            return _scaled(_EDGE, operands(node), context)
        case Near():
            return _scaled(_NEAR, operands(node), context)
        case SameSentence():
            return _scaled(_SENTENCE, operands(node), context)
        case Matches(pattern):
            return _PATTERN + _INSTRUCTION * _instructions(pattern)
        case Window(aggregate, relation=relation):
            return (_CHANGE if aggregate is Aggregate.CHANGE else _WINDOW) + (_ACROSS if relation else 0)
        case Call() | Related():
            return _CALL
        case Compare() | Between() | Arithmetic() | Known() | Contains() | InList():
            return 1
        case InSet(_, values):
            return len(values)
        case _:
            return 0


def _scaled(price_: int, lists: tuple[Operand, ...], context: Context) -> int:
    return price_ + price_ * sum(_terms(item, context) for item in lists) // _TERMS


def _terms(item: Operand, context: Context) -> int:
    found = context.pack.list_by_name.get(item.name) if isinstance(item, ListRef) else None
    return len(found.terms) if found else 1


def _instructions(pattern: str) -> int:
    """The size of a compiled expression; 0 where it cannot be read, which is reported elsewhere."""
    found, _ = compiled(pattern)
    return int(found.programsize) if found is not None else 0
