"""What officers do with tasks: sign, verify, report, accept, return, close, transfer back, extend, merge. Every act is one event and one audit row.

Each function takes a write transaction, the task's id, the actor and ``now``; with ``version`` given, it refuses (``task_changed``) if someone else was
faster. Steps outside the table of ``risk.domain.tasks`` are refused with ``task_transition``. Nothing is overwritten: a corrected verdict keeps the old one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from risk.domain.clocks import deadlines, extended_due
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.routing import fallback_office
from risk.domain.tasks import Event, State, advance, path_to_report
from risk.domain.verdicts import validate
from risk.services import auditing, verdict_store
from risk.services.dispatch import load_directory
from risk.services.merging import move_evidence
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
        "task_merge_itself": (
            "任务不能并入自己或者其他模型、已结束的任务",
            "a task cannot be merged into itself, another model's or an ended task",
        ),
    }
)


def sign(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None) -> State:
    """Take a task over; the actor becomes its officer."""
    task = _get(conn, task_id, version)
    return _change(conn, task, [Event.SIGN], actor, now, values={"officer": actor, "signed_at": now})


def start(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None) -> State:
    """Begin verifying, or begin again what was returned."""
    return _change(conn, _get(conn, task_id, version), [Event.START], actor, now)


def report(
    conn: Connection,
    task_id: int,
    *,
    actor: str,
    code: str,
    facts: str,
    officers: Sequence[str],
    now: datetime,
    sub_reason: str | None = None,
    measures: str | None = None,
    suggestion: str | None = None,
    detail: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> int:
    """Report what was found; returns the verdict's id. A signed or returned task counts as started.

    Errors: those of ``risk.domain.verdicts.validate``, ``task_transition``, ``task_changed``.
    """
    _, names = validate(code, facts=facts, officers=officers, sub_reason=sub_reason, suggestion=suggestion)
    task = _get(conn, task_id, version)
    given = {"code": code, "facts": facts, "sub_reason": sub_reason, "measures": measures, "suggestion": suggestion}
    events = path_to_report(State(task.state))
    _change(conn, task, events, actor, now, values={"reported_at": now}, detail={"code": code, "sub_reason": sub_reason})
    return verdict_store.store(conn, task, given, names, actor=actor, now=now, detail=detail)


def correct(
    conn: Connection,
    task_id: int,
    *,
    actor: str,
    code: str,
    facts: str,
    officers: Sequence[str],
    reason: str,
    now: datetime,
    sub_reason: str | None = None,
    measures: str | None = None,
    suggestion: str | None = None,
    version: int | None = None,
) -> int:
    """Replace a reported verdict by a right one, which must be accepted anew; the old one stays and teaches no more. Returns the new verdict's id."""
    _, names = validate(code, facts=facts, officers=officers, sub_reason=sub_reason, suggestion=suggestion)
    task = _get(conn, task_id, version)
    given = {"code": code, "facts": facts, "sub_reason": sub_reason, "measures": measures, "suggestion": suggestion}
    _change(conn, task, [Event.CORRECT], actor, now, reason=reason, values={"closed_at": None}, detail={"code": code})
    if task.alert_id is not None:
        conn.execute(update(t.alerts).where(t.alerts.c.id == task.alert_id).values(status="tasked", updated_at=now))
    return verdict_store.store(conn, task, given, names, actor=actor, now=now)


def accept(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None, close_too: bool = False) -> int:
    """Accept the report: its verdict becomes labels. ``close_too`` closes the task in the same act. Returns the number of labels."""
    task = _get(conn, task_id, version)
    events = [Event.ACCEPT, Event.CLOSE] if close_too else [Event.ACCEPT]
    _change(conn, task, events, actor, now, values={"closed_at": now} if close_too else None)
    if close_too:
        _close_alert(conn, task.alert_id, now)
    return verdict_store.accepted(conn, task_id, actor=actor, now=now)


