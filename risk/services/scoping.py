"""Scope as SQL: what a principal may see is decided inside the query, so that a list, a count and an export all leave out the same rows.

A task lies inside a scope when its office does (division and department). An alert does when one of its tasks does (its own, an assisting one) or a copy of
it was sent to an office inside. A signal or a subject does when its own place does, or when an alert inside rests on it. What lies outside is *not found*,
never *forbidden*: a refusal would say that it exists.

Each function returns a condition for ``where``; for the whole province it is simply true, and costs nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, false, or_, select, true

from risk.domain.authority import Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.storage import tables as t

register({"subject_not_found": ("没有编号为 {id} 的主体", "no subject with the number {id}")})


def offices_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``offices``."""
    if scope.whole:
        return true()
    parts = []
    for grant in scope.grants or ():
        here: list[ColumnElement[bool]] = [t.offices.c.region.startswith(grant.prefix, autoescape=True)] if grant.prefix else []
        if grant.department:
            here.append(t.offices.c.department == grant.department)
        parts.append(and_(*here) if here else true())
    return or_(false(), *parts)


def office_code_inside(scope: Scope, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows of any table that name an office by its code in ``column``."""
    return true() if scope.whole else column.in_(select(t.offices.c.code).where(offices_inside(scope)))


def region_inside(scope: Scope, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows that name a division in ``column``; those that name none lie only inside the whole."""
    if scope.whole:
        return true()
    return or_(false(), *(column.startswith(grant.prefix, autoescape=True) for grant in scope.grants or ()))


def tasks_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``tasks``."""
    return office_code_inside(scope, t.tasks.c.office_code)


def alerts_inside(scope: Scope, column: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
    """Rows of ``alerts``, or of any table that names an alert in ``column``."""
    if scope.whole:
        return true()
    inner = t.tasks.alias("scoped_tasks")
    mine = office_code_inside(scope, inner.c.office_code)
    return exists(select(1).where(inner.c.alert_id == (t.alerts.c.id if column is None else column), mine))


def signals_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``signals``."""
    if scope.whole:
        return true()
    rests = (
        select(1)
        .select_from(t.assessments.join(t.alert_evidence, t.alert_evidence.c.assessment_id == t.assessments.c.id))
        .where(t.assessments.c.signal_id == t.signals.c.id, alerts_inside(scope, t.alert_evidence.c.alert_id))
    )
    return or_(region_inside(scope, t.signals.c.region), exists(rests))


def assessments_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``assessments``: those of a signal inside, or, of a firm, of a subject inside."""
    if scope.whole:
        return true()
    a = t.assessments.c
    of_signal = select(t.signals.c.id).where(t.signals.c.id == a.signal_id, signals_inside(scope))
    of_subject = select(t.subjects.c.id).where(t.subjects.c.id == a.subject_id, subjects_inside(scope))
    return or_(exists(of_signal), and_(a.signal_id.is_(None), exists(of_subject)))


def candidates_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``candidates``: those of a signal inside, or of an assessment inside; one that failed before it had either lies only inside the whole."""
    if scope.whole:
        return true()
    c = t.candidates.c
    of_signal = select(t.signals.c.id).where(t.signals.c.id == c.signal_id, signals_inside(scope))
    of_assessment = select(t.assessments.c.id).where(t.assessments.c.id == c.assessment_id, assessments_inside(scope))
    return or_(exists(of_signal), and_(c.signal_id.is_(None), exists(of_assessment)))


def verdicts_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``verdicts``: those of a task inside."""
    if scope.whole:
        return true()
    return exists(select(t.tasks.c.id).where(t.tasks.c.id == t.verdicts.c.task_id, tasks_inside(scope)))


def labels_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``labels``: those a verdict inside taught; what came with a file is the whole's."""
    if scope.whole:
        return true()
    return exists(select(t.verdicts.c.id).where(t.verdicts.c.id == t.labels.c.verdict_id, verdicts_inside(scope)))


def reports_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``reports``: those of a place (and department) inside; those of the province lie only inside the whole."""
    if scope.whole:
        return true()
    r = t.reports.c
    parts = []
    for grant in scope.grants or ():
        here = [r.region.startswith(grant.prefix, autoescape=True)] if grant.prefix else []
        parts.append(and_(true(), *here, *([r.department == grant.department] if grant.department else [])))
    return or_(false(), *parts)


def runs_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``runs``: those that judged something inside."""
    if scope.whole:
        return true()
    return exists(select(t.assessments.c.id).where(t.assessments.c.run_id == t.runs.c.id, assessments_inside(scope)))


def subjects_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``subjects``."""
    if scope.whole:
        return true()
    named = t.alerts.alias("scoped_alerts")
    alerted = select(1).where(named.c.subject_id == t.subjects.c.id, alerts_inside(scope, named.c.id))
    return or_(region_inside(scope, t.subjects.c.region), exists(alerted))


def require_task(conn: Connection, scope: Scope, task_id: int) -> None:
    """``NotFoundError`` (``task_not_found``) for a task outside, the same as for one that does not exist."""
    if conn.scalar(select(t.tasks.c.id).where(t.tasks.c.id == task_id, tasks_inside(scope))) is None:
        raise NotFoundError("task_not_found", task=task_id)


def require_alert(conn: Connection, scope: Scope, alert_id: int) -> None:
    """``NotFoundError`` (``alert_not_found``) for an alert outside."""
    if conn.scalar(select(t.alerts.c.id).where(t.alerts.c.id == alert_id, alerts_inside(scope))) is None:
        raise NotFoundError("alert_not_found", id=alert_id)


def require_signal(conn: Connection, scope: Scope, signal_id: int) -> None:
    """``NotFoundError`` (``signal_not_found``) for a signal outside."""
    if conn.scalar(select(t.signals.c.id).where(t.signals.c.id == signal_id, signals_inside(scope))) is None:
        raise NotFoundError("signal_not_found", id=signal_id)


def require_subject(conn: Connection, scope: Scope, subject_id: int) -> None:
    """``NotFoundError`` (``subject_not_found``) for a subject outside."""
    if conn.scalar(select(t.subjects.c.id).where(t.subjects.c.id == subject_id, subjects_inside(scope))) is None:
        raise NotFoundError("subject_not_found", id=subject_id)
