"""Every part of a condition changes something."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.check.judged import Judged
from rules.check.wording import quoted, rewritten
from rules.diagnostics import Diagnostic, diagnose
from rules.logic import Reading, all_of
from rules.nodes import And, Expr, Or, walk

_MOST = 8
"""Parts of one `and` or `or` that are told at once; the others are told when these are repaired."""


def parts_change_something(context: Context) -> Iterator[Diagnostic]:
    """R063 alternatives covered by another, R064 parts that follow from another, R065 alternatives that contradict what stands beside them."""
    judged = context.judged
    for _, expr in judged.definitions():
        for node in walk(expr):
            if isinstance(node, And | Or) and not judged.settled(node):
                yield from _covered(node, judged, context)
            if isinstance(node, And) and not judged.settled(node):
                yield from _unreachable(node, judged, context)


def _covered(node: And | Or, judged: Judged, context: Context) -> Iterator[Diagnostic]:
    """Each part that another makes needless; of two that say the same, the later."""
    readings = [judged.reasoner.read(item) for item in node.items]
    gone: set[int] = set()
    for at in reversed(range(len(node.items))):
        if len(gone) >= _MOST or judged.reasoner.gave_up:
            return
        for other in range(len(node.items)):
            if other != at and other not in gone and _needless(node, judged, readings[at], readings[other]):
                gone.add(at)
                said = quoted("part", node.items[at]) | quoted("other", node.items[other])
                kept = tuple(item for index, item in enumerate(node.items) if index != at)
                yield diagnose("R063" if isinstance(node, Or) else "R064", node.span, fix=rewritten(context, node, kept), **said)
                break


def _needless(node: And | Or, judged: Judged, part: Reading | None, other: Reading | None) -> bool:
    """In three values: the lesser of two alternatives, the greater of two parts."""
    one, two = (part, other) if isinstance(node, Or) else (other, part)
    return judged.reasoner.reads_below(one, two) is True


def _unreachable(node: And, judged: Judged, context: Context) -> Iterator[Diagnostic]:
    """Alternatives of an `or` beside which another part of the `and` cannot hold."""
    for inner in node.items:
        if isinstance(inner, Or):
            for branch in inner.items:
                blocker = _blocker(node, inner, branch, judged)
                if blocker is not None:
                    kept = tuple(item for item in inner.items if item is not branch)
                    said = quoted("part", branch) | quoted("other", blocker)
                    yield diagnose("R065", inner.span, fix=rewritten(context, inner, kept), **said)


def _blocker(node: And, inner: Or, branch: Expr, judged: Judged) -> Expr | None:
    read = judged.reasoner.read(branch)
    for item in node.items:
        beside = judged.reasoner.read(item) if item is not inner else None
        if read is not None and beside is not None and judged.reasoner.impossible(all_of((read.yes, beside.yes))):
            return item
    return None
