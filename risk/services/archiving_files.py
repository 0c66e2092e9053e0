"""Archives as files: a folder a month and part, one Parquet file a table, a manifest. Written beside its place, made durable, then moved there in one step.

All files of a folder have the same number of groups of rows; group *i* of each holds what belongs to the same signals. Columns are typed as in the tables, times are
UTC, JSON is text. Values are kept to the bit, so that a month that is brought back is the month that went.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, Date, Float, Integer, Table

import risk
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.services.archiving_rows import GOES, Line
from risk.storage.tables import UtcDateTime

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
MANIFEST = "manifest.json"

register(
    {
        "archive_missing": ("找不到归档文件：{path}", "a file of an archive is not there: {path}"),
        "archive_missing.hint": (
            "从备份恢复 RISK_HOME/archive；在此之前，涉及该月的数字不予给出",
            "bring RISK_HOME/archive back from a backup; until then no figure that needs it is given",
        ),
        "archive_damaged": ("归档文件与登记不符：{path}（{what}）", "a file of an archive is not as it was recorded: {path} ({what})"),
        "archive_damaged.hint": ("从备份恢复该文件", "bring the file back from a backup"),
        "archive_format": ("归档格式 {format} 为本程序所不识", "this program does not know archives of the format {format}"),
    }
)


def schema(table: Table) -> pa.Schema:
    """The columns of a table as they are kept."""
    import pyarrow as pa

    return pa.schema([(column.name, _kind(column.type)) for column in table.columns])


def _kind(kind: Any) -> Any:
    import pyarrow as pa

    if isinstance(kind, UtcDateTime):
        return pa.timestamp("us", tz="UTC")
    if isinstance(kind, JSON):
        return pa.string()
    for ours, theirs in ((Boolean, pa.bool_()), (Date, pa.date32()), (Float, pa.float64()), (Integer, pa.int64())):
        if isinstance(kind, ours):
            return theirs
    return pa.string()


def write(place: Path, chunks: Iterator[dict[str, list[Line]]], *, level: int, about: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Write the files and their manifest; gives the manifest. What a killed process left at or beside ``place`` is replaced: it was never recorded.

    ``about`` is asked when all rows are written: month, part, sources, who and when.
    """
    beside = place.with_name(f".{place.name}.writing")
    for old in (beside, place):
        shutil.rmtree(old, ignore_errors=True)
    beside.mkdir(parents=True)
    files = _write_tables(beside, chunks, level)
    manifest = {"format": FORMAT, "program": risk.__version__, **about(), "files": files}
    (beside / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    for path in (*beside.iterdir(), beside):
        _make_durable(path)
    put_in_place(beside, place)
    return manifest


def put_in_place(beside: Path, place: Path) -> None:
    """The one step by which an archive is there."""
    beside.rename(place)
    _make_durable(place.parent)


def _write_tables(folder: Path, chunks: Iterator[dict[str, list[Line]]], level: int) -> dict[str, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {table.name: schema(table) for table in GOES}
    told: dict[str, dict[str, Any]] = {name: {"rows": 0, "first": None, "last": None} for name in kinds}
    writers = {
        name: pq.ParquetWriter(folder / f"{name}.parquet", kind, compression="zstd", compression_level=level)
        for name, kind in kinds.items()
    }
    try:
        for chunk in chunks:
            for name, kind in kinds.items():
                rows = chunk[name]
                columns = list(zip(*rows, strict=True)) if rows else [()] * len(kind)
                arrays = [pa.array(values, type=field.type) for values, field in zip(columns, kind, strict=True)]
                writers[name].write_table(pa.Table.from_arrays(arrays, schema=kind), row_group_size=max(len(rows), 1))
                _note(told[name], rows, kind)
    finally:
        for writer in writers.values():
            writer.close()
    for name, one in told.items():
        path = folder / f"{name}.parquet"
        one |= {"file": path.name, "bytes": path.stat().st_size, "sha256": checksum(path), "columns": kinds[name].names}
    return told


def _note(told: dict[str, Any], rows: Sequence[Line], kind: pa.Schema) -> None:
    told["rows"] += len(rows)
    if rows and kind.names[0] == "id":
        ids = [one[0] for one in rows]
        told["first"] = min(ids) if told["first"] is None else min(told["first"], *ids)
        told["last"] = max(ids) if told["last"] is None else max(told["last"], *ids)


def read_chunk(place: Path, number: int) -> dict[str, list[Line]]:
    """Group ``number`` of every table, as it was written."""
    return {table.name: read_lines(place, table, number) for table in GOES}


def read_lines(place: Path, table: Table, number: int) -> list[Line]:
    """Group ``number`` of one table. Columns that the table has got since are not known of an older file (None); those it has lost are left out."""
    with opened(place / f"{table.name}.parquet") as file:
        found = file.read_row_group(number)
    columns = [
        found[name].to_pylist() if name in found.column_names else [None] * found.num_rows
        for name in [column.name for column in table.columns]
    ]
    return list(zip(*columns, strict=True))


def read(path: Path, columns: Sequence[str], groups: Sequence[int]) -> pa.Table:
    """Some columns of some groups of a file."""
    with opened(path) as file:
        return file.read_row_groups(list(groups), columns=list(columns))


class opened:  # noqa: N801 - used like a function
    """A Parquet file for the length of a block; ``ConflictError``: ``archive_missing``, ``archive_damaged``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(self._path)
        except FileNotFoundError as error:
            raise ConflictError("archive_missing", path=_shown(self._path)) from error
        except (pa.ArrowInvalid, OSError) as error:
            raise ConflictError("archive_damaged", path=_shown(self._path), what=str(error).splitlines()[0][:120]) from error
        return self._file

    def __exit__(self, *_: object) -> None:
        self._file.close()


def faults(place: Path, manifest: Mapping[str, Any]) -> list[InvalidInputError | ConflictError]:
    """What is wrong with the files of an archive, every byte read: missing, another checksum, another number of rows. Nothing: they are as recorded."""
    if manifest.get("format") != FORMAT:
        return [ConflictError("archive_format", format=manifest.get("format"))]
    found: list[InvalidInputError | ConflictError] = []
    for name, told in manifest["files"].items():
        path = place / told["file"]
        if not path.is_file():
            found.append(ConflictError("archive_missing", path=_shown(path)))
        elif checksum(path) != told["sha256"]:
            found.append(ConflictError("archive_damaged", path=_shown(path), what="SHA-256"))
        else:
            rows = _rows(path)
            if rows != told["rows"]:
                found.append(ConflictError("archive_damaged", path=_shown(path), what=f"{name}: {rows} / {told['rows']}"))
    return found


def _rows(path: Path) -> int:
    with opened(path) as file:
        return int(sum(batch.num_rows for batch in file.iter_batches(columns=file.schema_arrow.names[:1])))


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shown(path: Path) -> str:
    """The last parts of a path: month, part and file, and nothing of the machine."""
    return "/".join(path.parts[-3:])


def _make_durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
