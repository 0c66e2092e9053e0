"""Issued tasks of a small world, and the shortest way to a report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, select

from risk.domain.grades import Grade
from risk.services import tasks
from risk.services.alerts import settle
from risk.storage import tables as t
from tests.risk.disposal_world import MODEL, NOW, new_candidates, new_run, new_subjects

__all__ = ["FINANCE", "HOME", "LATER", "MODEL", "NOW", "OTHER", "issue", "report"]

HOME, OTHER, FINANCE = "420102-market_supervision", "420222-market_supervision", "420102-finance_lead"
LATER = NOW + timedelta(days=1)


def issue(conn: Connection, count: int = 1, grade: Grade = Grade.YELLOW, *, grades: Sequence[Grade] = ()) -> list[int]:
    """Tasks of as many subjects, in the order of their subjects."""
    run, subjects = new_run(conn), new_subjects(conn, count)
    wanted = grades or [grade] * count
    settle(conn, run, new_candidates(conn, run, [(s, g, 0.6) for s, g in zip(subjects, wanted, strict=True)]), NOW)
    a = t.alerts.c
    return list(conn.scalars(select(t.tasks.c.id).join_from(t.tasks, t.alerts, a.id == t.tasks.c.alert_id).order_by(a.subject_id)))


def report(conn: Connection, task: int, *, code: str = "10", reason: str | None = None) -> int:
    """Sign for a task where that is due, and report it."""
    if conn.scalar(select(t.tasks.c.state).where(t.tasks.c.id == task)) == "issued":
        tasks.sign(conn, task, actor="张三", now=NOW)
    return tasks.report(conn, task, actor="张三", code=code, facts="现场查实", officers=["张三", "李四"], now=NOW, reason=reason)
