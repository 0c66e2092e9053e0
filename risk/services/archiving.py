"""Months of signals that led to nothing go into files and out of the tables; on demand they come back. Nothing is lost on the way, wherever it is interrupted.

    writing ─▶ written ─▶ done ─▶ restoring ─▶ restored

*writing*: files are written beside their place, made durable, moved there, and only then recorded with their sums (*written*). Group after group then leaves the tables,
each in one transaction with the cursor (``archiving_moves``), until it is *done*. Whoever is killed before *written* has removed nothing, and the next one writes anew;
whoever is killed later goes on at the cursor. A month that was brought back (*restored*) keeps its files and may be archived again, as another part.

One process archives at a time, under a lease. What may leave is said by ``archiving_holds``, how far back anything looks by ``archiving_reach``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, insert, select, update

from risk.domain import periods
from risk.domain.errors import ConflictError, NotFoundError, RiskError
from risk.domain.messages import register
from risk.domain.periods import Period
from risk.domain.retention import last_due, month_of, retention
from risk.services import archiving_files as files
from risk.services import archiving_moves as moves
from risk.services import auditing, lease
from risk.services.archiving_folder import folder_of, place_of
from risk.services.archiving_holds import counted, holds, models_in_use, of_month
from risk.services.archiving_reach import Reach, reach
from risk.services.archiving_rows import Line, rows_of
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

LEASE = "archive"
UNFINISHED = ("writing", "written", "restoring")
Clock = Callable[[], datetime]

register(
    {
        "archive_busy": ("另一进程正在归档", "another process is archiving"),
        "archive_busy.hint": ("等它结束后再试", "try again when it is done"),
        "archive_too_young": (
            "{month} 还不能归档：最晚可归档到 {last}（保留期、研判回看 {days} 天）",
            "{month} may not be archived yet: {last} is the last month that may (retention, and judging looks back {days} days)",
        ),
        "archive_too_young.hint": ("保留期见 retention.toml", "retention.toml says how long months stay"),
        "archive_not_found": ("没有归档：{name}", "no such archive: {name}"),
        "archive_not_found.hint": ("用 risk archive list 查看", "risk archive list shows them"),
    }
)


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """An archive: a part of a month. ``stayed``: signals in its files that never left the tables; ``rows``: table → rows taken out; ``bytes``: of all files."""

    id: int
    month: str
    part: int
    status: str
    signals: int
    stayed: int
    rows: dict[str, int]
    bytes: int
    chunks: int
    cursor: int
    observed_from: datetime | None
    observed_to: datetime | None
    actor: str
    started_at: datetime
    written_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class MonthPlan:
    """What archiving a month would do. ``held``: reason → signals that stay for it; one may stay for several."""

    month: str
    signals: int
    free: int
    held: dict[str, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """An archive as it was read again; no faults: every byte and every count is as recorded."""

    archive: ArchiveRow
    faults: tuple[RiskError, ...]


def run(engine: Engine, *, actor: str, clock: Clock, month: str | None = None) -> list[ArchiveRow]:
    """Finish what was begun, then archive ``month``, or all months that are due; gives the archives that were made or finished.

    ``ConflictError``: ``archive_busy``, ``archive_too_young``, ``archive_window_unbounded``. Again, it finds nothing to do and makes nothing.
    """
    with _alone(engine, clock):
        made = [_go_on(engine, row, actor, clock) for row in _unfinished(engine)]
        with reading(engine) as conn:
            looked, now = reach(conn), clock()
            last = last_due(retention(), now, looked.longest)
            asked = periods.month(month) if month else None
            if asked is not None and asked.end > last.end:
                raise ConflictError("archive_too_young", month=asked.name, last=last.name, days=int(looked.longest))
            months = [asked] if asked is not None else _due(conn, last, now)
        for one in months:
            begun = _begin(engine, one, actor, clock(), looked)
            if begun is not None:
                made.append(_go_on(engine, begun, actor, clock))
        return [_view(row) for row in made]


def restore(engine: Engine, month: str, *, actor: str, clock: Clock) -> list[ArchiveRow]:
    """Bring the archived parts of a month back into the tables, under the same ids. Files are verified first, and stay.

    ``NotFoundError`` (``archive_not_found``) where nothing of the month is archived; ``ConflictError``: ``archive_busy``, ``archive_missing``, ``archive_damaged``.
    """
    name = periods.month(month).name
    a = t.archives.c
    with _alone(engine, clock):
        for row in _unfinished(engine):
            _go_on(engine, row, actor, clock)
        with reading(engine) as conn:
            found = required(conn, month)
        for row in found:
            faults = files.faults(_place(engine, row), row.manifest)
            if faults:
                raise faults[0]
        made = []
        for row in found:
            with transaction(engine) as conn:
                conn.execute(
                    update(t.archives).where(a.id == row.id, a.status == "done").values(status="restoring", cursor=0, ended_at=None)
                )
                auditing.record(conn, actor, "archive.restore", f"archive:{row.id}", {"month": name, "part": row.part}, clock())
            made.append(_go_on(engine, _row(engine, row.id), actor, clock))
        return [_view(row) for row in made]


def required(conn: Connection, month: str | None) -> Sequence[Row[Any]]:
    """The archived parts of a month that can be brought back; ``NotFoundError`` (``archive_not_found``), ``InvalidInputError`` (``bad_period``)."""
    a, name = t.archives.c, periods.month(month or "").name
    found = conn.execute(select(t.archives).where(a.month == name, a.status == "done").order_by(a.part)).all()
    if not found:
        raise NotFoundError("archive_not_found", name=name)
    return found


def verify(engine: Engine, month: str | None = None) -> list[Checked]:
    """Read all files again, or those of one month, and compare sums and counts, also with the identities that the tables remember."""
    a, k = t.archives.c, t.archived_signals.c
    with reading(engine) as conn:
        query = select(t.archives).where(a.status.not_in(("writing",))).order_by(a.month, a.part)
        rows = conn.execute(query.where(a.month == periods.month(month).name) if month else query).all()
        kept = {number: int(n) for number, n in conn.execute(select(k.archive_id, func.count()).group_by(k.archive_id))}
    found = []
    for row in rows:
        faults: list[RiskError] = list(files.faults(_place(engine, row), row.manifest))
        expected = _view(row).rows.get(t.signals.name, 0) if row.status in ("written", "done") else None
        if expected is not None and kept.get(row.id, 0) != expected:
            faults.append(ConflictError("archive_unbalanced", table=t.archived_signals.name, expected=expected, found=kept.get(row.id, 0)))
        found.append(Checked(_view(row), tuple(faults)))
    return found


def plan(conn: Connection, now: datetime) -> list[MonthPlan]:
    """The months that are due, each with what would go and what would stay, and why."""
    looked, policy = reach(conn), retention()
    models = models_in_use(conn, policy, now)
    found = []
    for one in _due(conn, last_due(policy, now, looked.longest), now):
        s = t.signals.c
        inside = (s.observed_at >= one.start) & (s.observed_at < one.end) & (s.kind != "case")
        held = {name: counted(conn, inside & why) for name, why in holds(one, looked.signals, now, models).items()}
        free = counted(conn, of_month(one, policy, looked.signals, now, models))
        found.append(MonthPlan(one.name, counted(conn, inside), free, {name: n for name, n in held.items() if n}))
    return found


def list_archives(conn: Connection, *, month: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[ArchiveRow]:
    """Archives, the newest first."""
    a = t.archives.c
    query = select(t.archives).order_by(a.id.desc())
    if month:
        query = query.where(a.month == periods.month(month).name)
    if cursor:
        query = query.where(a.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, _view)


def get_archive(conn: Connection, archive_id: int) -> ArchiveRow:
    """One archive; ``NotFoundError`` (``archive_not_found``)."""
    row = conn.execute(select(t.archives).where(t.archives.c.id == archive_id)).one_or_none()
    if row is None:
        raise NotFoundError("archive_not_found", name=archive_id)
    return _view(row)


@contextmanager
def _alone(engine: Engine, clock: Clock) -> Iterator[None]:
    with lease.held(engine, LEASE, lease.process_name(), clock) as mine:
        if mine is None:
            raise ConflictError("archive_busy")
        yield


def _due(conn: Connection, last: Period, now: datetime) -> list[Period]:
    """Months up to the last one that hold signals, the oldest first, without those that were brought back lately."""
    s, a = t.signals.c, t.archives.c
    lately = now - timedelta(days=retention().restored_days)
    rested = set(conn.scalars(select(a.month).where(a.status == "restored", a.ended_at > lately)))
    found: list[Period] = []
    after: datetime | None = None
    while True:
        query = select(func.min(s.observed_at)).where(s.kind != "case", s.observed_at < last.end)
        first = conn.scalar(query if after is None else query.where(s.observed_at >= after))
        if first is None:
            return found
        one = month_of(first)
        after = one.end
        if one.name not in rested:
            found.append(one)


def _unfinished(engine: Engine) -> Sequence[Row[Any]]:
    with reading(engine) as conn:
        return conn.execute(select(t.archives).where(t.archives.c.status.in_(UNFINISHED)).order_by(t.archives.c.id)).all()


def _row(engine: Engine, archive_id: int) -> Row[Any]:
    with reading(engine) as conn:
        return conn.execute(select(t.archives).where(t.archives.c.id == archive_id)).one()


def _place(engine: Engine, row: Row[Any]) -> Path:
    return place_of(engine, row.month, row.part)


def _free(conn: Connection, month: Period, looked: Reach, now: datetime, ids: tuple[int, int] | None = None) -> ColumnElement[bool]:
    policy = retention()
    return of_month(month, policy, looked.signals, now, models_in_use(conn, policy, now), ids)


def _free_ids(conn: Connection, month: Period, looked: Reach, now: datetime, most: int | None = None) -> list[int]:
    s = t.signals.c
    return list(conn.scalars(select(s.id).where(_free(conn, month, looked, now)).order_by(s.id).limit(most)))


def _begin(engine: Engine, month: Period, actor: str, now: datetime, looked: Reach) -> Row[Any] | None:
    """A new part of the month, where any of its signals may go."""
    folder_of(engine)  # refused before anything is begun
    a = t.archives.c
    with reading(engine) as conn:
        if not _free_ids(conn, month, looked, now, most=1):
            return None
    with transaction(engine) as conn:
        part = int(conn.scalar(select(func.max(a.part)).where(a.month == month.name)) or 0) + 1
        values = {"month": month.name, "part": part, "status": "writing", "actor": actor, "started_at": now}
        conn.execute(insert(t.archives).values(values))
        row = conn.execute(select(t.archives).where(a.month == month.name, a.part == part)).one()
        auditing.record(conn, actor, "archive.begin", f"archive:{row.id}", {"month": month.name, "part": part}, now)
        return row


def _go_on(engine: Engine, row: Row[Any], actor: str, clock: Clock) -> Row[Any]:
    """From where it stands to its end."""
    place = _place(engine, row)
    if row.status == "writing":
        _write(engine, row, place, clock())
        row = _row(engine, row.id)
    if row.status == "restoring":
        for number in range(row.cursor, row.chunks):
            moves.bring_back(engine, row.id, number, place)
        _end(engine, row.id, "restoring", "restored", actor, clock())
    elif row.status == "written":
        with reading(engine) as conn:
            looked, now = reach(conn), clock()

        def free(conn: Connection, ids: tuple[int, int]) -> ColumnElement[bool]:
            return _free(conn, periods.month(row.month), looked, now, ids)

        for number in range(row.cursor, row.chunks):
            moves.take_out(engine, row.id, number, place, free)
        _end(engine, row.id, "written", "done", actor, clock())
    return _row(engine, row.id)


def _write(engine: Engine, row: Row[Any], place: Path, now: datetime) -> None:
    """The files, of one moment, and their record."""
    policy, spans = retention(), _Spans()
    with reading(engine) as conn:
        ids = _free_ids(conn, periods.month(row.month), reach(conn), now)
        chunks = [ids[first : first + policy.signals_at_once] for first in range(0, len(ids), policy.signals_at_once)]

        def about() -> dict[str, Any]:
            begun = row.started_at.isoformat()
            told = {"month": row.month, "part": row.part, "actor": row.actor, "started_at": begun, "chunks": len(chunks)}
            return {**told, "sources": sorted(spans.sources)}

        told = files.write(place, (spans.seen(rows_of(conn, chunk)) for chunk in chunks), level=policy.zstd_level, about=about)
    values = {"status": "written", "manifest": told, "chunks": len(chunks), "cursor": 0, "signals": len(ids), "written_at": now}
    with transaction(engine) as conn:
        a = t.archives.c
        conn.execute(update(t.archives).where(a.id == row.id, a.status == "writing").values(**values, **spans.columns()))


def _end(engine: Engine, archive_id: int, before: str, after: str, actor: str, now: datetime) -> None:
    """Close it, where every group is moved and the sums of all tables are those of the files."""
    a = t.archives.c
    with transaction(engine) as conn:
        row = conn.execute(select(t.archives).where(a.id == archive_id).with_for_update()).one()
        if (row.status, row.cursor) != (before, row.chunks):
            return
        if after == "done":
            for name, told in row.manifest["files"].items():
                moved = sum(row.removed.get(which, {}).get(name, 0) for which in ("gone", "stayed"))
                if moved != told["rows"]:
                    raise ConflictError("archive_unbalanced", table=name, expected=told["rows"], found=moved)
        conn.execute(update(t.archives).where(a.id == archive_id).values(status=after, ended_at=now))
        detail = {"month": row.month, "part": row.part, "rows": row.removed.get("gone", {}), "stayed": len(row.stayed)}
        auditing.record(conn, actor, f"archive.{after}", f"archive:{archive_id}", detail, now)


class _Spans:
    """From when to when the signals of an archive were observed and received, and by which sources they came."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[datetime, datetime]] = {}
        self.sources: set[str] = set()

    def seen(self, chunk: dict[str, list[Line]]) -> dict[str, list[Line]]:
        """The chunk as it came."""
        names = [column.name for column in t.signals.columns]
        self.sources.update(one[names.index("source")] for one in chunk[t.signals.name])
        for name in ("observed_at", "received_at"):
            moments = [one[names.index(name)] for one in chunk[t.signals.name]]
            before = self._seen.get(name)
            self._seen[name] = (min([*moments, *(before or ())]), max([*moments, *(before or ())]))
        return chunk

    def columns(self) -> dict[str, datetime]:
        """As the table has them."""
        return {
            f"{name.removesuffix('_at')}_{end}": moment
            for name, both in self._seen.items()
            for end, moment in zip(("from", "to"), both, strict=True)
        }


def _view(row: Row[Any]) -> ArchiveRow:
    told = row.manifest.get("files", {})
    return ArchiveRow(
        id=row.id,
        month=row.month,
        part=row.part,
        status=row.status,
        signals=row.signals,
        stayed=len(row.stayed),
        rows={name: int(n) for name, n in row.removed.get("gone", {}).items()},
        bytes=sum(int(one["bytes"]) for one in told.values()),
        chunks=row.chunks,
        cursor=row.cursor,
        observed_from=row.observed_from,
        observed_to=row.observed_to,
        actor=row.actor,
        started_at=row.started_at,
        written_at=row.written_at,
        ended_at=row.ended_at,
    )
