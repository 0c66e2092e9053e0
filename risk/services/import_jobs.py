"""Files sent over HTTP, taken in beside the requests: spooled, queued, carried out by whoever has the lease, looked at while they go, cancelled.

The spool lies in ``RISK_HOME/spool``, readable by its owner only, and is gone when the job has ended. The work is `risk.services.intake`: killed at any moment, the next
process goes on where it was. The same file with the same source and mapping is the same job; one that failed or was cancelled goes on when it is sent again.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, insert, select, update

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError, RiskError
from risk.domain.mapping import FieldMapping
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.services import auditing, imports, intake
from risk.services.paging import Page, page_by_id, unpack_id
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

ENDED = frozenset({"done", "failed", "cancelled"})
LOST_AFTER = timedelta(days=1)
"""A job whose spool is not on this machine is left to the one that has it, for so long."""

register(
    {
        "import_job_not_found": ("没有编号为 {id} 的接入作业", "no import job with the number {id}"),
        "import_ended": ("接入作业 {id} 已结束（{status}）", "the import job {id} has ended ({status})"),
        "import_too_large": ("文件超过上限 {limit} MB", "the file is larger than the limit of {limit} MB"),
        "import_too_large.hint": (
            "分批提交，或由运维用 risk intake 接入",
            "send it in parts, or let the operator take it in with risk intake",
        ),
        "import_nothing": ("没有收到文件内容", "no content was received"),
        "import_cancelled": ("接入已取消；再次提交同一文件可继续", "the import was cancelled; the same file sent again goes on"),
        "import_spool_lost": ("暂存文件已不在，请再次提交", "the spooled file is gone, send it again"),
        "import_failed": ("接入时出现意外错误（{kind}），再次提交可继续", "something unexpected happened ({kind}); sent again, it goes on"),
        "import_mapping_unknown": ("没有名为“{name}”的字段对应", "there is no mapping called `{name}`"),
        "import_mapping_unknown.hint": (
            "对应文件放在数据目录的 mappings 下，名为 NAME.toml；或直接提交 TOML 内容",
            "mappings lie in the data folder under mappings, as NAME.toml; or send the TOML itself",
        ),
    }
)

_NAME = re.compile(r"[\w-]{1,80}")


@dataclass(frozen=True, slots=True)
class ImportJob:
    """A job as people look at it. ``rows_estimated`` is a count of lines or of the file's own, nothing where it cannot be told; ``percent`` and
    ``seconds_left`` follow from it."""

    id: int
    file: str
    source: str
    status: str
    bytes: int
    import_id: int | None
    rows_done: int
    accepted: int
    duplicates: int
    quarantined: int
    rows_estimated: int | None
    percent: float | None
    seconds_left: float | None
    error: Mapping[str, Any] | None
    actor: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def spool_dir(settings: Settings) -> Path:
    """The folder of files that wait."""
    folder = settings.home / "spool"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def new_spool(settings: Settings, file: str) -> Path:
    """A fresh name in the spool with the file's own ending, which tells readers what it is."""
    ending = Path(file).suffix.lower()
    return spool_dir(settings) / f"{uuid.uuid4().hex}{ending if re.fullmatch(r'[.][a-z0-9]{1,10}', ending) else ''}"


def mapping_of(settings: Settings, given: str) -> FieldMapping:
    """A mapping by its name (a file of ``RISK_HOME/mappings``), or as the TOML it is; nothing given is guessing."""
    if not given.strip():
        return FieldMapping()
    if _NAME.fullmatch(given.strip()):
        path = settings.home / "mappings" / f"{given.strip()}.toml"
        if not path.is_file():
            raise NotFoundError("import_mapping_unknown", name=given.strip())
        return intake.load_mapping(path)
    import tomllib

    from risk.domain.system_messages import quoted

    try:
        return FieldMapping.parse(tomllib.loads(given))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("mapping_unreadable", path="mapping", reason=quoted(error)) from error


