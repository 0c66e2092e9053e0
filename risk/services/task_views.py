"""Tasks as people look for them: lists by office, state, grade, model and lateness, page by page, and one task with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import WorkCalendar
from risk.domain.clocks import ceiling
from risk.domain.clues import Clue, clues_of
from risk.domain.errors import NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import Told, register, say
from risk.domain.tasks import AWAITING, State, allowed
from risk.scoring.keys import title
from risk.services import assists, calendar_store, copies, stages, task_filters
from risk.services.assists import AssistView
from risk.services.copies import CopyView
from risk.services.personal import masked, masked_json, masked_like
from risk.services.scoping import tasks_inside
from risk.services.stages import AdviceView
from risk.services.task_filters import TaskFilter
from risk.storage import tables as t

__all__ = ["EvidenceView", "Page", "TaskFilter", "TaskRow", "TaskView", "get_task", "list_tasks"]

register(
    {
        "task_not_found": ("没有编号为 {task} 的任务", "no task with the number {task}"),
        "task_audit_title": ("双随机抽查（未预警样本）：{model}", "random check of a unit without an alert: {model}"),
        "model_none": ("未分类", "no model"),
    }
)
MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of a list. ``kind``: ``alert``, ``audit`` (a unit of the random sample), ``assist``, ``campaign`` or ``joint``; only the first has an alert of its own.

    ``about_alert_id``: the alert that a task of another kind is about. ``provisional``: a deadline lies in a year whose holidays are not announced.
    ``escalated_to``: the office one level up that was told of a late step. ``paused``: the clock stands still.
    """

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
    updated_at: datetime
    person_first: bool = False
    extended: bool = False
    provisional: bool = False
    paused: bool = False
    stage: str | None = None
    stage_due: datetime | None = None
    extension_asked: bool = False
    escalated_to: str | None = None
    suggested_office: str | None = None
    parent_id: int | None = None
    about_alert_id: int | None = None


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
    """One task with its subject, evidence, verdicts and events.

    ``provisional``: a deadline lies in a year whose holidays are not announced. ``ceiling``: the moment beyond which the office's own law lets no deadline be.
    ``question``: what is asked, of a task of the kind assist; ``assists``: what was asked of other offices. ``advices``: messages to the
    trader. ``may``: the events that can follow.
    """

    task: TaskRow
    subject: str | None
    uscc: str | None
    routed_by: dict[str, Any]
    extended: bool
    provisional: bool
    ceiling: datetime | None
    evidence: tuple[EvidenceView, ...]
    verdicts: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    question: AssistView | None
    assists: tuple[AssistView, ...]
    copies: tuple[CopyView, ...]
    advices: tuple[AdviceView, ...]
    may: tuple[str, ...]


def list_tasks(
    conn: Connection,
    filters: TaskFilter,
    now: datetime,
    *,
    limit: int = 50,
    cursor: str | None = None,
    sort: str = "due",
    scope: Scope = EVERYWHERE,
) -> Page:
    """Tasks in an order of ``task_filters.SORTS``. ``InvalidInputError``: ``cursor_invalid`` for a cursor that is not ours or of another order, ``sort_unknown``."""
    limit = max(1, min(limit, MAX_PAGE))
    elsewhere = filters.model or filters.region  # the two that ask other tables
    ids = _query().with_only_columns(t.tasks.c.id) if elsewhere else select(t.tasks.c.id)
    found = task_filters.apply(ids.where(tasks_inside(scope)), filters, now)
    if cursor:
        found = found.where(task_filters.beyond(sort, cursor))
    page = task_filters.order(found, sort).limit(limit + 1)  # what must be sorted is sorted by its ids; names are looked up for one page
    rows = conn.execute(task_filters.order(_query().where(t.tasks.c.id.in_(page.correlate(None))), sort)).all()
    calendar = calendar_store.load(conn)
    items = tuple(_row(row, now, calendar) for row in rows[:limit])
    return Page(items, task_filters.cursor_of(sort, rows[limit - 1]) if len(rows) > limit else None)


