"""Cells of tables that go out: no spreadsheet may take one for a formula."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: str) -> str:
    """A text that a spreadsheet shows and never computes: an apostrophe before what it would take for a formula (OWASP, *CSV Injection*).

    >>> cell("=HYPERLINK(1)"), cell("-12.5"), cell("  @x"), cell("武汉")
    ("'=HYPERLINK(1)", '-12.5', "'  @x", '武汉')
    """
    return f"'{value}" if value.lstrip(" ").startswith(_STARTS) and not _is_number(value) else value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return value.strip() == value and value.isascii()
