"""Alerts as people look for them, and one with its evidence, history and task. A warning is a clue: titles say 涉嫌 (suspected)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.scoring.keys import title as model_title
from risk.services.alert_filters import AlertFilter, after, conditions, cursor_of
from risk.services.paging import MAX_PAGE, Page
from risk.services.places import place
from risk.services.scoping import alerts_inside
from risk.storage import tables as t

register({"alert_not_found": ("没有编号为 {id} 的预警", "no alert with the number {id}")})


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One line of a list. ``origin``: run, manual or warning; no probability where no model has judged any of its evidence yet."""

    id: int
    model: str
    model_zh: str
    model_en: str
    grade: str
    probability: float | None
    status: str
    origin: str
    region: str | None
    region_zh: str | None
    region_en: str | None
    title_zh: str
    title_en: str
    subject_id: int | None
    evidence: int
    task_id: int | None
    task_state: str | None
    office: str | None
    opened_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AlertMoment:
    """One thing that happened to an alert: settled in a run, or a step of its task."""

    at: datetime
    what: str
    actor: str
    count: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AlertHead:
    """One alert, and whom it is about."""

    alert: AlertRow
    subject: str | None
    subject_key: str | None
    uscc: str | None


def list_alerts(
    conn: Connection,
    filters: AlertFilter,
    *,
    sort: str = "newest",
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[AlertRow]:
    """A page of alerts in one of the orders of ``SORTS``. ``InvalidInputError``: ``cursor_invalid``, ``region_not_known``."""
    limit = max(1, min(limit, MAX_PAGE))
    a = t.alerts.c
    found = select(a.id).where(*conditions(filters, scope, page=True))
    key = {"newest": a.id, "gravest": a.grade, "probability": a.probability, "updated": a.updated_at}[sort]
    if cursor:
        found = found.where(after(sort, key, cursor))
    order = [a.id.desc()] if sort == "newest" else [a.updated_at, a.id] if sort == "updated" else [key.desc(), a.id.desc()]
    # what must be sorted is sorted by its ids; tasks and evidence are looked up for one page
    page = found.order_by(*order).limit(limit + 1)
    rows = conn.execute(_query().where(a.id.in_(page.correlate(None))).order_by(*order)).all()
    following = cursor_of(sort, rows[limit - 1]) if len(rows) > limit else None
    return Page(tuple(_row(row) for row in rows[:limit]), following)


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How many alerts there are, by what they are filtered by."""

    total: int
    by_grade: dict[str, int]
    by_status: dict[str, int]
    by_model: dict[str, int]
    by_origin: dict[str, int]


def count_alerts(conn: Connection, filters: AlertFilter, *, scope: Scope = EVERYWHERE) -> AlertCounts:
    """The counts of the same alerts that the list shows."""
    a = t.alerts.c
    query = select(a.grade, a.status, a.model, a.origin, func.count().label("n")).where(*conditions(filters, scope))
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("grade", "status", "model", "origin")}
    total = 0
    for row in conn.execute(query.group_by(a.grade, a.status, a.model, a.origin)):
        total += row.n
        for name, value in (("grade", Grade(row.grade).code), ("status", row.status), ("model", row.model), ("origin", row.origin)):
            counts[name][value] += row.n
    return AlertCounts(total, *(dict(sorted(counts[name].items())) for name in ("grade", "status", "model", "origin")))


def newest_by_grade(conn: Connection, each: int, *, scope: Scope = EVERYWHERE) -> tuple[AlertRow, ...]:
    """The newest open alerts of every grade, the gravest grade first."""
    a = t.alerts.c
    found: list[AlertRow] = []
    for grade in sorted(Grade, reverse=True):
        if grade:
            query = (
                _query()
                .where(a.grade == int(grade), a.status != "closed", alerts_inside(scope))
                .order_by(a.opened_at.desc(), a.probability.desc(), a.id)
                .limit(each)
            )
            found += [_row(row) for row in conn.execute(query)]
    return tuple(found)


def get_alert(conn: Connection, alert_id: int, *, scope: Scope = EVERYWHERE) -> AlertHead:
    """One alert; ``NotFoundError`` (``alert_not_found``)."""
    row = conn.execute(_with_subject().where(t.alerts.c.id == alert_id, alerts_inside(scope, few=True))).one_or_none()
    if row is None:
        raise NotFoundError("alert_not_found", id=alert_id)
    return AlertHead(_row(row), row.subject_name, row.subject_key, row.uscc)


def settled(conn: Connection, alert_id: int) -> list[AlertMoment]:
    """Which runs brought candidates to the alert."""
    c, r = t.candidates.c, t.runs.c
    query = (
        select(r.id, r.as_of, r.actor, r.model, c.outcome, func.count().label("pieces"))
        .join_from(t.candidates, t.runs, c.run_id == r.id)
        .where(c.alert_id == alert_id)
        .group_by(r.id, r.as_of, r.actor, r.model, c.outcome)
        .order_by(r.id)
    )
    return [AlertMoment(x.as_of, f"alert.{x.outcome}", x.actor, x.pieces, {"run": x.id, "model": x.model}) for x in conn.execute(query)]


@cache
def _query() -> Select[Any]:
    pieces = select(func.count()).where(t.alert_evidence.c.alert_id == t.alerts.c.id).correlate(t.alerts).scalar_subquery()
    task = t.tasks.c
    return select(
        t.alerts, pieces.label("pieces"), task.id.label("task_id"), task.state.label("task_state"), task.office_code.label("office")
    ).join(t.tasks, task.alert_id == t.alerts.c.id, isouter=True)


@cache
def _with_subject() -> Select[Any]:
    s = t.subjects.c
    columns = (s.name.label("subject_name"), s.key.label("subject_key"), s.uscc)
    return _query().add_columns(*columns).join(t.subjects, t.alerts.c.subject_id == s.id, isouter=True)


def _row(row: Row[Any]) -> AlertRow:
    return AlertRow(
        id=row.id,
        model=row.model,
        model_zh=model_title(row.model, "zh"),
        model_en=model_title(row.model, "en"),
        grade=Grade(row.grade).code,
        probability=None if row.origin != "run" and row.probability == 0.0 else row.probability,
        status=row.status,
        origin=row.origin,
        region=row.region,
        region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"),
        title_zh=row.title_zh,
        title_en=row.title_en,
        subject_id=row.subject_id,
        evidence=int(row.pieces or 0),
        task_id=row.task_id,
        task_state=row.task_state,
        office=row.office,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
    )
