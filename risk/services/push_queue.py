"""The queue of deliveries: a worker claims one message, sends it outside of any transaction, and says what came of it.

A claim is a lease: for as long as it lasts the deliveries are not due for anybody, and a worker that dies leaves them due again. What was sent and not yet
marked when the worker died is sent again, under the same id. On PostgreSQL claimers of one target pass its row one at a time and skip what is locked; on
SQLite every writer does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, insert, select, update

from risk.domain import push
from risk.domain.events import Happened
from risk.domain.push import Answer
from risk.domain.signals import digest
from risk.services import push_health
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class Claim:
    """One message that is ours to send until the lease ends."""

    target: Row[Any]
    message: str  # its id, the same at every try
    events: tuple[Happened, ...]
    deliveries: tuple[int, ...]
    attempts: int  # tries before this one
    since: datetime
    held_by: str
    attempt: int


def due_targets(conn: Connection, now: datetime) -> list[int]:
    """Targets for which something is due, the one that was served longest ago first."""
    c, d = t.push_targets.c, t.push_deliveries.c
    due = exists(select(1).where(d.target_id == c.id, d.next_at <= now))
    rows = conn.execute(select(c.id, c.state, c.probe_at, c.served_at).where(c.removed_at.is_(None), c.state != push.OFF, due)).all()
    ready = [row for row in rows if row.state == push.ON or (row.probe_at is not None and row.probe_at <= now)]
    return [row.id for row in sorted(ready, key=lambda row: (row.served_at is not None, row.served_at or now, row.id))]


def served(conn: Connection, target_id: int, now: datetime) -> None:
    """Note that a target has had its turn."""
    conn.execute(update(t.push_targets).where(t.push_targets.c.id == target_id).values(served_at=now))


def claim(conn: Connection, target_id: int, worker: str, now: datetime) -> Claim | None:
    """The next message of a target; nothing where none is due, or the target rests, or has had as many as it takes in a minute."""
    c = t.push_targets.c
    target = conn.execute(
        select(t.push_targets).where(c.id == target_id, c.removed_at.is_(None)).with_for_update(key_share=True)
    ).one_or_none()
    if target is None or not _open(conn, target, now):
        return None
    rows = _next(conn, target, now)
    if not rows:
        return None
    until = now + timedelta(seconds=push.knobs()["turn"]["lease_seconds"])
    message = rows[0].message or _message(target, rows)
    attempt = insert(t.push_attempts).values(target_id=target.id, message=message, deliveries=len(rows), started_at=now)
    number = int(conn.execute(attempt.returning(t.push_attempts.c.id)).scalar_one())
    held_by = f"{worker}#{number}"[-120:]
    ids = tuple(int(row.id) for row in rows)
    taken = {"held_by": held_by, "next_at": until, "message": message}
    conn.execute(update(t.push_deliveries).where(t.push_deliveries.c.id.in_(ids)).values(taken))
    if target.state == push.PAUSED:  # one probe at a time
        conn.execute(update(t.push_targets).where(c.id == target.id).values(probe_at=until))
    told = tuple(Happened(row.outbox_id, row.key, row.event, row.object, row.office_code, row.data, row.at, row.trace_id) for row in rows)
    return Claim(target, message, told, ids, max(row.attempts for row in rows), min(row.created_at for row in rows), held_by, number)


def mark(conn: Connection, done: Claim, answer: Answer, now: datetime, milliseconds: int, rng: Random) -> bool:
    """Write down what came of a try; false where the lease was over and somebody else has the deliveries now."""
    a, d = t.push_attempts.c, t.push_deliveries.c
    said = {"ok": answer.ok, "status": answer.status, "error": answer.error, "milliseconds": milliseconds}
    conn.execute(update(t.push_attempts).where(a.id == done.attempt).values(said))
    values: dict[str, Any] = {"attempts": done.attempts + 1, "held_by": None, "status": answer.status, "error": answer.error}
    if answer.ok:
        values |= {"state": push.SENT, "next_at": None, "ended_at": now}
    elif answer.lasting or push.is_spent(done.attempts + 1, done.since, now):
        values |= {"state": push.DEAD, "next_at": None, "ended_at": now}
    else:
        values |= {"state": push.FAILED, "next_at": now + push.backoff(done.attempts + 1, rng, answer.wait)}
    kept = conn.execute(update(t.push_deliveries).where(d.id.in_(done.deliveries), d.held_by == done.held_by).values(values))
    push_health.note(conn, done.target.id, answer, now)
    return bool(kept.rowcount)


def _open(conn: Connection, target: Row[Any], now: datetime) -> bool:
    if target.state == push.OFF or (target.state == push.PAUSED and (target.probe_at is None or target.probe_at > now)):
        return False
    most = push.knobs()["limit"].get(target.kind)
    if most is None:
        return True
    a = t.push_attempts.c
    recent = select(func.count()).select_from(t.push_attempts).where(a.target_id == target.id, a.started_at > now - timedelta(minutes=1))
    return int(conn.scalar(recent) or 0) < int(most)


def _next(conn: Connection, target: Row[Any], now: datetime) -> Sequence[Row[Any]]:
    """The deliveries of the next message: for programs one event, for people all that are due for one office; what travelled together stays together."""
    o, d = t.outbox.c, t.push_deliveries.c
    columns = (d.id, d.outbox_id, d.attempts, d.created_at, d.message, o.key, o.event, o.object, o.office_code, o.data, o.at, o.trace_id)
    joined: Select[Any] = (
        select(*columns).join_from(t.push_deliveries, t.outbox, d.outbox_id == o.id).where(d.target_id == target.id, d.next_at <= now)
    )
    locked = joined.with_for_update(skip_locked=True, of=t.push_deliveries)
    first = conn.execute(locked.order_by(d.next_at, d.id).limit(1)).one_or_none()
    if first is None or target.kind == push.WEBHOOK:
        return [first] if first is not None else []
    if first.message:
        return conn.execute(locked.where(d.message == first.message).order_by(d.urgent.desc(), d.id)).all()
    together = locked.where(d.message.is_(None), o.office_code.is_not_distinct_from(first.office_code))
    return conn.execute(together.order_by(d.urgent.desc(), d.id).limit(int(push.knobs()["digest"]["most_events"]))).all()


def _message(target: Row[Any], rows: Sequence[Row[Any]]) -> str:
    if target.kind == push.WEBHOOK:
        return str(rows[0].key)
    return str(digest(["push", target.id, *(row.key for row in rows)]))