def enqueue(
    engine: Engine, spool: Path, content_hash: str, *, file: str, source: str, mapping: FieldMapping, actor: str, now: datetime
) -> ImportJob:
    """Queue a spooled file; one that is known already gives its job, and its spool is not needed any more."""
    source = (source.strip() or Path(file).stem or "upload")[:200]
    key = str(digest(["import", content_hash, source, mapping.record()]))
    c = t.import_jobs.c
    with transaction(engine) as conn:
        row = conn.execute(select(t.import_jobs).where(c.key == key).with_for_update()).one_or_none()
        fresh = {
            "status": "queued",
            "spool": spool.name,
            "error": None,
            "actor": actor,
            "asked_at": now,
            "started_at": None,
            "ended_at": None,
        }
        if row is None:
            values: dict[str, Any] = {"key": key, "file": file[-400:], "source": source, "mapping": mapping.record()}
            values |= {"bytes": spool.stat().st_size, "rows": _rows(spool)}
            number = int(conn.execute(insert(t.import_jobs).values(**values, **fresh).returning(c.id)).scalar_one())
        elif row.status in ("failed", "cancelled"):
            number = int(row.id)
            conn.execute(update(t.import_jobs).where(c.id == number).values(**fresh))
        else:
            number = int(row.id)
            spool.unlink(missing_ok=True)
            return _told(conn, number, now)
        auditing.record(
            conn, actor, "import.ask", f"import_job:{number}", {"file": file[-200:], "source": source, "sha256": content_hash}, now
        )
        return _told(conn, number, now)


def carry_out_all(
    engine: Engine, settings: Settings, *, clock: Callable[[], datetime], chunk_rows: int = intake.CHUNK_ROWS
) -> dict[str, Any]:
    """Take in every file that waits, the oldest first, also those that a dead process left half done. Call it under a lease."""
    done: dict[str, Any] = {}
    tried: set[int] = set()
    while (row := _next(engine, tried)) is not None:
        tried.add(row.id)
        status = _carry_out(engine, settings, row, clock, chunk_rows)
        if status is not None:
            done[str(row.id)] = status
    return done


def cancel(conn: Connection, job_id: int, *, actor: str, now: datetime) -> ImportJob:
    """Stop a job: at once while it waits, after its chunk while it runs. What was taken in stays. ``import_ended``."""
    row = _get(conn, job_id, lock=True)
    if row.status in ENDED:
        raise ConflictError("import_ended", id=job_id, status=row.status)
    values: dict[str, Any] = {"status": "cancelling"}
    if row.status == "queued":
        values = {"status": "cancelled", "ended_at": now}
    conn.execute(update(t.import_jobs).where(t.import_jobs.c.id == job_id).values(**values))
    auditing.record(conn, actor, "import.cancel", f"import_job:{job_id}", {}, now)
    return _told(conn, job_id, now)


def get_job(conn: Connection, job_id: int, *, now: datetime) -> ImportJob:
    """One job; ``import_job_not_found``."""
    return _told(conn, job_id, now)


def list_jobs(conn: Connection, *, now: datetime, status: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[ImportJob]:
    """Jobs, the newest first."""
    c = t.import_jobs.c
    query = _query().order_by(c.id.desc())
    if status:
        query = query.where(c.status == status)
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, lambda row: _job(row, now))


def waiting(conn: Connection) -> bool:
    """Whether any job has still something to do."""
    c = t.import_jobs.c
    return conn.scalar(select(c.id).where(c.status.in_(("queued", "running", "cancelling"))).limit(1)) is not None


class _Cancelled(Exception):  # noqa: N818 - no error: somebody asked for it
    """A person stopped the job."""


