"""One step of a task: checked against the table, written with its event, its audit row and its message to the outside. All acts on tasks pass here.

A deadline that is set passes here too, and is never later than what the office's own law allows (:func:`capped`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from risk.domain import clocks
from risk.domain.calendar import WorkCalendar
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.tasks import Event, Kind, State, advance
from risk.services import auditing, calendar_store, outbox
from risk.storage import tables as t

register(
    {
        "task_not_found": ("没有编号为 {task} 的任务", "no task with the number {task}"),
        "task_changed": (
            "任务 {task} 已被他人更改（版本 {now}，提交的是 {given}）",
            "task {task} was changed by someone else (version {now}, not {given})",
        ),
        "task_changed.hint": ("重新查看任务后再提交", "look at the task again, then submit"),
        "office_not_found": ("没有代码为“{office}”的承办单位", 'no office with the code "{office}"'),
        "actor_required": ("必须写明操作人", "the actor must be named"),
    }
)

TOLD_OUTSIDE: Mapping[Event, str] = {
    Event.ISSUE: "task.issued",
    Event.SIGN: "task.signed",
    Event.ASSIGN: "task.assigned",
    Event.REPORT: "task.reported",
    Event.RETURN: "task.returned",
    Event.ACCEPT: "task.accepted",
    Event.CLOSE: "task.closed",
    Event.TRANSFER_BACK: "task.transferred",
    Event.EXTEND: "task.extended",
    Event.MERGE: "task.merged",
    Event.REMIND: "task.reminded",
    Event.ESCALATE: "task.escalated",
    Event.REOPEN: "task.reopened",
    Event.ASK_EXTENSION: "task.extension_asked",
}
"""The event of the outbox for a step; other steps concern the office alone."""

_PLANNED = (Kind.CAMPAIGN.value, Kind.JOINT.value)
"""Kinds that begin with a plan: without an alert there is no clue, from whose finding a ceiling could count."""

_FACTS = frozenset({"sign_due", "report_due", "from_office", "to_office", "stage", "into", "provisional"})


def get(conn: Connection, task_id: int, version: int | None = None) -> Row[Any]:
    """The row of a task. ``task_not_found``; ``task_changed`` where ``version`` is given and no longer its own."""
    task = conn.execute(select(t.tasks).where(t.tasks.c.id == task_id)).one_or_none()
    if task is None:
        raise NotFoundError("task_not_found", task=task_id)
    if version is not None and version != task.version:
        raise ConflictError("task_changed", task=task_id, now=task.version, given=version)
    return task


def change(
    conn: Connection,
    task: Row[Any],
    events: Sequence[Event],
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
    values: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> State:
    """Take the steps in order; returns the state after them.

    Each is checked against the table; the row moves if its version still stands; ``values`` are set with it, ``detail`` goes to the last event. A deadline
    among ``values`` is told in the detail, so that what was due when can be read from the events alone.
    """
    if not actor.strip():
        raise InvalidInputError("actor_required")
    new, facts = dict(values or {}), dict(detail or {})
    facts |= {
        name: new[name].isoformat() for name in ("sign_due", "report_due", "stage_due") if new.get(name) is not None and name not in facts
    }
    state, rows = State(task.state), []
    for event in events:
        after = advance(state, event, extended=task.extended, reason=reason, kind=task.kind, paused=task.paused_at is not None)
        row = {"task_id": task.id, "event": event.value, "from_state": state.value, "to_state": after.value, "actor": actor}
        rows.append({**row, "reason": reason, "detail": facts if event is events[-1] else {}, "at": now})
        state = after
    version = task.version
    moved = conn.execute(
        update(t.tasks)
        .where(t.tasks.c.id == task.id, t.tasks.c.version == version)
        .values(**new, state=state.value, version=version + 1, updated_at=now)
    )
    if moved.rowcount != 1:
        raise ConflictError("task_changed", task=task.id, now="?", given=version)
    conn.execute(insert(t.task_events), rows)
    said = {"from": task.state, "to": state.value, "reason": reason, **facts}
    auditing.record(conn, actor, f"task.{events[-1].value}", f"task:{task.id}", said, now)
    _tell(conn, task, events, new, facts, now)
    return state


def _tell(
    conn: Connection, task: Row[Any], events: Sequence[Event], new: Mapping[str, Any], facts: Mapping[str, Any], now: datetime
) -> None:
    office = str(new.get("office_code", task.office_code))
    data = {"task": task.id, "kind": task.kind, "grade": Grade(int(new.get("grade", task.grade))).code}
    data |= {name: facts[name] for name in _FACTS if name in facts}
    data.setdefault("report_due", task.report_due.isoformat())
    for place, event in enumerate(events):
        if name := TOLD_OUTSIDE.get(event):
            concerned = str(facts.get("to_office") or office) if event is Event.ESCALATE else office
            outbox.emit(conn, name, f"task:{task.id}", data, now, office=concerned, once=f"{task.version}.{place}")


def issue_event(conn: Connection, task_id: int, actor: str, now: datetime, detail: Mapping[str, Any]) -> None:
    """The first event of a task that was just inserted, with its audit row and message."""
    row = {"task_id": task_id, "event": Event.ISSUE.value, "from_state": None, "to_state": State.ISSUED.value, "actor": actor}
    conn.execute(insert(t.task_events).values(**row, reason=None, detail=dict(detail), at=now))
    auditing.record(conn, actor, "task.issue", f"task:{task_id}", detail, now)
    data = {"task": task_id, **{name: value for name, value in detail.items() if name in _FACTS | {"kind", "grade"}}}
    outbox.emit(conn, "task.issued", f"task:{task_id}", data, now, office=str(detail.get("office") or "") or None, once="1")


def department_of(conn: Connection, office_code: str) -> str:
    """The department of an office that exists; ``office_not_found``."""
    department = conn.scalar(select(t.offices.c.department).where(t.offices.c.code == office_code))
    if department is None:
        raise NotFoundError("office_not_found", office=office_code)
    return str(department)


def close_alert(conn: Connection, alert_id: int | None, now: datetime, status: str = "closed") -> None:
    """Set the status of a task's alert, if it has one."""
    if alert_id is not None:
        conn.execute(update(t.alerts).where(t.alerts.c.id == alert_id).values(status=status, updated_at=now))


def ceiling_start(conn: Connection, task: Row[Any]) -> datetime | None:
    """When an office with a statutory limit first had the task: stored, else its issue where the office has one now."""
    stored: datetime | None = task.ceiling_from
    if stored is not None:
        return stored
    department = conn.scalar(select(t.offices.c.department).where(t.offices.c.code == task.office_code))
    issued: datetime = task.issued_at
    return issued if department is not None and clocks.has_ceiling(str(department)) else None


def capped(
    conn: Connection,
    task: Row[Any],
    due: datetime,
    *,
    calendar: WorkCalendar | None = None,
    department: str | None = None,
    found_at: datetime | None = None,
    extended: bool | None = None,
    excluded: timedelta | None = None,
) -> datetime:
    """``due``, but never later than the law of the office (or of ``department``) allows for this task."""
    if task.kind in _PLANNED and task.about_alert_id is None:
        return due
    mine = department
    if mine is None:
        mine = str(conn.scalar(select(t.offices.c.department).where(t.offices.c.code == task.office_code)) or "")
    limit = clocks.ceiling(
        mine,
        found_at or ceiling_start(conn, task),
        extended=task.extended if extended is None else extended,
        excluded=timedelta(seconds=task.paused_seconds) if excluded is None else excluded,
        calendar=calendar or calendar_store.load(conn),
    )
    return due if limit is None else min(due, limit)
