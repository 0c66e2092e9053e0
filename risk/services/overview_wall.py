"""What the screen of the duty room shows: what just came, what is overdue, how the day goes. Seen by whoever enters the room: no subject is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import Connection, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.grades import Grade
from risk.services import overview_counts
from risk.services.alert_filters import AlertFilter
from risk.services.overview import newest_run
from risk.services.scoping import alerts_inside, tasks_inside
from risk.services.task_filters import is_late
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class WallAlert:
    """A red or orange alert, without anything of its subject. No state and no due where its task lies outside."""

    id: int
    grade: str
    model: str
    region: str | None
    opened_at: datetime
    state: str | None
    report_due: datetime | None


@dataclass(frozen=True, slots=True)
class WallTask:
    """A task whose next step is overdue, since ``due``."""

    id: int
    grade: str
    region: str | None
    office_zh: str
    office_en: str
    state: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Wall:
    """As of ``at``; ``cutoff``: when the newest finished run ended. ``today``: alerts opened since midnight by grade, ``reported``: verdicts told since midnight.
    ``open``: alerts that are not closed, by grade; ``late``: how many tasks are overdue, of which ``overdue`` are the gravest.
    """

    at: datetime
    cutoff: datetime | None
    today: dict[str, int]
    reported: int
    open: dict[str, int]
    late: int
    newest: tuple[WallAlert, ...]
    overdue: tuple[WallTask, ...]


def wall(conn: Connection, now: datetime, *, scope: Scope = EVERYWHERE) -> Wall:
    """Everything inside the scope, at ``now``."""
    midnight = datetime.combine(now.astimezone(SHANGHAI).date(), time(), SHANGHAI)
    a, v = t.alerts.c, t.verdicts.c
    grades = [grade for grade in sorted(Grade, reverse=True) if grade]
    today = overview_counts.moments(conn, AlertFilter(opened_from=midnight), scope)
    rows = conn.execute(select(a.grade, func.count()).where(a.status.in_(("open", "tasked")), alerts_inside(scope)).group_by(a.grade))
    open_now = {Grade(grade).code: int(n) for grade, n in rows}
    told = (
        select(func.count())
        .select_from(t.verdicts.join(t.tasks, t.tasks.c.id == v.task_id))
        .where(v.reported_at >= midnight, tasks_inside(scope))
    )
    return Wall(
        at=now,
        cutoff=newest_run(conn, now),
        today={grade.code: sum(n for (_, code), n in today.items() if code == grade.code) for grade in grades},
        reported=int(conn.scalar(told) or 0),
        open={grade.code: open_now.get(grade.code, 0) for grade in grades},
        late=int(conn.scalar(select(func.count()).select_from(t.tasks).where(is_late(now), tasks_inside(scope))) or 0),
        newest=_newest(conn, scope),
        overdue=_overdue(conn, now, scope),
    )


def _newest(conn: Connection, scope: Scope) -> tuple[WallAlert, ...]:
    a, k = t.alerts.c, t.tasks.c
    found: list[WallAlert] = []
    for grade in (Grade.RED, Grade.ORANGE):
        query = select(a.id, a.model, a.region, a.opened_at, k.state, k.report_due)
        query = query.join_from(t.alerts, t.tasks, (k.alert_id == a.id) & tasks_inside(scope), isouter=True)
        query = query.where(a.grade == int(grade), alerts_inside(scope)).order_by(a.id.desc()).limit(_rows("newest"))
        found += [
            WallAlert(row.id, grade.code, row.model, row.region, row.opened_at, row.state, row.report_due) for row in conn.execute(query)
        ]
    return tuple(sorted(found, key=lambda one: (one.opened_at, one.id), reverse=True)[: _rows("newest")])


def _overdue(conn: Connection, now: datetime, scope: Scope) -> tuple[WallTask, ...]:
    """The gravest first, of one grade what is overdue longest."""
    k, o = t.tasks.c, t.offices.c
    query = select(k.id, k.grade, k.state, k.sign_due, k.report_due, o.name_zh, o.name_en, o.region)
    query = query.join_from(t.tasks, t.offices, o.code == k.office_code).where(is_late(now), tasks_inside(scope))
    rows = conn.execute(query.order_by(k.grade.desc(), k.report_due, k.id).limit(_rows("overdue")))
    return tuple(
        WallTask(
            row.id, Grade(row.grade).code, row.region, row.name_zh, row.name_en, row.state,
            row.sign_due if row.state == "issued" else row.report_due,
        )
        for row in rows
    )  # fmt: skip


def _rows(name: str) -> int:
    return int(read_toml("overview.toml")["wall"][name])
