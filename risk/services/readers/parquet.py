"""Parquet in batches. Text columns stay dictionaries until a batch is cut, so that a small file cannot repeat one huge value a million times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from risk.domain.errors import InvalidInputError
from risk.domain.problems import Problem
from risk.services.readers.rows import CELL_LIMIT, COLUMN_LIMIT, RawRow, names_of

GROUP_LIMIT = 1_000_000_000
"""Bytes that one row group may unpack to."""

_BATCH = 2_000


class ParquetReader:
    """Rows of a Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _readable(path), pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            for place in range(file.metadata.num_row_groups):
                size = file.metadata.row_group(place).total_byte_size
                if size > GROUP_LIMIT:
                    raise InvalidInputError("parquet_too_large", size=size, limit=GROUP_LIMIT)
        if len(schema.names) > COLUMN_LIMIT:
            raise InvalidInputError("too_many_columns", found=len(schema.names), limit=COLUMN_LIMIT)
        self._texts = [field.name for field in schema if _is_text(field.type)]
        self.columns: tuple[str, ...] = names_of(schema.names)

    def __iter__(self) -> Iterator[RawRow]:
        """The rows."""
        number = 0
        with _readable(self._path), pq.ParquetFile(self._path, read_dictionary=self._texts, pre_buffer=False, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
                for cells in zip(*(_cells(column) for column in batch.columns), strict=True):
                    number += 1
                    yield self._row(number, cells)

    def _row(self, number: int, cells: tuple[Any, ...]) -> RawRow:
        values = dict(zip(self.columns, cells, strict=True))
        size, problem = 200, None
        for column, value in values.items():
            if isinstance(value, (str, bytes)):
                size += len(value)
            elif value is _TOO_LARGE:
                values[column] = None
                problem = Problem("cell_too_large", column, facts=(("limit", CELL_LIMIT),))
        return RawRow(number, values, size, problem)


_TOO_LARGE = object()


def _cells(column: pa.Array) -> list[Any]:
    """Python values of a column; equal texts are one object."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return [_TOO_LARGE if isinstance(v, (str, bytes)) and len(v) > CELL_LIMIT else v for v in column.to_pylist()]
    places = column.indices.to_pylist()
    used = sorted({place for place in places if place is not None})
    words = column.dictionary.take(pa.array(used, pa.int64()))
    found: dict[int | None, Any] = {None: None}
    for place, word in zip(used, words, strict=True):
        found[place] = _TOO_LARGE if word.as_buffer() is not None and word.as_buffer().size > 4 * CELL_LIMIT else word.as_py()
    return [found[place] for place in places]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what pyarrow says of a bad file into our refusal."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise InvalidInputError("file_unreadable", path=path.name, reason=lines[0][:300]) from error
