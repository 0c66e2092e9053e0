"""A small table that came as text: columns and rows, whatever ends its lines. Files go through ``risk.services.readers``, which read row by row and mend more."""

from __future__ import annotations

import csv
import io

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "csv_unreadable": ("第 {line} 行起无法按 CSV 读取", "from line {line} on this cannot be read as CSV"),
        "csv_unreadable.hint": ("检查引号是否成对、单元格是否过长", "look whether quotes come in pairs and whether a cell is very long"),
    }
)


def rows_of(text: str) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """The columns, and each row by column; a cell that is missing is empty, one too many is left out. ``InvalidInputError`` (``csv_unreadable``).

    >>> rows_of("date,kind\\r2027-01-01,holiday\\r2027-02-06")
    (('date', 'kind'), [{'date': '2027-01-01', 'kind': 'holiday'}, {'date': '2027-02-06', 'kind': ''}])
    >>> rows_of("")
    ((), [])
    """
    # a lone \r ends a line too: some spreadsheets write so. Strict: else an open quote is told only where a cell grows too long, a bound that is the process's
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=None), strict=True)
    try:
        lines = [cells for cells in reader if cells]
    except csv.Error:
        raise InvalidInputError("csv_unreadable", line=reader.line_num) from None
    columns = tuple(lines[0]) if lines else ()
    padding = [""] * len(columns)
    return columns, [dict(zip(columns, [*cells, *padding], strict=False)) for cells in lines[1:]]
