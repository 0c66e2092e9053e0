"""The row of a verdict: written once, never changed in what it says. A correction is a row of its own that names the one it replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from risk.services import labels
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
    made = conn.execute(insert(t.verdicts).values(**row, actor=actor, reported_at=now, supersedes=earlier).returning(t.verdicts.c.id))
    return int(made.scalar_one())


def accepted(conn: Connection, task_id: int, *, actor: str, now: datetime) -> int:  # noqa: ARG001 - who accepts may not review
    """What follows when a task's newest report is accepted; returns the number of labels written."""
    verdict = latest(conn, task_id)
    return labels.from_verdict(conn, verdict, now) if verdict is not None else 0


def latest(conn: Connection, task_id: int) -> int | None:
    """The newest verdict of a task."""
    found = conn.scalar(select(func.max(t.verdicts.c.id)).where(t.verdicts.c.task_id == task_id))
    return None if found is None else int(found)
