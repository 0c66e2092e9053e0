"""The index of a subject at moments, from what was known then: signals, assessments, alerts, verdicts, penalties, credit class, licences, inspections.

Computed when it is asked for: the rows of one subject are few, and read once for all moments. Facts belong to who found them: outside the whole province
only what lies inside the scope is counted, and the view says so (``partial``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.credit import CLASSES
from risk.domain.errors import NotFoundError
from risk.domain.indices import Indicator, compose, grade_of, score, sensitive, system
from risk.domain.indices_trend import Trend, trend
from risk.domain.routing import base_model
from risk.domain.verdicts import day_of, label_of
from risk.services import index_versions, scoping
from risk.services.acts import acts_inside
from risk.services.as_known import KnownTask, standings, tasks_of
from risk.services.index_facts import lapsed
from risk.services.index_results import IndexPart
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """A subject by one model: alerts of a year, the gravest grade and the highest probability they had then."""

    model: str
    alerts: int
    grade: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class SubjectPoint:
    """The index of a subject at one moment, with what it is made of."""

    as_of: datetime
    value: float | None
    grade: str | None
    coverage: float
    missing: tuple[str, ...]
    parts: tuple[IndexPart, ...]
    dimensions: dict[str, float]
    models: tuple[ModelStanding, ...]


@dataclass(frozen=True, slots=True)
class SubjectIndex:
    """The index of a subject over time, the newest moment last. ``version_id``: nothing while the comparisons that came with the program count."""

    subject_id: int
    version_id: int | None
    partial: bool
    now: SubjectPoint
    trend: Trend
    history: tuple[SubjectPoint, ...]


def of_subject(conn: Connection, subject_id: int, now: datetime, *, months: int = 12, scope: Scope = EVERYWHERE) -> SubjectIndex:
    """The index now and at the ends of the ``months`` before. ``subject_not_found``."""
    scoping.require_subject(conn, scope, subject_id)
    version_id, weights, refs = _weights(conn)
    rows = _Rows(conn, subject_id, scope)
    points = tuple(_point(_Then(rows, moment), weights, refs) for moment in [*_month_ends(now, months), now])
    return SubjectIndex(subject_id, version_id, not scope.whole, points[-1], trend([one.value for one in points]), points)


def _weights(conn: Connection) -> tuple[int | None, Mapping[str, float], Mapping[str, Sequence[float]]]:
    try:
        version = index_versions.current(conn, "subject")
    except NotFoundError:
        told = system("subject")
        return None, index_versions.shipped_weights(told), index_versions.references(told, ())
    return version.id, version.weights, version.refs


def _month_ends(now: datetime, months: int) -> list[datetime]:
    local, found = now.astimezone(SHANGHAI), []
    year, number = local.year, local.month
    for _ in range(months):
        found.append(datetime(year, number, 1, tzinfo=SHANGHAI))
        year, number = (year - 1, 12) if number == 1 else (year, number - 1)
    return [moment for moment in sorted(found) if moment < now]


def _point(then: _Then, weights: Mapping[str, float], refs: Mapping[str, Sequence[float]]) -> SubjectPoint:
    told = system("subject")
    values = {one.code: _PARTS[one.code](then, one) for one in told.indicators}
    scores = {}
    for one in told.indicators:
        pair = refs.get(one.code)
        scores[one.code] = score(values[one.code], (float(pair[0]), float(pair[1])) if pair else None, up=one.up)
    found = compose(weights, scores)
    parts = tuple(
        IndexPart(p.code, values[p.code], 0 if values[p.code] is None else 1, p.score, p.weight, p.used, p.contribution)
        for p in found.parts
    )
    groups = {
        d.code: sum(p.contribution for p in parts if p.contribution is not None and p.code in told.codes(d.code)) for d in told.dimensions
    }
    return SubjectPoint(then.as_of, found.value, grade_of(found.value), found.coverage, found.missing, parts, groups, then.models())


@dataclass(frozen=True)
class _Rows:
    """What is stored of a subject inside a scope, read once."""

    conn: Connection
    subject_id: int
    scope: Scope

    def _all(self, query: Any) -> Sequence[Row[Any]]:
        return self.conn.execute(query).all()

    @cached_property
    def subject(self) -> Row[Any]:
        return self.conn.execute(select(t.subjects).where(t.subjects.c.id == self.subject_id)).one()

    @cached_property
    def signals(self) -> Sequence[Row[Any]]:
        s = t.signals.c
        query = select(s.kind, s.observed_at, s.received_at)
        return self._all(query.where(s.subject_id == self.subject_id, s.kind != "case", scoping.signals_inside(self.scope, few=True)))

    @cached_property
    def assessments(self) -> Sequence[Row[Any]]:
        """By the moment their run ended: what it judged was known then."""
        a, s, r = t.assessments.c, t.signals.c, t.runs.c
        query = select(a.probability, r.ended_at.label("at")).join_from(t.assessments, t.runs, a.run_id == r.id)
        query = query.join(t.signals, a.signal_id == s.id, isouter=True).where(r.ended_at.is_not(None))
        mine = or_(s.subject_id == self.subject_id, a.subject_id == self.subject_id)
        return self._all(query.where(mine, scoping.assessments_inside(self.scope, few=True)))

    @cached_property
    def alerts(self) -> Sequence[Row[Any]]:
        a = t.alerts.c
        query = select(a.id, a.model, a.grade, a.probability, a.opened_at)
        return self._all(query.where(a.subject_id == self.subject_id, scoping.alerts_inside(self.scope, few=True)))

    @cached_property
    def task_alerts(self) -> dict[int, int]:
        k = t.tasks.c
        rows = self._all(select(k.id, k.alert_id).where(k.alert_id.in_([row.id for row in self.alerts])))
        return {row.id: row.alert_id for row in rows}

    @cached_property
    def verdicts(self) -> Sequence[Row[Any]]:
        v, a = t.verdicts.c, t.alerts.c
        query = select(v.id, v.code, v.sub_reason, v.reported_at, v.supersedes).join_from(t.verdicts, t.alerts, v.alert_id == a.id)
        return self._all(query.where(a.subject_id == self.subject_id, scoping.verdicts_inside(self.scope)))

    @cached_property
    def penalties(self) -> Sequence[Row[Any]]:
        p = t.penalties.c
        return self._all(select(p.number, p.at, p.known_at).where(p.subject_id == self.subject_id))

    @cached_property
    def acts(self) -> Sequence[Row[Any]]:
        c = t.acts.c
        query = select(c.kind, c.fields, c.number, c.happened_on, c.created_at, c.removed_at)
        return self._all(query.where(c.subject_id == self.subject_id, c.kind.in_(("inspection", "penalty")), acts_inside(self.scope)))

    @cached_property
    def licences(self) -> Sequence[Row[Any]]:
        n = t.licences.c
        query = select(n.subject_id, n.kind, n.number, n.valid_to, n.known_from).where(n.subject_id == self.subject_id)
        return self._all(query.order_by(n.known_from, n.id))

    @cached_property
    def classes(self) -> Sequence[Row[Any]]:
        c = t.credit_classes.c
        query = select(c.class_code, c.assessed_on, c.valid_to, c.known_at, c.id).where(c.uscc == (self.subject.uscc or ""))
        return self._all(query.order_by(c.assessed_on, c.known_at, c.id))


@dataclass(frozen=True)
class _Then:
    """What was known of a subject at a moment."""

    rows: _Rows
    as_of: datetime

    @property
    def day(self) -> date:
        return self.as_of.astimezone(SHANGHAI).date()

    def recent(self, moment: datetime, days: int) -> bool:
        return self.as_of - timedelta(days=days) < moment <= self.as_of

    @cached_property
    def alerts(self) -> list[Row[Any]]:
        return [row for row in self.rows.alerts if self.recent(row.opened_at, 365)]

    @cached_property
    def tasks(self) -> list[KnownTask]:
        return tasks_of(self.rows.conn, [row.id for row in self.alerts], self.as_of, self.rows.scope) if self.alerts else []

    def models(self) -> tuple[ModelStanding, ...]:
        """By base model, in the order of their names."""
        known = standings(self.rows.conn, {row.id: row for row in self.alerts}, self.as_of) if self.alerts else {}
        by_model: dict[str, list[int]] = {}
        for row in self.alerts:
            by_model.setdefault(base_model(row.model), []).append(row.id)
        return tuple(
            ModelStanding(model, len(ids), max(known[i].grade for i in ids).code, max(known[i].probability for i in ids))
            for model, ids in sorted(by_model.items())
        )


def _top_probability(then: _Then, one: Indicator) -> float | None:
    found = [float(row.probability) for row in then.rows.assessments if then.recent(row.at, one.days)]
    return max(found, default=None)


def _signals(then: _Then, one: Indicator) -> float | None:
    return float(sum(_came(then, row, one.days) for row in then.rows.signals if row.kind != "report"))


def _complaints(then: _Then, one: Indicator) -> float | None:
    return float(sum(_came(then, row, one.days) for row in then.rows.signals if row.kind == "report"))


def _came(then: _Then, row: Row[Any], days: int) -> bool:
    return then.recent(row.observed_at, days) and bool(row.received_at <= then.as_of)


def _confirmed(then: _Then, one: Indicator) -> float | None:
    known = [row for row in then.rows.verdicts if row.reported_at <= then.as_of]
    superseded = {row.supersedes for row in known}
    mine = [row for row in known if row.id not in superseded and then.recent(row.reported_at, one.days)]
    return float(sum(label_of(row.code, row.sub_reason, day_of(row.reported_at)) or 0.0 for row in mine))


def _penalties(then: _Then, one: Indicator) -> float | None:
    """Those of the register and those entered as acts, a decision that is in both counted once."""
    registered = [row for row in then.rows.penalties if row.known_at <= then.as_of and then.recent(row.at, one.days)]
    numbers = {row.number for row in registered if row.number}
    since = then.day - timedelta(days=one.days)
    entered = [
        row
        for row in then.rows.acts
        if row.kind == "penalty" and _act_known(then, row) and row.happened_on and row.happened_on > since
        and row.fields.get("document_number") not in numbers
    ]  # fmt: skip
    return float(len(registered) + len(entered))


def _open_alerts(then: _Then, _one: Indicator) -> float | None:
    reported = {then.rows.task_alerts.get(task.id) for task in then.tasks if task.reported_at is not None}
    return float(sum(row.id not in reported for row in then.alerts))


def _credit_class(then: _Then, _one: Indicator) -> float | None:
    holds = [
        row
        for row in then.rows.classes
        if row.known_at <= then.as_of and row.assessed_on <= then.day and (row.valid_to is None or row.valid_to >= then.day)
    ]
    return float(CLASSES.index(holds[-1].class_code)) if holds else None


def _lapsed_licence(then: _Then, _one: Indicator) -> float | None:
    found = lapsed((row for row in then.rows.licences if row.known_from <= then.as_of), then.day)
    return float(sum(found.values())) / len(found) if found else None


def _sensitive_industry(then: _Then, _one: Indicator) -> float | None:
    found = sensitive(then.rows.subject.industry)
    return None if found is None else float(found)


def _overdue_tasks(then: _Then, _one: Indicator) -> float | None:
    return float(sum(task.reported_at is None and task.report_due < then.as_of for task in then.tasks))


def _since_inspection(then: _Then, one: Indicator) -> float | None:
    days = [
        row.happened_on
        for row in then.rows.acts
        if row.kind == "inspection" and _act_known(then, row) and row.happened_on and row.happened_on <= then.day
    ]
    if not days or (then.day - max(days)).days > one.days:
        return None
    return float((then.day - max(days)).days) / 30.4375


def _act_known(then: _Then, row: Row[Any]) -> bool:
    return bool(row.created_at <= then.as_of) and (row.removed_at is None or bool(row.removed_at > then.as_of))


_PARTS: Mapping[str, Callable[[_Then, Indicator], float | None]] = {
    "top_probability": _top_probability,
    "signals": _signals,
    "confirmed": _confirmed,
    "penalties": _penalties,
    "open_alerts": _open_alerts,
    "credit_class": _credit_class,
    "lapsed_licence": _lapsed_licence,
    "sensitive_industry": _sensitive_industry,
    "complaints": _complaints,
    "overdue_tasks": _overdue_tasks,
    "since_inspection": _since_inspection,
}
"""Indicator → how it is found."""
