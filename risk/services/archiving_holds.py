"""What keeps a signal in the tables. Read from the tables themselves: a foreign key to a signal (or to what hangs on one) from a table that does not go along keeps the
signal, also that of a table which somebody adds tomorrow.

| stays | because |
|---|---|
| referred | something refers to it or to a judgement of it |
| alerted | a candidate of it became, or was merged into, an alert |
| waiting | it was over capacity or failed: it is offered again, never dropped |
| unjudged | a model that is in use has not judged it, or none has |
| standing | its subject's standing by a model rests on it: the newest judgement, where any was blue or above |
| at_work | its subject has an alert or a case file that is not closed |
| history | it lies within the windows of an alert, a drawn unit or a label of its subject, or of one that shares an address, telephone or person: a replay and a training count it |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, and_, exists, func, or_, select, true, union

from risk.domain.periods import Period
from risk.domain.retention import Retention
from risk.services.archiving_rows import GOES
from risk.services.passing import ALL_KINDS, KINDS
from risk.storage import tables as t

_WAITING = ("over_capacity", "failed")


def of_month(
    month: Period, policy: Retention, signals_days: float, now: datetime, models: Sequence[str], ids: tuple[int, int] | None = None
) -> ColumnElement[bool]:
    """The condition on signals of a month that may leave the tables. ``models``: those in use, as of :func:`models_in_use`; ``ids``: the first and the
    last number that is asked about, so that a group is answered without looking at the whole month."""
    s = t.signals.c
    inside = and_(_of(month, ids), s.received_at <= now - timedelta(days=policy.least_days), s.kind != "case")
    return and_(inside, *(~one for one in holds(month, signals_days, now, models, ids).values()))


def holds(
    month: Period, signals_days: float, now: datetime, models: Sequence[str], ids: tuple[int, int] | None = None
) -> dict[str, ColumnElement[bool]]:
    """Reason → the condition on signals of the month that stay for it. Each is true or false, never unknown."""
    s = t.signals.c
    c, at_work = t.candidates.c, _at_work()
    return {
        "referred": or_(*(one.exists() for one in _referring())),
        "alerted": exists().where(c.signal_id == s.id, c.alert_id.is_not(None)),
        "waiting": exists().where(c.signal_id == s.id, c.outcome.in_(_WAITING)),
        "unjudged": _unjudged(models),
        "standing": _standing(month, ids),
        "at_work": and_(s.subject_id.is_not(None), s.subject_id.in_(at_work)),
        "history": and_(s.subject_id.is_not(None), s.subject_id.in_(_looked_back_on(month, signals_days, now))),
    }


def _of(month: Period, ids: tuple[int, int] | None) -> ColumnElement[bool]:
    s = t.signals.c
    return and_(s.observed_at >= month.start, s.observed_at < month.end, true() if ids is None else s.id.between(*ids))


def models_in_use(conn: Connection, policy: Retention, now: datetime) -> list[str]:
    """The models that run now, or ran lately."""
    r = t.runs.c
    lately = or_(r.status == "running", r.started_at >= now - timedelta(days=policy.models_days))
    return sorted(conn.scalars(select(r.model).where(lately).distinct()))


def _referring() -> list[Select[Any]]:
    """For every foreign key to what goes, from a table that does not go: the rows that refer to the signal."""
    s, found = t.signals.c, []
    for table in t.metadata.sorted_tables:
        if table in GOES:
            continue
        for key in table.foreign_keys:
            target = key.column.table
            if target is t.signals:
                found.append(select(key.parent).where(key.parent == s.id))
            elif target in GOES:
                found.append(_through(key.parent, target))
    return found


def _through(column: Column[Any], target: Table) -> Select[Any]:
    """Rows whose ``column`` names a row of ``target`` that hangs on the signal."""
    s, a = t.signals.c, t.assessments.c
    if "signal_id" in target.c:
        return select(column).join_from(column.table, target, column == next(iter(target.primary_key))).where(target.c.signal_id == s.id)
    query = select(column).join_from(column.table, target, column == next(iter(target.primary_key)))
    return query.join(t.assessments, target.c.assessment_id == a.id).where(a.signal_id == s.id)


def _unjudged(models: Sequence[str]) -> ColumnElement[bool]:
    s, a = t.signals.c, t.assessments.c
    conditions = [~exists().where(a.signal_id == s.id)]
    for model in models:
        judged = exists().where(a.signal_id == s.id, a.model == model)
        conditions.append(and_(s.kind.in_(KINDS.get(model, ALL_KINDS)), ~judged))
    return or_(*conditions)


def _standing(month: Period, ids: tuple[int, int] | None) -> ColumnElement[bool]:
    """A judgement of it is the newest of its subject by a model that once graded the subject: without it an older one would stand.

    Each subject of the month is looked at once, however many signals it has.
    """
    s, a = t.signals.c, t.assessments.c
    subjects = select(s.subject_id).where(_of(month, ids), s.subject_id.is_not(None)).correlate(None)
    newest = select(func.max(a.id)).where(a.subject_id.in_(subjects)).group_by(a.subject_id, a.model).having(func.max(a.grade) > 0)
    latest = t.assessments.alias("latest")
    return s.id.in_(select(latest.c.signal_id).where(latest.c.id.in_(newest), latest.c.signal_id.is_not(None)))


def _at_work() -> Select[Any]:
    """Subjects with an alert or a case file that is not closed."""
    al, f, k = t.alerts.c, t.case_files.c, t.case_file_links.c
    alerted = select(al.subject_id.label("subject_id")).where(al.status != "closed", al.subject_id.is_not(None))
    filed = select(k.subject_id).join_from(t.case_file_links, t.case_files, k.case_file_id == f.id)
    filed = filed.where(f.state != "closed", k.state == "linked", k.subject_id.is_not(None))
    return select(union(alerted, filed).subquery().c.subject_id)


def _looked_back_on(month: Period, signals_days: float, now: datetime) -> Select[Any]:
    """Subjects whose history of the month counts in something that people decided on, and those that share something with them."""
    al, a, n, x = t.alerts.c, t.assessments.c, t.labels.c, t.audit_samples.c
    until = min(month.end + timedelta(days=signals_days), now)
    seen = [
        select(al.subject_id.label("subject_id")).where(al.opened_at <= until, al.updated_at >= month.start),
        select(a.subject_id)
        .join_from(t.alert_evidence, t.assessments, t.alert_evidence.c.assessment_id == a.id)
        .where(a.as_of >= month.start, a.as_of <= until),
        select(a.subject_id)
        .join_from(t.audit_samples, t.assessments, x.assessment_id == a.id)
        .where(a.as_of >= month.start, a.as_of <= until),
        select(a.subject_id).join_from(t.labels, t.assessments, n.signal_id == a.signal_id).where(a.as_of >= month.start, a.as_of <= until),
    ]
    known = union(*seen).subquery()
    those = select(known.c.subject_id).where(known.c.subject_id.is_not(None))
    mine, theirs = t.subject_links.alias("shared_mine"), t.subject_links.alias("shared_theirs")
    shared = select(theirs.c.subject_id).join_from(
        mine, theirs, and_(mine.c.relation == theirs.c.relation, mine.c.value_key == theirs.c.value_key)
    )
    return select(union(those, shared.where(mine.c.subject_id.in_(those))).subquery().c.subject_id)


def counted(conn: Connection, condition: ColumnElement[bool]) -> int:
    """How many signals a condition finds."""
    return int(conn.scalar(select(func.count()).select_from(t.signals).where(condition)) or 0)
