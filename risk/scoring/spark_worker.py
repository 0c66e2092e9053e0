"""What Spark's Python workers run: Arrow batches in, Arrow batches out, by the scoring function of the local engine. No session, no JVM: plain functions of iterators.

The scorer is shipped as one file (``SparkContext.addFile``: once per executor) and opened once per worker process.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.domain.messages import say
from risk.scoring import aside
from risk.scoring.tables import cell_text

if TYPE_CHECKING:
    import pyarrow as pa

    from risk.scoring.scorer import Scorer

READ = "text string, error string"
SCORED = "probability double, grade string, rules string, reasons string, low double, high double, unsure string, error string"
"""The columns after ``id``: those of the local engine, and ``error``, where a row was not scored (the others are null then)."""

_TOLD = ("probability", "grade", "rules", "reasons", "low", "high", "unsure")
_opened: dict[str, Scorer] = {}


@dataclass(frozen=True, slots=True)
class Crate:
    """A shipped scorer: the file's name among those that Spark handed out (a path, where nobody handed out anything), its SHA-256, and by what it scores."""

    name: str
    sha256: str
    key: str
    rules_only: bool = False
    lang: str = "zh"


def scorer_of(name: str, sha256: str) -> Scorer:
    """The scorer of a shipped file, opened when this process first needs it. One is kept: a process works for one job at a time."""
    if sha256 not in _opened:
        from risk.scoring.shipping import unpack

        _opened.clear()
        _opened[sha256] = unpack(_place(name).read_bytes(), sha256)
    return _opened[sha256]


def _place(name: str) -> Path:
    if Path(name).is_absolute():
        return Path(name)
    from pyspark import SparkFiles

    return Path(SparkFiles.get(name))


def read(
    batches: Iterable[pa.RecordBatch], starts: Mapping[tuple[str, int], int] | None, width: int | None, separator: str, lang: str
) -> Iterator[pa.RecordBatch]:
    """Rows as Spark read them, with an id each: columns 0 to 3 are the text, the raw line of a row that does not fit (CSV; else null), and either the file's
    path and the offset of its part, by which rows are numbered from ``starts`` on, or the id itself.

    A row longer than its header (``width`` columns) is not scored; a shorter one lacks its last cells, as for the local engine.
    """
    import pyarrow as pa

    seen: dict[tuple[str, int], int] = {}
    for batch in batches:
        cells = [cell_text(cell) for cell in batch.column(0).to_pylist()]
        raw = batch.column(1).to_pylist()
        if starts is None:
            ids: Any = pa.array([cell_text(cell) for cell in batch.column(2).to_pylist()], pa.string())
        else:
            numbers = []
            for part in zip(batch.column(2).to_pylist(), batch.column(3).to_pylist(), strict=True):
                seen[part] = seen.get(part, starts[part]) + 1
                numbers.append(seen[part])
            ids = pa.array(numbers, pa.int64())
        errors = [_ragged(line, width, separator, lang) for line in raw]
        yield pa.RecordBatch.from_arrays([ids, pa.array(cells, pa.string()), pa.array(errors, pa.string())], names=["id", "text", "error"])


def _ragged(line: str | None, width: int | None, separator: str, lang: str) -> str | None:
    if line is None or width is None:
        return None
    found = len(next(csv.reader([line], delimiter=separator), []))
    return say("row_too_long", lang, expected=width, found=found) if found > width else None


def score(batches: Iterable[pa.RecordBatch], crate: Crate) -> Iterator[pa.RecordBatch]:
    """What `read` gives, scored: ``id`` and the columns of `SCORED`, row for row."""
    import pyarrow as pa

    scorer = scorer_of(crate.name, crate.sha256)
    for batch in batches:
        errors: list[str | None] = batch.column(2).to_pylist()
        texts = batch.column(1).to_pylist()
        good = [row for row, error in enumerate(errors) if error is None]
        told: list[Any] = [None] * batch.num_rows
        for row, found in zip(good, _scored(scorer, crate, [texts[row] for row in good]), strict=True):
            told[row] = found
            errors[row] = found if isinstance(found, str) else None
        columns = [batch.column(0)]
        for at, name in enumerate(_TOLD):
            kind = pa.float64() if name in ("probability", "low", "high") else pa.string()
            columns.append(pa.array([found[at] if isinstance(found, tuple) else None for found in told], kind))
        yield pa.RecordBatch.from_arrays([*columns, pa.array(errors, pa.string())], names=["id", *_TOLD, "error"])


def _scored(scorer: Scorer, crate: Crate, texts: Sequence[str]) -> list[tuple[Any, ...] | str]:
    """One tuple of `_TOLD` a text, or why it could not be scored."""
    empty = {"low", "high", "unsure"} if crate.key not in scorer.learners or crate.rules_only else set()
    told: list[tuple[Any, ...] | str] = []
    for _, found in aside.in_parts(aside.scorer_of(scorer, crate.key, rules_only=crate.rules_only), texts):
        if isinstance(found, Exception):
            told.append(aside.failed(found).text(crate.lang))
        else:
            told += zip(*([None] * len(found) if name in empty else _plain(found[name]) for name in _TOLD), strict=True)
    return told


def _plain(column: Any) -> list[Any]:
    """A column's cells; what the local engine writes as nothing is null."""
    return [None if cell == "" else cell for cell in column.tolist()]
