"""A comparison can come out either way; one that cannot is a slip of the pen."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.check.judged import JUDGED
from rules.diagnostics import Diagnostic, diagnose
from rules.nodes import And, Or, walk


def comparisons_can_go_both_ways(context: Context) -> Iterator[Diagnostic]:
    """R044: a value against itself, two literals, a count against more words than there are, an empty interval."""
    for _, expr in context.judged.definitions():
        for node in walk(expr):
            verdict = context.judged.verdict(node) if isinstance(node, JUDGED) and not isinstance(node, And | Or) else None
            if verdict is not None:
                yield diagnose("R044", node.span, value_zh=verdict.zh, value_en=verdict)
