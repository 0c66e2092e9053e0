"""Alerts become tasks: the office by duty, region and date, deadlines in working days by grade, and the first event of the task.

What no duty reaches goes to the fallback owner and is counted as *unroutable*; it is never left without an owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

from risk.domain.calendar import SHANGHAI, WorkCalendar, week_of
from risk.domain.clocks import Deadlines, deadlines, has_ceiling
from risk.domain.grades import Grade
from risk.domain.routing import Duty, DutyBook, Office, Routing, default_duties, default_offices, fallback_office, route
from risk.domain.tasks import ENDED, Event, State
from risk.services import calendar_store, outbox
from risk.services.bulk import insert_rows
from risk.storage import tables as t

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """An alert that needs a task, with the routing decided for it."""

    alert_id: int
    grade: Grade
    routing: Routing
    person_first: bool = False


class Directory:
    """The offices and duties in force, read once for a chunk, with deadlines remembered per grade and department."""

    def __init__(
        self, offices: Sequence[Office], duties: Sequence[Duty], calendar: WorkCalendar | None = None, *, fallback: str | None = None
    ) -> None:
        self.fallback = fallback or fallback_office().code
        self.offices = {office.code: office for office in offices}
        self.duties = DutyBook(duties)
        self.calendar = calendar or WorkCalendar.default()
        self._routes: dict[tuple[str, str | None, str], Routing] = {}
        self._clocks: dict[tuple[Grade, str, datetime], Deadlines] = {}

    def route(self, model: str, region: str | None, at: datetime) -> Routing:
        """The office for a model in a region on the Shanghai date of ``at``."""
        on = at.astimezone(SHANGHAI).date()
        key = (model, region, on.isoformat())
        if key not in self._routes:
            self._routes[key] = route(model, region, on, self.duties, self.offices, self.fallback)
        return self._routes[key]

    def department(self, office_code: str) -> str:
        """The department of an office; empty for one that is gone."""
        office = self.offices.get(office_code)
        return office.department if office else ""

    def deadlines(self, grade: Grade, at: datetime, office_code: str) -> Deadlines:
        """The deadlines of a task of this grade issued now to this office."""
        key = (grade, self.department(office_code), at)
        if key not in self._clocks:
            self._clocks[key] = deadlines(grade, at, key[1], self.calendar)
        return self._clocks[key]


def seed_offices(conn: Connection) -> tuple[int, int]:
    """Fill offices and duties from the package's data; what is there already, edited or not, stays. Returns how many of each are new."""
    known = set(conn.scalars(select(t.offices.c.code)))
    offices = [
        {
            "code": o.code,
            "name_zh": o.name_zh,
            "name_en": o.name_en,
            "region": o.region,
            "level": o.level,
            "department": o.department,
            "weekly_capacity": o.weekly_capacity,
        }
        for o in default_offices()
        if o.code not in known
    ]
    there = {tuple(row) for row in conn.execute(select(t.duties.c.model, t.duties.c.region, t.duties.c.valid_from))}
    duties = [
        {"model": d.model, "region": d.region, "office_code": d.office_code, "valid_from": d.valid_from, "valid_to": d.valid_to}
        for d in default_duties()
        if (d.model, d.region, d.valid_from) not in there
    ]
    insert_rows(conn, t.offices, offices)
    insert_rows(conn, t.duties, duties)
    return len(offices), len(duties)


def load_directory(conn: Connection, calendar: WorkCalendar | None = None) -> Directory:
    """The directory as stored; an empty one is seeded first, so this needs a write transaction the first time."""
    if conn.scalar(select(func.count()).select_from(t.offices)) == 0:
        seed_offices(conn)
    columns = t.offices.c
    query = select(
        columns.code, columns.name_zh, columns.name_en, columns.region, columns.level, columns.department, columns.weekly_capacity
    )
    offices = [Office(*row) for row in conn.execute(query)]
    duty = t.duties.c
    duties = [Duty(*row) for row in conn.execute(select(duty.model, duty.region, duty.office_code, duty.valid_from, duty.valid_to))]
    return Directory(offices, duties, calendar or calendar_store.load(conn), fallback=fallback_code(conn))


def read_directory(conn: Connection) -> Directory:
    """The directory for whoever only reads: the shipped one while nothing is stored."""
    if conn.scalar(select(func.count()).select_from(t.offices)) == 0:
        return Directory(default_offices(), default_duties(), calendar_store.load(conn), fallback=fallback_code(conn))
    return load_directory(conn)


