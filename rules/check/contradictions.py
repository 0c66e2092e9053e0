"""Parts of a condition fit together: `and` can hold, `or` can fail."""

from collections.abc import Callable, Iterator
from itertools import combinations

from rules.check.context import Context
from rules.check.judged import Judged, Verdict
from rules.check.wording import language_at, quoted
from rules.diagnostics import Diagnostic, diagnose
from rules.logic import Formula, Reading, all_of, negated
from rules.nodes import And, Expr, Known, Not, Or, walk
from rules.printer import show


def parts_fit_together(context: Context) -> Iterator[Diagnostic]:
    """R060 an `and` that is never true, R061 an `or` that always is, R062 an `or` that is true wherever it is known; the innermost only."""
    judged = context.judged
    for _, expr in judged.definitions():
        for node in walk(expr):
            if isinstance(node, And | Or) and not any(judged.settled(item) for item in node.items):
                yield from _judge(node, judged, context)


def _judge(node: And | Or, judged: Judged, context: Context) -> Iterator[Diagnostic]:
    verdict = judged.verdict(node)
    if isinstance(node, And) and verdict in (Verdict.FALSE, Verdict.NOT_TRUE):
        one, other = _pair(node, judged, lambda left, right: all_of((left.yes, right.yes)))
        yield diagnose("R060", node.span, **quoted("one", one), **quoted("other", other))
    elif isinstance(node, Or) and verdict is Verdict.TRUE:
        one, other = _pair(node, judged, lambda left, right: all_of((negated(left.yes), negated(right.yes))))
        yield diagnose("R061", node.span, **quoted("one", one), **quoted("other", other))
    elif isinstance(node, Or) and verdict is Verdict.NOT_FALSE:
        one, other = _pair(node, judged, lambda left, right: all_of((left.no, right.no)))
        opposites = len(node.items) == 2 and (other == Not(one) or one == Not(other))
        asked = one if other == Not(one) else other
        fix = show(Known(asked, known=True), language_at(context, node.span)) if opposites else ""
        yield diagnose("R062", node.span, fix=fix, **quoted("one", one), **quoted("other", other))


def _pair(node: And | Or, judged: Judged, clash: Callable[[Reading, Reading], Formula]) -> tuple[Expr, Expr]:
    """The two parts to blame; where it takes more, the last part and the rest."""
    readings = [(item, judged.reasoner.read(item)) for item in node.items]
    for (one, left), (other, right) in combinations(readings, 2):
        if left and right and judged.reasoner.impossible(clash(left, right)):
            return one, other
    rest = node.items[:-1]
    return (rest[0] if len(rest) == 1 else type(node)(rest)), node.items[-1]
