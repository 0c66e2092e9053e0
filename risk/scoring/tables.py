"""Tables of texts from files, for scoring and evaluating without a database: CSV, NDJSON, Parquet, XLSX; UTF-8 or GB18030. Every cell is text.

One rule: a cell is told as the file wrote it. Not ok: ``1`` read as ``1.0`` because another cell of the column is empty (no label would match
it), ``NA`` read as nothing, a first column taken for row names because rows end in a comma.
"""

from __future__ import annotations

import json
import math
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.domain import intake_messages  # noqa: F401 - registers what is said of files
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.system_messages import quoted

if TYPE_CHECKING:
    import pandas as pd

UNPACKED_LIMIT = 1_000_000_000
"""An XLSX that unpacks to more is refused before it is opened: bytes."""

RATIO_LIMIT = 200
"""Unpacked by packed size, for parts above 10 MB; spreadsheets reach some 30."""

register(
    {
        "no_column": ("文件 {path} 没有列“{column}”", "file {path} has no column `{column}`"),
        "no_column.hint": ("现有列：{columns}", "its columns: {columns}"),
        "column_twice": ("文件 {path} 有多个名为“{column}”的列", "file {path} has more than one column `{column}`"),
        "unreadable_table": ("无法读取 {path}：{reason}", "cannot read {path}: {reason}"),
        "ragged_table": (
            "{path} 第 {line} 行应有 {expected} 列，实有 {found} 列",
            "line {line} of {path}: {expected} columns expected, {found} found",
        ),
        "ragged_table.hint": (
            "检查分隔符和引号；risk intake 和 risk score 会把这样的行放在一边，此处要求每行都可读",
            "check separators and quotes; risk intake and risk score put such rows aside, here every row is needed",
        ),
        "wide_table": ("{path} 的行比表头长", "the rows of {path} are longer than its header"),
        "wide_table.hint": ("去掉行尾多余的分隔符", "remove the separator at the end of the rows"),
        "open_quote": ("{path} 有引号没有闭合", "a quote in {path} is not closed"),
        "open_quote.hint": ("检查引号", "check the quotes"),
        "bad_line": ("{path} 第 {line} 行不是 JSON 对象", "line {line} of {path} is no JSON object"),
        "bad_line.hint": ("每行应是一个 JSON 对象", "each line should be one JSON object"),
    }
)


