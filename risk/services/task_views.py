"""Tasks as people look for them: lists by office, state, grade, model and lateness, page by page, and one task with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import WorkCalendar
from risk.domain.clues import Clue, clues_of
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import Told, register, say
from risk.domain.tasks import AWAITING, State
from risk.scoring.keys import title
from risk.services.scoping import tasks_inside
from risk.storage import tables as t

register(
    {
        "cursor_invalid": ("分页游标无效：{cursor}", "not a valid page cursor: {cursor}"),
        "task_not_found": ("没有编号为 {task} 的任务", "no task with the number {task}"),
        "task_audit_title": ("双随机抽查（未预警样本）：{model}", "random check of a unit without an alert: {model}"),
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
    """One line of a list. ``kind``: ``alert``, or ``audit`` for a unit of the random sample, which has no alert."""

    id: int
    kind: str
    alert_id: int | None
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
    person_first: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and where the next ones begin; no cursor at the end."""

    items: tuple[TaskRow, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One signal behind a task: what was observed, where, and what the rules say of it. Who verifies a random sample is not told the probability."""

    assessment_id: int
    signal_id: int | None
    model: str
    probability: float | None
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


def list_tasks(
    conn: Connection, filters: TaskFilter, now: datetime, *, limit: int = 50, cursor: str | None = None, scope: Scope = EVERYWHERE
) -> Page:
    """Tasks by their report deadline, the most urgent first, and of one deadline those first that the model was unsure of. ``InvalidInputError`` (``cursor_invalid``) for a cursor that is not ours."""
    limit = max(1, min(limit, MAX_PAGE))
    query, task = _query().where(tasks_inside(scope)), t.tasks.c
    if filters.office:
        query = query.where(task.office_code == filters.office)
    if filters.state:
        query = query.where(task.state == filters.state.value)
    if filters.grade:
        query = query.where(task.grade == int(filters.grade))
    if filters.model:
        drawn = t.audit_samples.c.model
        lenses = drawn.startswith(f"{filters.model}.", autoescape=True)
        query = query.where(or_(t.alerts.c.model == filters.model, drawn == filters.model, lenses))
    if filters.overdue:
        late = or_(and_(task.state == State.ISSUED.value, task.sign_due < now), task.report_due < now)
        query = query.where(task.state.in_([s.value for s in AWAITING]), late)
    if cursor:
        due, first, last = _open_cursor(cursor)
        after = and_(task.person_first == first, task.id > last)
        same_due = or_(after, task.person_first.is_(False)) if first else after
        query = query.where(or_(task.report_due > due, and_(task.report_due == due, same_due)))
    rows = conn.execute(query.order_by(task.report_due, task.person_first.desc(), task.id).limit(limit + 1)).all()
    items = tuple(_row(row, now) for row in rows[:limit])
    last_row = items[-1] if len(rows) > limit else None
    following = f"{last_row.report_due.isoformat()}~{int(last_row.person_first)}~{last_row.id}" if last_row else None
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
        evidence=_audited(conn, task_id) if row.alert_id is None else _evidence(conn, row.alert_id, evidence_limit),
        verdicts=tuple(dict(v) for v in verdicts),
        events=tuple(dict(e) for e in events),
    )


def _query() -> Select[Any]:
    alert, office, subject, drawn, signal = t.alerts, t.offices, t.subjects, t.audit_samples, t.signals
    columns = (
        func.coalesce(alert.c.model, drawn.c.model).label("model"),
        func.coalesce(alert.c.region, subject.c.region, signal.c.region).label("region"),
        alert.c.title_zh,
        alert.c.title_en,
        office.c.name_zh,
        office.c.name_en,
    )
    return (
        select(t.tasks, *columns, subject.c.name.label("subject_name"), subject.c.uscc)
        .join(alert, alert.c.id == t.tasks.c.alert_id, isouter=True)
        .join(drawn, drawn.c.task_id == t.tasks.c.id, isouter=True)
        .join(signal, signal.c.id == drawn.c.signal_id, isouter=True)
        .join(office, office.c.code == t.tasks.c.office_code, isouter=True)
        .join(subject, subject.c.id == func.coalesce(alert.c.subject_id, drawn.c.subject_id), isouter=True)
    )


def _row(row: Any, now: datetime) -> TaskRow:
    state = State(row.state)
    late = state in AWAITING and (row.report_due < now or (state is State.ISSUED and row.sign_due < now))
    what = Told(title(row.model, "zh"), title(row.model, "en"))
    title_zh, title_en = (
        (row.title_zh or say("task_audit_title", "zh", model=what)),
        (row.title_en or say("task_audit_title", "en", model=what)),
    )
    return TaskRow(
        id=row.id,
        kind=row.kind,
        alert_id=row.alert_id,
        model=row.model,
        grade=Grade(row.grade).code,
        state=state.value,
        office=row.office_code,
        office_zh=row.name_zh or row.office_code,
        office_en=row.name_en or row.office_code,
        region=row.region,
        title_zh=title_zh,
        title_en=title_en,
        officer=row.officer,
        issued_at=row.issued_at,
        sign_due=row.sign_due,
        report_due=row.report_due,
        overdue=late,
        version=row.version,
        person_first=row.person_first,
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


def _audited(conn: Connection, task_id: int) -> tuple[EvidenceView, ...]:
    d, s = t.audit_samples.c, t.signals.c
    query = select(d.assessment_id, d.signal_id, d.model, s.source, s.url, s.observed_at, s.text)
    rows = conn.execute(query.join_from(t.audit_samples, t.signals, d.signal_id == s.id, isouter=True).where(d.task_id == task_id))
    return tuple(EvidenceView(r.assessment_id, r.signal_id, r.model, None, r.source, r.url, r.observed_at, r.text or "", ()) for r in rows)


def _open_cursor(cursor: str) -> tuple[datetime, bool, int]:
    due, _, rest = cursor.partition("~")
    first, _, last = rest.partition("~")
    try:
        moment, number, flag = datetime.fromisoformat(due), int(last), bool(int(first))
    except ValueError:
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80]) from None
    if moment.tzinfo is None:
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80])
    return moment, flag, number
