"""Who is in charge, as a versioned table: shown for a day, changed by orders with actor, reason and effective day, told backwards.

Rows of ``duties`` are cut, never silently lost: each change keeps what it took away and what it put there (``duty_changes``), and its number is the version
of the table. What routed yesterday's alerts stays true: days before today cannot be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from risk.domain import regions
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.duties import Finding, Order, applied, expand, findings
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.routing import Duty, Office, base_model, default_duties
from risk.domain.tasks import ENDED
from risk.scoring.keys import all_keys
from risk.services import auditing, outbox
from risk.services.bulk import insert_rows
from risk.services.dispatch import load_directory, read_directory, unroutable_tasks
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.places import place
from risk.services.scoping import tasks_inside
from risk.storage import tables as t
from risk.storage.engine import serialise

_LOCK = 3  # of serialise: nobody routes while the table changes


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One duty. ``state``: in_force, future or past, on the day asked for."""

    model: str
    region: str
    region_zh: str | None
    region_en: str | None
    level: str
    office: str
    office_zh: str
    office_en: str
    valid_from: date
    valid_to: date | None
    state: str


@dataclass(frozen=True, slots=True)
class DutyTable:
    """The table on a day, with what is wrong with it."""

    version: int
    on: date
    fallback: str
    duties: tuple[DutyRow, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class DutyChange:
    """One version: what was ordered, what was taken away and what was put there."""

    version: int
    kind: str
    effective: date
    asked: list[dict[str, Any]]
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """One office with its work; ``open_tasks`` is nothing where that is not the caller's to know."""

    code: str
    name_zh: str
    name_en: str
    region: str
    level: str
    department: str
    weekly_capacity: int
    open_tasks: int | None
    fallback: bool


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A task that lies with the fallback owner because no duty reached it."""

    task_id: int
    alert_id: int | None
    model: str | None
    region: str | None
    reason: str | None
    issued_at: datetime


def today(now: datetime) -> date:
    """The day in Hubei."""
    return now.astimezone(SHANGHAI).date()


def models() -> tuple[str, ...]:
    """The models that may have duties: without lenses."""
    return tuple(dict.fromkeys(base_model(key) for key in all_keys()))


def read_duties(conn: Connection) -> list[Duty]:
    """Every row; those shipped while nothing is stored."""
    if conn.scalar(select(func.count()).select_from(t.offices)) == 0:
        return default_duties()
    d = t.duties.c
    return [Duty(*row) for row in conn.execute(select(d.model, d.region, d.office_code, d.valid_from, d.valid_to).order_by(d.id))]


def version(conn: Connection) -> int:
    """The number of the newest change; 0 for the table as shipped."""
    return int(conn.scalar(select(func.max(t.duty_changes.c.id))) or 0)


def show(
    conn: Connection, now: datetime, *, on: date | None = None, model: str | None = None, region: str | None = None, every: bool = False
) -> DutyTable:
    """The table on a day (today): duties in force, or with ``every`` those of other days too; ``region`` with what lies below and above it."""
    directory = read_directory(conn)
    day = on or today(now)
    code = regions.resolve(region) if region else None
    if region and code is None:
        raise InvalidInputError("duty_region", region=region[:60])
    duties = read_duties(conn)
    rows = []
    for duty in sorted(duties, key=lambda one: (one.model, one.region, one.valid_from)):
        state = "in_force" if duty.holds(day) else "future" if duty.valid_from > day else "past"
        if (model and duty.model != base_model(model)) or (state != "in_force" and not every) or not _near(duty.region, code):
            continue
        rows.append(_row(duty, directory.offices.get(duty.office_code), state))
    wrong = [
        one for one in findings(duties, directory.offices, day) if (not model or one.model == base_model(model)) and _near(one.region, code)
    ]
    return DutyTable(version(conn), day, directory.fallback, tuple(rows), tuple(wrong))


def change(conn: Connection, orders: Sequence[Order], *, actor: str, reason: str, now: datetime) -> DutyChange:
    """Apply orders as one version, in the caller's write transaction.

    ``InvalidInputError``: ``duty_reason``, ``duty_past``, ``duty_nothing`` and those of ``risk.domain.duties.expand``.
    """
    serialise(conn, _LOCK)
    offices = load_directory(conn).offices
    if not reason.strip():
        raise InvalidInputError("duty_reason")
    wanted = [one for order in orders for one in expand(order, models(), offices)]
    duties = read_duties(conn)
    after = applied(duties, wanted)
    gone, fresh = set(duties) - set(after), set(after) - set(duties)
    if not gone and not fresh:
        raise InvalidInputError("duty_nothing")
    first, day = min(order.valid_from for order in wanted), today(now)
    if first < day and _past_changes(gone, fresh, day):
        raise InvalidInputError("duty_past", first=first, today=day)
    d = t.duties.c
    for duty in gone:
        conn.execute(delete(t.duties).where(d.model == duty.model, d.region == duty.region, d.valid_from == duty.valid_from))
    insert_rows(conn, t.duties, [_stored(duty) for duty in sorted(fresh, key=_order)])
    before, put = [_plain(duty) for duty in sorted(gone, key=_order)], [_plain(duty) for duty in sorted(fresh, key=_order)]
    return _keep(conn, "duties", max(first, day), [_asked(order) for order in orders], before, put, actor, reason, now)


def set_fallback(conn: Connection, office: str, *, actor: str, reason: str, now: datetime) -> DutyChange:
    """Name the office that takes what no duty reaches, from now on. ``NotFoundError`` (``duty_office``), ``InvalidInputError`` (``duty_reason``, ``duty_nothing``)."""
    serialise(conn, _LOCK)
    directory = load_directory(conn)
    if not reason.strip():
        raise InvalidInputError("duty_reason")
    if office not in directory.offices:
        raise NotFoundError("duty_office", office=office[:60])
    if office == directory.fallback:
        raise InvalidInputError("duty_nothing")
    asked, before = [{"office": office}], [{"office": directory.fallback}]
    return _keep(conn, "fallback", today(now), asked, before, asked, actor, reason, now)


def history(conn: Connection, *, limit: int = 50, cursor: str | None = None) -> Page[DutyChange]:
    """Versions, the newest first."""
    c = t.duty_changes.c
    query = select(t.duty_changes).order_by(c.id.desc())
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, _change_row)


def list_offices(
    conn: Connection, *, region: str | None = None, department: str | None = None, scope: Scope = EVERYWHERE
) -> tuple[OfficeRow, ...]:
    """Offices, with their open tasks inside the scope; ``region`` with what lies below it. ``InvalidInputError`` (``duty_region``)."""
    directory = read_directory(conn)
    code = regions.resolve(region) if region else None
    if region and code is None:
        raise InvalidInputError("duty_region", region=region[:60])
    k = t.tasks.c
    query = select(k.office_code, func.count()).where(k.state.not_in([state.value for state in ENDED])).group_by(k.office_code)
    query = query.where(tasks_inside(scope))
    open_tasks: dict[str, int] = {row[0]: row[1] for row in conn.execute(query)}
    return tuple(
        OfficeRow(
            one.code, one.name_zh, one.name_en, one.region, one.level, one.department, one.weekly_capacity, open_tasks.get(one.code, 0) if scope.covers(one.region, one.department) else None,
            one.code == directory.fallback,
        )
        for one in sorted(directory.offices.values(), key=lambda office: office.code)
        if (code is None or code in (one.region, *regions.parents(one.region))) and department in (None, one.department)
    )  # fmt: skip


def unrouted(conn: Connection, *, limit: int = 200) -> tuple[Unrouted, ...]:
    """The tasks behind the *unroutable* alarm, the oldest first."""
    k, a = t.tasks.c, t.alerts.c
    query = (
        select(k.id, k.alert_id, a.model, a.region, k.routed_by, k.issued_at)
        .join_from(t.tasks, t.alerts, k.alert_id == a.id, isouter=True)
        .where(unroutable_tasks(conn))
        .order_by(k.id)
        .limit(limit)
    )
    return tuple(
        Unrouted(row.id, row.alert_id, row.model, row.region, (row.routed_by or {}).get("reason"), row.issued_at)
        for row in conn.execute(query)
    )


def _past_changes(gone: Iterable[Duty], fresh: Iterable[Duty], day: date) -> bool:
    """Whether days before ``day`` would be told otherwise."""
    edge = day - timedelta(days=1)

    def before(duties: Iterable[Duty]) -> set[tuple[str, str, str, date, date]]:
        past = (duty for duty in duties if duty.valid_from <= edge)
        return {(d.model, d.region, d.office_code, d.valid_from, min(d.valid_to or edge, edge)) for d in past}

    return before(gone) != before(fresh)


def _keep(
    conn: Connection,
    kind: str,
    effective: date,
    asked: list[dict[str, Any]],
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    actor: str,
    reason: str,
    now: datetime,
) -> DutyChange:
    stored: Any = after[0] if kind == "fallback" else after
    values = {"kind": kind, "effective": effective, "asked": asked, "before": before, "after": stored}
    made = conn.execute(insert(t.duty_changes).values(**values, actor=actor, reason=reason.strip(), at=now).returning(t.duty_changes.c.id))
    number = int(made.scalar_one())
    detail = {"asked": asked[:50], "before": len(before), "after": len(after), "reason": reason.strip()}
    auditing.record(conn, actor, f"duties.{kind}", f"duties:{number}", detail, now)
    outbox.emit(conn, "duties.changed", f"duties:{number}", {"version": number, "kind": kind}, now, once="changed")
    return DutyChange(number, kind, effective, asked, before, after, actor, reason.strip(), now)


def _change_row(row: Any) -> DutyChange:
    after = [row.after] if isinstance(row.after, dict) else row.after
    return DutyChange(row.id, row.kind, row.effective, row.asked, row.before, after, row.actor, row.reason, row.at)


def _row(duty: Duty, office: Office | None, state: str) -> DutyRow:
    return DutyRow(
        duty.model, duty.region, place(duty.region, "zh"), place(duty.region, "en"), regions.DIVISIONS[duty.region].level, duty.office_code,
        office.name_zh if office else duty.office_code, office.name_en if office else duty.office_code, duty.valid_from, duty.valid_to, state,
    )  # fmt: skip


def _near(region: str, code: str | None) -> bool:
    return code is None or code in (region, *regions.parents(region)) or region in regions.parents(code)


def _order(duty: Duty) -> tuple[str, str, date]:
    return duty.model, duty.region, duty.valid_from


def _stored(duty: Duty) -> dict[str, Any]:
    row = {"model": duty.model, "region": duty.region, "office_code": duty.office_code}
    return {**row, "valid_from": duty.valid_from, "valid_to": duty.valid_to}


def _plain(duty: Duty) -> dict[str, Any]:
    last = duty.valid_to.isoformat() if duty.valid_to else None
    return {"model": duty.model, "region": duty.region, "office": duty.office_code, "from": duty.valid_from.isoformat(), "to": last}


def _asked(order: Order) -> dict[str, Any]:
    last = order.valid_to.isoformat() if order.valid_to else None
    row = {"model": order.model, "region": order.region, "level": order.level, "office": order.office}
    return {**row, "from": order.valid_from.isoformat(), "to": last}
