"""From the outbox to deliveries: each event becomes one delivery for every target that wants it, once.

An event carries a mark when that is done. A cursor over ids would be cheaper and wrong: on PostgreSQL the row with the smaller id may become visible later,
and a cursor that has passed it never comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from risk.domain import events, push
from risk.domain.authority import Grant, Scope
from risk.domain.push_digest import next_digest
from risk.storage import tables as t
from risk.storage.upsert import insert_new

Places = Mapping[str, tuple[str | None, str]]
"""Office code → division, department."""


def waiting(conn: Connection) -> bool:
    """Whether any event has no deliveries yet."""
    return conn.scalar(select(t.outbox.c.id).where(t.outbox.c.spread_at.is_(None)).limit(1)) is not None


def spread(conn: Connection, now: datetime, most: int | None = None) -> int:
    """Make the deliveries of the oldest events that have none yet; returns how many events. Two workers take different ones."""
    o = t.outbox.c
    limit = most or int(push.knobs()["turn"]["spread"])
    new = conn.execute(select(t.outbox).where(o.spread_at.is_(None)).order_by(o.id).limit(limit).with_for_update(skip_locked=True)).all()
    if not new:
        return 0
    c = t.push_targets.c
    targets = conn.execute(select(t.push_targets).where(c.removed_at.is_(None), or_(c.reason.is_(None), c.reason != "push_gone"))).all()
    deliver(conn, new, targets, now)
    conn.execute(update(t.outbox).where(o.id.in_([row.id for row in new])).values(spread_at=now))
    return len(new)


def deliver(conn: Connection, happened: Sequence[Row[Any]], targets: Sequence[Row[Any]], now: datetime) -> None:
    """Deliveries of these events for the targets that want them; those that exist stay as they are."""
    places = offices(conn) if any(one.division or one.department for one in targets) else {}
    rows = [_delivery(row, target, now) for row in happened for target in targets if wants(target, row, places)]
    insert_new(conn, t.push_deliveries, rows, ["outbox_id", "target_id"])


def wants(target: Row[Any], happened: Row[Any], places: Places) -> bool:
    """Whether an event is for a target: by its name, by who reads there, by the office it concerns."""
    if not events.wanted(happened.event, target.events):
        return False
    if target.kind != push.WEBHOOK and not events.event_of(happened.event).people:
        return False
    if not target.division and not target.department:
        return True
    region, department = places.get(happened.office_code or "", (None, ""))
    if not region:
        return False
    return Scope((Grant(target.division, target.department),)).covers(region, department)


def offices(conn: Connection) -> Places:
    """Where each office is and what it is of."""
    c = t.offices.c
    return {row.code: (row.region, row.department) for row in conn.execute(select(c.code, c.region, c.department))}


def _delivery(happened: Row[Any], target: Row[Any], now: datetime) -> dict[str, Any]:
    urgent = events.is_urgent(happened.event, happened.data)
    return {
        "outbox_id": happened.id,
        "target_id": target.id,
        "state": push.PENDING,
        "urgent": urgent,
        "attempts": 0,
        "next_at": now if urgent else next_digest(target.digest, now),
        "created_at": now,
    }
