"""One group of an archive out of the tables, or back into them: one bounded transaction each, with what it moved counted before it is committed.

A row leaves only when nothing keeps its signal any more than when the file was written, and when what the file says of the signal, read again, equals what the tables say. What
does not pass stays in the tables and is noted as having stayed: readers of the archive leave it out. Writers of signals and runs pass before or after, never beside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import JSON, ColumnElement, Connection, Engine, Row, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.services import archiving_files as files
from risk.services.archiving_rows import GOES, Line, by, by_signal, rows_of
from risk.services.bulk import select_in, slices
from risk.services.signal_store import hold
from risk.storage import tables as t
from risk.storage.engine import serialise, transaction
from risk.storage.many import insert_many

_RUNS_LOCK = 3  # of serialise: one chunk of a run at a time; it is taken before the lock of those who write signals, as runs do

TRIES = 3
"""How often a group is begun before what refused it is told."""

register(
    {
        "archive_unbalanced": (
            "归档不守恒：{table} 应移动 {expected} 行，实际 {found} 行；未做任何改动",
            "the archive does not add up: {expected} rows of {table} expected, {found} found; nothing was changed",
        ),
        "archive_unbalanced.hint": (
            "运行 risk archive verify，并联系系统管理员",
            "use risk archive verify, and tell whoever runs the system",
        ),
    }
)


Free = Callable[[Connection, tuple[int, int]], ColumnElement[bool]]
"""The condition on signals that may go now, of those from one number to another: asked within the transaction, when no run can begin."""


def take_out(engine: Engine, archive_id: int, number: int, place: Path, free: Free) -> None:
    """Group ``number`` out of the tables, where its signals are still ``free``; nothing where another process did it.

    Somebody may refer to one of them in the very moment: then the database refuses, nothing has happened, and the group is looked at again.
    """
    tried = 0
    while True:
        tried += 1
        try:
            return _take_out(engine, archive_id, number, place, free)
        except IntegrityError:
            if tried == TRIES:
                raise


def _take_out(engine: Engine, archive_id: int, number: int, place: Path, free: Free) -> None:
    rows = files.read_chunk(place, number)
    filed = by_signal(rows)
    with transaction(engine) as conn:
        told = _at(conn, archive_id, "written", number)
        if told is None:
            return
        s = t.signals.c
        may_go = free(conn, (min(filed, default=0), max(filed, default=0)))
        still = [row.id for row in select_in(conn, select(s.id).where(may_go), s.id, filed)]
        live = by_signal(rows_of(conn, still))
        going = {signal for signal in still if live[signal] == filed[signal]}
        gone, stayed = _sums(filed, going), _sums(filed, set(filed) - going)
        assessed = [one[0] for one in rows[t.assessments.name] if _signal_of(t.assessments, one) in going]
        for table in reversed(GOES):
            found = _delete(conn, table, assessed if by(table) == "assessment_id" else sorted(going))
            _same(table, gone[table.name], found)
        _remember(conn, archive_id, rows, going)
        _outcomes(conn, archive_id, rows, going, 1)
        moved = {name: Counter(told.removed.get(name, {})) + more for name, more in (("gone", gone), ("stayed", stayed))}
        kept = [*told.stayed, *sorted(set(filed) - going)]
        values = {"cursor": number + 1, "stayed": kept, "removed": {name: dict(counts) for name, counts in moved.items()}}
        conn.execute(update(t.archives).where(t.archives.c.id == archive_id).values(values))


def bring_back(engine: Engine, archive_id: int, number: int, place: Path) -> None:
    """Group ``number`` back into the tables, under the same ids; nothing where another process did it."""
    rows = files.read_chunk(place, number)
    filed = by_signal(rows)
    with transaction(engine) as conn:
        told = _at(conn, archive_id, "restoring", number)
        if told is None:
            return
        going = set(filed) - set(told.stayed)
        every = {table.name: [one for name, one in _of(filed, going) if name == table.name] for table in GOES}
        _forget(conn, every[t.signals.name])
        for table in GOES:
            insert_many(conn, table, [column.name for column in table.columns], [_stored(table, one) for one in every[table.name]])
        _outcomes(conn, archive_id, rows, going, -1)
        conn.execute(update(t.archives).where(t.archives.c.id == archive_id).values(cursor=number + 1))


def _at(conn: Connection, archive_id: int, status: str, number: int) -> Row[Any] | None:
    """The archive, locked, where it stands before that group."""
    serialise(conn, _RUNS_LOCK)
    hold(conn)
    row = conn.execute(select(t.archives).where(t.archives.c.id == archive_id).with_for_update()).one()
    return row if (row.status, row.cursor) == (status, number) else None


def _of(filed: Mapping[int, Sequence[tuple[str, Line]]], signals: Iterable[int]) -> list[tuple[str, Line]]:
    return [one for signal in sorted(signals) for one in filed[signal]]


def _sums(filed: Mapping[int, Sequence[tuple[str, Line]]], signals: Iterable[int]) -> Counter[str]:
    return Counter(name for name, _ in _of(filed, signals))


def _signal_of(table: Table, one: Line) -> int:
    return int(one[[column.name for column in table.columns].index(by(table))])


def _delete(conn: Connection, table: Table, values: Sequence[int]) -> int:
    column = table.c[by(table)]
    return sum(conn.execute(delete(table).where(column.in_(part))).rowcount for part in slices(values))


def _same(table: Table, expected: int, found: int) -> None:
    if expected != found:
        raise ConflictError("archive_unbalanced", table=table.name, expected=expected, found=found)


def _identities(lines: Iterable[Line]) -> list[bytes]:
    place = [column.name for column in t.signals.columns].index("identity")
    return [bytes.fromhex(one[place]) for one in lines]


def _remember(conn: Connection, archive_id: int, rows: Mapping[str, Sequence[Line]], going: set[int]) -> None:
    identities = _identities(one for one in rows[t.signals.name] if one[0] in going)
    if identities:
        conn.execute(insert(t.archived_signals), [{"identity": one, "archive_id": archive_id} for one in identities])


def _forget(conn: Connection, signals: Sequence[Line]) -> None:
    k = t.archived_signals
    found = sum(conn.execute(delete(k).where(k.c.identity.in_(part))).rowcount for part in slices(_identities(signals)))
    _same(k, len(signals), found)


def _outcomes(conn: Connection, archive_id: int, rows: Mapping[str, Sequence[Line]], going: set[int], sign: int) -> None:
    """Add to, or take from, what the balances of runs have in this archive."""
    names = [column.name for column in t.candidates.columns]
    run, outcome = names.index("run_id"), names.index("outcome")
    counts = Counter((one[run], one[outcome]) for one in rows[t.candidates.name] if _signal_of(t.candidates, one) in going)
    o = t.archived_outcomes.c
    for (run_id, said), n in sorted(counts.items()):
        key = {"archive_id": archive_id, "run_id": run_id, "outcome": said}
        here = [o[name] == value for name, value in key.items()]
        if not conn.execute(update(t.archived_outcomes).where(*here).values(candidates=o.candidates + sign * n)).rowcount:
            conn.execute(insert(t.archived_outcomes).values(**key, candidates=sign * n))
    if sign < 0:
        conn.execute(delete(t.archived_outcomes).where(o.archive_id == archive_id, o.candidates == 0))


def _stored(table: Table, one: Line) -> list[Any]:
    """A line of a file as the table takes it."""
    return [
        orjson.loads(value) if value is not None and isinstance(column.type, JSON) else value
        for column, value in zip(table.columns, one, strict=True)
    ]
