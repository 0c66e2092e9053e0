"""Files as streams of rows, in bounded memory: CSV, NDJSON, Parquet, XLSX. Nothing here knows what a column means.

A row that cannot be read as a row comes with its :class:`Problem`; a file that cannot be read as a file raises ``InvalidInputError``, also
half-way. Limits are in ``risk.services.readers.rows``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from risk.domain.errors import InvalidInputError
from risk.domain.mapping import FieldMapping
from risk.services.readers.rows import RawRow
from risk.services.readers.scan import Scan, scan

__all__ = ["RawRow", "Reader", "Scan", "open_reader", "scan"]

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
}


class Reader(Protocol):
    """A file that is open for reading."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The header; ``None`` where every row names its own columns."""

    def __iter__(self) -> Iterator[RawRow]: ...


def open_reader(path: Path, mapping: FieldMapping, seen: Scan) -> Reader:
    """The reader for a file: by its first bytes where they tell, else by its name, else by whether it begins with ``{``."""
    kind = _kind(path, seen)
    if kind == "csv":
        from risk.services.readers.csv_rows import CsvReader

        return CsvReader(path, seen.text_encoding(path, mapping.encoding), mapping.delimiter)
    if kind == "ndjson":
        from risk.services.readers.ndjson import NdjsonReader

        return NdjsonReader(path, seen.text_encoding(path, mapping.encoding))
    if kind == "parquet":
        from risk.services.readers.parquet import ParquetReader

        return ParquetReader(path)
    from risk.services.readers.xlsx import XlsxReader

    return XlsxReader(path, mapping.sheet)


def _kind(path: Path, seen: Scan) -> str:
    if not seen.size or not seen.head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise InvalidInputError("file_empty", path=path.name)
    suffix = path.suffix.lower()
    if seen.head.startswith(b"PAR1"):
        return "parquet"
    if seen.head.startswith(b"PK\x03\x04"):
        return "xlsx"
    kind = _SUFFIXES.get(suffix)
    if kind in ("parquet", "xlsx") or seen.head.startswith((b"\xd0\xcf\x11\xe0", b"\x1f\x8b")):
        raise InvalidInputError("format_unknown", path=path.name)
    begin = seen.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if kind == "ndjson" and begin == b"[":
        raise InvalidInputError("json_array", path=path.name)
    return kind or ("ndjson" if begin == b"{" else "csv")
