"""SQLite holds texts to the length of their column, as PostgreSQL does by itself: each bounded column gets a check when its table is laid out.

A check is SQLite's own, so every way in is held to it and none of Python's time is spent on it. Stores that were laid out before have none; PostgreSQL's are bounded.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from sqlalchemy import Column, String
from sqlalchemy.dialects.sqlite.base import SQLiteDDLCompiler

_BROKEN = re.compile(r"^CHECK constraint failed: at_most_(\d+)$")


class BoundedColumns(SQLiteDDLCompiler):
    """How tables are laid out: ``name VARCHAR(40) NOT NULL CONSTRAINT at_most_40 CHECK (length(name) <= 40)``."""

    def get_column_specification(self, column: Column[Any], **kwargs: Any) -> str:
        """The column's part of ``CREATE TABLE``."""
        told = str(super().get_column_specification(column, **kwargs))  # type: ignore[no-untyped-call]
        if not isinstance(column.type, String) or column.type.length is None:
            return told
        most = column.type.length
        return f"{told} CONSTRAINT at_most_{most} CHECK (length({self.preparer.format_column(column)}) <= {most})"


def most_of(error: BaseException | None) -> int | None:
    """How many characters the column takes that a text was too long for; nothing for any other error.

    >>> most_of(sqlite3.IntegrityError("CHECK constraint failed: at_most_40")), most_of(sqlite3.IntegrityError("UNIQUE constraint failed: a.b"))
    (40, None)
    """
    found = _BROKEN.match(str(error)) if isinstance(error, sqlite3.IntegrityError) else None
    return int(found[1]) if found else None
