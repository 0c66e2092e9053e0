"""Take a file in: read, check, link, keep, in chunks. A chunk is one transaction that also says how far the file is settled.

So a kill at any moment loses and doubles nothing: what is settled is settled, and the same command goes on after it. The same file again (same
content, mapping and source) changes nothing; two processes with the same file share the work.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from risk.domain.errors import InvalidInputError, NotFoundError, RiskError
from risk.domain.intake import RowCheck
from risk.domain.mapping import FieldMapping
from risk.domain.messages import Told
from risk.domain.problems import Problem
from risk.domain.signals import Signal, digest
from risk.domain.system_messages import quoted, reason_of
from risk.domain.values import keepable
from risk.services import imports
from risk.services.imports import Summary
from risk.services.readers import RawRow, Reader, open_reader, scan
from risk.services.signal_store import hold, store
from risk.storage.engine import reading, transaction
from risk.storage.tables import quarantine
from risk.storage.upsert import insert_new

CHUNK_ROWS = 2_000
CHUNK_BYTES = 16_000_000
"""A chunk ends at either, so that memory is bounded by the file's largest rows and not by their number."""


def take(
    engine: Engine,
    path: Path,
    *,
    source: str | None = None,
    mapping: FieldMapping | None = None,
    actor: str,
    now: datetime,
    chunk_rows: int = CHUNK_ROWS,
    between: Callable[[int], None] | None = None,
    name: str | None = None,
) -> Summary:
    """Take the file in, or go on with it; ``source`` defaults to the file's name, ``name`` is what it is called where the path is not.

    ``between`` is told the import's number before the first chunk and after each; what it raises ends the intake, which can go on later.

    Raises ``InvalidInputError`` where the file as a whole cannot be read; what was accepted before stays, and the import says *failed*.
    """
    mapping = mapping or FieldMapping()
    source = (source or path.stem)[:200]
    seen = scan(path)
    reader = open_reader(path, mapping, seen)
    if reader.columns is not None:
        mapping.require(reader.columns)
    key = digest([seen.digest, mapping.record(), source])
    with transaction(engine) as connection:
        row = imports.begin(connection, key, imports.Origin(name or path.name, source, mapping, reader.columns), actor, now)
    if row.status == "done":
        return imports.summarise(row, repeated=True)
    checks = _Checks(mapping, reader.columns, source, now)
    try:
        if between is not None:
            between(row.id)
        for chunk in _chunks(reader, row.rows_done, chunk_rows):
            _settle(engine, row.id, chunk, checks, now)
            if between is not None:
                between(row.id)
    except RiskError as error:
        with transaction(engine) as connection:
            imports.end(connection, row.id, "failed", now, f"{error.code}: {error}")
        raise
    with transaction(engine) as connection:
        imports.end(connection, row.id, "done", now)
    with reading(engine) as connection:
        return imports.summarise(imports.get(connection, row.id), resumed_after=row.rows_done)


def load_mapping(path: Path) -> FieldMapping:
    """The mapping of a TOML or JSON file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise NotFoundError("file_not_found", path=str(path)) from None
    except OSError as error:
        raise InvalidInputError("mapping_unreadable", path=path.name, reason=reason_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("mapping_unreadable", path=path.name, reason=quoted(error)) from error
    if not isinstance(data, dict):
        raise InvalidInputError("mapping_unreadable", path=path.name, reason=Told("应是一个表", "it should be a table"))
    return FieldMapping.parse(data)


class _Checks:
    """The check for a row: one for a file with a header, one per set of columns else."""

    def __init__(self, mapping: FieldMapping, columns: tuple[str, ...] | None, source: str, now: datetime) -> None:
        self._of: Callable[[Sequence[str]], RowCheck] = partial(RowCheck, mapping, source=source, now=now)
        self._fixed = self._of(columns) if columns is not None else None
        self._by_columns: dict[tuple[str, ...], RowCheck] = {}

    def __call__(self, row: RawRow) -> Signal | list[Problem]:
        if row.problem is not None:
            return [row.problem]
        check = self._fixed
        if check is None:
            names = tuple(row.values)
            check = self._by_columns.get(names)
            if check is None:
                check = self._of(names)
                if len(self._by_columns) < 200:
                    self._by_columns[names] = check
        return check(row.values)


def _chunks(reader: Reader, done: int, chunk_rows: int) -> Iterator[list[RawRow]]:
    """Rows after ``done``; what was read before an error comes first, then the error."""
    chunk: list[RawRow] = []
    size = 0
    rows = iter(reader)
    while True:
        try:
            row = next(rows, None)
        except RiskError:
            if chunk:
                yield chunk
            raise
        if row is None:
            break
        if row.number <= done:
            continue
        chunk.append(row)
        size += row.size
        if len(chunk) >= chunk_rows or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _settle(engine: Engine, import_id: int, chunk: list[RawRow], check: _Checks, now: datetime) -> None:
    """One chunk, one transaction. Checked before the lock is taken; what another process settled meanwhile is left out."""
    outcomes = [(row, check(row)) for row in chunk]
    with transaction(engine) as connection:
        hold(connection)
        held = imports.lock(connection, import_id)
        outcomes = [(row, outcome) for row, outcome in outcomes if row.number > held.rows_done]
        if not outcomes:
            return
        good = [outcome for _, outcome in outcomes if isinstance(outcome, Signal)]
        bad = [(row, outcome) for row, outcome in outcomes if isinstance(outcome, list)]
        stored = store(connection, good, now=now, import_id=import_id)
        insert_new(connection, quarantine, [_refused(import_id, row, problems, now) for row, problems in bad], ["import_id", "row_no"])
        reasons = Counter(problem.code for _, problems in bad for problem in problems[:1])
        numbers = {"accepted": stored.accepted, "duplicates": stored.duplicates, "quarantined": len(bad)}
        counts = {"counts": stored.notes, "warnings": stored.warnings, "reasons": reasons}
        imports.advance(connection, held, numbers, counts, rows_done=outcomes[-1][0].number)


def _refused(import_id: int, row: RawRow, problems: list[Problem], now: datetime) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "row_no": row.number,
        "raw": keepable(row.values),
        "problems": [problem.record() for problem in problems],
        "status": "open",
        "created_at": now,
    }
