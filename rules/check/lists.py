"""Lists have words, each once."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose


def lists_have_words(context: Context) -> Iterator[Diagnostic]:
    """R035 empty lists, R036 words given twice."""
    for item in context.pack.lists:
        if not item.terms:
            yield diagnose("R035", item.span, name=item.name)
        seen: set[str] = set()
        for term in item.terms:
            if term in seen:
                yield diagnose("R036", item.span, name=item.name, term=term)
            seen.add(term)
