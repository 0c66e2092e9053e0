"""CSV as people write it: four delimiters, quoted line ends, ragged rows, quotes that never close. Strict across lines, lenient inside one.

A quote that is not closed would swallow the rest of the file. So a record over several lines must be well-formed; if it is not, its *first line*
alone is refused and reading goes on with the second. A record that is merely huge is measured without being held, and refused as one row.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from risk.domain.errors import InvalidInputError
from risk.domain.problems import Problem
from risk.services.readers.quotes import QuoteScanner
from risk.services.readers.rows import CELL_LIMIT, COLUMN_LIMIT, EXTRA, ROW_LIMIT, RawRow, names_of, refused
from risk.services.readers.scan import TextEncoding, skip_line

DELIMITERS = ",;\t|"
RESCAN_LIMIT = 256_000_000
"""Bytes that may be read again because of quotes that never close, over the whole file."""

_PIECE = 1 << 16
_HALF_PAIRS = re.compile("[\\ud800-\\udfff]")


class _TooLargeError(Exception):
    """The record has grown past what is held."""


class CsvReader:
    """Rows of a CSV file with a header."""

    def __init__(self, path: Path, encoding: TextEncoding, delimiter: str | None = None) -> None:
        self._path = path
        self._file: BinaryIO
        self._encoding = encoding
        self._again = 0
        self._begin = 0  # where the record being read begins, in bytes
        self._first = 0  # bytes of its first line
        self._taken = 0  # bytes of all its lines so far
        csv.field_size_limit(CELL_LIMIT)
        with path.open("rb") as self._file:
            header = self._read_header(delimiter)
        self.columns: tuple[str, ...] = names_of(header)
        if len(header) > COLUMN_LIMIT:
            raise InvalidInputError("too_many_columns", found=len(header), limit=COLUMN_LIMIT)

    def __iter__(self) -> Iterator[RawRow]:
        """The rows; quarantine material among them carries its problem."""
        with self._path.open("rb") as self._file:
            self._goto(self._after_header)
            yield from self._rows()

    def _rows(self) -> Iterator[RawRow]:
        columns, width, lossy = self.columns, len(self.columns), self._encoding.lossy
        number, reader = 0, self._reader()
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (_TooLargeError, csv.Error, UnicodeDecodeError) as error:
                number += 1
                yield self._recover(number, error)
                reader = self._reader()
                continue
            size = self._taken
            self._next_record()
            if not cells:
                continue
            number += 1
            if len(cells) == width and not lossy:
                yield RawRow(number, dict(zip(columns, cells, strict=True)), size)
            else:
                yield self._checked(number, cells, size)

    def _checked(self, number: int, cells: list[str], size: int) -> RawRow:
        values: dict[str, object] = dict(zip(self.columns, cells, strict=False))
        problem = None
        if len(cells) != len(self.columns):
            problem = Problem("ragged_row", facts=(("expected", len(self.columns)), ("found", len(cells))))
            if len(cells) > len(self.columns):
                values[EXTRA] = cells[len(self.columns) :][:50]
        elif any(_HALF_PAIRS.search(cell) for cell in cells):
            problem = Problem("bad_encoding")
        return RawRow(number, values, size, problem)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        file, name, errors = self._file, self._encoding.name, self._encoding.errors
        while line := file.readline(ROW_LIMIT + 1):
            self._first = self._first or len(line)
            self._taken += len(line)
            if self._taken > ROW_LIMIT:
                raise _TooLargeError
            yield line.decode(name, errors)

    def _next_record(self) -> None:
        self._begin += self._taken
        self._first = self._taken = 0

    def _goto(self, offset: int) -> None:
        self._file.seek(offset)
        self._begin, self._first, self._taken = offset, 0, 0

    def _recover(self, number: int, error: Exception) -> RawRow:
        """A record that the strict reader refuses: how far does it go, and what is kept of it?"""
        if isinstance(error, _TooLargeError) or "field larger" in str(error):
            end = self._measure()
            if end is not None:
                return self._refuse(number, end, _large(error))
        elif self._taken == self._first:
            row = self._lenient(number)
            if row is not None:
                return row
        self._again += self._taken
        if self._again > RESCAN_LIMIT:
            raise InvalidInputError("csv_quotes_hopeless", row=number - 1)
        self._file.seek(self._begin)
        return self._refuse(number, self._begin + skip_line(self._file), Problem("broken_quotes"))

    def _lenient(self, number: int) -> RawRow | None:
        """One line in which something follows a closing quote: taken as most programs would."""
        line = self._head(self._taken)
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter))
            if not line.rstrip("\r\n").endswith('"') and line.count('"') % 2:
                return None
        except (csv.Error, StopIteration):
            return None
        row = self._checked(number, cells, self._taken)
        self._goto(self._begin + self._taken)
        return row

    def _measure(self) -> int | None:
        """Where the record ends, read in pieces; ``None`` if its quotes never close as they should."""
        self._file.seek(self._begin)
        scanner = QuoteScanner(self._delimiter)
        decoder = codecs.getincrementaldecoder(self._encoding.name)("replace")
        self._taken = 0
        while piece := self._file.read(_PIECE):
            text = decoder.decode(piece)
            lines = text[: scanner.feed(text)].count("\n")
            self._taken += _end_of_line(piece, lines) if scanner.ended else len(piece)
            if scanner.broken:
                return None
            if scanner.ended:
                return self._begin + self._taken
        return self._begin + self._taken if scanner.complete else None

    def _refuse(self, number: int, end: int, problem: Problem) -> RawRow:
        row = refused(number, self._head(min(end - self._begin, 4_000)), problem)
        self._goto(end)
        return row

    def _head(self, size: int) -> str:
        self._file.seek(self._begin)
        return self._file.read(size).decode(self._encoding.name, "surrogateescape")

    def _read_header(self, delimiter: str | None) -> list[str]:
        """Cells of the first record that is not blank; the delimiter is the one that cuts it into most cells."""
        self._goto(3 if self._file.read(3) == codecs.BOM_UTF8 else 0)
        best: list[str] = []
        for candidate in delimiter or DELIMITERS:
            self._delimiter = candidate
            start = self._begin
            cells = self._first_cells()
            if len(cells) > len(best):
                best, chosen, after = cells, candidate, self._begin
            self._goto(start)
        if not best:
            raise InvalidInputError("header_unreadable", path=self._path.name)
        self._delimiter, self._after_header = chosen, after
        return best

    def _first_cells(self) -> list[str]:
        try:
            for cells in self._reader():
                self._next_record()
                if cells:
                    return cells
        except (_TooLargeError, csv.Error, UnicodeDecodeError) as error:
            if "new-line character" in str(error):
                raise InvalidInputError("csv_line_ends", path=self._path.name) from error
        return []


def _end_of_line(piece: bytes, number: int) -> int:
    """The offset after the n-th line end: a byte LF is a line end in UTF-8 and in GB18030 alike."""
    position = 0
    for _ in range(number):
        position = piece.index(b"\n", position) + 1
    return position


def _large(error: Exception) -> Problem:
    if isinstance(error, _TooLargeError):
        return Problem("row_too_large", facts=(("limit", ROW_LIMIT),))
    return Problem("cell_too_large", "?", facts=(("limit", CELL_LIMIT),))
