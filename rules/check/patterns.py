"""Regular expressions can be read, run in linear time (RE2 has no constructs that could not), and do what no list could."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from rules.check.context import Context
from rules.check.wording import language_at
from rules.diagnostics import Diagnostic, diagnose
from rules.limits import MAX_PATTERN
from rules.nodes import Has, Matches, Mode, Term
from rules.printer import show

_MEMORY = 1 << 20  # bytes of a compiled expression; a large one is refused instead of slow
_WORDS = re.compile(r"[^\\^$.|?*+()\[\]{}\s]+(?:\|[^\\^$.|?*+()\[\]{}\s]+)*")


def patterns_are_sound(context: Context) -> Iterator[Diagnostic]:
    """R053, with what RE2 says; R082 expressions that match nothing at all, R083 expressions that are only words."""
    for node in context.nodes():
        if not isinstance(node, Matches):
            continue
        found, reason = compiled(node.pattern)
        if found is None:
            yield diagnose("R053", node.span, reason=reason)
        elif found.search("") is not None:
            yield diagnose("R082", node.span)
        elif _WORDS.fullmatch(node.pattern):
            words = tuple(Term(word) for word in node.pattern.split("|"))
            qualifiers = {name: getattr(node, name) for name in ("asserted", "plain", "unnegated", "unquoted")}
            yield diagnose("R083", node.span, fix=show(Has(Mode.ANY, words, **qualifiers), language_at(context, node.span)))


@lru_cache(maxsize=256)
def compiled(pattern: str) -> tuple[Any, str]:
    """A regular expression ready to run, or None and why it cannot be used.

    >>> compiled("月(息|利)[2-9]分")[1], compiled("(")[1], compiled("((a{1000}){1000})")[0]
    ('', 'missing ): (', None)
    """
    import re2

    if len(pattern) > MAX_PATTERN:
        return None, f"{len(pattern)} > {MAX_PATTERN}"
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options=options), ""
    except re2.error as error:
        told = error.args[0] if error.args else error
        text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
        return None, text[:1].lower() + text[1:].rstrip(".。")
