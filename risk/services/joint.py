"""Joint tasks of several departments (“进一次门查多项事”): one visit to one subject, each office with its own part and its own verdict.

A part is a task of the kind *joint*: signed for, reported and accepted like any other. The whole closes when every part has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, true, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.clocks import after, has_ceiling
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.tasks import ENDED, Event, Kind, State
from risk.services import auditing, calendar_store
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.scoping import office_code_inside
from risk.services.task_changes import capped, change, department_of, get, issue_event
from risk.storage import tables as t

OPEN, CLOSED = "open", "closed"

register(
    {
        "joint_title": ("联合检查：{title}", "joint inspection: {title}"),
        "joint_not_found": ("没有编号为 {joint} 的联合任务", "no joint task with the number {joint}"),
        "joint_parts": (
            "联合任务至少需要两个不同的单位，且包含牵头单位",
            "a joint task needs two different offices at least, the lead one among them",
        ),
        "joint_what": ("每个单位须写明检查事项", "what each office looks at must be stated"),
        "joint_about": ("联合任务须指明主体或预警", "a joint task needs a subject or an alert"),
        "joint_past": ("入户日期不能早于今天：{day}", "the day of the visit cannot lie in the past: {day}"),
        "joint_closed": ("联合任务 {joint} 已办结", "the joint task {joint} is closed"),
        "subject_not_found": ("没有编号为 {id} 的主体", "no subject with the number {id}"),
        "alert_not_found": ("没有编号为 {id} 的预警", "no alert with the number {id}"),
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one office looks at."""

    office: str
    what: str


@dataclass(frozen=True, slots=True)
class PartView:
    """The part of one office, where it stands, and the code of its newest verdict."""

    office: str
    lead: bool
    what: str
    task: int
    state: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class JointView:
    """A joint task with its parts."""

    id: int
    title: str
    subject_id: int | None
    alert_id: int | None
    state: str
    lead_office: str
    visit_on: date
    created_by: str
    created_at: datetime
    closed_at: datetime | None
    version: int
    parts: tuple[PartView, ...]


def create(
    conn: Connection,
    *,
    title: str,
    lead: str,
    parts: Sequence[Part],
    visit_on: date,
    actor: str,
    now: datetime,
    subject_id: int | None = None,
    alert_id: int | None = None,
) -> int:
    """Set up a joint task and issue its parts, due some working days after the visit; returns its number.

    Errors: ``joint_parts``, ``joint_what``, ``joint_about``, ``joint_past``, ``office_not_found``, ``subject_not_found``, ``alert_not_found``.
    """
    offices = [part.office for part in parts]
    if len(set(offices)) != len(offices) or len(offices) < 2 or lead not in offices:
        raise InvalidInputError("joint_parts")
    if not title.strip() or not all(part.what.strip() for part in parts):
        raise InvalidInputError("joint_what")
    if visit_on < now.astimezone(SHANGHAI).date():
        raise InvalidInputError("joint_past", day=visit_on.isoformat())
    alert, subject_id = _about(conn, subject_id, alert_id)
    row = {
        "title": title.strip()[:400],
        "state": OPEN,
        "lead_office": lead,
        "visit_on": visit_on,
        "subject_id": subject_id,
        "alert_id": alert_id,
    }
    made = conn.execute(insert(t.joint_tasks).values(**row, created_by=actor, created_at=now, version=1).returning(t.joint_tasks.c.id))
    number = int(made.scalar_one())
    auditing.record(
        conn, actor, "joint.create", f"joint:{number}", {"lead": lead, "offices": offices, "visit_on": visit_on.isoformat()}, now
    )
    for part in parts:
        _issue(conn, number, part, row, alert, actor, now)
    return number


