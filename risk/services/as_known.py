"""Alerts and tasks as they were known at a moment. Rows change (an alert rises, a deadline moves, a task is given back); evidence and events do not.

So a report for an earlier cut-off says today what it would have said then. What a period holds goes by what was judged: an alert belongs to the period
that its run's ``as_of`` lies in, (start, end], so that the counts of alerts and the balance of runs add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.clocks import deadlines
from risk.domain.grades import Grade
from risk.domain.periods import Period
from risk.domain.routing import fallback_office
from risk.domain.tasks import Event
from risk.services.bulk import select_in
from risk.services.scoping import alerts_inside, tasks_inside
from risk.storage import tables as t

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When a task is due whose clock stands still."""


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """An alert with the evidence it had then. ``judged`` is the moment its run judged up to; ``best`` its gravest assessment."""

    id: int
    model: str
    region: str | None
    subject_id: int | None
    judged: datetime
    opened_at: datetime
    grade: Grade
    probability: float
    pieces: int
    best: int | None


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task with the office, deadlines and steps it had then; ``report_due`` is :data:`NEVER` while its clock stood still."""

    id: int
    office: str
    grade: Grade
    issued_at: datetime
    sign_due: datetime
    report_due: datetime
    signed_at: datetime | None
    reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How grave an alert was: its gravest evidence, how much there was."""

    grade: Grade
    probability: float
    pieces: int
    best: int | None


def runs_of(period: Period, cutoff: datetime) -> Any:
    """The condition on runs: ended by the cut-off, judging up to a moment of the period (a run cannot judge what comes after its end)."""
    as_of, ended = t.runs.c.as_of, t.runs.c.ended_at
    return and_(ended <= cutoff, as_of > period.start, ended > period.start, or_(as_of <= period.end, ended <= period.end))


def alerts_of(conn: Connection, period: Period, cutoff: datetime, scope: Scope = EVERYWHERE) -> list[KnownAlert]:
    """The alerts that the period's runs opened, oldest first; those that lie inside the scope today."""
    a, r = t.alerts.c, t.runs.c
    query = select(t.alerts, r.as_of, r.ended_at).join_from(t.alerts, t.runs, a.run_id == r.id)
    rows = conn.execute(query.where(runs_of(period, cutoff), a.opened_at <= cutoff, alerts_inside(scope)).order_by(a.id)).all()
    standing = standings(conn, {row.id: row for row in rows}, cutoff)
    return [
        KnownAlert(
            row.id, row.model, row.region, row.subject_id, min(row.as_of, row.ended_at) - timedelta(microseconds=1), row.opened_at,
            standing[row.id].grade, standing[row.id].probability, standing[row.id].pieces, standing[row.id].best,
        )
        for row in rows
    ]  # fmt: skip


def standings(conn: Connection, alerts: Mapping[int, Row[Any]], cutoff: datetime) -> dict[int, Standing]:
    """How grave alerts were at the cut-off; ``alerts`` are rows by id (with ``grade`` and ``probability``: used where no evidence is stored)."""
    e, s = t.alert_evidence.c, t.assessments.c
    query = (
        select(e.alert_id, s.id, s.grade, s.probability)
        .join_from(t.alert_evidence, t.assessments, e.assessment_id == s.id)
        .where(e.added_at <= cutoff)
    )
    found: dict[int, Standing] = {}
    for row in select_in(conn, query, e.alert_id, alerts):
        now = found.get(row.alert_id, Standing(Grade.NONE, -1.0, 0, None))
        graver = (row.grade, row.probability, -row.id) > (now.grade, now.probability if now.pieces else -1.0, -(now.best or 0))
        found[row.alert_id] = Standing(
            max(now.grade, Grade(row.grade)), max(now.probability, row.probability), now.pieces + 1, row.id if graver else now.best
        )
    return {key: found.get(key) or Standing(Grade(row.grade), row.probability, 0, None) for key, row in alerts.items()}


def tasks_of(conn: Connection, alert_ids: Iterable[int], cutoff: datetime, scope: Scope = EVERYWHERE) -> list[KnownTask]:
    """The tasks of the alerts that had been issued by then; those that lie inside the scope today."""
    rows = sorted(select_in(conn, select(t.tasks).where(tasks_inside(scope)), t.tasks.c.alert_id, alert_ids), key=lambda row: row.id)
    events: dict[int, list[Row[Any]]] = {}
    for event in select_in(conn, select(t.task_events), t.task_events.c.task_id, [row.id for row in rows]):
        events.setdefault(event.task_id, []).append(event)
    departments = {row.code: row.department for row in conn.execute(select(t.offices.c.code, t.offices.c.department))}
    found = []
    for row in rows:
        mine = sorted(events.get(row.id, []), key=lambda event: event.id)
        if any(event.at > cutoff for event in mine):
            known = _replayed([event for event in mine if event.at <= cutoff], row, departments)
        else:
            known = _as_stored(row)
        if known is not None and known.issued_at <= cutoff:
            found.append(known)
    return found


def _as_stored(row: Row[Any]) -> KnownTask:
    due = row.report_due if row.paused_at is None else NEVER
    return KnownTask(
        row.id, row.office_code, Grade(row.grade), row.issued_at, row.sign_due, due, row.signed_at, row.reported_at
    )  # fmt: skip


def _replayed(events: Sequence[Row[Any]], row: Row[Any], departments: Mapping[str, str]) -> KnownTask | None:
    """The task after these events; None before the first. Deadlines are made again by the clocks, or read where an event says them."""
    known: KnownTask | None = None
    for event in events:
        detail = event.detail or {}
        if event.event == Event.ISSUE.value:
            office = str(detail.get("office") or row.office_code)
            grade = known.grade if known else Grade.parse(detail["grade"]) if "grade" in detail else Grade(row.grade)
            due = deadlines(max(grade, Grade.BLUE), event.at, departments.get(office, ""))
            sign, report = _said(detail, "sign_due", due.sign_due), _said(detail, "report_due", due.report_due)
            known = KnownTask(row.id, office, grade, event.at, sign, report, None, known.reported_at if known else None)
        elif known is not None:
            known = _after(known, event.event, event.at, detail)
    return known


def _after(known: KnownTask, event: str, at: datetime, detail: Mapping[str, Any]) -> KnownTask:
    match event:
        case Event.SIGN.value:
            return replace(known, signed_at=at)
        case Event.REPORT.value:
            return replace(known, reported_at=at)
        case Event.EXTEND.value:
            return replace(known, report_due=datetime.fromisoformat(detail["to"]))
        case Event.RAISE.value:
            sign, report = datetime.fromisoformat(detail["sign_due"]), datetime.fromisoformat(detail["report_due"])
            return replace(known, grade=Grade.parse(detail["to"]), sign_due=sign, report_due=report)
        case Event.PAUSE.value:
            return replace(known, report_due=NEVER)
        case Event.TRANSFER_BACK.value:
            return replace(known, office=str(detail.get("to_office") or detail.get("waits_with") or fallback_office().code))
        case _:  # whatever else moves a deadline says which
            sign, report = _said(detail, "sign_due", known.sign_due), _said(detail, "report_due", known.report_due)
            return replace(known, sign_due=sign, report_due=report)


def _said(detail: Mapping[str, Any], name: str, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(detail[name]) if detail.get(name) else otherwise
