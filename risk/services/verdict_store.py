"""The row of a verdict: written once, never changed in what it says. A correction is a row of its own that names the one it replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from risk.domain.review import Standing
from risk.services import outbox, reviews, verdict_consequences
from risk.services.verdict_events import note
from risk.storage import tables as t


def store(
    conn: Connection,
    task: Row[Any],
    given: Mapping[str, Any],
    officers: Sequence[str],
    *,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Write what an office reports of a task; returns the verdict's id. ``given``: columns of ``verdicts`` (code, facts, sub_reason …)."""
    earlier = latest(conn, task.id)
    row = {**given, "task_id": task.id, "alert_id": task.alert_id, "officers": list(officers), "detail": dict(detail or {})}
    row |= {"actor": actor, "reported_at": now, "supersedes": earlier, "unit_code": task.office_code}
    number = int(conn.execute(insert(t.verdicts).values(row).returning(t.verdicts.c.id)).scalar_one())
    said = {"code": row["code"], "sub_reason": row.get("sub_reason"), "supersedes": earlier}
    note(conn, number, "report", None, Standing.REPORTED, actor=actor, now=now, reason=row.get("correction_reason"), detail=said)
    outbox.emit(
        conn,
        "verdict.reported",
        f"verdict:{number}",
        {"outcome": row["code"], "task": task.id},
        now,
        office=task.office_code,
        once="report",
    )
    if earlier is not None:
        reviews.void(conn, earlier, actor=actor, now=now)
        verdict_consequences.replace(conn, earlier, number, actor=actor, now=now)
    return number


def accepted(conn: Connection, task_id: int, *, actor: str, now: datetime) -> int:
    """What follows when a task's newest report is accepted: it is final, or is reviewed first. Returns the number of labels written."""
    verdict = latest(conn, task_id)
    return reviews.accepted(conn, verdict, actor=actor, now=now) if verdict is not None else 0


def latest(conn: Connection, task_id: int) -> int | None:
    """The newest verdict of a task."""
    found = conn.scalar(select(func.max(t.verdicts.c.id)).where(t.verdicts.c.task_id == task_id))
    return None if found is None else int(found)
