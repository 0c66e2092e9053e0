"""``risk score --engine spark``: a table that Spark reads (CSV or Parquet, one file or a folder of them, on any file system it knows), scored where it lies, written as Parquet or CSV.

The same rows as the local engine gives, bit for bit, with one column more (``error``). What is written is a folder of parts, as everything that Spark writes;
``id`` is the row's number in the table (files in the order of their paths), or a column of it.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.system_messages import quoted
from risk.scoring import shipping, spark_worker
from risk.scoring.spark_session import calmly, java_reason

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from risk.scoring.scorer import Scorer

_RAW, _FILE, _PART = "__risk_raw", "__risk_file", "__risk_part"
_PARQUET = (".parquet", ".pq")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}

register(
    {
        "spark_format": ("Spark 引擎只读写 CSV、TSV 和 Parquet：{path}", "the Spark engine reads and writes CSV, TSV and Parquet: {path}"),
        "spark_format.hint": (
            "格式看名称的结尾：.csv、.tsv 或 .parquet（目录也一样）",
            "the name's end tells the format: .csv, .tsv or .parquet, of folders too",
        ),
        "spark_output_exists": ("{path} 已经存在", "{path} is there already"),
        "spark_output_exists.hint": (
            "换一个输出目录；Spark 引擎不覆盖已有的表",
            "name another folder; the Spark engine overwrites no table",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Scored:
    """How many rows were written, of them alarms (blue and above), not scored, and with characters that could not be decoded."""

    rows: int
    alarms: int
    failed: int
    undecodable: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table to score: where it is, its column of text, the column that names its rows (none: they are numbered), a CSV's encoding."""

    path: str
    text: str
    id: str | None = None
    encoding: str = "utf-8"


def score_table(
    spark: SparkSession,
    scorer: Scorer,
    key: str,
    table: Table,
    output: str,
    *,
    partitions: int | None = None,
    rules_only: bool = False,
    lang: str = "zh",
) -> Scored:
    """Score every row of a table. ``partitions``: into how many parts the work is cut (default: as Spark reads it, but no fewer than it has cores).

    Errors: ``spark_format``, ``file_not_found``, ``no_column``, ``spark_output_exists``, ``scorer_stays``, ``worker_differs``, ``spark_failed``. A row that cannot be
    scored is none of them: it stands in the output with its ``error``.
    """
    from pyspark.sql import Observation
    from pyspark.sql import functions as f

    kind = _kind(output)
    with told_plainly(table.path, output):
        crate = ship(spark, scorer, spark_worker.Crate("", "", key, rules_only, lang))
        rows, total = _rows(spark, table, lang)
        read, done = Observation("read"), Observation("done")
        rows = rows.observe(read, f.sum(f.col("text").contains("\ufffd").cast("long")).alias("undecodable"))
        id_type = rows.schema["id"].dataType.simpleString()
        spread = _spread(spark, rows, total, partitions)
        scored = mapped(spread, partial(spark_worker.score, crate=crate), f"id {id_type}, {spark_worker.SCORED}")
        scored = scored.observe(
            done,
            f.count(f.lit(1)).alias("rows"),
            f.sum((f.col("grade") != "none").cast("long")).alias("alarms"),
            f.count("error").alias("failed"),
        )
        if kind == "parquet":
            scored.write.parquet(output)
        else:
            scored.write.csv(output, header=True, sep=_SEPARATORS[kind], escape='"', emptyValue="", encoding="utf-8")
    told = {**read.get, **done.get}
    return Scored(*(int(told[name] or 0) for name in ("rows", "alarms", "failed", "undecodable")))


def ship(spark: SparkSession, scorer: Scorer, crate: spark_worker.Crate) -> spark_worker.Crate:
    """The scorer handed to Spark, and where workers find it. Once a session: executors fetch the file when their first task begins, one that joins late as well."""
    packed = shipping.pack(scorer)
    place = _folder() / f"risk-{packed.sha256}.scorer"
    if not place.exists():
        place.write_bytes(packed.data)
    if not any(one.endswith(place.name) for one in spark.sparkContext.listFiles):
        spark.sparkContext.addFile(str(place))
    return replace(crate, name=place.name, sha256=packed.sha256)


