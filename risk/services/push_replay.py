"""Send again: one delivery, those of a period, or the past to a target that is new. The ids stay, so that a receiver who has them does nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from risk.domain import push
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.services import auditing, push_spread, push_targets, push_views
from risk.storage import tables as t
from risk.storage.upsert import batches

MOST = 10_000
"""Deliveries sent again by one act, so that its transaction stays short; asked again it goes on."""

register(
    {
        "push_replay_empty": ("请说明要重发什么：编号，或目标与起止时间", "say what to send again: numbers, or a target and a period"),
        "push_replay_open": ("推送 {id} 还在发送中，无需重发", "the delivery {id} is still being tried"),
    }
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries are due again, how many are new, and whether there are more."""

    again: int
    new: int
    more: bool


def replay(conn: Connection, numbers: Sequence[int], *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> Replayed:
    """Deliveries by number, each sent or dead. ``push_delivery_not_found``, ``push_replay_open``, ``push_replay_empty``; ``push_target_not_found`` where it was removed."""
    if not numbers or len(numbers) > MOST:
        raise InvalidInputError("push_replay_empty")
    for number in numbers:
        found = push_views.get_delivery(conn, number, scope=scope)
        push_targets.find(conn, found.target, scope)
        if found.state not in (push.SENT, push.DEAD):
            raise ConflictError("push_replay_open", id=number)
    _again(conn, numbers, now)
    auditing.record(conn, actor, "push.replay", "push_deliveries", {"numbers": list(numbers)[:100], "count": len(numbers)}, now)
    return Replayed(len(numbers), 0, more=False)


def replay_period(
    conn: Connection,
    target: str,
    since: datetime,
    until: datetime,
    *,
    states: Sequence[str] = (push.DEAD,),
    missing: bool = False,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> Replayed:
    """Deliveries of a target whose events happened in ``since ≤ t < until``; ``missing``: also events that it has never been meant for. ``push_replay_empty``."""
    if since >= until:
        raise InvalidInputError("push_replay_empty")
    row = push_targets.find(conn, target, scope)
    d, o = t.push_deliveries.c, t.outbox.c
    ended = [state for state in states if state in (push.SENT, push.DEAD)]
    old = select(d.id).join_from(t.push_deliveries, t.outbox, d.outbox_id == o.id).where(d.target_id == row.id, o.at >= since, o.at < until)
    numbers = list(conn.scalars(old.where(d.state.in_(ended)).order_by(d.id).limit(MOST + 1)))
    _again(conn, numbers[:MOST], now)
    new = _bring(conn, row, since, until, now) if missing else 0
    more = len(numbers) > MOST or new == MOST
    detail = {
        "target": target,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "states": ended,
        "again": len(numbers[:MOST]),
        "new": new,
    }
    auditing.record(conn, actor, "push.replay", f"push_target:{row.id}", detail, now)
    return Replayed(len(numbers[:MOST]), new, more)


def _bring(conn: Connection, target: Row[Any], since: datetime, until: datetime, now: datetime) -> int:
    """Deliveries of past events that the target wants and has never been meant for; returns how many, ``MOST`` at most."""
    d, o = t.push_deliveries.c, t.outbox.c
    known = select(d.outbox_id).where(d.target_id == target.id)
    wanted = select(t.outbox).where(o.at >= since, o.at < until, o.spread_at.is_not(None), o.id.not_in(known)).order_by(o.id)
    places, new, last = push_spread.offices(conn), 0, 0
    while new < MOST:
        rows = conn.execute(wanted.where(o.id > last).limit(5_000)).all()
        if not rows:
            break
        last = int(rows[-1].id)
        some = [one for one in rows if push_spread.wants(target, one, places)][: MOST - new]
        push_spread.deliver(conn, some, [target], now)
        new += len(some)
    return new


def _again(conn: Connection, numbers: Sequence[int], now: datetime) -> None:
    d = t.push_deliveries.c
    programs = select(t.push_targets.c.id).where(t.push_targets.c.kind == push.WEBHOOK)
    fresh = {"state": push.PENDING, "attempts": 0, "next_at": now, "held_by": None, "error": None, "created_at": now, "ended_at": None}
    for some in batches(numbers):
        conn.execute(update(t.push_deliveries).where(d.id.in_(some)).values(fresh))
        # people get a new message of whatever is due then; a webhook's id is its event's
        conn.execute(update(t.push_deliveries).where(d.id.in_(some), d.target_id.not_in(programs)).values(message=None))