def _carry_out(engine: Engine, settings: Settings, row: Row[Any], clock: Callable[[], datetime], chunk_rows: int) -> str | None:
    c = t.import_jobs.c
    spool = spool_dir(settings) / str(row.spool)
    if not spool.is_file():
        if clock() - row.asked_at < LOST_AFTER and row.status == "queued":
            return None  # it lies with another machine
        return _end(engine, row, "failed", clock(), InvalidInputError("import_spool_lost"))
    with transaction(engine) as conn:
        mine = update(t.import_jobs).where(c.id == row.id, c.status.in_(("queued", "running")))
        conn.execute(mine.values(status="running", started_at=row.started_at or clock()))

    def between(import_id: int) -> None:
        with transaction(engine) as conn:
            conn.execute(update(t.import_jobs).where(c.id == row.id).values(import_id=import_id))
            if conn.scalar(select(c.status).where(c.id == row.id)) == "cancelling":
                raise _Cancelled

    mapping = FieldMapping.restore(row.mapping)
    try:
        taken = intake.take(
            engine, spool, source=row.source, mapping=mapping, actor=row.actor, now=clock(), chunk_rows=chunk_rows, between=between,
            name=row.file,
        )  # fmt: skip
    except _Cancelled:
        status = _end(engine, row, "cancelled", clock(), InvalidInputError("import_cancelled"))
    except RiskError as error:
        status = _end(engine, row, "failed", clock(), error)
    except Exception as error:
        status = _end(engine, row, "failed", clock(), InvalidInputError("import_failed", kind=type(error).__name__))
    else:
        with transaction(engine) as conn:
            conn.execute(update(t.import_jobs).where(c.id == row.id).values(import_id=taken.import_id))
        status = _end(engine, row, "done", clock(), None)
    spool.unlink(missing_ok=True)
    return status


def _end(engine: Engine, row: Row[Any], status: str, now: datetime, error: RiskError | None) -> str:
    c = t.import_jobs.c
    told = {"code": error.code, "zh": error.text("zh"), "en": error.text("en")} if error is not None else None
    with transaction(engine) as conn:
        conn.execute(update(t.import_jobs).where(c.id == row.id).values(status=status, ended_at=now, error=told, spool=None))
        number = conn.scalar(select(c.import_id).where(c.id == row.id))
        if status == "cancelled" and number is not None:
            imports.end(conn, int(number), "failed", now, "import_cancelled")
    return status


def _next(engine: Engine, tried: set[int]) -> Row[Any] | None:
    c = t.import_jobs.c
    query = select(t.import_jobs).where(c.status.in_(("queued", "running", "cancelling"))).order_by(c.id)
    with reading(engine) as conn:
        return next((row for row in conn.execute(query) if row.id not in tried), None)


def _rows(spool: Path) -> int | None:
    """About how many rows a file holds: what Parquet says of itself, the lines of a text; of a workbook it is not known before it is read."""
    with spool.open("rb") as file:
        head = file.read(4)
        if head == b"PAR1":
            import pyarrow.parquet as pq

            try:
                return int(pq.read_metadata(spool).num_rows)
            except Exception:
                return None
        if head[:2] == b"PK":
            return None
        file.seek(0)
        lines, last = 0, b""
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    header = 0 if head.lstrip()[:1] == b"{" else 1
    return max(0, lines + (last not in (b"\n", b"")) - header)


def _query() -> Select[Any]:
    i = t.imports.c
    return select(t.import_jobs, i.rows_done, i.accepted, i.duplicates, i.quarantined).join_from(
        t.import_jobs, t.imports, t.import_jobs.c.import_id == i.id, isouter=True
    )


def _get(conn: Connection, job_id: int, *, lock: bool = False) -> Row[Any]:
    query = select(t.import_jobs).where(t.import_jobs.c.id == job_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError("import_job_not_found", id=job_id)
    return row


def _told(conn: Connection, job_id: int, now: datetime) -> ImportJob:
    row = conn.execute(_query().where(t.import_jobs.c.id == job_id)).one_or_none()
    if row is None:
        raise NotFoundError("import_job_not_found", id=job_id)
    return _job(row, now)


def _job(row: Row[Any], now: datetime) -> ImportJob:
    done = int(row.rows_done or 0)
    percent = left = None
    if row.status == "done":
        percent, left = 100.0, 0.0
    elif row.rows and row.status not in ENDED:
        percent = round(min(99.9, 100.0 * done / row.rows), 1)
        spent = (now - row.started_at).total_seconds() if row.started_at else 0.0
        left = round(spent * max(0, row.rows - done) / done, 1) if done and spent > 0 else None
    names = ("id", "file", "source", "status", "bytes", "import_id", "error", "actor", "asked_at", "started_at", "ended_at")
    return ImportJob(
        **{name: getattr(row, name) for name in names},
        rows_done=done,
        accepted=int(row.accepted or 0),
        duplicates=int(row.duplicates or 0),
        quarantined=int(row.quarantined or 0),
        rows_estimated=row.rows,
        percent=percent,
        seconds_left=left,
    )
