r"""Regular expressions in linear time (RE2), matched on the plain view, found in the original.

The rule: a pattern sees what `normalise` calls plain: simplified, half width, case put aside. So a pattern's own characters are brought to that
spelling first (`（` means `\(`, `證` means `证`); its syntax stays RE2's.

>>> from features.normalise import normalise
>>> texts = [normalise("年化１５％，返现20％"), normalise("严禁承诺年化15%")]
>>> hits = find(r"年化\s*\d+%", texts)
>>> [(texts[r].quote(s, e), n) for r, s, e, n in zip(hits.row, hits.start, hits.end, hits.negated.tolist())]
[('年化１５％', False), ('年化15%', True)]

Not ok: look-around and back-references. They have no linear time, so RE2 has none of them:

>>> problem(r"(?=保本)")
'invalid perl operator: (?='
>>> problem("(" * 3), problem("a" * 2000), problem(r"年化\d+%")
('missing ): (((', 'longer than 1000 characters', None)
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.characters import TABLE
from features.stance import Stance
from features.views import NormalisedText

LONGEST = 1_000
"""characters of a pattern"""
MOST = 1_000
"""hits of one pattern in one text, empty ones counted: finding n hits may read the text n times, so the work stays linear"""
MEMORY = 1 << 20
"""bytes that one compiled pattern may use; a bigger one is refused, and a match that would need more goes on slower, still in linear time"""

_TOKEN = re.compile(r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|(?P<low>[^\[\]\\])-(?P<high>[^\[\]\\])|.", re.DOTALL)


class PatternError(ValueError):
    """A pattern that cannot be used; the message is RE2's reason, in English."""


@dataclass(frozen=True, slots=True, eq=False)
class PatternHits:
    """Parallel arrays, sorted by row, then start. `start` and `end` count characters of the original; `said` is the plain spelling of what matched."""

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    said: list[str]
    negated: NDArray[np.bool_]
    reported: NDArray[np.bool_]


def problem(pattern: str) -> str | None:
    """Why a pattern cannot be used; None when it can."""
    try:
        _compiled(pattern)
    except PatternError as error:
        return str(error)
    return None


def find(pattern: str, texts: Sequence[NormalisedText], stance: Callable[[int], Stance] | None = None) -> PatternHits:
    """All hits of a pattern that are not empty, at most `MOST` a text. `stance` gives a row's (of its plain view) where it exists already.

    Raises PatternError. Hits of one text do not overlap: the leftmost one counts, then the next after it.
    """
    matcher = _compiled(pattern)
    rows: list[int] = []
    spans: list[tuple[int, int]] = []
    said: list[str] = []
    flags: list[tuple[bool, bool]] = []
    for row, text in enumerate(texts):
        found = _places(matcher, text.plain.text)
        if not found:
            continue
        held = stance(row) if stance is not None else Stance(text.plain.text)
        for lo, hi in found:
            rows.append(row)
            spans.append(text.plain.span(lo, hi))
            said.append(text.plain.text[lo:hi])
            flags.append((held.negated(lo, hi), held.reported(lo, hi)))
    places = np.array(spans, dtype=np.int64).reshape(len(rows), 2)
    states = np.array(flags, dtype=np.bool_).reshape(len(rows), 2)
    return PatternHits(np.array(rows, dtype=np.int64), places[:, 0], places[:, 1], said, states[:, 0], states[:, 1])


def _places(matcher: Any, text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for m in islice(matcher.finditer(text), MOST):
        lo, hi = m.span()
        if lo < hi:
            found.append((lo, hi))
    return found


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    """The matcher, made once a pattern. `re2` keeps a cache of its own too, of 128."""
    import re2

    if len(pattern) > LONGEST:
        raise PatternError(f"longer than {LONGEST} characters")
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.case_sensitive = False
    try:
        return re2.compile(_in_plain_spelling(pattern), options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        raise PatternError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None


def _in_plain_spelling(pattern: str) -> str:
    r"""The pattern as it must be written to match the plain view. Latin letters and RE2's own signs stay; what became a sign is escaped.

    >>> _in_plain_spelling("（保證）[０-９]+\\D")
    '\\(保证\\)[0-9]+\\D'
    >>> _in_plain_spelling("[一-龥]💊🧧"), _in_plain_spelling("\\Q（*\\E")
    ('[一-龥]药(?:红包)', '\\Q(*\\E')
    """
    out: list[str] = []
    inside = False
    for m in _TOKEN.finditer(pattern):
        piece = m.group()
        if m["quoted"] is not None:
            out.append("\\Q" + TABLE.replace(m["quoted"]) + "\\E")
        elif m["low"] is not None:
            out.append(_range(m["low"], m["high"]) if inside else _sign(m["low"], inside) + "-" + _sign(m["high"], inside))
        else:
            inside = piece == "[" or (inside and piece != "]")
            out.append(_sign(piece, inside) if len(piece) == 1 else piece)
    return "".join(out)


def _sign(c: str, inside: bool) -> str:
    if c.isascii() or c == "\ufffd":
        return c
    new = re.escape(TABLE.replace(c)) if not c.isspace() else " "
    return f"(?:{new})" if len(TABLE.replace(c)) > 1 and not inside else new


def _range(low: str, high: str) -> str:
    """The ends of a range stand for all between them: they move only together, into ASCII."""
    ends = TABLE.replace(low), TABLE.replace(high)
    moved = all(len(end) == 1 and end.isalnum() and end.isascii() for end in ends)
    return "-".join(ends if moved else (low, high))
