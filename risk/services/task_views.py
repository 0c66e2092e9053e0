"""Tasks as people look for them: lists by office, state, grade, model and lateness, page by page, and one task with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from risk.domain.calendar import WorkCalendar
from risk.domain.clues import Clue, clues_of
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.tasks import AWAITING, State
from risk.storage import tables as t

register(
    {
        "cursor_invalid": ("分页游标无效：{cursor}", "not a valid page cursor: {cursor}"),
        "task_not_found": ("没有编号为 {task} 的任务", "no task with the number {task}"),
    }
)
MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What to list; nothing given lists all. ``overdue`` keeps tasks whose next step (sign, else report) is late."""

    office: str | None = None
    state: State | None = None
    grade: Grade | None = None
    model: str | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of a list."""

    id: int
    alert_id: int
    model: str
    grade: str
    state: str
    office: str
    office_zh: str
    office_en: str
    region: str | None
    title_zh: str
    title_en: str
    officer: str | None
    issued_at: datetime
    sign_due: datetime
    report_due: datetime
    overdue: bool
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and where the next ones begin; no cursor at the end."""

    items: tuple[TaskRow, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One signal behind an alert: what was observed, where, and what the rules say of it."""

    assessment_id: int
    signal_id: int | None
    model: str
    probability: float
    source: str | None
    url: str | None
    observed_at: datetime | None
    text: str
    clues: tuple[Clue, ...]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task with its subject, evidence, verdicts and events. ``provisional``: a deadline lies in a year whose holidays are not announced."""

    task: TaskRow
    subject: str | None
    uscc: str | None
    routed_by: dict[str, Any]
    extended: bool
    provisional: bool
    evidence: tuple[EvidenceView, ...]
    verdicts: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]


def list_tasks(conn: Connection, filters: TaskFilter, now: datetime, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Tasks by their report deadline, the most urgent first. ``InvalidInputError`` (``cursor_invalid``) for a cursor that is not ours."""
    limit = max(1, min(limit, MAX_PAGE))
    query, task = _query(), t.tasks.c
    if filters.office:
        query = query.where(task.office_code == filters.office)
    if filters.state:
        query = query.where(task.state == filters.state.value)
    if filters.grade:
        query = query.where(task.grade == int(filters.grade))
    if filters.model:
        query = query.where(t.alerts.c.model == filters.model)
    if filters.overdue:
        late = or_(and_(task.state == State.ISSUED.value, task.sign_due < now), task.report_due < now)
        query = query.where(task.state.in_([s.value for s in AWAITING]), late)
    if cursor:
        due, last = _open_cursor(cursor)
        query = query.where(or_(task.report_due > due, and_(task.report_due == due, task.id > last)))
    rows = conn.execute(query.order_by(task.report_due, task.id).limit(limit + 1)).all()
    items = tuple(_row(row, now) for row in rows[:limit])
    following = f"{items[-1].report_due.isoformat()}~{items[-1].id}" if len(rows) > limit else None
    return Page(items, following)


def get_task(conn: Connection, task_id: int, now: datetime, *, evidence_limit: int = 20) -> TaskView:
    """One task with what a verifier needs; the gravest evidence first. ``NotFoundError`` (``task_not_found``)."""
    row = conn.execute(_query().where(t.tasks.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFoundError("task_not_found", task=task_id)
    verdicts = conn.execute(select(t.verdicts).where(t.verdicts.c.task_id == task_id).order_by(t.verdicts.c.id)).mappings()
    events = conn.execute(select(t.task_events).where(t.task_events.c.task_id == task_id).order_by(t.task_events.c.id)).mappings()
    return TaskView(
        task=_row(row, now),
        subject=row.subject_name,
        uscc=row.uscc,
        routed_by=row.routed_by,
        extended=row.extended,
        provisional=WorkCalendar.default().touches_provisional(row.issued_at, row.report_due),
        evidence=_evidence(conn, row.alert_id, evidence_limit),
        verdicts=tuple(dict(v) for v in verdicts),
        events=tuple(dict(e) for e in events),
    )


def _query() -> Select[Any]:
    alert, office, subject = t.alerts, t.offices, t.subjects
    columns = (alert.c.model, alert.c.region, alert.c.title_zh, alert.c.title_en, office.c.name_zh, office.c.name_en)
    return (
        select(t.tasks, *columns, subject.c.name.label("subject_name"), subject.c.uscc)
        .join(alert, alert.c.id == t.tasks.c.alert_id)
        .join(office, office.c.code == t.tasks.c.office_code, isouter=True)
        .join(subject, subject.c.id == alert.c.subject_id, isouter=True)
    )


def _row(row: Any, now: datetime) -> TaskRow:
    state = State(row.state)
    late = state in AWAITING and (row.report_due < now or (state is State.ISSUED and row.sign_due < now))
    return TaskRow(
        id=row.id,
        alert_id=row.alert_id,
        model=row.model,
        grade=Grade(row.grade).code,
        state=state.value,
        office=row.office_code,
        office_zh=row.name_zh or row.office_code,
        office_en=row.name_en or row.office_code,
        region=row.region,
        title_zh=row.title_zh,
        title_en=row.title_en,
        officer=row.officer,
        issued_at=row.issued_at,
        sign_due=row.sign_due,
        report_due=row.report_due,
        overdue=late,
        version=row.version,
    )


def _evidence(conn: Connection, alert_id: int, limit: int) -> tuple[EvidenceView, ...]:
    a, s = t.assessments.c, t.signals.c
    query = (
        select(a.id, a.signal_id, a.model, a.probability, a.evidence, s.source, s.url, s.observed_at, s.text)
        .join_from(t.alert_evidence, t.assessments)
        .join(t.signals, s.id == a.signal_id, isouter=True)
        .where(t.alert_evidence.c.alert_id == alert_id)
        .order_by(a.grade.desc(), a.probability.desc(), a.id)
        .limit(limit)
    )
    return tuple(
        EvidenceView(r.id, r.signal_id, r.model, r.probability, r.source, r.url, r.observed_at, r.text or "", clues_of(r.evidence))
        for r in conn.execute(query)
    )


def _open_cursor(cursor: str) -> tuple[datetime, int]:
    due, _, last = cursor.partition("~")
    try:
        moment, number = datetime.fromisoformat(due), int(last)
    except ValueError:
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80]) from None
    if moment.tzinfo is None:
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80])
    return moment, number
