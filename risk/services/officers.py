"""The officers of an office: who they are, what they can do in a week, when they are away.

Accounts with the role *officer* are on the roster of their office by themselves; those without an account are entered by hand. A person whose account is
disabled, or has moved to another office, takes no more work, whatever the roster says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.officers import Assignment, Officer, OpenTask, weight
from risk.domain.tasks import AWAITING
from risk.services import auditing
from risk.services.scoping import office_code_inside
from risk.storage import tables as t
from risk.storage.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Leave:
    """Days away, both included; ``handed_over_at``: when the open tasks went to others."""

    id: int
    officer_id: int
    officer: str
    office: str
    first_day: date
    last_day: date
    deputy_id: int | None
    deputy: str | None
    reason: str
    handed_over_at: datetime | None


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """One officer with their work. ``load``: open tasks weighed by grade and due date; ``available``: may be given a task now."""

    id: int
    name: str
    office: str
    weekly_capacity: int
    active: bool
    available: bool
    open_tasks: int
    load: float
    leaves: tuple[Leave, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """The officers of an office and how it gives out its tasks."""

    office: str
    assignment: str
    officers: tuple[OfficerRow, ...]


def roster(conn: Connection, office: str, now: datetime, *, scope: Scope = EVERYWHERE) -> Roster:
    """An office's officers, by name. ``NotFoundError`` (``office_unknown``) for an office that does not exist or lies outside."""
    require_office(conn, scope, office)
    o = t.officers.c
    rows = conn.execute(select(t.officers).where(o.office_code == office).order_by(o.name, o.id)).all()
    free = {one.id for one in available(conn, office, now)}
    loads, counts = open_work(conn, office, now)
    leaves: dict[int, list[Leave]] = {}
    for leave in list_leaves(conn, office, since=_day(now)):
        leaves.setdefault(leave.officer_id, []).append(leave)
    found = [
        OfficerRow(
            row.id, row.name, row.office_code, row.weekly_capacity, row.active, row.id in free, counts.get(row.name, 0), loads.get(row.name, 0.0),
            tuple(leaves.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip
    return Roster(office, assignment_of(conn, office).value, tuple(found))


def put(
    conn: Connection,
    name: str,
    office: str,
    *,
    weekly_capacity: int | None = None,
    active: bool = True,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> int:
    """Enter an officer, or change one; returns the number. ``InvalidInputError`` (``officer_name``), ``NotFoundError`` (``office_unknown``)."""
    require_office(conn, scope, office)
    name = name.strip()
    if not name:
        raise InvalidInputError("officer_name")
    o = t.officers.c
    row = conn.execute(select(t.officers).where(o.name == name, o.office_code == office)).first()
    default = int(read_toml("officers.toml")["weekly_capacity"]) if row is None else row.weekly_capacity
    values = {"weekly_capacity": default if weekly_capacity is None else weekly_capacity, "active": active}
    if row is None:
        made = conn.execute(insert(t.officers).values(name=name, office_code=office, created_at=now, **values).returning(o.id))
        number = int(made.scalar_one())
    else:
        number = int(row.id)
        conn.execute(update(t.officers).where(o.id == number).values(**values))
    auditing.record(conn, actor, "officer.put", f"officer:{number}", {"name": name, "office": office, **values}, now)
    return number


def sync_accounts(conn: Connection, now: datetime) -> int:
    """Put every active account with the role officer on the roster of its office; returns how many are new."""
    a, o = t.accounts.c, t.officers.c
    rows = conn.execute(select(a.name, a.office_code, a.roles).where(a.state == "active", a.office_code.is_not(None))).all()
    known = {tuple(row) for row in conn.execute(select(o.name, o.office_code))}
    capacity = int(read_toml("officers.toml")["weekly_capacity"])
    fresh = [
        {"name": row.name, "office_code": row.office_code, "weekly_capacity": capacity, "active": True, "created_at": now}
        for row in rows
        if "officer" in (row.roles or ()) and (row.name, row.office_code) not in known
    ]
    insert_new(conn, t.officers, fresh, ["name", "office_code"])
    return len(fresh)


def set_assignment(conn: Connection, office: str, how: Assignment, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Say how an office gives out its tasks. ``NotFoundError`` (``office_unknown``)."""
    require_office(conn, scope, office)
    s = t.office_settings.c
    insert_new(
        conn, t.office_settings, [{"office_code": office, "assignment": how.value, "actor": actor, "changed_at": now}], ["office_code"]
    )
    conn.execute(update(t.office_settings).where(s.office_code == office).values(assignment=how.value, actor=actor, changed_at=now))
    auditing.record(conn, actor, "office.assignment", f"office:{office}", {"assignment": how.value}, now)


def assignment_of(conn: Connection, office: str) -> Assignment:
    """How an office gives out its tasks; officers take them where nothing was said."""
    s = t.office_settings.c
    found = conn.scalar(select(s.assignment).where(s.office_code == office))
    return Assignment(found) if found else Assignment.TAKE


def automatic_offices(conn: Connection) -> list[str]:
    """The offices whose tasks are given out by load."""
    s = t.office_settings.c
    return list(conn.scalars(select(s.office_code).where(s.assignment == Assignment.AUTOMATIC.value).order_by(s.office_code)))


def get(conn: Connection, officer_id: int, *, scope: Scope = EVERYWHERE) -> Row[Any]:
    """The row of an officer inside the scope; ``NotFoundError`` (``officer_not_found``)."""
    o = t.officers.c
    row = conn.execute(select(t.officers).where(o.id == officer_id, office_code_inside(scope, o.office_code))).first()
    if row is None:
        raise NotFoundError("officer_not_found", id=officer_id)
    return row


def available(conn: Connection, office: str, now: datetime, *, but: Sequence[int] = ()) -> list[Officer]:
    """Who may be given work now: active, not on leave, and where they have an account, with it active and of this office."""
    o, a, v, day = t.officers.c, t.accounts.c, t.officer_leaves.c, _day(now)
    on_leave = select(v.officer_id).where(v.first_day <= day, v.last_day >= day)
    gone = select(a.name).where(or_(a.state != "active", func.coalesce(a.office_code, "") != office))
    query = select(o.id, o.name, o.weekly_capacity).where(
        o.office_code == office, o.active.is_(True), o.id.not_in(on_leave), o.name.not_in(gone), o.id.not_in(list(but))
    )
    return [Officer(*row) for row in conn.execute(query.order_by(o.name, o.id))]


def open_work(conn: Connection, office: str, now: datetime) -> tuple[dict[str, float], dict[str, int]]:
    """What each officer of an office has in hand: weighed, and counted."""
    k = t.tasks.c
    loads: dict[str, float] = {}
    counts: dict[str, int] = {}
    query = select(k.officer, k.grade, k.report_due).where(in_hand(), k.office_code == office, k.officer.is_not(None)).order_by(k.id)
    for row in conn.execute(query):
        loads[row.officer] = loads.get(row.officer, 0.0) + weight(OpenTask(Grade(row.grade), row.report_due), now)
        counts[row.officer] = counts.get(row.officer, 0) + 1
    return loads, counts


def in_hand() -> ColumnElement[bool]:
    """Rows of ``tasks`` on which an officer still has work."""
    return t.tasks.c.state.in_([state.value for state in AWAITING])


def plan_leave(
    conn: Connection,
    officer_id: int,
    first: date,
    last: date,
    *,
    deputy: int | None,
    reason: str,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> int:
    """Enter a leave; returns its number. Tasks go to others when it begins (see ``assignment.tend``).

    ``InvalidInputError``: ``officer_reason``, ``leave_dates``, ``leave_deputy``; ``ConflictError``: ``leave_overlaps``; ``NotFoundError``: ``officer_not_found``.
    """
    officer = get(conn, officer_id, scope=scope)
    if not reason.strip():
        raise InvalidInputError("officer_reason")
    if last < first or last < _day(now):
        raise InvalidInputError("leave_dates", first=first, last=last)
    o, v = t.officers.c, t.officer_leaves.c
    if deputy is not None:
        other = conn.execute(select(t.officers).where(o.id == deputy, o.office_code == officer.office_code, o.active.is_(True))).first()
        if other is None or other.id == officer_id:
            raise InvalidInputError("leave_deputy")
    there = conn.execute(
        select(v.first_day, v.last_day).where(v.officer_id == officer_id, v.first_day <= last, v.last_day >= first)
    ).first()
    if there is not None:
        raise ConflictError("leave_overlaps", first=there.first_day, last=there.last_day)
    values = {"officer_id": officer_id, "first_day": first, "last_day": last, "deputy_id": deputy, "reason": reason.strip()}
    made = conn.execute(insert(t.officer_leaves).values(**values, actor=actor, created_at=now).returning(v.id))
    number = int(made.scalar_one())
    detail = {"officer": officer.name, "first": first.isoformat(), "last": last.isoformat(), "deputy": deputy, "reason": reason.strip()}
    auditing.record(conn, actor, "officer.leave", f"officer:{officer_id}", detail, now)
    return number


def end_leave(conn: Connection, leave_id: int, *, actor: str, reason: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Cut a leave short: it ends yesterday, or where it has not begun it is taken back. ``leave_not_found``, ``officer_reason``."""
    v = t.officer_leaves.c
    row = conn.execute(select(t.officer_leaves).where(v.id == leave_id)).first()
    if row is None or row.last_day < _day(now):
        raise NotFoundError("leave_not_found", id=leave_id)
    try:
        get(conn, row.officer_id, scope=scope)
    except NotFoundError:
        raise NotFoundError("leave_not_found", id=leave_id) from None
    if not reason.strip():
        raise InvalidInputError("officer_reason")
    yesterday = date.fromordinal(_day(now).toordinal() - 1)
    if row.first_day > yesterday:
        conn.execute(t.officer_leaves.delete().where(v.id == leave_id))
    else:
        conn.execute(update(t.officer_leaves).where(v.id == leave_id).values(last_day=yesterday))
    auditing.record(conn, actor, "officer.leave_end", f"officer:{row.officer_id}", {"leave": leave_id, "reason": reason.strip()}, now)


def list_leaves(conn: Connection, office: str, *, since: date) -> list[Leave]:
    """Leaves of an office that end on a day or later."""
    v, o, d = t.officer_leaves.c, t.officers.c, t.officers.alias("deputy")
    query = (
        select(t.officer_leaves, o.name, o.office_code, d.c.name.label("deputy"))
        .join_from(t.officer_leaves, t.officers, v.officer_id == o.id)
        .join(d, v.deputy_id == d.c.id, isouter=True)
        .where(o.office_code == office, v.last_day >= since)
        .order_by(v.first_day, v.id)
    )
    return [_leave(row) for row in conn.execute(query)]


def begun_leaves(conn: Connection, now: datetime) -> list[Leave]:
    """Leaves that are under way and whose tasks nobody has handed over yet."""
    v, o, d, day = t.officer_leaves.c, t.officers.c, t.officers.alias("deputy"), _day(now)
    query = (
        select(t.officer_leaves, o.name, o.office_code, d.c.name.label("deputy"))
        .join_from(t.officer_leaves, t.officers, v.officer_id == o.id)
        .join(d, v.deputy_id == d.c.id, isouter=True)
        .where(and_(v.first_day <= day, v.last_day >= day, v.handed_over_at.is_(None)))
        .order_by(v.id)
    )
    return [_leave(row) for row in conn.execute(query)]


def require_office(conn: Connection, scope: Scope, office: str) -> None:
    """``NotFoundError`` (``office_unknown``) for an office that does not exist or lies outside."""
    c = t.offices.c.code
    if conn.scalar(select(c).where(c == office, office_code_inside(scope, c))) is None:
        raise NotFoundError("office_unknown", office=office[:60])


def _leave(row: Row[Any]) -> Leave:
    return Leave(
        row.id, row.officer_id, row.name, row.office_code, row.first_day, row.last_day, row.deputy_id, row.deputy, row.reason, row.handed_over_at
    )  # fmt: skip


def _day(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()
