"""Rules over firm tables use fields and give rows as examples."""

from collections.abc import Iterator

from rules.check.context import Context, near
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Row
from rules.nodes import Textual, walk


def examples_fit_the_lens(context: Context) -> Iterator[Diagnostic]:
    """R031 no text operators, R032 rows as examples in lens firm; R010 columns of rows exist."""
    for rule in context.pack.rules:
        examples = (*rule.hits, *rule.misses)
        if rule.lens == "firm":
            for node in walk(rule.when):
                if isinstance(node, Textual):
                    yield diagnose("R031", node.span)
            for example in examples:
                if not isinstance(example, Row):
                    yield diagnose("R032", example.span)
        for example in examples:
            if isinstance(example, Row):
                yield from _columns(example, context)


def _columns(row: Row, context: Context) -> Iterator[Diagnostic]:
    """A cell is called like a field, or like the function, stream or relation whose value it gives."""
    words = context.vocabulary
    for name, _ in row.items:
        if name != "text" and not any(find(name) for find in (words.field, words.function, words.stream, words.relation)):
            known = (*words.field_names, *words.function_names, *words.stream_names, *words.relation_names)
            yield diagnose("R010", row.span, name=name, **{**near(name, known, "没有这一列", "no such field"), "fix": ""})