def get_task(conn: Connection, task_id: int, now: datetime, *, evidence_limit: int = 20, scope: Scope = EVERYWHERE) -> TaskView:
    """One task with what a verifier needs; the gravest evidence first. ``NotFoundError`` (``task_not_found``)."""
    row = conn.execute(_query().where(t.tasks.c.id == task_id, tasks_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("task_not_found", task=task_id)
    calendar = calendar_store.load(conn)
    shown = _row(row, now, calendar)
    alert = row.alert_id or row.about_alert_id
    return TaskView(
        task=shown,
        subject=row.subject_name,
        uscc=row.uscc,
        routed_by=row.routed_by,
        extended=row.extended,
        provisional=shown.provisional,
        ceiling=_ceiling(row, calendar),
        evidence=_audited(conn, task_id) if alert is None else _evidence(conn, alert, evidence_limit),
        verdicts=_rows_of(conn, t.verdicts, task_id),
        events=_rows_of(conn, t.task_events, task_id),
        question=assists.get_assist(conn, task_id, now) if row.kind == "assist" else None,
        assists=assists.of_task(conn, task_id, now),
        copies=copies.of_alert(conn, row.alert_id, now) if row.alert_id else (),
        advices=stages.of_task(conn, task_id),
        may=_may(row, shown),
    )


@dataclass(frozen=True, slots=True)
class AboutAlert:
    """The tasks about one alert: whether each lies inside the scope that was asked for; verdicts and events are of its own task."""

    tasks: tuple[tuple[TaskRow, bool], ...]
    verdicts: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]


def of_alert(conn: Connection, alert_id: int, now: datetime, *, scope: Scope = EVERYWHERE) -> AboutAlert:
    """Every task about an alert, the oldest first: its own, assisting ones, a campaign's, joint ones."""
    k = t.tasks.c
    query = _query().add_columns(tasks_inside(scope).label("inside")).where(or_(k.alert_id == alert_id, k.about_alert_id == alert_id))
    rows = conn.execute(query.order_by(k.id)).all()
    calendar = calendar_store.load(conn) if rows else WorkCalendar.default()
    own = next((row.id for row in rows if row.alert_id == alert_id), None)
    told = () if own is None else _rows_of(conn, t.verdicts, own)
    events = () if own is None else _rows_of(conn, t.task_events, own)
    return AboutAlert(tuple((_row(row, now, calendar), bool(row.inside)) for row in rows), told, events)


def _rows_of(conn: Connection, table: Table, task_id: int) -> tuple[dict[str, Any], ...]:
    rows = conn.execute(select(table).where(table.c.task_id == task_id).order_by(table.c.id)).mappings()
    return tuple(masked_json(dict(row)) for row in rows)


@cache  # statements are never changed in place; made anew it costs as much as asking
def _query() -> Select[Any]:
    task, alert, office, subject, drawn, signal = t.tasks, t.alerts, t.offices, t.subjects, t.audit_samples, t.signals
    own = [column for column in task.c if column.key not in ("model", "title_zh", "title_en")]
    columns = (
        func.coalesce(alert.c.model, drawn.c.model, task.c.model).label("model"),
        func.coalesce(alert.c.region, subject.c.region, signal.c.region, office.c.region).label("region"),
        func.coalesce(task.c.title_zh, alert.c.title_zh).label("title_zh"),
        func.coalesce(task.c.title_en, alert.c.title_en).label("title_en"),
        office.c.name_zh,
        office.c.name_en,
        office.c.department,
    )
    return (
        select(*own, *columns, subject.c.name.label("subject_name"), subject.c.uscc)
        .join(alert, alert.c.id == func.coalesce(task.c.alert_id, task.c.about_alert_id), isouter=True)
        .join(drawn, drawn.c.task_id == task.c.id, isouter=True)
        .join(signal, signal.c.id == drawn.c.signal_id, isouter=True)
        .join(office, office.c.code == task.c.office_code, isouter=True)
        .join(subject, subject.c.id == func.coalesce(alert.c.subject_id, drawn.c.subject_id, task.c.subject_id), isouter=True)
    )


def _row(row: Any, now: datetime, calendar: WorkCalendar) -> TaskRow:
    state = State(row.state)
    running = state in AWAITING and row.paused_at is None
    late = running and (row.report_due < now or (state is State.ISSUED and row.sign_due < now))
    model = row.model or ""
    what = Told(title(model, "zh"), title(model, "en")) if model else Told(say("model_none", "zh"), say("model_none", "en"))
    return TaskRow(
        id=row.id,
        kind=row.kind,
        alert_id=row.alert_id,
        model=model,
        grade=Grade(row.grade).code,
        state=state.value,
        office=row.office_code,
        office_zh=row.name_zh or row.office_code,
        office_en=row.name_en or row.office_code,
        region=row.region,
        title_zh=row.title_zh or say("task_audit_title", "zh", model=what),
        title_en=row.title_en or say("task_audit_title", "en", model=what),
        officer=row.officer,
        issued_at=row.issued_at,
        sign_due=row.sign_due,
        report_due=row.report_due,
        overdue=late,
        version=row.version,
        updated_at=row.updated_at,
        person_first=row.person_first,
        extended=row.extended,
        provisional=calendar.touches_provisional(row.issued_at, max(row.report_due, row.issued_at)),
        paused=row.paused_at is not None,
        stage=row.stage,
        stage_due=row.stage_due,
        extension_asked=row.extension_asked_at is not None,
        escalated_to=row.escalated_to,
        suggested_office=row.suggested_office,
        parent_id=row.parent_id,
        about_alert_id=row.about_alert_id,
    )


def _may(row: Any, shown: TaskRow) -> tuple[str, ...]:
    found = allowed(State(row.state), kind=row.kind, extended=row.extended, paused=shown.paused, asked=shown.extension_asked)
    return tuple(event.value for event in found)


def _ceiling(row: Any, calendar: WorkCalendar) -> datetime | None:
    if row.kind in ("campaign", "joint") and row.about_alert_id is None:
        return None
    excluded = timedelta(seconds=row.paused_seconds)
    return ceiling(row.department or "", row.ceiling_from or row.issued_at, extended=row.extended, excluded=excluded, calendar=calendar)


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
        EvidenceView(
            r.id,
            r.signal_id,
            r.model,
            None if r.model.endswith((".person", ".warning")) and not r.probability else r.probability,
            r.source,
            r.url,
            r.observed_at,
            masked(r.text or ""),
            clues_of(masked_like(r.evidence, r.text or "")),
        )
        for r in conn.execute(query)
    )


def _audited(conn: Connection, task_id: int) -> tuple[EvidenceView, ...]:
    d, s = t.audit_samples.c, t.signals.c
    query = select(d.assessment_id, d.signal_id, d.model, s.source, s.url, s.observed_at, s.text)
    rows = conn.execute(query.join_from(t.audit_samples, t.signals, d.signal_id == s.id, isouter=True).where(d.task_id == task_id))
    return tuple(
        EvidenceView(r.assessment_id, r.signal_id, r.model, None, r.source, r.url, r.observed_at, masked(r.text or ""), ()) for r in rows
    )
