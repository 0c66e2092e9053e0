"""`not` says what holds where something is unknown: a silent "unknown" keeps a rule from firing."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.check.wording import quoted
from rules.diagnostics import Diagnostic, diagnose
from rules.logic import all_of, negated
from rules.nodes import And, Call, Expr, Known, Name, Node, Not, Otherwise, Related, Window, children


def negations_are_known(context: Context) -> Iterator[Diagnostic]:
    """R076, at each `not` of a rule that may be unknown where all that stands beside it is true."""
    judged = context.judged
    for rule, expr in judged.definitions():
        if rule in context.pack.rules and not judged.settled(expr):
            yield from _inside(expr, (), context)


def _inside(node: Expr, beside: tuple[Expr, ...], context: Context) -> Iterator[Diagnostic]:
    """The negations of an expression; `beside` is what must be true with it."""
    match node:
        case And(items):
            for at, item in enumerate(items):
                yield from _inside(item, (*beside, *items[:at], *items[at + 1 :]), context)
        case Not(item):
            part = _may_be_unknown(item, context, 0)
            if part is not None and not _excluded(item, beside, context):
                yield diagnose("R076", node.span, **quoted("part", part))
        case Otherwise() | Known():
            return
        case _:
            for child in children(node):
                yield from _inside(child, beside, context)  # type: ignore[arg-type] # operands hold no negation


def _excluded(item: Expr, beside: tuple[Expr, ...], context: Context) -> bool:
    """Whether the item is known wherever the rest is true."""
    reasoner = context.judged.reasoner
    read, rest = reasoner.read(item), [reasoner.read(other) for other in beside]
    if read is None:
        return True
    known = [other.yes for other in rest if other is not None]
    return reasoner.impossible(all_of((*known, negated(read.yes), negated(read.no)))) is not False


def _may_be_unknown(node: Node, context: Context, depth: int) -> Expr | None:
    """A value inside that may be unknown, conditions opened; None where each has its `otherwise`."""
    match node:
        case Otherwise() | Known():
            return None
        case Name(name) if (named := context.pack.named(name)) is not None:
            return _may_be_unknown(named.expr, context, depth + 1) if depth < 32 else None
        case Name() | Call() | Window() | Related():
            found = context.types.of(node)
            return node if found is not None and found.maybe else None
        case _:
            return next((part for child in children(node) if (part := _may_be_unknown(child, context, depth)) is not None), None)
