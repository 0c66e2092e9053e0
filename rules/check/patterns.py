"""Regular expressions can be read, and run in linear time: RE2 has no constructs that could not."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.limits import MAX_PATTERN
from rules.nodes import Matches

_MEMORY = 1 << 20  # bytes of a compiled expression; a large one is refused instead of slow


def patterns_can_be_read(context: Context) -> Iterator[Diagnostic]:
    """R053, with what RE2 says."""
    for node in context.nodes():
        if isinstance(node, Matches):
            reason = _fault(node.pattern)
            if reason:
                yield diagnose("R053", node.span, reason=reason)


def _fault(pattern: str) -> str:
    """Why a regular expression cannot be used; empty when it can.

    >>> _fault("月(息|利)[2-9]分"), _fault("(")
    ('', 'missing ): (')
    """
    import re2

    if len(pattern) > MAX_PATTERN:
        return f"{len(pattern)} > {MAX_PATTERN}"
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = _MEMORY
    try:
        re2.compile(pattern, options=options)
    except re2.error as error:
        told = error.args[0] if error.args else error
        text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
        return text[:1].lower() + text[1:].rstrip(".。")
    return ""
