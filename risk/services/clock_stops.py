"""The clock of a task stands still while something is tested (检验检测), with documents for the beginning and the end.

The time for testing does not count towards the limit (市场监督管理行政处罚程序规定 Art. 18): when the clock goes on, the deadline, and the statutory ceiling with
it, move by the working time that passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.domain.tasks import Event
from risk.services import calendar_store
from risk.services.task_changes import capped, change, get

register(
    {
        "pause_document": (
            "暂停和恢复计时须有文书（种类、编号）",
            "to stop the clock, and to start it again, takes a document (kind and number)",
        ),
        "pause_overdue": ("任务已超期，不能再暂停计时", "the task is overdue: its clock cannot be stopped any more"),
    }
)


def pause(
    conn: Connection,
    task_id: int,
    *,
    actor: str,
    reason: str,
    documents: Sequence[Mapping[str, Any]],
    now: datetime,
    version: int | None = None,
) -> datetime:
    """Stop the clock, with the reason and at least one document ``{"kind": "检验委托书", "number": "…"}``; returns the moment.

    ``pause_document``, ``pause_overdue``, ``task_paused``, ``task_transition`` unless the task is in hand.
    """
    task = get(conn, task_id, version)
    papers = _checked(documents)
    if now > task.report_due:
        raise ConflictError("pause_overdue")
    change(conn, task, [Event.PAUSE], actor, now, reason=reason, values={"paused_at": now}, detail={"documents": papers})
    return now


def resume(
    conn: Connection, task_id: int, *, actor: str, documents: Sequence[Mapping[str, Any]], now: datetime, version: int | None = None
) -> datetime:
    """Let the clock go on, with the document of the result; returns the new deadline. ``pause_document``, ``task_not_paused``."""
    task = get(conn, task_id, version)
    papers = _checked(documents)
    if task.paused_at is None:
        raise ConflictError("task_not_paused")
    calendar = calendar_store.load(conn)
    passed = timedelta(seconds=int(calendar.work_between(task.paused_at, now).total_seconds()))
    total = task.paused_seconds + int(passed.total_seconds())
    due = capped(conn, task, calendar.add_work_time(task.report_due, passed), calendar=calendar, excluded=timedelta(seconds=total))
    values: dict[str, Any] = {"paused_at": None, "paused_seconds": total, "report_due": due}
    values["clock_from"] = calendar.add_work_time(task.clock_from or task.issued_at, passed)
    if task.stage_due is not None:
        values["stage_due"] = min(calendar.add_work_time(task.stage_due, passed), due)
    detail = {"documents": papers, "since": task.paused_at.isoformat(), "excluded_seconds": int(passed.total_seconds())}
    change(conn, task, [Event.RESUME], actor, now, values=values, detail=detail)
    return due


def _checked(documents: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    papers = [{name: str(value).strip()[:200] for name, value in one.items() if value is not None} for one in documents]
    if not papers or not all(one.get("kind") and one.get("number") for one in papers):
        raise InvalidInputError("pause_document")
    return papers