def move_visit(conn: Connection, joint_id: int, visit_on: date, *, actor: str, reason: str, now: datetime) -> None:
    """Visit on another day; the parts are due as before. ``joint_closed``, ``joint_past``, ``reason_required``."""
    row = _get(conn, joint_id)
    if row.state != OPEN:
        raise ConflictError("joint_closed", joint=joint_id)
    if visit_on < now.astimezone(SHANGHAI).date():
        raise InvalidInputError("joint_past", day=visit_on.isoformat())
    if not reason.strip():
        raise InvalidInputError("reason_required", event="visit")
    conn.execute(update(t.joint_tasks).where(t.joint_tasks.c.id == joint_id).values(visit_on=visit_on, version=row.version + 1))
    detail = {"from": row.visit_on.isoformat(), "to": visit_on.isoformat(), "reason": reason}
    auditing.record(conn, actor, "joint.visit", f"joint:{joint_id}", detail, now)


def withdraw_part(conn: Connection, joint_id: int, office: str, *, actor: str, reason: str, now: datetime) -> State:
    """Let an office stay away after all, with the reason; not the lead one (``joint_parts``)."""
    row = _get(conn, joint_id)
    p = t.joint_parts.c
    task_id = conn.scalar(select(p.task_id).where(p.joint_id == joint_id, p.office_code == office))
    if task_id is None or office == row.lead_office:
        raise InvalidInputError("joint_parts")
    state = change(conn, get(conn, task_id), [Event.WITHDRAW], actor, now, reason=reason, values={"closed_at": now})
    part_ended(conn, int(task_id), actor=actor, now=now)
    return state


def part_ended(conn: Connection, task_id: int, *, actor: str, now: datetime) -> bool:
    """Close the whole when its last part has ended; returns whether it did."""
    joint_id = conn.scalar(select(t.joint_parts.c.joint_id).where(t.joint_parts.c.task_id == task_id))
    if joint_id is None:
        return False
    task, part = t.tasks.c, t.joint_parts.c
    waiting = select(func.count()).select_from(t.joint_parts).join(t.tasks, task.id == part.task_id)
    if conn.scalar(waiting.where(part.joint_id == joint_id, task.state.not_in([s.value for s in ENDED]))):
        return False
    j = t.joint_tasks.c
    conn.execute(update(t.joint_tasks).where(j.id == joint_id, j.state == OPEN).values(state=CLOSED, closed_at=now, version=j.version + 1))
    auditing.record(conn, actor, "joint.close", f"joint:{joint_id}", {}, now)
    return True


