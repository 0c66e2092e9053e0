"""Scope as SQL: what a principal may see is decided inside the query, so that a list, a count and an export all leave out the same rows.

What lies outside is *not found*, never *forbidden*: a refusal would say that it exists. What cannot be cut to a part of the province is refused as a whole
(`needs(…, whole=True)`): that says nothing of any row. The one table of what lies where:

| what | inside a scope when | why |
|---|---|---|
| office | its division and department are | the definition everything below rests on |
| task | its office is | whoever works on it, and their superiors, see it; an asking office sees the answer with its own task |
| alert | a task of it is (its own; one that assists, a campaign's, a joint one about it), or a copy was sent to an office inside | the office answers for it, not the place: a case led elsewhere is theirs |
| verdict, label | its task is; a label without a verdict (case library, file) is the whole's | facts belong to who found them |
| signal | its place is, or a task or an alert inside rests on it; without a place only in the second way | an office reads what its alerts quote, wherever it was seen |
| subject | its place is, or an alert or a task inside is about it | a trader of another city may be an office's case |
| assessment | its signal is, or, of a firm, its subject | it quotes them |
| candidate | its signal is, or its assessment | the balance of a run adds up inside a scope, too |
| run | it judged something inside; its numbers are counted inside | a run is of the whole province: nobody outside learns how much it found elsewhere |
| shadow hit, sample of a rule trial | its signal is | it quotes the text |
| report | its place and department are inside one grant; the province's takes the whole | numbers are frozen, and cannot be cut afterwards |
| case file of an event | its lead office is, or an office that takes part; what it gathers is told as each thing is, the rest is a number | a file is shared, what is linked stays whose it was |
| application for data | the office that applies is, or the data it asks for (place and department) within one grant | who applies and who decides see it |
| figure of a model's health | it is of a place inside (``420500``, ``red 420500``); others, and the tasks they open, take the whole | an aggregate of the province says what the others have |
| quarantined row | it came with an import of one's own; all of them take the whole | a row that was not understood has no place yet |
| back-test, rule health, grade settings, trainings, recall, complaints | take the whole | they quote or add up everything, and are stored as one |
| intake of signals, starting runs | take the whole | the answer says which rows are known already; a run judges everything |
| sources of data and how fresh they are | take the whole | figures of the province's intake |
| rules, lists, taxonomy, duty table, matter list, models with their dossiers | no scope | the same for all; they hold no row of a place |
| jobs, push, accounts, audit | no scope: by permission | work of the system; its administrators hold no permission on cases |

Each function returns a condition for ``where``; for the whole province it is simply true, and costs nothing. Offices are looked up by an uncorrelated
subquery (some hundred rows), divisions as a range of codes, which every index serves. Lists and counts compare ids with a list that covering indexes give
(an eighteenth of 100,000 alerts in some milliseconds); a question about one row, and a page for a whole city, whose rows are never far, say
``few``, and are looked up from those rows. No column of ``alerts`` repeats
the office: an alert has several (its own, assisting ones, those it was copied to), and a copy of them would have to follow every transfer.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists, false, or_, select, true, union_all
from sqlalchemy.sql.selectable import NamedFromClause

from risk.domain.authority import Grant, Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.storage import tables as t

register(
    {
        "subject_not_found": ("没有编号为 {id} 的主体", "no subject with the number {id}"),
        "signal_not_found": ("没有编号为 {id} 的信号", "no signal with the number {id}"),
        "alert_not_found": ("没有编号为 {id} 的预警", "no alert with the number {id}"),
        "task_not_found": ("没有编号为 {task} 的任务", "no task with the number {task}"),
    }
)


def offices_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``offices``."""
    return _granted(scope, t.offices.c.region, t.offices.c.department)


