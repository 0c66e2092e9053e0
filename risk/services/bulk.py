"""Reading and writing by the thousand: ``IN`` lists cut to what every database takes, one statement per shape of row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, Row, Select, String, Table, Text, any_, bindparam, insert, update
from sqlalchemy.dialects.postgresql import ARRAY

SLICE = 900


def slices(items: Iterable[Any], size: int = SLICE) -> Iterator[list[Any]]:
    """The distinct items in runs of at most ``size``.

    >>> list(slices([1, 2, 2, 3], 2))
    [[1, 2], [3]]
    """
    distinct = list(dict.fromkeys(items))
    for start in range(0, len(distinct), size):
        yield distinct[start : start + size]


def select_in(conn: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]) -> list[Row[Any]]:
    """The rows of ``query`` whose ``column`` is among ``values``, in as many statements as that takes: one on PostgreSQL, which is given them as an array."""
    kind = Text() if isinstance(column.type, String) else BigInteger() if isinstance(column.type, Integer) else None
    if kind is not None and conn.dialect.name == "postgresql":
        distinct = list(dict.fromkeys(values))
        among = any_(bindparam(None, distinct, type_=ARRAY(kind), unique=True))
        return list(conn.execute(query.where(column == among)).all()) if distinct else []
    return [row for part in slices(values) for row in conn.execute(query.where(column.in_(part))).all()]


def insert_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one shape, if there are any."""
    if rows:
        conn.execute(insert(table), [dict(row) for row in rows])


def update_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the columns given in each row (all of one shape), found by its ``id``."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    statement = update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam(f"new_{name}") for name in names})
    conn.execute(statement, [{"row_id": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows])
