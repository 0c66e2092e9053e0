"""Definitions build on each other without circles, and not too deeply."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.limits import MAX_CHAIN, MAX_HEIGHT
from rules.nodes import Fires, Name, Node, Span, children
from rules.order import Order, Reference, in_order
from rules.pack import Pack


def definitions_do_not_circle(context: Context) -> Iterator[Diagnostic]:
    """R040 once for each circle of conditions, features and rules; R045 for the first definition that stands too high, when nothing goes in circles."""
    order = in_order(context.pack)
    circled: set[Reference] = set()
    for circle in order.circles:
        if not circled & set(circle):
            circled.update(circle)
            yield diagnose("R040", _place(circle[0], context.pack), path=" → ".join(f"`{_id(item)}`" for item in (*circle, circle[0])))
    if not circled:
        yield from _too_high(order, context.pack)


def _too_high(order: Order, pack: Pack) -> Iterator[Diagnostic]:
    """The first definition whose chain or whose nodes stack up too high."""
    chain: dict[Reference, int] = {}
    heights: dict[Reference, int] = {}
    for key in order.order:
        chain[key] = 1 + max((chain[item] for item in order.uses[key]), default=0)
        heights[key] = _height(order.exprs[key], heights)
        too_long = chain[key] >= MAX_CHAIN + isinstance(key, Fires)  # a rule at the top of a chain adds no link to it
        if too_long or heights[key] > MAX_HEIGHT:
            yield diagnose("R045", _place(key, pack), limit=MAX_CHAIN)
            return


def _height(node: Node, known: dict[Reference, int]) -> int:
    """Nodes on the longest way down, definitions opened."""
    own = known.get(node, 0) if isinstance(node, Name | Fires) else 0
    return 1 + max((_height(child, known) for child in children(node)), default=own)


def _id(key: Reference) -> str:
    return key.name if isinstance(key, Name) else key.rule


def _place(key: Reference, pack: Pack) -> Span:
    """Where a definition stands."""
    if isinstance(key, Fires):
        return pack.rule_by_id[key.rule].span
    definition = pack.named(key.name)
    assert definition is not None
    return definition.span
