"""NDJSON: one JSON object a line. A bad line is a refused row, never the end."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import orjson

from risk.domain.problems import Problem
from risk.services.readers.rows import COLUMN_LIMIT, ROW_LIMIT, RawRow, refused
from risk.services.readers.scan import TextEncoding, skip_line


class NdjsonReader:
    """Rows of an NDJSON file; every row names its own columns."""

    columns: tuple[str, ...] | None = None

    def __init__(self, path: Path, encoding: TextEncoding) -> None:
        self._path = path
        self._encoding = encoding

    def __iter__(self) -> Iterator[RawRow]:
        """The rows; lines that are no objects carry their problem."""
        number = 0
        with self._path.open("rb") as file:
            if file.read(3) != codecs.BOM_UTF8:
                file.seek(0)
            while line := file.readline(ROW_LIMIT + 1):
                if len(line) > ROW_LIMIT:
                    if not line.endswith(b"\n"):
                        skip_line(file)
                    number += 1
                    yield refused(number, self._shown(line), Problem("row_too_large", facts=(("limit", ROW_LIMIT),)))
                elif stripped := line.strip():
                    number += 1
                    yield self._row(number, stripped)

    def _row(self, number: int, line: bytes) -> RawRow:
        try:
            if self._encoding.name != "utf-8":
                line = line.decode(self._encoding.name).encode()
            values = orjson.loads(line)
        except UnicodeDecodeError:
            return refused(number, self._shown(line), Problem("bad_encoding"))
        except orjson.JSONDecodeError as error:
            problem = Problem("bad_encoding") if not _is_utf8(line) else Problem("bad_json", facts=(("reason", error.msg[:120]),))
            return refused(number, self._shown(line), problem)
        if not isinstance(values, dict) or len(values) > COLUMN_LIMIT:
            return refused(number, self._shown(line), Problem("not_an_object"))
        if b"\\u0000" in line and any("\0" in name for name in values):
            return refused(number, self._shown(line), Problem("nul_character"))
        return RawRow(number, values, len(line))

    def _shown(self, line: bytes) -> str:
        return line[:4_000].decode(self._encoding.name, "replace")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
