"""One row as read, and the limits that keep reading bounded."""

from __future__ import annotations

from typing import Any, NamedTuple

from risk.domain.problems import Problem
from risk.domain.values import safe_text

CELL_LIMIT = 1_000_000
"""Characters of one cell; a longer one makes its row a quarantined row."""

ROW_LIMIT = 4_000_000
"""Bytes of one row as it stands in a CSV or NDJSON file."""

COLUMN_LIMIT = 1_000

RAW = "__raw__"
"""Where a row that could not be cut into columns is kept, shortened."""

EXTRA = "__extra__"
"""Where cells beyond the header are kept."""

_HEAD = 1_000


class RawRow(NamedTuple):
    """``number`` counts from 1 after the header, blank lines not counted; ``size`` is about what it holds in memory."""

    number: int
    values: dict[str, Any]
    size: int
    problem: Problem | None = None


def refused(number: int, raw: str, problem: Problem) -> RawRow:
    """A row that could not be cut into columns."""
    return RawRow(number, {RAW: safe_text(raw[:_HEAD])}, _HEAD, problem)


def names_of(header: list[Any]) -> tuple[str, ...]:
    """Column names that are all there and all different.

    >>> names_of([" a ", "", "a", None])
    ('a', 'column_2', 'a_2', 'column_4')
    """
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(header, 1):
        name = safe_text("" if cell is None else str(cell)).strip().strip("\ufeff") or f"column_{place}"
        unique, again = name, 2
        while unique in taken:
            unique, again = f"{name}_{again}", again + 1
        taken.add(unique)
        names.append(unique)
    return tuple(names)