def office_code_inside(scope: Scope, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows of any table that name an office by its code in ``column``."""
    return true() if scope.whole else column.in_(_ids(t.offices.c.code, offices_inside(scope)))


def region_inside(scope: Scope, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows that name a division in ``column``; those that name none lie only inside the whole."""
    return true() if scope.whole else or_(false(), *(_below(column, grant) for grant in scope.grants or ()))


def tasks_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``tasks``."""
    return office_code_inside(scope, t.tasks.c.office_code)


def alerts_inside(scope: Scope, column: ColumnElement[Any] | None = None, *, few: bool = False) -> ColumnElement[bool]:
    """Rows of ``alerts``, or of any table that names an alert in ``column``."""
    if scope.whole:
        return true()
    named = t.alerts.c.id if column is None else column
    task, copy = _named(t.tasks, "scoped_tasks"), _named(t.copies, "scoped_copies")
    mine, sent = office_code_inside(scope, task.c.office_code), office_code_inside(scope, copy.c.office_code)
    return _among(named, (task.c.alert_id, mine), (task.c.about_alert_id, mine), (copy.c.alert_id, sent), few=few)


def signals_inside(scope: Scope, *, few: bool = False) -> ColumnElement[bool]:
    """Rows of ``signals``."""
    if scope.whole:
        return true()
    a, evidence, drawn = _named(t.assessments, "scoped_evidence"), t.alert_evidence, _named(t.audit_samples, "scoped_drawn")
    rests = and_(a.c.id == evidence.c.assessment_id, alerts_inside(scope, evidence.c.alert_id, few=few))
    listed = _among(t.signals.c.id, (a.c.signal_id, rests), (drawn.c.signal_id, _checked(scope, drawn.c.task_id, few=few)), few=few)
    return or_(region_inside(scope, t.signals.c.region), listed)


def subjects_inside(scope: Scope, *, few: bool = False) -> ColumnElement[bool]:
    """Rows of ``subjects``."""
    if scope.whole:
        return true()
    alert, task, drawn = _named(t.alerts, "scoped_alerts"), _named(t.tasks, "scoped_tasks"), _named(t.audit_samples, "scoped_drawn")
    listed = _among(
        t.subjects.c.id,
        (alert.c.subject_id, alerts_inside(scope, alert.c.id, few=few)),
        (task.c.subject_id, office_code_inside(scope, task.c.office_code)),
        (drawn.c.subject_id, _checked(scope, drawn.c.task_id, few=few)),
        few=few,
    )
    return or_(region_inside(scope, t.subjects.c.region), listed)


def assessments_inside(scope: Scope, *, few: bool = False) -> ColumnElement[bool]:
    """Rows of ``assessments``: those of a signal inside, or, of a firm, of a subject inside."""
    if scope.whole:
        return true()
    a = t.assessments.c
    of_signal = _among(a.signal_id, (t.signals.c.id, signals_inside(scope, few=few)), few=few)
    return or_(of_signal, and_(a.signal_id.is_(None), _among(a.subject_id, (t.subjects.c.id, subjects_inside(scope, few=few)), few=few)))


def candidates_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``candidates``: of a signal inside, or of an assessment inside; one that failed before it had either lies only inside the whole."""
    if scope.whole:
        return true()
    c = t.candidates.c
    of_firm = and_(c.signal_id.is_(None), _among(c.assessment_id, (t.assessments.c.id, assessments_inside(scope)), few=False))
    return or_(_among(c.signal_id, (t.signals.c.id, signals_inside(scope)), few=False), of_firm)


def runs_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``runs``: those that judged something inside."""
    if scope.whole:
        return true()
    judged = select(t.assessments.c.id).where(t.assessments.c.run_id == t.runs.c.id, assessments_inside(scope))
    return exists(judged.correlate(t.runs))


def verdicts_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``verdicts``: those of a task inside."""
    return true() if scope.whole else t.verdicts.c.task_id.in_(_ids(t.tasks.c.id, tasks_inside(scope)))


def labels_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``labels``: those that a verdict inside taught."""
    return true() if scope.whole else t.labels.c.verdict_id.in_(_ids(t.verdicts.c.id, verdicts_inside(scope)))


def reports_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``reports``: those of a place (and department) inside; those of the province lie only inside the whole."""
    return _granted(scope, t.reports.c.region, t.reports.c.department)


def require_task(conn: Connection, scope: Scope, task_id: int) -> None:
    """``NotFoundError`` (``task_not_found``) for a task outside, the same as for one that does not exist."""
    if conn.scalar(select(t.tasks.c.id).where(t.tasks.c.id == task_id, tasks_inside(scope))) is None:
        raise NotFoundError("task_not_found", task=task_id)


def require_alert(conn: Connection, scope: Scope, alert_id: int) -> None:
    """``NotFoundError`` (``alert_not_found``) for an alert outside."""
    if conn.scalar(select(t.alerts.c.id).where(t.alerts.c.id == alert_id, alerts_inside(scope, few=True))) is None:
        raise NotFoundError("alert_not_found", id=alert_id)


def require_signal(conn: Connection, scope: Scope, signal_id: int) -> None:
    """``NotFoundError`` (``signal_not_found``) for a signal outside."""
    if conn.scalar(select(t.signals.c.id).where(t.signals.c.id == signal_id, signals_inside(scope, few=True))) is None:
        raise NotFoundError("signal_not_found", id=signal_id)


def require_subject(conn: Connection, scope: Scope, subject_id: int) -> None:
    """``NotFoundError`` (``subject_not_found``) for a subject outside."""
    if conn.scalar(select(t.subjects.c.id).where(t.subjects.c.id == subject_id, subjects_inside(scope, few=True))) is None:
        raise NotFoundError("subject_not_found", id=subject_id)


@cache
def _named(table: Table, name: str) -> NamedFromClause[Any]:
    """A table under a name of our own, made once: making it costs more than the question it serves. Every use tells what it correlates with."""
    return table.alias(name)


def _granted(scope: Scope, region: ColumnElement[Any], department: ColumnElement[Any]) -> ColumnElement[bool]:
    if scope.whole:
        return true()
    parts = [and_(_below(region, one), department == one.department if one.department else true()) for one in scope.grants or ()]
    return or_(false(), *parts)


def _below(column: ColumnElement[Any], grant: Grant) -> ColumnElement[bool]:
    """Codes of the grant's division and below it, as a range: an index serves it on every database, which ``LIKE`` does not do."""
    prefix = grant.prefix
    if not prefix:
        return true()
    return column == prefix if len(prefix) == 6 else and_(column >= prefix, column < str(int(prefix) + 1))


def _checked(scope: Scope, column: ColumnElement[Any], *, few: bool) -> ColumnElement[bool]:
    """Rows that name a task inside in ``column``."""
    task = _named(t.tasks, "scoped_checks")
    return _among(column, (task.c.id, office_code_inside(scope, task.c.office_code)), few=few)


def _among(named: ColumnElement[Any], *sources: tuple[ColumnElement[Any], ColumnElement[bool]], few: bool) -> ColumnElement[bool]:
    """Whether ``named`` is an id that one of the sources (column, condition) gives: by a list made once, or, for ``few`` rows, looked up for each.

    Looked up as a value, not by ``EXISTS``: PostgreSQL would turn that into the list again wherever it thinks of all rows and not of the first page.
    """
    if few:
        looks = (
            select(1).where(column == named, condition).correlate(named.table).limit(1).scalar_subquery() for column, condition in sources
        )
        return or_(*(look.is_not(None) for look in looks))
    return named.in_(union_all(*(_ids(column, column.is_not(None), condition) for column, condition in sources)))


def _ids(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    """A list of ids for ``IN``. It names its own tables, also where the query around it reads the same ones."""
    return select(column).where(*conditions).correlate(None)