@cache
def _folder() -> Path:
    """Where this process keeps what it ships until it ends."""
    folder = tempfile.mkdtemp(prefix="risk-ship-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def mapped(frame: DataFrame, function: Callable[[Iterator[Any]], Iterator[Any]], schema: str) -> DataFrame:
    """``mapInArrow``."""
    with calmly():
        return frame.mapInArrow(function, schema)


def _kind(path: str) -> str:
    ending = PurePosixPath(path.rstrip("/")).suffix.lower()
    if ending in _PARQUET:
        return "parquet"
    if ending not in _SEPARATORS:
        raise InvalidInputError("spark_format", path=path)
    return ending


def _rows(spark: SparkSession, table: Table, lang: str) -> tuple[DataFrame, int | None]:
    """The table as ``id``, ``text``, ``error``, and how many rows it has, where they had to be counted."""
    from pyspark.sql import functions as f

    kind = _kind(table.path)
    frame, width = (spark.read.parquet(table.path), None) if kind == "parquet" else _csv(spark, table, _SEPARATORS[kind])
    names = [name for name in frame.columns if name != _RAW]
    for column in (table.text, *([table.id] if table.id else [])):
        if column not in names:
            raise InvalidInputError("no_column", path=table.path, column=column, columns=", ".join(name[:60] for name in names[:30]))
    text, raw = frame[_quoted(table.text)], frame[_RAW] if width is not None else f.lit(None).cast("string")
    reader = partial(spark_worker.read, width=width, separator=_SEPARATORS.get(kind, ","), lang=lang)
    if table.id:
        chosen = frame.select(text.alias("text"), raw.alias(_RAW), frame[_quoted(table.id)].alias("id"))
        return mapped(chosen, partial(reader, starts=None), f"id string, {spark_worker.READ}"), None
    placed = frame.select(
        text.alias("text"), raw.alias(_RAW), f.col("_metadata.file_path").alias(_FILE), f.col("_metadata.file_block_start").alias(_PART)
    )
    starts, total = {}, 0
    for row in sorted(placed.groupBy(_FILE, _PART).count().collect()):
        starts[row[0], row[1]] = total
        total += row[2]
    return mapped(placed, partial(reader, starts=starts), f"id long, {spark_worker.READ}"), total


def _csv(spark: SparkSession, table: Table, separator: str) -> tuple[DataFrame, int]:
    """A CSV with every cell as text, line breaks within quotes kept, and the raw line of a row that does not fit its header."""
    how: dict[str, Any] = {
        "header": True,
        "sep": separator,
        "multiLine": True,
        "escape": '"',
        "encoding": table.encoding,
        "columnPruning": False,  # a row's length is not seen where only some cells are parsed
    }
    columns = spark.read.options(**how).csv(table.path).columns
    schema = ", ".join(f"{_quoted(name)} string" for name in (*columns, _RAW))
    return spark.read.options(**how, columnNameOfCorruptRecord=_RAW).schema(schema).csv(table.path), len(columns)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _spread(spark: SparkSession, rows: DataFrame, total: int | None, partitions: int | None) -> DataFrame:
    """The rows in enough parts for all cores; numbered ones stay in order, so that the parts that are written are in order too."""
    from pyspark.sql import functions as f

    wanted = partitions or spark.sparkContext.defaultParallelism
    if partitions is None and rows.rdd.getNumPartitions() >= wanted:
        return rows
    if not total:
        return rows.repartition(wanted)
    part = f.floor((f.col("id") - 1) * wanted / total).cast("int")
    return rows.repartitionById(wanted, part).sortWithinPartitions("id")


@contextmanager
def told_plainly(path: str, output: str) -> Iterator[None]:
    """What Spark raises in a block, as one of our refusals."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark.", "py4j.")):
            raise
        told = str(error)
        if "[PATH_NOT_FOUND]" in told:
            raise NotFoundError("file_not_found", path=path) from error
        if "[PATH_ALREADY_EXISTS]" in told:
            raise ConflictError("spark_output_exists", path=output) from error
        raise InvalidInputError("spark_failed", reason=quoted(java_reason(error))) from error
