"""XLSX, first sheet or a named one, at most 200,000 rows; larger tables belong into CSV or Parquet.

openpyxl's read-only mode streams the sheet's XML. calamine is faster but builds the whole rectangle of a sheet before the first row:
two cells, A1 and XFD1048576, would ask for hundreds of gigabytes. What is packed is measured before anything is unpacked.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told
from risk.domain.problems import Problem
from risk.domain.system_messages import quoted
from risk.domain.values import safe_text
from risk.services.readers.rows import CELL_LIMIT, COLUMN_LIMIT, EXTRA, ROW_LIMIT, RawRow, names_of

ROW_CAP = 200_000
UNPACKED_LIMIT = 200_000_000
PARTS_LIMIT = 2_000
RATIO_LIMIT = 200
"""Unpacked by packed size, for parts above 10 MB; spreadsheets reach some 30."""

_BLOCK = 500
_SHEET_ROWS = 1_100_000  # rows with the blank ones between; Excel itself ends at 1,048,576
_T = TypeVar("_T")


class XlsxReader:
    """Rows of one sheet."""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        refuse_bombs(path)
        self._path = path
        self._sheet = sheet
        rows = self._cells()
        try:
            header = next((list(cells) for cells in rows if any(cell is not None for cell in cells)), [])
        finally:
            rows.close()
        while header and header[-1] is None:
            header.pop()
        if not header:
            raise InvalidInputError("header_unreadable", path=path.name)
        if len(header) > COLUMN_LIMIT:
            raise InvalidInputError("too_many_columns", found=len(header), limit=COLUMN_LIMIT)
        self.columns: tuple[str, ...] = names_of(header)

    def __iter__(self) -> Iterator[RawRow]:
        """The rows; blank ones are not counted."""
        number, width, header_seen = 0, len(self.columns), False
        for cells in self._cells():
            if all(cell is None for cell in cells):
                continue
            if not header_seen:
                header_seen = True
                continue
            number += 1
            if number > ROW_CAP:
                raise InvalidInputError("xlsx_too_many_rows", limit=ROW_CAP)
            yield self._row(number, cells, width)

    def _row(self, number: int, cells: tuple[Any, ...], width: int) -> RawRow:
        padded = cells[:width] + (None,) * (width - len(cells))
        values: dict[str, Any] = dict(zip(self.columns, padded, strict=True))
        problem = None
        size = 200 + sum(len(cell) for cell in padded if isinstance(cell, str))
        if any(cell is not None for cell in cells[width:]):
            values[EXTRA] = [safe_text(str(cell))[:100] for cell in cells[width:][:50] if cell is not None]
            problem = Problem("ragged_row", facts=(("expected", width), ("found", len(cells))))
        for column, cell in values.items():
            if isinstance(cell, str) and len(cell) > CELL_LIMIT:
                values[column] = None
                problem = Problem("cell_too_large", column, facts=(("limit", CELL_LIMIT),))
        return RawRow(number, values, size, problem)

    def _cells(self) -> Generator[tuple[Any, ...], None, None]:
        """The cells of each row. What the sheet says of its own size is not believed."""
        from openpyxl import load_workbook

        with self._path.open("rb") as file:
            book = self._quietly(lambda: load_workbook(file, read_only=True, data_only=True, keep_links=False))
            try:
                sheet = self._choose(book)
                sheet.reset_dimensions()
                rows = sheet.iter_rows(values_only=True)
                seen = 0
                while block := self._quietly(lambda: list(islice(rows, _BLOCK))):
                    seen += len(block)
                    if seen > _SHEET_ROWS:
                        raise InvalidInputError("xlsx_too_many_rows", limit=ROW_CAP)
                    yield from block
                rows.close()
            finally:
                book.close()

    def _choose(self, book: Any) -> Any:
        for sheet in book.worksheets:
            if self._sheet in (None, sheet.title):
                return sheet
        wanted = self._sheet or ""
        raise InvalidInputError("file_unreadable", path=self._path.name, reason=Told(f"没有工作表 {wanted}", f"there is no sheet {wanted}"))

    def _quietly(self, work: Callable[[], _T]) -> _T:
        """Whatever a foreign parser says or raises over foreign bytes becomes our one refusal; its warnings stay inside."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return work()
        except Exception as error:
            raise InvalidInputError("file_unreadable", path=self._path.name, reason=quoted(str(error) or type(error).__name__)) from error


def refuse_bombs(path: Path) -> None:
    """Look at the directory of the archive: too many parts, too large, packed too well, encrypted."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            reason = _bomb(parts) or _wide_row(archive)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidInputError("file_unreadable", path=path.name, reason=quoted(error)) from error
    if reason is not None:
        raise InvalidInputError("xlsx_bomb", path=path.name, reason=reason)


def _bomb(parts: list[zipfile.ZipInfo]) -> Told | None:
    total = sum(part.file_size for part in parts)
    if len(parts) > PARTS_LIMIT:
        return Told(f"{len(parts)} 个部件，上限 {PARTS_LIMIT}", f"{len(parts)} parts > {PARTS_LIMIT}")
    if total > UNPACKED_LIMIT:
        return Told(f"{total} 字节，上限 {UNPACKED_LIMIT}", f"{total} bytes > {UNPACKED_LIMIT}")
    for part in parts:
        if part.file_size > 10_000_000 and part.file_size > RATIO_LIMIT * max(part.compress_size, 1):
            sizes = f"{part.filename}: {part.file_size} / {part.compress_size}"
            return Told(f"{sizes} 字节", f"{sizes} bytes")
    return None


def _wide_row(archive: zipfile.ZipFile) -> Told | None:
    """A single row that is larger than any honest one: the parser would hold all of it."""
    for part in archive.infolist():
        if not (part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")):
            continue
        since, tail = 0, b""
        with archive.open(part) as stream:
            while block := stream.read(1 << 20):
                window = tail + block
                if b"</sheetData>" in window:
                    break
                last = window.rfind(b"row>")
                since = len(window) - last if last >= 0 else since + len(block)
                if since > ROW_LIMIT:
                    return Told(f"{part.filename}：一行超过 {ROW_LIMIT} 字节", f"{part.filename}: a row > {ROW_LIMIT} bytes")
                tail = window[-16:]
    return None
