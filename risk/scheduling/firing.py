"""One firing of one job: its slot is claimed once over all processes, its use case runs under a lease, its end is written down.

``UNIQUE (job, slot)`` decides who fires; the lease keeps two firings of one use case from overlapping, whatever their slots. What a dead process left
*running* is taken up by another as soon as the lease has run out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from risk.domain.errors import NotFoundError, RiskError
from risk.domain.messages import register
from risk.domain.tracing import tracing
from risk.scheduling.jobs import Job, JobRunRow, run_row
from risk.scheduling.use_cases import Tools, use_case
from risk.services import lease
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

register({"job_run_not_found": ("没有编号为 {id} 的作业运行", "no job run with the number {id}")})

GIVE_UP = timedelta(days=1)
"""What has been left running for longer is not taken up again but closed as *lost*."""

_log = logging.getLogger("risk.scheduling")


def claim(tools: Tools, job: Job, slot: datetime, worker: str) -> int | None:
    """The id of the new run of this slot, or ``None`` where another process has it."""
    detail = {"use_case": job.use_case, "arguments": dict(job.arguments)}
    row = {"job": job.name, "slot": slot, "status": "running", "worker": worker, "started_at": tools.clock(), "detail": detail}
    try:
        with transaction(tools.engine) as conn:
            return int(conn.execute(insert(t.job_runs).values(row).returning(t.job_runs.c.id)).scalar_one())
    except IntegrityError:
        return None


def fire(tools: Tools, job: Job, slot: datetime, worker: str) -> JobRunRow | None:
    """Claim the slot and run it to its end; ``None`` where another process has the slot. A use case's error ends the run, never the worker."""
    run_id = claim(tools, job, slot, worker)
    return None if run_id is None else carry_out(tools, run_id, job.use_case, job.arguments, worker)


def carry_out(tools: Tools, run_id: int, name: str, arguments: Mapping[str, Any], worker: str) -> JobRunRow:
    """Run a claimed slot under the lease of its use case; *skipped* where that is busy. What it writes has one trace."""
    with tracing() as trace, lease.held(tools.engine, lease_name(name), worker, tools.clock) as mine:
        _log.info("job run", extra={"job_run": run_id, "use_case": name, "trace_id": trace})
        if mine is None:
            with reading(tools.engine) as conn:
                busy = lease.holder(conn, lease_name(name), tools.clock())
            return _end(tools, run_id, worker, "skipped", {"held_by": busy})
        try:
            result = use_case(name)(tools, arguments)
        except RiskError as error:
            return _end(tools, run_id, worker, "failed", {"error": error.code, "zh": error.text("zh"), "en": error.text("en")})
        except Exception as error:  # whatever a use case raises, the worker goes on with the next slot
            _log.exception("job run %s (%s) failed", run_id, name)
            return _end(tools, run_id, worker, "failed", {"error": type(error).__name__})
        return _end(tools, run_id, worker, "done", {"result": result})


def take_up_lost(tools: Tools, worker: str) -> list[JobRunRow]:
    """Finish what dead processes left *running*: runs older than a lease whose use case nobody holds now."""
    now = tools.clock()
    c = t.job_runs.c
    with reading(tools.engine) as conn:
        # a younger one is about to take its lease
        query = select(t.job_runs).where(c.status == "running", c.started_at < now - lease.TTL).order_by(c.id)
        left = [row for row in conn.execute(query) if lease.holder(conn, lease_name(row.detail["use_case"]), now) is None]
    done = []
    for row in left:
        old = row.started_at < now - GIVE_UP
        values = {"status": "lost", "ended_at": now} if old else {"worker": worker, "started_at": now}
        with transaction(tools.engine) as conn:
            same = update(t.job_runs).where(c.id == row.id, c.status == "running", c.worker == row.worker, c.started_at == row.started_at)
            mine = conn.execute(same.values(**values)).rowcount == 1
        if mine and not old:
            _log.warning("job run %s of %s is taken up from %s", row.id, row.job, row.worker)
            done.append(carry_out(tools, row.id, row.detail["use_case"], row.detail["arguments"], worker))
    return done


def get_run(conn: Connection, run_id: int) -> JobRunRow:
    """One run of a job; ``NotFoundError`` (``job_run_not_found``)."""
    row = conn.execute(select(t.job_runs).where(t.job_runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError("job_run_not_found", id=run_id)
    return run_row(row)


def list_runs(conn: Connection, *, job: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[JobRunRow]:
    """Runs of jobs, the newest first."""
    query = select(t.job_runs).order_by(t.job_runs.c.id.desc())
    if job:
        query = query.where(t.job_runs.c.job == job)
    if cursor:
        query = query.where(t.job_runs.c.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, run_row)


def lease_name(name: str) -> str:
    """The lease that a use case runs under."""
    return f"use_case:{name}"


def _end(tools: Tools, run_id: int, worker: str, status: str, detail: Mapping[str, Any]) -> JobRunRow:
    c = t.job_runs.c
    with transaction(tools.engine) as conn:
        row = conn.execute(select(t.job_runs).where(c.id == run_id)).one()
        conn.execute(
            update(t.job_runs)
            .where(c.id == run_id, c.worker == worker, c.status == "running")
            .values(status=status, ended_at=tools.clock(), detail={**row.detail, **detail})
        )
        return get_run(conn, run_id)
