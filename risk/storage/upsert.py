"""Insert what is not there yet: ``ON CONFLICT DO NOTHING`` on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_T = TypeVar("_T")
_WORTH_IT = 50


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], unique: Sequence[str]) -> None:
    """Insert rows in their order; those whose ``unique`` columns exist already are left as they are. All rows have the same keys."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(index_elements=list(unique)), rows)
    elif len(rows) < _WORTH_IT or any(column.default is not None and column.name not in rows[0] for column in table.columns):
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(index_elements=list(unique)), rows)
    else:
        _insert_raw(connection, table, rows, unique)


def _insert_raw(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], unique: Sequence[str]) -> None:
    """The same statement with values bound here: SQLAlchemy's own binding, row by row, costs as much again as SQLite's insert."""
    names = list(rows[0])
    processors = [table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for name in names]
    columns = [
        [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]
        for name, process in zip(names, processors, strict=True)
    ]
    targets, places = ", ".join(names), ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({targets}) VALUES ({places}) ON CONFLICT ({', '.join(unique)}) DO NOTHING"
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def batches(values: Iterable[_T], size: int = 5_000) -> Iterator[list[_T]]:
    """Values in lists that fit the number of parameters of one statement.

    >>> list(batches([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    batch: list[_T] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
