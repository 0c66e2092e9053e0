"""Insert what is not there yet: ``ON CONFLICT DO NOTHING`` on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_T = TypeVar("_T")


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], unique: Sequence[str]) -> None:
    """Insert rows in their order; those whose ``unique`` columns exist already are left as they are."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(index_elements=list(unique)), rows)


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