def show(conn: Connection, joint_id: int, *, scope: Scope = EVERYWHERE) -> JointView:
    """One joint task, for every office that takes part; ``joint_not_found``."""
    row = conn.execute(select(t.joint_tasks).where(t.joint_tasks.c.id == joint_id, _inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("joint_not_found", joint=joint_id)
    return _view(row, _parts(conn, row))


def list_joint(
    conn: Connection,
    *,
    state: str | None = None,
    office: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[JointView]:
    """Joint tasks, the newest first; of an office, those it leads or takes part in."""
    j, p = t.joint_tasks.c, t.joint_parts.c
    query = select(t.joint_tasks).where(_inside(scope))
    if state:
        query = query.where(j.state == state)
    if office:
        query = query.where(exists(select(1).where(p.joint_id == j.id, p.office_code == office)))
    if cursor:
        query = query.where(j.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(j.id.desc()), limit, lambda row: _view(row, _parts(conn, row)))


def _issue(conn: Connection, number: int, part: Part, row: dict[str, Any], alert: Row[Any] | None, actor: str, now: datetime) -> None:
    calendar, department = calendar_store.load(conn), department_of(conn, part.office)
    limits = read_toml("limits.toml")
    visit = datetime.combine(row["visit_on"], time(12), SHANGHAI)
    report_due = calendar.add_workdays(max(visit, now), int(limits["joint"]["report"]["workdays"]))
    sign_due = min(after(limits["campaign"]["sign"], now, calendar), report_due)
    values = {
        "kind": Kind.JOINT.value,
        "about_alert_id": row["alert_id"],
        "subject_id": row["subject_id"],
        "model": alert.model if alert is not None else None,
        "title_zh": say("joint_title", "zh", title=row["title"])[:400],
        "title_en": say("joint_title", "en", title=row["title"])[:400],
        "office_code": part.office,
        "routed_by": {"office": part.office, "fallback": False, "reason": "joint", "steps": []},
        "state": State.ISSUED.value,
        "grade": alert.grade if alert is not None else int(Grade.NONE),
        "issued_at": now,
        "ceiling_from": now if alert is not None and has_ceiling(department) else None,
        "sign_due": sign_due,
        "report_due": report_due,
    }
    task_id = int(conn.execute(insert(t.tasks).values(values).returning(t.tasks.c.id)).scalar_one())
    due = capped(conn, get(conn, task_id), report_due, calendar=calendar, department=department)
    if due < report_due:
        conn.execute(update(t.tasks).where(t.tasks.c.id == task_id).values(report_due=due, sign_due=min(sign_due, due)))
    conn.execute(insert(t.joint_parts).values(joint_id=number, task_id=task_id, office_code=part.office, what=part.what.strip()))
    detail = {"office": part.office, "kind": Kind.JOINT.value, "joint": number, "sign_due": min(sign_due, due).isoformat()}
    detail |= {"report_due": due.isoformat(), "provisional": calendar.touches_provisional(now, due)}
    issue_event(conn, task_id, actor, now, detail)


def _about(conn: Connection, subject_id: int | None, alert_id: int | None) -> tuple[Row[Any] | None, int | None]:
    if subject_id is None and alert_id is None:
        raise InvalidInputError("joint_about")
    alert = None
    if alert_id is not None:
        alert = conn.execute(select(t.alerts).where(t.alerts.c.id == alert_id)).one_or_none()
        if alert is None:
            raise NotFoundError("alert_not_found", id=alert_id)
        subject_id = subject_id if subject_id is not None else alert.subject_id
    if subject_id is not None and conn.scalar(select(t.subjects.c.id).where(t.subjects.c.id == subject_id)) is None:
        raise NotFoundError("subject_not_found", id=subject_id)
    return alert, subject_id


def _get(conn: Connection, joint_id: int) -> Row[Any]:
    row = conn.execute(select(t.joint_tasks).where(t.joint_tasks.c.id == joint_id)).one_or_none()
    if row is None:
        raise NotFoundError("joint_not_found", joint=joint_id)
    return row


def _inside(scope: Scope) -> Any:
    p = t.joint_parts.c
    return true() if scope.whole else exists(select(1).where(p.joint_id == t.joint_tasks.c.id, office_code_inside(scope, p.office_code)))


def _parts(conn: Connection, row: Row[Any]) -> tuple[PartView, ...]:
    p, task, v = t.joint_parts.c, t.tasks.c, t.verdicts.c
    newest = select(v.code).where(v.task_id == task.id).order_by(v.id.desc()).limit(1).correlate(t.tasks).scalar_subquery()
    query = select(task.office_code, p.what, p.task_id, task.state, newest.label("verdict"), p.office_code.label("planned"))
    rows = conn.execute(query.join_from(t.joint_parts, t.tasks, p.task_id == task.id).where(p.joint_id == row.id).order_by(p.id))
    return tuple(PartView(r.office_code, r.planned == row.lead_office, r.what, r.task_id, r.state, r.verdict) for r in rows)


def _view(row: Row[Any], parts: tuple[PartView, ...]) -> JointView:
    return JointView(
        id=row.id,
        title=row.title,
        subject_id=row.subject_id,
        alert_id=row.alert_id,
        state=row.state,
        lead_office=row.lead_office,
        visit_on=row.visit_on,
        created_by=row.created_by,
        created_at=row.created_at,
        closed_at=row.closed_at,
        version=row.version,
        parts=parts,
    )
