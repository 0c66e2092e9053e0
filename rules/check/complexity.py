"""What was too complex to be thought through is named, so that silence means that nothing was found."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose


def everything_was_thought_through(context: Context) -> Iterator[Diagnostic]:
    """R068: definitions that the checks before this one had to give up."""
    for name, item in context.judged.given_up.items():
        yield diagnose("R068", item.span, name=name)
