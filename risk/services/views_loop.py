"""The state of the loop at a moment: how much passed each arrow, what waits, what is late, which versions judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.grades import Grade
from risk.domain.tasks import AWAITING, State
from risk.services import archived
from risk.services.dispatch import unroutable
from risk.services.scoping import (
    alerts_inside,
    labels_inside,
    reports_inside,
    runs_inside,
    signals_inside,
    subjects_inside,
    tasks_inside,
    verdicts_inside,
)
from risk.services.task_views import TaskFilter, TaskRow, list_tasks
from risk.services.views_alerts import AlertRow, newest_by_grade
from risk.services.views_reports import ReportRow, list_reports
from risk.services.views_runs import RunRow, counted_inside, judged_inside, run_row
from risk.storage import tables as t

AT_WORK = tuple(state.value for state in AWAITING)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much passed each arrow of the chain so far."""

    signals: int
    subjects: int
    assessments: int
    candidates: int
    alerts: int
    tasks: int
    verdicts: int
    labels: int
    trainings: int
    promoted: int
    reports: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, and for whom: judging, repair, signature, report, acceptance, maturity; and what is late or lies with nobody."""

    unjudged: int
    quarantined: int
    to_sign: int
    to_report: int
    to_accept: int
    unripe_labels: int
    overdue: int
    unroutable: int


@dataclass(frozen=True, slots=True)
class InUse:
    """What a model judged with when it last ran; ``model`` is ``rules`` where there is no champion yet."""

    key: str
    zh: str
    en: str
    model: str
    rules: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class LoopView:
    """Everything the start page shows of the stored state."""

    at: datetime
    counts: Counts
    waiting: Waiting
    open_alerts: dict[str, int]
    task_states: dict[str, int]
    verdict_codes: dict[str, int]
    in_use: tuple[InUse, ...]
    last_runs: tuple[RunRow, ...]
    newest_alerts: tuple[AlertRow, ...]
    next_tasks: tuple[TaskRow, ...]
    newest_reports: tuple[ReportRow, ...]


def loop(conn: Connection, now: datetime, *, scope: Scope = EVERYWHERE) -> LoopView:
    """The state at ``now``, counted inside the scope."""
    last = _last_runs(conn, scope)
    a, task, v = t.alerts.c, t.tasks.c, t.verdicts.c
    states = _grouped(conn, task.state, tasks_inside(scope))
    open_alerts = _grouped(conn, a.grade, a.status != "closed", alerts_inside(scope))
    return LoopView(
        at=now,
        counts=_counts(conn, scope),
        waiting=_waiting(conn, now, states, scope),
        open_alerts={grade.code: open_alerts.get(int(grade), 0) for grade in sorted(Grade, reverse=True) if grade},
        task_states={str(state): count for state, count in states.items()},
        verdict_codes={str(code): count for code, count in _grouped(conn, v.code, verdicts_inside(scope)).items()},
        in_use=tuple(
            InUse(run.model, run.model_zh, run.model_en, run.model_version or "rules", str(versions.get("rules", "")), run.as_of)
            for run, versions in last
        ),
        last_runs=tuple(run for run, _ in last),
        newest_alerts=newest_by_grade(conn, 3, scope=scope),
        next_tasks=list_at_work(conn, now, 8, scope=scope),
        newest_reports=list_reports(conn, limit=3, scope=scope).items,
    )


def list_at_work(conn: Connection, now: datetime, limit: int, *, scope: Scope = EVERYWHERE) -> tuple[TaskRow, ...]:
    """Tasks whose office still owes something, the most urgent first."""
    found = [row for state in AWAITING for row in list_tasks(conn, TaskFilter(state=state), now, limit=limit, scope=scope).items]
    return tuple(sorted(found, key=lambda row: (row.sign_due if row.state == State.ISSUED.value else row.report_due, row.id))[:limit])


def _counts(conn: Connection, scope: Scope) -> Counts:
    judged, candidates = judged_inside(conn, scope)
    return Counts(
        signals=_count(conn, t.signals, t.signals.c.kind != "case", signals_inside(scope)) + (archived.total(conn) if scope.whole else 0),
        subjects=_count(conn, t.subjects, subjects_inside(scope)),
        assessments=int(judged),
        candidates=int(candidates),
        alerts=_count(conn, t.alerts, alerts_inside(scope)),
        tasks=_count(conn, t.tasks, tasks_inside(scope)),
        verdicts=_count(conn, t.verdicts, verdicts_inside(scope)),
        labels=_count(conn, t.labels, t.labels.c.source != "case_library", labels_inside(scope)),
        trainings=_count(conn, t.trainings),
        promoted=_count(conn, t.trainings, t.trainings.c.decision.in_(("promoted", "first"))),
        reports=_count(conn, t.reports, reports_inside(scope)),
    )


def _waiting(conn: Connection, now: datetime, states: dict[Any, int], scope: Scope) -> Waiting:
    task = t.tasks.c
    late = and_(task.paused_at.is_(None), or_(task.report_due < now, and_(task.state == State.ISSUED.value, task.sign_due < now)))
    return Waiting(
        unjudged=_unjudged(conn, now, scope),
        quarantined=_count(conn, t.quarantine, t.quarantine.c.status.in_(("open", "repaired"))) if scope.whole else 0,
        to_sign=states.get(State.ISSUED.value, 0),
        to_report=sum(states.get(s.value, 0) for s in AWAITING if s is not State.ISSUED),
        to_accept=states.get(State.REPORTED.value, 0),
        unripe_labels=_count(conn, t.labels, t.labels.c.matures_at > now, labels_inside(scope)),
        overdue=_count(conn, t.tasks, task.state.in_(AT_WORK), late, tasks_inside(scope)),
        unroutable=unroutable(conn) if scope.whole else 0,
    )


def _unjudged(conn: Connection, now: datetime, scope: Scope) -> int:
    """Signals that no model has judged yet. Asked here and not of ``runs``, which brings pandas: a page must not wait for that."""
    s = t.signals.c
    return _count(
        conn, t.signals, s.observed_at <= now, s.kind != "case", ~exists().where(t.assessments.c.signal_id == s.id), signals_inside(scope)
    )


def _last_runs(conn: Connection, scope: Scope) -> list[tuple[RunRow, dict[str, Any]]]:
    r = t.runs.c
    newest = select(func.max(r.id)).where(r.status.in_(("done", "running")), runs_inside(scope)).group_by(r.model).scalar_subquery()
    rows = conn.execute(select(t.runs).where(r.id.in_(newest)).order_by(r.model)).all()
    return list(zip(counted_inside(conn, [run_row(row) for row in rows], scope), [dict(row.versions) for row in rows], strict=True))


def _count(conn: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(*conditions)).scalar() or 0)


def _grouped(conn: Connection, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> dict[Any, int]:
    rows = conn.execute(select(column, func.count()).where(*conditions).group_by(column).order_by(column))
    return {value: int(count) for value, count in rows}
