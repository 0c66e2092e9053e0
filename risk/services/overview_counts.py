"""The grouped questions behind an overview: few passes over alerts, tasks and verdicts of a stretch, each cut to the scope in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, or_, select

from risk.domain.authority import Grant, Scope
from risk.domain.grades import Grade
from risk.services import archived
from risk.services.alert_filters import AlertFilter, conditions
from risk.services.alert_steps import TASK_STEPS, VERDICT_STEPS, in_force, of_task
from risk.services.overview_asked import Chosen, Stretch
from risk.services.places import code_of, inside
from risk.services.scoping import signals_inside, tasks_inside, verdicts_inside
from risk.storage import tables as t

Groups = Counter[tuple[str, str | None, str]]
"""(model, division, grade) → alerts."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a stretch holds. ``verdicts``: (model, division, step) → alerts; ``offices``: office → step → alerts, as far as the scope sees their tasks."""

    alerts: Groups
    verdicts: Counter[tuple[str, str | None, str]]
    offices: dict[str, dict[str, int]]
    signals: int | None
    judged: int | None

    @property
    def total(self) -> int:
        """All alerts."""
        return sum(self.alerts.values())

    def step(self, name: str) -> int:
        """How many had come so far."""
        if name in VERDICT_STEPS:
            return sum(n for (_, _, step), n in self.verdicts.items() if step == name)
        return sum(steps[name] for steps in self.offices.values())


def count(conn: Connection, chosen: Chosen, stretch: Stretch, scope: Scope) -> Counted:
    """Everything that is counted of a stretch, as of the moment."""
    filters = chosen.filters(stretch)
    return Counted(
        alerts=_alerts(conn, filters, scope),
        verdicts=_verdicts(conn, filters, chosen.at, scope),
        offices=_offices(conn, filters, chosen.at, scope),
        signals=_signals(conn, chosen, stretch, scope),
        judged=_judged(conn, chosen, stretch, scope),
    )


def moments(conn: Connection, filters: AlertFilter, scope: Scope) -> Counter[tuple[datetime, str]]:
    """(when alerts were opened, grade) → how many. A run opens many at one moment, so these are few; days and weeks of Hubei are made from them afterwards."""
    a = t.alerts.c
    rows = conn.execute(select(a.opened_at, a.grade, func.count()).where(*conditions(filters, scope)).group_by(a.opened_at, a.grade))
    return Counter({(opened, Grade(grade).code): int(n) for opened, grade, n in rows})


def gravest(conn: Connection, filters: AlertFilter, scope: Scope, limit: int) -> list[Row[Any]]:
    """The gravest alerts of a stretch, the most probable first."""
    a = t.alerts.c
    query = select(t.alerts).where(*conditions(filters, scope)).order_by(a.grade.desc(), a.probability.desc(), a.id).limit(limit)
    return list(conn.execute(query))


def stock(conn: Connection, filters: AlertFilter, scope: Scope) -> Counter[tuple[str, str]]:
    """(grade, status) → red and orange alerts that are not closed, whenever they were opened."""
    a = t.alerts.c
    grave = a.grade.in_([int(Grade.RED), int(Grade.ORANGE)])
    query = select(a.grade, a.status, func.count()).where(grave, a.status.in_(("open", "tasked")), *conditions(filters, scope))
    return Counter({(Grade(grade).code, status): int(n) for grade, status, n in conn.execute(query.group_by(a.grade, a.status))})


def how_many(conn: Connection, filters: AlertFilter, scope: Scope) -> int:
    """How many alerts a filter finds."""
    return int(conn.scalar(select(func.count()).select_from(t.alerts).where(*conditions(filters, scope))) or 0)


def _alerts(conn: Connection, filters: AlertFilter, scope: Scope) -> Groups:
    a = t.alerts.c
    rows = conn.execute(
        select(a.model, a.region, a.grade, func.count()).where(*conditions(filters, scope)).group_by(a.model, a.region, a.grade)
    )
    return Counter({(model, region, Grade(grade).code): int(n) for model, region, grade, n in rows})


def _verdicts(conn: Connection, filters: AlertFilter, at: datetime, scope: Scope) -> Counter[tuple[str, str | None, str]]:
    a, v = t.alerts.c, t.verdicts.c
    query = select(a.model, a.region, v.code, func.count()).join_from(t.alerts, t.verdicts, v.alert_id == a.id)
    query = query.where(*conditions(filters, scope), in_force(at), verdicts_inside(scope)).group_by(a.model, a.region, v.code)
    found: Counter[tuple[str, str | None, str]] = Counter()
    for model, region, code, n in conn.execute(query):
        found.update({(model, region, step): int(n) for step, codes in VERDICT_STEPS.items() if code in codes})
    return found


def _offices(conn: Connection, filters: AlertFilter, at: datetime, scope: Scope) -> dict[str, dict[str, int]]:
    k, steps = t.tasks.c, of_task(t.tasks, at)
    sums = [func.sum(case((steps[name], 1), else_=0)).label(name) for name in TASK_STEPS]
    mine = k.alert_id.in_(select(t.alerts.c.id).where(*conditions(filters, scope)))
    rows = conn.execute(select(k.office_code, *sums).where(mine, tasks_inside(scope)).group_by(k.office_code))
    return {row.office_code: {name: int(getattr(row, name)) for name in TASK_STEPS} for row in rows}


def _signals(conn: Connection, chosen: Chosen, stretch: Stretch, scope: Scope) -> int | None:
    """Signals observed in the stretch; not known of a model, which has none of its own."""
    if chosen.model:
        return None
    s = t.signals.c
    query = select(func.count()).select_from(t.signals)
    query = query.where(s.observed_at >= stretch.start, s.observed_at < stretch.end, s.received_at <= chosen.at, s.kind != "case")
    if chosen.region:
        query = query.where(inside(s.region, chosen.region))
    gone = archived.observed(conn, [(">=", stretch.start), ("<", stretch.end)], chosen.at, scope)
    place = Grant(code_of(chosen.region)) if chosen.region else Grant()
    return int(conn.scalar(query.where(signals_inside(scope))) or 0) + sum(
        n for one, n in gone.items() if archived.below(one.region, place)
    )


def _judged(conn: Connection, chosen: Chosen, stretch: Stretch, scope: Scope) -> int | None:
    """Judgements of the runs of the stretch. A run is of the whole province: of a part of it nobody counted."""
    if chosen.region or not scope.whole:
        return None
    r = t.runs.c
    query = select(func.sum(r.judged)).where(r.status == "done", r.ended_at >= stretch.start, r.ended_at < stretch.end)
    if chosen.model:
        query = query.where(or_(r.model == chosen.model, r.model.startswith(f"{chosen.model}.", autoescape=True)))
    return int(conn.scalar(query) or 0)


def summed(groups: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    """Counts added up by key."""
    found: Counter[Any] = Counter()
    for key, n in groups:
        found[key] += n
    return dict(found)
