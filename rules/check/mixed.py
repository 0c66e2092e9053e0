"""`and` inside `or` stands in parentheses: a reader should not have to know which binds first."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.check.wording import source_at
from rules.diagnostics import Diagnostic, diagnose
from rules.nodes import And, Or, Span, walk


def mixtures_have_parentheses(context: Context) -> Iterator[Diagnostic]:
    """R075, at each `and` that is an alternative of an `or` without parentheses of its own."""
    for _, expr in context.expressions():
        for node in walk(expr):
            if isinstance(node, Or):
                for item in node.items:
                    if isinstance(item, And) and not _enclosed(context, item.span):
                        yield diagnose("R075", item.span, fix=f"({source_at(context, item.span)})")


def _enclosed(context: Context, span: Span) -> bool:
    """Whether parentheses stand right around a place; true where the source is not at hand."""
    source = context.pack.sources.get(span.file, "")
    if not source:
        return True
    return source[: span.start].rstrip()[-1:] in ("(", "（") and source[span.end :].lstrip()[:1] in (")", "）")
