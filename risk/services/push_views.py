"""Pushes as people look at them: how targets are doing, what was delivered, what waits, what is dead. No secrets, no content beyond the event's name and object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from risk.domain import push
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.services import push_health, push_targets
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.push_health import Health
from risk.services.push_targets import Target, targets_inside
from risk.storage import tables as t

register({"push_delivery_not_found": ("没有编号为 {id} 的推送", "no delivery with the number {id}")})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one target; ``error`` is the code of what went wrong, told in words beside it."""

    id: int
    target: str
    event: str
    object: str
    office: str | None
    key: str
    message: str | None
    state: str
    urgent: bool
    attempts: int
    next_at: datetime | None
    status: int | None
    error: str | None
    happened_at: datetime
    created_at: datetime
    ended_at: datetime | None
    error_zh: str | None
    error_en: str | None


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """A target and how it is doing; why it stands still is told in words."""

    target: Target
    health: Health
    reason_zh: str | None
    reason_en: str | None


@dataclass(frozen=True, slots=True)
class PushStatus:
    """The whole of it: events not spread yet, deliveries by state, targets."""

    unspread: int
    deliveries: dict[str, int]
    targets: tuple[TargetHealth, ...]


def status(conn: Connection, now: datetime, *, scope: Scope = EVERYWHERE) -> PushStatus:
    """How pushing is doing."""
    d = t.push_deliveries.c
    unspread = conn.scalar(select(func.count()).select_from(t.outbox).where(t.outbox.c.spread_at.is_(None)))
    counts: Select[Any] = select(d.state, func.count()).group_by(d.state)
    if not scope.whole:
        counts = counts.join_from(t.push_deliveries, t.push_targets, d.target_id == t.push_targets.c.id).where(targets_inside(scope))
    found = {state: int(count) for state, count in conn.execute(counts)}
    targets = tuple(_healthy(conn, one, now) for one in push_targets.list_targets(conn, scope=scope))
    return PushStatus(int(unspread or 0) if scope.whole else 0, {state: found.get(state, 0) for state in push.DELIVERY_STATES}, targets)


def show_target(conn: Connection, name: str, now: datetime, *, scope: Scope = EVERYWHERE) -> TargetHealth:
    """One target and how it is doing; ``push_target_not_found``."""
    target = push_targets.get(conn, name, scope=scope)
    return _healthy(conn, target, now)


def list_deliveries(
    conn: Connection,
    *,
    target: str | None = None,
    states: Sequence[str] = (),
    event: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[Delivery]:
    """Deliveries, the newest first; those of targets outside of the scope are not there."""
    query = _query(scope)
    if target:
        query = query.where(t.push_targets.c.name == target)
    if states:
        query = query.where(t.push_deliveries.c.state.in_(states))
    if event:
        query = query.where(t.outbox.c.event == event)
    if cursor:
        query = query.where(t.push_deliveries.c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(t.push_deliveries.c.id.desc()), limit, _delivery)


def get_delivery(conn: Connection, number: int, *, scope: Scope = EVERYWHERE) -> Delivery:
    """One delivery; ``NotFoundError`` (``push_delivery_not_found``), outside of the scope too."""
    row = conn.execute(_query(scope).where(t.push_deliveries.c.id == number)).one_or_none()
    if row is None:
        raise NotFoundError("push_delivery_not_found", id=number)
    return _delivery(row)


def _query(scope: Scope) -> Select[Any]:
    d, o = t.push_deliveries.c, t.outbox.c
    columns = (d.id, t.push_targets.c.name, o.event, o.object, o.office_code, o.key, o.at, *(d[name] for name in _SAME))
    joined = t.push_deliveries.join(t.outbox, d.outbox_id == o.id).join(t.push_targets, d.target_id == t.push_targets.c.id)
    return select(*columns).select_from(joined).where(targets_inside(scope))


_SAME = ("message", "state", "urgent", "attempts", "next_at", "status", "error", "created_at", "ended_at")


def _healthy(conn: Connection, target: Target, now: datetime) -> TargetHealth:
    why = push.why_of(target.reason)
    return TargetHealth(target, push_health.health(conn, target.id, now), why.zh if why else None, why.en if why else None)


def _delivery(row: Row[Any]) -> Delivery:
    same = {name: getattr(row, name) for name in _SAME}
    why = push.why_of(row.error, row.status)
    return Delivery(
        id=row.id, target=row.name, event=row.event, object=row.object, office=row.office_code, key=row.key, happened_at=row.at,
        error_zh=why.zh if why else None, error_en=why.en if why else None, **same,
    )  # fmt: skip