def fallback_code(conn: Connection) -> str:
    """The office that takes what no duty reaches: as set last, else the one of the package's data."""
    c = t.duty_changes.c
    found = conn.scalar(select(c.after).where(c.kind == "fallback").order_by(c.id.desc()).limit(1))
    return str(found["office"]) if found else fallback_office().code


def issued_this_week(conn: Connection, now: datetime) -> dict[str, int]:
    """The capacity ledger: tasks of alerts issued to each office in the ISO week (Shanghai) of ``now``. Audits ride on 双随机 inspections and take no room."""
    monday, next_monday, _ = week_of(now)
    issued = t.tasks.c.issued_at
    query = select(t.tasks.c.office_code, func.count()).where(issued >= monday, issued < next_monday, t.tasks.c.kind == "alert")
    query = query.group_by(t.tasks.c.office_code)
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def issue(conn: Connection, orders: Sequence[TaskOrder], now: datetime, directory: Directory, *, actor: str = SYSTEM) -> dict[int, int]:
    """Issue one task per order, with its event, in bulk. Returns the task of each alert."""
    rows: list[dict[str, Any]] = []
    details = {}
    for order in orders:
        due = directory.deadlines(order.grade, now, order.routing.office_code)
        rows.append(
            {
                "alert_id": order.alert_id,
                "office_code": order.routing.office_code,
                "routed_by": order.routing.as_dict(),
                "state": State.ISSUED.value,
                "grade": int(order.grade),
                "issued_at": now,
                "ceiling_from": now if has_ceiling(directory.department(order.routing.office_code)) else None,
                "sign_due": due.sign_due,
                "report_due": due.report_due,
                "extended": False,
                "person_first": order.person_first,
                "version": 1,
            }
        )
        details[order.alert_id] = {
            "office": order.routing.office_code,
            "fallback": order.routing.fallback,
            "grade": order.grade.code,
            "provisional": due.provisional,
            "sign_due": due.sign_due.isoformat(),
            "report_due": due.report_due.isoformat(),
            **({"person_first": True} if order.person_first else {}),
        }
    if not rows:
        return {}
    made = conn.execute(insert(t.tasks).returning(t.tasks.c.id, t.tasks.c.alert_id), rows)
    ids = {alert: task for task, alert in made}
    event = {"event": Event.ISSUE.value, "from_state": None, "to_state": State.ISSUED.value, "actor": actor, "reason": None, "at": now}
    insert_rows(conn, t.task_events, [{**event, "task_id": ids[alert], "detail": detail} for alert, detail in details.items()])
    told: list[tuple[str, str, Mapping[str, Any], str | None, str]] = []
    for row in rows:
        task_id = ids[int(row["alert_id"])]
        told.append(("task.issued", f"task:{task_id}", _told(task_id, row), str(row["office_code"]), f"issued:{now.isoformat()}"))
    outbox.emit_many(conn, told, now)
    return ids


def _told(task_id: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a task that was issued."""
    due = {"sign_due": row["sign_due"].isoformat(), "report_due": row["report_due"].isoformat()}
    return {"task": task_id, "alert": row["alert_id"], "grade": Grade(row["grade"]).code, **due}


def unroutable(conn: Connection) -> int:
    """Tasks not ended that lie with the fallback owner: the *unroutable* alarm."""
    query = select(func.count()).where(unroutable_tasks(conn))
    return int(conn.scalar(query) or 0)


def unroutable_tasks(conn: Connection) -> ColumnElement[bool]:
    """Rows of ``tasks`` that are not ended and lie with a fallback owner, the present one or one before: because no duty reached them, or given back.

    An office that is the fallback owner beside its own duties has tasks of its own; those are none of these.
    """
    k, c = t.tasks.c, t.duty_changes.c
    owners = {fallback_office().code, *(str(after["office"]) for after in conn.scalars(select(c.after).where(c.kind == "fallback")))}
    unreached = and_(k.routed_by["fallback"].as_boolean().is_(True), k.routed_by["office"].as_string() == k.office_code)
    waiting = or_(unreached, k.state == State.TRANSFERRED_BACK.value)
    return and_(k.office_code.in_(sorted(owners)), k.state.not_in([s.value for s in ENDED]), waiting)
