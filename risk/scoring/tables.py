"""Tables of texts from files, for scoring and evaluating without a database: CSV, NDJSON, Parquet, XLSX; UTF-8 or GB18030. Every cell is text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register

if TYPE_CHECKING:
    import pandas as pd

register(
    {
        "no_column": ("文件 {path} 没有列“{column}”", "file {path} has no column `{column}`"),
        "no_column.hint": ("现有列：{columns}", "its columns: {columns}"),
        "unreadable_table": ("无法读取 {path}：{reason}", "cannot read {path}: {reason}"),
    }
)


def read_table(path: Path, needed: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table with every cell as text (empty where there is none).

    Raises :class:`NotFoundError` for a missing file and :class:`InvalidInputError` for one that is no table or lacks a column that is needed.
    """
    import pandas as pd

    if not path.is_file():
        raise NotFoundError("file_not_found", path=path)
    try:
        match path.suffix.lower():
            case ".parquet" | ".pq":
                frame = pd.read_parquet(path).astype(object)
            case ".ndjson" | ".jsonl":
                frame = pd.read_json(path, lines=True, dtype=False).astype(object)
            case ".xlsx":
                frame = pd.read_excel(path, dtype=object, engine="calamine")
            case _:
                frame = _read_csv(path)
    except (ValueError, OSError, UnicodeError) as error:
        raise InvalidInputError("unreadable_table", path=path, reason=str(error).splitlines()[0]) from error
    frame.columns = [str(c) for c in frame.columns]
    for column in needed:
        if column not in frame.columns:
            raise InvalidInputError("no_column", path=path, column=column, columns=", ".join(frame.columns[:30]))
    return frame.where(frame.notna(), "").astype(str)


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    import io

    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, sep="\t" if path.suffix.lower() == ".tsv" else ",")