def read_table(path: Path, needed: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table with every cell as text (empty where there is none).

    Raises :class:`NotFoundError` for a missing file and :class:`InvalidInputError` for one that is no table or lacks a column that is needed.
    """
    if not path.is_file():
        raise NotFoundError("file_not_found", path=path)
    if not path.stat().st_size:
        raise InvalidInputError("file_empty", path=path)
    match path.suffix.lower():
        case ".parquet" | ".pq":
            frame = _read_parquet(path)
        case ".ndjson" | ".jsonl":
            frame = _read_ndjson(path)
        case ".xlsx":
            frame = _read_xlsx(path)
        case _:
            frame = _read_csv(path)
    return _with(frame, path, needed)


def table_of(path: Path, rows: Sequence[Mapping[str, Any]], needed: tuple[str, ...]) -> pd.DataFrame:
    """A table of rows that were read of ``path``, as `read_table` gives it."""
    return _with(_from_rows(rows), path, needed)


def _with(frame: pd.DataFrame, path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    """The table, if it has the columns that are needed."""
    frame.columns = [str(c) for c in frame.columns]
    for column in needed:
        here = frame.columns.tolist().count(column)
        if not here:
            raise InvalidInputError("no_column", path=path, column=column, columns=", ".join(c[:60] for c in frame.columns[:30]))
        if here > 1:
            raise InvalidInputError("column_twice", path=path, column=column)
    return frame


def cell_text(cell: Any) -> str:
    """A cell as text.

    >>> [cell_text(c) for c in (None, float("nan"), 1.0, 0, True, "NA", 0.5, ["MED2", "DEV"])]
    ['', '', '1', '0', '1', 'NA', '0.5', 'MED2,DEV']
    """
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float) and math.isfinite(cell) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, list):
        return ",".join(cell_text(item) for item in cell)
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict) else str(cell)


def text_of(path: Path) -> str:
    """The file decoded: UTF-8 if every byte fits, else GB18030 if every byte fits, else refused."""
    data = path.read_bytes()
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise InvalidInputError("encoding_unknown", path=path)


def _read_csv(path: Path) -> pd.DataFrame:
    import io

    import pandas as pd

    text = text_of(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # that cells were dropped is no mere warning
            separator = "\t" if path.suffix.lower() == ".tsv" else ","
            frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, index_col=False, sep=separator)
    except pd.errors.ParserWarning as error:
        raise InvalidInputError("wide_table", path=path) from error
    except (ValueError, OverflowError) as error:
        raise _refused_csv(path, error) from error
    return frame.where(frame.notna(), "")


def _refused_csv(path: Path, error: Exception) -> InvalidInputError:
    said = str(error)
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", said):
        return InvalidInputError("ragged_table", path=path, expected=found[1], line=found[2], found=found[3])
    if "EOF inside string" in said:
        return InvalidInputError("open_quote", path=path)
    if "No columns" in said:
        return InvalidInputError("file_empty", path=path)
    return InvalidInputError("unreadable_table", path=path, reason=quoted(said))


def _read_ndjson(path: Path) -> pd.DataFrame:
    rows = []
    for line, _, row in json_rows(path):
        if row is None:
            raise InvalidInputError("bad_line", path=path, line=line)
        rows.append(row)
    if not rows:
        raise InvalidInputError("file_empty", path=path)
    return _from_rows(rows)


def json_rows(path: Path) -> Iterator[tuple[int, str, dict[str, Any] | None]]:
    """Each line that is not empty: its number (from 1), itself, and the object in it; nothing where there is none."""
    import orjson

    for number, line in enumerate(text_of(path).split("\n"), 1):
        if line.strip():
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                row = None
            yield number, line, row if isinstance(row, dict) else None


def _from_rows(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame({name: [cell_text(row.get(name)) for row in rows] for name in columns}, columns=columns, dtype=object)


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InvalidInputError("unreadable_table", path=path, reason=quoted(error)) from error
    names = [name for name in table.column_names if name != "__index_level_0__"]
    cells = {name: [cell_text(cell) for cell in table.column(name).to_pylist()] for name in dict.fromkeys(names)}
    return pd.DataFrame(cells, columns=names, dtype=object)


def _read_xlsx(path: Path) -> pd.DataFrame:
    """The first sheet, streamed: what a sheet says of its own size is not believed."""
    import pandas as pd
    from openpyxl import load_workbook

    _refuse_bombs(path)
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # of styles and extensions: nothing about cells
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            rows = [[cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
            book.close()
    except Exception as error:  # whatever a foreign parser raises over foreign bytes is our one refusal
        raise InvalidInputError("unreadable_table", path=path, reason=quoted(str(error) or type(error).__name__)) from error
    rows = [row for row in rows if any(row)]
    if not rows:
        raise InvalidInputError("file_empty", path=path)
    header = rows[0]
    while header and not header[-1]:
        header.pop()
    width = len(header)
    return pd.DataFrame([(row + [""] * width)[:width] for row in rows[1:]], columns=header, dtype=object)


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InvalidInputError("format_unknown", path=path) from error
    total = sum(part.file_size for part in parts)
    packed = any(p.file_size > 10_000_000 and p.file_size > RATIO_LIMIT * max(p.compress_size, 1) for p in parts)
    if total > UNPACKED_LIMIT or packed:
        raise InvalidInputError("xlsx_bomb", path=path, reason=f"{total:,} B")
