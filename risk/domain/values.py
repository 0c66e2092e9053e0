"""Values of files as text and as JSON that every database can keep: PostgreSQL takes no NUL, nothing takes half a surrogate pair."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from risk.domain.problems import Problem

_HALF_PAIRS = re.compile("[\ud800-\udfff]")
_DEEPEST = 50


def as_text(value: Any) -> str:
    """A value as the text a person would have written: whole numbers without a point.

    >>> as_text(42010200.0), as_text(3.1), as_text(True)
    ('42010200', '3.1', 'true')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value.isoformat() if isinstance(value, date) else str(value)


def sound(value: str, column: str, problems: list[Problem]) -> bool:
    """Whether a database can keep the text; if not, the reason is added."""
    if "\0" in value:
        problems.append(Problem("nul_character", column, short(value)))
        return False
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            problems.append(Problem("bad_encoding", column, short(value)))
            return False
    return True


def plain(value: Any, column: str, problems: list[Problem]) -> Any:
    """A value that JSON can keep: numbers and flags as they are, lists and objects up to a depth, anything else as text.

    >>> plain([1, {"a": None}], "c", []), plain(2**70, "c", []), plain(float("nan"), "c", [])
    ([1, {'a': None}], '1180591620717411303424', 'nan')
    >>> plain([2**70, {"a": float("inf")}], "c", [])
    ['1180591620717411303424', {'a': 'inf'}]
    """
    if isinstance(value, (bool, int)):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if not isinstance(value, (list, dict)):
        value = as_text(value)
        return value if sound(value, column, problems) else ""
    try:
        written = json.dumps(value, ensure_ascii=False, default=as_text)
    except (ValueError, RecursionError, TypeError):
        written = "\\u0000"
    if "\\u0000" in written or _HALF_PAIRS.search(written):
        problems.append(Problem("not_plain", column, short(value)))
        return ""
    if _depth(written) > _DEEPEST:
        return written
    return json.loads(written, parse_int=lambda found: plain(int(found), column, problems), parse_constant=lambda found: str(float(found)))


def keepable(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as quarantine keeps it: every value in a form that JSON and both databases take, whatever was wrong with it.

    >>> keepable({"a": "x\\0", "b": 1, "c": [1]})
    {'a': 'x␀', 'b': 1, 'c': [1]}
    """
    kept: dict[str, Any] = {}
    for column, value in row.items():
        problems: list[Problem] = []
        written = safe_text(value) if isinstance(value, str) else None if value is None else plain(value, column, problems)
        kept[safe_text(column)] = short(value) if problems else written
    return kept


def short(value: Any) -> str:
    """A value as shown in a reason: cut, printable."""
    if isinstance(value, (list, dict)):
        return "[…]" if isinstance(value, list) else "{…}"
    return safe_text(as_text(value)[:120])


def safe_text(text: str) -> str:
    """Text that every database can keep: NUL is shown as ␀, bytes that were no characters as ``\\xNN``.

    >>> safe_text("a\\0b\\udcff")
    'a␀b\\\\xff'
    """
    return _HALF_PAIRS.sub(_shown, text.replace("\0", "␀")) if not text.isascii() or "\0" in text else text


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _depth(written: str) -> int:
    depth = most = 0
    for character in written:
        if character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth -= 1
    return most
