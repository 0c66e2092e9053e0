"""Rows by the thousand: COPY on PostgreSQL, one prepared statement on SQLite. SQLAlchemy's own binding, row by row, costs more than the databases' inserts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, Table

from risk.storage.tables import UtcDateTime

_Bind = Callable[[Any], Any]


def insert_many(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]], same: Mapping[str, Any] | None = None
) -> None:
    """Insert rows of values for the columns ``names``, in their order; ``same`` are columns that have one value in all of them.

    Columns that are not named take what the database gives them: those with a default of Python's must be named. ``None`` in a column of JSON is NULL.
    """
    if not rows:
        return
    fixed = same or {}
    every = [*names, *fixed]
    missing = [c.name for c in table.columns if c.name not in every and c.default is not None]
    if missing:
        raise ValueError(f"{table.name}: no value for {', '.join(missing)}")
    sqlite = connection.dialect.name == "sqlite"
    binds = [_bind(table, name, sqlite=sqlite) for name in every]
    tail = tuple(
        value if bind is None or value is None else bind(value) for bind, value in zip(binds[len(names) :], fixed.values(), strict=True)
    )
    told = _bound(binds[: len(names)], rows, tail)
    if sqlite:
        places = ", ".join("?" * len(every))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(every)}) VALUES ({places})", told)
        return
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(every)}) FROM STDIN") as copy:
        for row in told:
            copy.write_row(row)


def _bound(binds: Sequence[_Bind | None], rows: Sequence[Sequence[Any]], tail: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows as the driver takes them, column by column: most columns need nothing."""
    columns = []
    for bind, column in zip(binds, zip(*rows, strict=True), strict=True):
        columns.append(column if bind is None else [None if value is None else bind(value) for value in column])
    return [(*row, *tail) for row in zip(*columns, strict=True)]


def _bind(table: Table, name: str, *, sqlite: bool) -> _Bind | None:
    kind = table.c[name].type
    if isinstance(kind, JSON):
        return _json
    if isinstance(kind, UtcDateTime):
        return _sqlite_moment if sqlite else _aware
    return _plain(kind, sqlite=sqlite)


def _plain(kind: Any, *, sqlite: bool) -> _Bind | None:
    if not sqlite:
        return None
    if kind.python_type is bool:
        return int
    return str if kind.__visit_name__ == "date" else None  # ISO dates, as SQLAlchemy writes them


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"naive datetime refused: {value!r}")
    return value


def _sqlite_moment(value: datetime) -> str:
    """As SQLAlchemy writes it: ``2026-10-31 16:00:00.000000``."""
    return _aware(value).astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
