"""Rows that cannot be scored are set aside, each with its place and why; the others are scored. By the same rules on one machine and on Spark.

What is wrong with a table as a whole (no such column, a quote that is never closed, bytes of no known encoding) still refuses it: nobody could say which rows were meant.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.messages import register
from risk.scoring.tables import json_rows, read_table, table_of, text_of

if TYPE_CHECKING:
    import pandas as pd

    from risk.scoring.scorer import Scorer

register(
    {
        "row_too_long": (
            "这一行应有 {expected} 列，实有 {found} 列，没有评分",
            "{expected} columns expected in this row, {found} found: it was not scored",
        ),
        "row_too_long.hint": (
            "检查分隔符和引号，改好后只对这些行重新评分",
            "check separators and quotes, then score these rows again",
        ),
        "row_failed": ("评分失败：{error}", "scoring failed: {error}"),
        "row_failed.hint": (
            "其余各行已评分；把这一行的文本和本说明交给维护人员",
            "the other rows were scored; give this row's text and this message to whoever maintains the model",
        ),
    }
)

SHOWN = 300
"""Characters of a foreign error."""

COLUMNS = ("id", "line", "code", "error", "hint", "text")


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that was not scored: its number (from 1), its line in the file where that is known, why, and what stands in it."""

    row: int
    error: RiskError
    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A column of texts with the number of each row in its file, and the rows that are none."""

    texts: list[str]
    numbers: list[int]
    aside: list[Aside]


def read_rows(path: Path, column: str) -> Rows:
    """The texts of a table; rows that do not fit it (longer than their header, no JSON) are set aside. Errors: those of ``read_table`` for the table as a whole."""
    try:
        texts = read_table(path, (column,))[column].tolist()
    except InvalidInputError as error:
        if error.code == "bad_line":
            kept, aside = _json_rows(path)
        elif error.code in ("ragged_table", "wide_table"):
            kept, aside = _csv_rows(path, error)
        else:
            raise
        if not kept:
            raise
        frame = table_of(path, [row for _, row in kept], (column,))
        return Rows(frame[column].tolist(), [number for number, _ in kept], aside)
    return Rows(texts, list(range(1, len(texts) + 1)), [])


def score_rows(score: Callable[[Sequence[str]], pd.DataFrame], rows: Rows, *, at_once: int = 4_000) -> tuple[pd.DataFrame, list[Aside]]:
    """One line of the table for each row that can be scored, under its number; the others, and those that were set aside before, in the order of the file.

    Where nothing at all can be scored, not even an empty text, it is the scorer that is broken: its own error is raised.
    """
    import pandas as pd

    tables, aside = [], list(rows.aside)
    for start in range(0, max(len(rows.texts), 1), at_once):
        for at, found in in_parts(score, rows.texts[start : start + at_once]):
            first = start + at
            if isinstance(found, Exception):
                aside.append(Aside(rows.numbers[first], failed(found), rows.texts[first]))
            else:
                tables.append(found.assign(id=rows.numbers[first : first + len(found)]))
    return pd.concat(tables, ignore_index=True) if tables else score(()), sorted(aside, key=lambda one: one.row)


def in_parts(score: Callable[[Sequence[str]], pd.DataFrame], texts: Sequence[str]) -> Iterator[tuple[int, pd.DataFrame | Exception]]:
    """Tables of runs of texts with where each begins, or why the one text there cannot be scored: halves are tried until the bad ones stand alone."""
    found: pd.DataFrame | Exception
    try:
        found = score(texts)
    except Exception as error:  # whatever a text does to the features or the model, the others are scored
        found = error
        score(("",))  # where this fails too, it was no text's fault
    if len(texts) <= 1 or not isinstance(found, Exception):
        yield 0, found
        return
    half = len(texts) // 2
    yield from in_parts(score, texts[:half])
    yield from ((half + at, found) for at, found in in_parts(score, texts[half:]))


def failed(error: Exception) -> RiskError:
    """What a text did to the features or the model, as a refusal of the text."""
    return InvalidInputError("row_failed", error=f"{type(error).__name__}: {error}"[:SHOWN])


def write(aside: Sequence[Aside], output: Path, lang: str) -> Path | None:
    """The rows set aside, in a CSV beside ``output``: ``o.csv`` has ``o.quarantine.csv``. One of an earlier time is gone where there are none now."""
    path = output.with_name(f"{output.stem}.quarantine.csv")
    if not aside:
        path.unlink(missing_ok=True)
        return None
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for one in aside:
            line = "" if one.line is None else one.line
            writer.writerow((one.row, line, one.error.code, one.error.text(lang), one.error.hint(lang), one.text))
    return path


def scorer_of(scorer: Scorer, key: str, *, rules_only: bool) -> Callable[[Sequence[str]], pd.DataFrame]:
    """The scoring function of one model, as `score_rows` and `in_parts` take it."""
    from risk.scoring.offline import score_texts

    return lambda texts: score_texts(scorer, key, texts, rules_only=rules_only)


_Kept = list[tuple[int, dict[str, object]]]


def _json_rows(path: Path) -> tuple[_Kept, list[Aside]]:
    kept: _Kept = []
    aside = []
    for number, (line, text, row) in enumerate(json_rows(path), 1):
        if row is None:
            aside.append(Aside(number, InvalidInputError("bad_line", path=path, line=line), text, line))
        else:
            kept.append((number, row))
    return kept, aside


def _csv_rows(path: Path, refused: InvalidInputError) -> tuple[_Kept, list[Aside]]:
    """Row by row; a table in which quotes do not fit either is refused as before, because nobody can say where its rows end."""
    kept: _Kept = []
    aside = []
    reader = csv.reader(io.StringIO(text_of(path), newline=""), delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
    try:
        header = next(reader)
        number, line = 0, reader.line_num + 1
        for cells in reader:
            if cells:
                number += 1
                if len(cells) > len(header):
                    error = InvalidInputError("row_too_long", expected=len(header), found=len(cells))
                    aside.append(Aside(number, error, ",".join(cells), line))
                else:
                    kept.append((number, _first_of_each(header, cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise refused from error
    return kept, aside


def _first_of_each(header: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    """A row by its header; a shorter one lacks its last cells, and of columns of one name the first counts."""
    row: dict[str, object] = {}
    for name, cell in zip_longest(header, cells, fillvalue=""):
        row.setdefault(name, cell)
    return row
