"""What officers do with tasks: sign, verify, report, accept, return, close, reopen, assign, transfer back, extend, merge. Every act is one event and one audit row.

Each function takes a write transaction, the task's id, the actor and ``now``; with ``version`` given, it refuses (``task_changed``) if someone else was
faster. Steps outside the table of ``risk.domain.tasks`` are refused with ``task_transition``. Nothing is overwritten: a corrected verdict keeps the old one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from risk.domain.calendar import WorkCalendar
from risk.domain.clocks import Deadlines, after, deadlines, extended_due, has_ceiling
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.tasks import Event, Kind, State, path_to_report
from risk.domain.verdicts import day_of, validate
from risk.services import assists, calendar_store, joint, verdict_store
from risk.services.dispatch import fallback_code
from risk.services.merging import move_evidence
from risk.services.task_changes import capped, ceiling_start, change, close_alert, department_of, get
from risk.storage import tables as t

register(
    {
        "task_merge_itself": (
            "任务不能并入自己或者其他模型、已结束的任务",
            "a task cannot be merged into itself, another model's or an ended task",
        ),
        "task_assists_open": (
            "还有 {count} 件协查未回复，反馈须说明理由",
            "{count} question(s) to other offices are not answered: to report now takes a reason",
        ),
        "extension_asked": ("已申请延期，等待审批", "an extension was asked for and waits for a decision"),
        "extension_not_asked": ("没有待审批的延期申请", "no extension was asked for"),
        "extension_own": ("不能审批本人提出的延期申请", "whoever asked for an extension cannot approve it"),
        "suggestion_missing": ("退回时未建议承办单位，须指定", "no office was suggested when it was transferred back: name one"),
        "officer_required": ("必须写明承办人", "the officer must be named"),
    }
)


def sign(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None) -> State:
    """Take a task over; the actor becomes its officer."""
    task = get(conn, task_id, version)
    return change(conn, task, [Event.SIGN], actor, now, values={"officer": actor, "signed_at": now, "escalated_to": None})


def start(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None) -> State:
    """Begin verifying, or begin again what was returned."""
    return change(conn, get(conn, task_id, version), [Event.START], actor, now)


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
    reason: str | None = None,
) -> int:
    """Report what was found; returns the verdict's id. A signed or returned task counts as started.

    While a question to another office is open it takes a ``reason``. Errors: those of ``risk.domain.verdicts.validate``, ``task_transition``,
    ``task_changed``, ``task_assists_open``.
    """
    _, names = validate(code, facts=facts, officers=officers, sub_reason=sub_reason, suggestion=suggestion, on=day_of(now))
    task = get(conn, task_id, version)
    given = {"code": code, "facts": facts, "sub_reason": sub_reason, "measures": measures, "suggestion": suggestion}
    waiting = assists.count_open(conn, task_id)
    if waiting and not (reason or "").strip():
        raise ConflictError("task_assists_open", count=waiting)
    said = {"code": code, "sub_reason": sub_reason, **({"assists_open": waiting} if waiting else {})}
    values = {"reported_at": now, "stage_due": None, "escalated_to": None, "extension_asked_at": None}
    change(conn, task, path_to_report(State(task.state)), actor, now, reason=reason, values=values, detail=said)
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
    _, names = validate(code, facts=facts, officers=officers, sub_reason=sub_reason, suggestion=suggestion, on=day_of(now))
    task = get(conn, task_id, version)
    given = {"code": code, "facts": facts, "sub_reason": sub_reason, "measures": measures, "suggestion": suggestion}
    change(conn, task, [Event.CORRECT], actor, now, reason=reason, values={"closed_at": None}, detail={"code": code})
    close_alert(conn, task.alert_id, now, "tasked")
    return verdict_store.store(conn, task, given | {"correction_reason": reason}, names, actor=actor, now=now)


def accept(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None, close_too: bool = False) -> int:
    """Accept the report: its verdict becomes labels. ``close_too`` closes the task in the same act. Returns the number of labels."""
    task = get(conn, task_id, version)
    events = [Event.ACCEPT, Event.CLOSE] if close_too else [Event.ACCEPT]
    change(conn, task, events, actor, now, values={"closed_at": now} if close_too else None)
    if close_too:
        _closed(conn, task, actor, now)
    return verdict_store.accepted(conn, task_id, actor=actor, now=now)


def return_(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Send a report back for more work, with the reason."""
    return change(conn, get(conn, task_id, version), [Event.RETURN], actor, now, reason=reason)