def return_(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Send a report back for more work, with the reason."""
    return _change(conn, _get(conn, task_id, version), [Event.RETURN], actor, now, reason=reason)


def close(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None) -> State:
    """Close an accepted task and its alert: later evidence opens a new alert."""
    task = _get(conn, task_id, version)
    _close_alert(conn, task.alert_id, now)
    return _change(conn, task, [Event.CLOSE], actor, now, values={"closed_at": now})


def transfer_back(
    conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, to: str | None = None, version: int | None = None
) -> State:
    """Give a task back because it belongs elsewhere. With ``to`` it is issued to that office at once, else it waits with the fallback owner."""
    task = _get(conn, task_id, version)
    office = to or fallback_office().code
    _check_office(conn, office)
    detail = {"from_office": task.office_code, "to_office": to}
    state = _change(
        conn, task, [Event.TRANSFER_BACK], actor, now, reason=reason, values={"office_code": office, "officer": None}, detail=detail
    )
    return reissue(conn, task_id, to, actor=actor, now=now) if to else state


def reissue(conn: Connection, task_id: int, office_code: str, *, actor: str, now: datetime, version: int | None = None) -> State:
    """Issue a task that was transferred back to another office, with new deadlines. ``office_not_found`` for an unknown one."""
    task = _get(conn, task_id, version)
    due = deadlines(max(Grade(task.grade), Grade.BLUE), now, _check_office(conn, office_code), load_directory(conn).calendar)
    values = {"office_code": office_code, "issued_at": now, "sign_due": due.sign_due, "report_due": due.report_due}
    detail = {"office": office_code, "provisional": due.provisional}
    return _change(conn, task, [Event.ISSUE], actor, now, values={**values, "signed_at": None, "officer": None}, detail=detail)


def extend(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> datetime:
    """Give more time, once, with a reason (市场监督管理行政处罚程序规定 Art. 18: 15 working days more with approval). Returns the new deadline."""
    task = _get(conn, task_id, version)
    due = extended_due(task.report_due)
    detail = {"from": task.report_due.isoformat(), "to": due.isoformat()}
    _change(conn, task, [Event.EXTEND], actor, now, reason=reason, values={"extended": True, "report_due": due}, detail=detail)
    return due


def merge(conn: Connection, task_id: int, into: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Join a duplicate to another task of the same model that is not ended: its alert closes, its evidence moves to the other alert."""
    task, other = _get(conn, task_id, version), _get(conn, into, None)
    models = set(conn.scalars(select(t.alerts.c.model).where(t.alerts.c.id.in_([task.alert_id, other.alert_id]))))
    audited = None in (task.alert_id, other.alert_id)  # a unit of the random sample has an answer of its own
    if audited or task.id == other.id or len(models) != 1 or other.state in (State.CLOSED.value, State.MERGED.value):
        raise ConflictError("task_merge_itself")
    state = _change(conn, task, [Event.MERGE], actor, now, reason=reason, values={"closed_at": now}, detail={"into": into})
    move_evidence(conn, task.alert_id, other.alert_id, now)
    graver = {"grade": max(task.grade, other.grade), "report_due": min(task.report_due, other.report_due)}
    _change(conn, other, [Event.ADD_EVIDENCE], actor, now, values=graver, detail={"merged_task": task_id})
    _close_alert(conn, task.alert_id, now)
    return state


def _get(conn: Connection, task_id: int, version: int | None) -> Row[Any]:
    task = conn.execute(select(t.tasks).where(t.tasks.c.id == task_id)).one_or_none()
    if task is None:
        raise NotFoundError("task_not_found", task=task_id)
    if version is not None and version != task.version:
        raise ConflictError("task_changed", task=task_id, now=task.version, given=version)
    return task


def _change(
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
    """Take the steps in order: check each against the table, move the row if its version still stands, write the events and one audit row."""
    if not actor.strip():
        raise InvalidInputError("actor_required")
    state, rows = State(task.state), []
    for event in events:
        after = advance(state, event, extended=task.extended, reason=reason)
        facts = dict(detail or {}) if event is events[-1] else {}
        row = {"task_id": task.id, "event": event.value, "from_state": state.value, "to_state": after.value, "actor": actor}
        rows.append({**row, "reason": reason, "detail": facts, "at": now})
        state = after
    version = task.version
    moved = conn.execute(
        update(t.tasks)
        .where(t.tasks.c.id == task.id, t.tasks.c.version == version)
        .values(**dict(values or {}), state=state.value, version=version + 1)
    )
    if moved.rowcount != 1:
        raise ConflictError("task_changed", task=task.id, now="?", given=version)
    conn.execute(insert(t.task_events), rows)
    said = {"from": task.state, "to": state.value, "reason": reason, **dict(detail or {})}
    auditing.record(conn, actor, f"task.{events[-1].value}", f"task:{task.id}", said, now)
    return state


def _close_alert(conn: Connection, alert_id: int | None, now: datetime) -> None:
    if alert_id is None:
        return
    conn.execute(update(t.alerts).where(t.alerts.c.id == alert_id).values(status="closed", updated_at=now))


def _check_office(conn: Connection, code: str) -> str:
    """The department of an office that exists."""
    department = conn.scalar(select(t.offices.c.department).where(t.offices.c.code == code))
    if department is None:
        raise NotFoundError("office_not_found", office=code)
    return str(department)
