"""Rows by the thousand: COPY on PostgreSQL, one prepared statement on SQLite. SQLAlchemy's own binding, row by row, costs more than the databases' inserts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, Connection, Date, Float, String, Table

from risk.storage.engine import refuse_too_long
from risk.storage.tables import UtcDateTime

_Bind = Callable[[Any], Any]


def insert_many(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]], same: Mapping[str, Any] | None = None
) -> None:
    """Insert rows of values for the columns ``names``, in their order; ``same`` are columns that have one value in all of them.

    Columns that are not named take what the database gives them: those with a default of Python's must be named. ``None`` in a column of JSON is NULL.
    """
    if rows:
        insert_columns(connection, table, dict(zip(names, zip(*rows, strict=True), strict=True)), same)


def insert_columns(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], same: Mapping[str, Any] | None = None
) -> None:
    """Insert rows given as columns, all of one length; for the rest as :func:`insert_many`."""
    if not any(map(len, columns.values())):
        return
    fixed = same or {}
    every = [*columns, *fixed]
    missing = [c.name for c in table.columns if c.name not in every and c.default is not None]
    if missing:
        raise ValueError(f"{table.name}: no value for {', '.join(missing)}")
    sqlite = connection.dialect.name == "sqlite"
    ready = _ready_sqlite if sqlite else _ready_copy
    values = [ready(table, name, column) for name, column in columns.items()]
    tail = tuple(ready(table, name, (value,))[0] for name, value in fixed.items())
    if sqlite:
        places = ", ".join("?" * len(every))
        statement = f"INSERT INTO {table.name} ({', '.join(every)}) VALUES ({places})"
        many = len(values[0])
        connection.exec_driver_sql(statement, list(zip(*values, *(repeat(value, many) for value in tail), strict=True)))
        return
    raw: Any = connection.connection.driver_connection
    end = "".join(f"\t{value}" for value in tail) + "\n"
    try:
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(every)}) FROM STDIN") as copy:
            copy.write(end.join(["\t".join(row) for row in zip(*values, strict=True)]) + end)
    except Exception as error:  # it does not come by way of SQLAlchemy, which would tell
        refuse_too_long(error)
        raise


def _ready_sqlite(table: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column as SQLite's driver takes them: most need nothing."""
    kind = table.c[name].type
    bind: _Bind | None = None
    if isinstance(kind, JSON):
        bind = _json
    elif isinstance(kind, UtcDateTime):
        bind = _sqlite_moment
    elif isinstance(kind, Date):
        bind = str  # ISO, as SQLAlchemy writes it
    elif isinstance(kind, Boolean):
        bind = int
    return values if bind is None else [None if value is None else bind(value) for value in values]


def _ready_copy(table: Table, name: str, values: Sequence[Any]) -> list[str]:
    """The values of a column as COPY reads them from text."""
    kind = table.c[name].type
    say: _Bind = str
    if isinstance(kind, JSON):
        say = _json_copied
    elif isinstance(kind, UtcDateTime):
        say = _moment_copied
    elif isinstance(kind, String):
        say = _escaped
    elif isinstance(kind, Float):
        say = _number_copied
    return ["\\N" if value is None else say(value) for value in values]


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"naive datetime refused: {value!r}")
    return value


def _sqlite_moment(value: datetime) -> str:
    """As SQLAlchemy writes it: ``2026-10-31 16:00:00.000000``."""
    return _aware(value).astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _escaped(value: str) -> str:
    return value.translate(_ESCAPES)


def _json_copied(value: Any) -> str:
    return _escaped(_json(value))


def _moment_copied(value: datetime) -> str:
    return _aware(value).isoformat()


def _number_copied(value: float) -> str:
    return repr(float(value))