def close(conn: Connection, task_id: int, *, actor: str, now: datetime, version: int | None = None) -> State:
    """Close an accepted task and its alert: later evidence opens a new alert."""
    task = get(conn, task_id, version)
    state = change(conn, task, [Event.CLOSE], actor, now, values={"closed_at": now})
    _closed(conn, task, actor, now)
    return state


def reopen(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Verify an accepted or closed task once more, with the reason; its verdict stays until a new one replaces it. The statutory ceiling does not begin anew."""
    task = get(conn, task_id, version)
    calendar = calendar_store.load(conn)
    due = capped(conn, task, after(read_toml("limits.toml")["reopen"], now, calendar), calendar=calendar)
    values = {"closed_at": None, "report_due": due, "clock_from": now, "escalated_to": None}
    state = change(conn, task, [Event.REOPEN], actor, now, reason=reason, values=values)
    close_alert(conn, task.alert_id, now, "tasked")
    return state


def assign(
    conn: Connection, task_id: int, *, officer: str, actor: str, now: datetime, reason: str | None = None, version: int | None = None
) -> State:
    """Give a task to an officer of the office, or hand it over to another one. ``officer_required``."""
    task = get(conn, task_id, version)
    if not officer.strip():
        raise InvalidInputError("officer_required")
    detail = {"officer": officer.strip(), "before": task.officer}
    return change(conn, task, [Event.ASSIGN], actor, now, reason=reason, values={"officer": officer.strip()}, detail=detail)


def transfer_back(
    conn: Connection,
    task_id: int,
    *,
    actor: str,
    reason: str,
    now: datetime,
    to: str | None = None,
    suggested: str | None = None,
    version: int | None = None,
) -> State:
    """Give a task back because it belongs elsewhere: it waits with the fallback owner, who follows the office ``suggested`` or not (:func:`reissue`).

    With ``to`` it is issued to that office at once.
    """
    task = get(conn, task_id, version)
    office = to or fallback_code(conn)
    for code in {office, suggested or office}:
        department_of(conn, code)
    values = {
        "office_code": office,
        "officer": None,
        "suggested_office": suggested,
        "ceiling_from": ceiling_start(conn, task),
        "escalated_to": None,
        "extension_asked_at": None,
        "stage": None,
        "stage_due": None,
    }
    detail = {"from_office": task.office_code, "to_office": to, "waits_with": None if to else office, "suggested": suggested}
    state = change(conn, task, [Event.TRANSFER_BACK], actor, now, reason=reason, values=values, detail=detail)
    return reissue(conn, task_id, to, actor=actor, now=now) if to else state


def reissue(
    conn: Connection,
    task_id: int,
    office_code: str | None = None,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    version: int | None = None,
) -> State:
    """Issue a task that was transferred back to the office that was suggested, or to another one, with new deadlines within the statutory ceiling.

    ``office_not_found`` for an unknown office, ``suggestion_missing`` where none is named and none was suggested.
    """
    task = get(conn, task_id, version)
    office = office_code or task.suggested_office
    if not office:
        raise InvalidInputError("suggestion_missing")
    calendar, department = calendar_store.load(conn), department_of(conn, office)
    found_at = task.ceiling_from or (now if has_ceiling(department) else None)
    due = _new_deadlines(task, now, department, calendar)
    report_due = capped(conn, task, due.report_due, calendar=calendar, department=department, found_at=found_at)
    values = {
        "office_code": office,
        "issued_at": now,
        "clock_from": None,
        "ceiling_from": found_at,
        "sign_due": due.sign_due,
        "report_due": report_due,
        "signed_at": None,
        "officer": None,
        "suggested_office": None,
    }
    detail = {"office": office, "suggested": task.suggested_office, "provisional": due.provisional}
    return change(conn, task, [Event.ISSUE], actor, now, reason=reason, values=values, detail=detail)


def _new_deadlines(task: Row[Any], now: datetime, department: str, calendar: WorkCalendar) -> Deadlines:
    """The deadlines of a task issued anew, by its kind: what a campaign or a visit fixed stays as it is."""
    limits = read_toml("limits.toml")
    if task.kind == Kind.ASSIST.value:
        return assists.due_of(now, calendar)
    if task.kind in (Kind.CAMPAIGN.value, Kind.JOINT.value):
        sign = after(limits["campaign"]["sign"], now, calendar)
        due = max(task.report_due, sign)
        return Deadlines(sign, due, calendar.touches_provisional(now, due))
    return deadlines(max(Grade(task.grade), Grade.BLUE), now, department, calendar)


def ask_extension(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Ask the head of the office for more time, once. ``extension_asked`` while an earlier request waits."""
    task = get(conn, task_id, version)
    if task.extension_asked_at is not None:
        raise ConflictError("extension_asked")
    return change(conn, task, [Event.ASK_EXTENSION], actor, now, reason=reason, values={"extension_asked_at": now})


def refuse_extension(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Refuse the extension that was asked for, with the reason; it may be asked for again. ``extension_not_asked``."""
    task = get(conn, task_id, version)
    if task.extension_asked_at is None:
        raise ConflictError("extension_not_asked")
    return change(conn, task, [Event.REFUSE_EXTENSION], actor, now, reason=reason, values={"extension_asked_at": None})


def extend(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> datetime:
    """Give more time, once, with a reason (市场监督管理行政处罚程序规定 Art. 18: 15 working days more with approval). Returns the new deadline.

    Approves the request that waits, if there is one, though not one's own (``extension_own``). Never beyond the statutory ceiling.
    """
    task = get(conn, task_id, version)
    if task.extension_asked_at is not None and _asked_by(conn, task_id) == actor:
        raise ConflictError("extension_own")
    calendar = calendar_store.load(conn)
    due: datetime = max(capped(conn, task, extended_due(task.report_due, calendar), calendar=calendar, extended=True), task.report_due)
    detail = {"from": task.report_due.isoformat(), "to": due.isoformat(), "asked": task.extension_asked_at is not None}
    values = {"extended": True, "extension_asked_at": None, "report_due": due, "escalated_to": None}
    change(conn, task, [Event.EXTEND], actor, now, reason=reason, values=values, detail=detail)
    return due


def merge(conn: Connection, task_id: int, into: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Join a duplicate to another task of the same model that is not ended: its alert closes, its evidence and open questions move to the other."""
    task, other = get(conn, task_id, version), get(conn, into, None)
    models = set(conn.scalars(select(t.alerts.c.model).where(t.alerts.c.id.in_([task.alert_id, other.alert_id]))))
    audited = None in (task.alert_id, other.alert_id)  # a unit of the random sample has an answer of its own
    if audited or task.id == other.id or len(models) != 1 or other.state in (State.CLOSED.value, State.MERGED.value):
        raise ConflictError("task_merge_itself")
    state = change(conn, task, [Event.MERGE], actor, now, reason=reason, values={"closed_at": now}, detail={"into": into})
    move_evidence(conn, task.alert_id, other.alert_id, now)
    graver = {"grade": max(task.grade, other.grade), "report_due": min(task.report_due, other.report_due)}
    said = {"merged_task": task_id, "grade": Grade(graver["grade"]).code, "from": other.report_due.isoformat()}
    change(conn, other, [Event.ADD_EVIDENCE], actor, now, values=graver, detail=said)
    assists.move(conn, task_id, into)
    close_alert(conn, task.alert_id, now)
    return state


def _closed(conn: Connection, task: Row[Any], actor: str, now: datetime) -> None:
    """What follows the end of a task: its alert closes; of a joint task, the whole when this was its last part."""
    close_alert(conn, task.alert_id, now)
    if task.kind == Kind.JOINT.value:
        joint.part_ended(conn, task.id, actor=actor, now=now)


def _asked_by(conn: Connection, task_id: int) -> str | None:
    e = t.task_events.c
    query = select(e.actor).where(e.task_id == task_id, e.event == Event.ASK_EXTENSION.value).order_by(e.id.desc()).limit(1)
    return conn.scalar(query)
