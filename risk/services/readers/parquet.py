"""Parquet in batches that stay small whatever the file does: a few bytes may say *that value of 20 MB again*, a million times.

How large one value can be is read from the header of each column's first page, and the batch is cut to match. (Keeping text as dictionaries
would also do, but pyarrow then gathers the words of a whole row group: 600 MB for a million rows in place of 120.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from risk.domain.errors import InvalidInputError
from risk.domain.problems import Problem
from risk.domain.system_messages import quoted
from risk.services.readers.rows import CELL_LIMIT, COLUMN_LIMIT, RawRow, names_of

GROUP_LIMIT = 1_000_000_000
"""Bytes that one row group may unpack to."""

BATCH_BYTES = 64_000_000
"""What a batch may unpack to, if every value of it is the largest there can be."""

_BATCH = 2_000
_DICTIONARY_PAGE = 2
_FIELD_I32 = 0x15  # the next field, a 32-bit number


class ParquetReader:
    """Rows of a Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _readable(path), pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            nested = [field.name for field in schema if pa.types.is_nested(field.type)]
            self._batch = _rows_at_once(path, file.metadata)
        if nested:
            raise InvalidInputError("parquet_nested", columns=", ".join(nested[:30]))
        if len(schema.names) > COLUMN_LIMIT:
            raise InvalidInputError("too_many_columns", found=len(schema.names), limit=COLUMN_LIMIT)
        self.columns: tuple[str, ...] = names_of(schema.names)

    def __iter__(self) -> Iterator[RawRow]:
        """The rows."""
        number = 0
        with _readable(self._path), pq.ParquetFile(self._path, pre_buffer=False, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(batch_size=self._batch, use_threads=False):
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
    """Python values of a column."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if _is_text(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > 4 * CELL_LIMIT:  # not even made into Python's text
        long = pc.fill_null(pc.greater(pc.binary_length(column), 4 * CELL_LIMIT), False)  # noqa: FBT003 - pyarrow's signature
        short = pc.if_else(long, None, column).to_pylist()
        return [_TOO_LARGE if cut else value for cut, value in zip(long.to_pylist(), short, strict=True)]
    return [_TOO_LARGE if isinstance(value, (str, bytes)) and len(value) > CELL_LIMIT else value for value in column.to_pylist()]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _rows_at_once(path: Path, metadata: Any) -> int:
    """Rows of a batch that stays below ``BATCH_BYTES``."""
    largest = 1
    with path.open("rb") as file:
        for group in (metadata.row_group(place) for place in range(metadata.num_row_groups)):
            if group.total_byte_size > GROUP_LIMIT:
                raise InvalidInputError("parquet_too_large", size=group.total_byte_size, limit=GROUP_LIMIT)
            for chunk in (group.column(place) for place in range(group.num_columns)):
                if chunk.physical_type in ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"):
                    shares = "DELTA_BYTE_ARRAY" in chunk.encodings  # values share beginnings: one may be as long as all of them
                    largest = max(largest, chunk.total_uncompressed_size if shares else _dictionary_size(file, chunk))
    if largest > GROUP_LIMIT:
        raise InvalidInputError("parquet_too_large", size=largest, limit=GROUP_LIMIT)
    return max(1, min(_BATCH, BATCH_BYTES // largest))


def _dictionary_size(file: BinaryIO, chunk: Any) -> int:
    """Unpacked bytes of the chunk's dictionary page, 0 without one: the second number of the page's header (Thrift, compact)."""
    offset = min(place for place in (chunk.dictionary_page_offset, chunk.data_page_offset) if place is not None)
    file.seek(offset)
    header = file.read(24)
    numbers: list[int] = []
    position = 0
    while len(numbers) < 2:
        if position >= len(header) or header[position] != _FIELD_I32:
            raise ValueError("page header")
        value = shift = 0
        position += 1
        while position < len(header):
            byte = header[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        numbers.append(value >> 1)
    return numbers[1] if numbers[0] == _DICTIONARY_PAGE else 0


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what pyarrow says of a bad file into our refusal."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InvalidInputError("file_unreadable", path=path.name, reason=quoted(str(error) or type(error).__name__)) from error
