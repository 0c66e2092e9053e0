"""Health of targets: what fails again and again is left alone for a while, tried with one message, and served again when that arrives.

(The circuit breaker of Nygard, *Release It!*, ch. 5: closed is *on*, open is *paused*, half open is the probe.) Pausing, returning and a target that is gone
are rows of the audit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from risk.domain import push
from risk.domain.push import Answer
from risk.services import auditing
from risk.storage import tables as t

ACTOR = "push"


@dataclass(frozen=True, slots=True)
class Health:
    """How a target has been doing lately; shares and times are unknown where nothing was tried."""

    tries: int
    success: float | None  # share of tries that arrived
    median_ms: int | None
    slowest_ms: int | None
    unfinished: int  # tries whose worker died, or that are under way
    waiting: int
    dead: int
    oldest_waiting: datetime | None


def note(conn: Connection, target_id: int, answer: Answer, now: datetime) -> None:
    """Draw the conclusion of a try for its target."""
    c = t.push_targets.c
    row = conn.execute(select(t.push_targets).where(c.id == target_id).with_for_update(key_share=True)).one()
    values = _after(row, answer, now)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return
    conn.execute(update(t.push_targets).where(c.id == target_id).values(changed))
    if values["state"] != row.state:
        detail = {"name": row.name, "from": row.state, "to": values["state"], "reason": values["reason"], "failures": values["failures"]}
        auditing.record(conn, ACTOR, "push.target.health", f"push_target:{target_id}", detail, now)


def _after(row: Row[Any], answer: Answer, now: datetime) -> dict[str, Any]:
    same = {"state": row.state, "reason": row.reason, "failures": row.failures, "pauses": row.pauses, "probe_at": row.probe_at}
    if row.state == push.OFF:
        return same
    if answer.ok:
        return {"state": push.ON, "reason": None, "failures": 0, "pauses": 0, "probe_at": None}
    failed = {**same, "failures": row.failures + 1, "reason": answer.error}
    if answer.gone:
        return {**failed, "state": push.OFF, "probe_at": None}
    if answer.wait is not None:  # it asked to be left alone: for all of its messages, not for this one only
        longest = timedelta(seconds=push.knobs()["retry"]["longest_wait_seconds"])
        return {**failed, "state": push.PAUSED, "probe_at": now + min(answer.wait, longest)}
    if row.state == push.PAUSED or failed["failures"] >= push.knobs()["breaker"]["failures"]:
        return {**failed, "state": push.PAUSED, "probe_at": now + push.pause_after(row.pauses), "pauses": row.pauses + 1}
    return {**failed, "reason": None}


def health(conn: Connection, target_id: int, now: datetime) -> Health:
    """The tries of the last hours (``push.toml``), and what waits."""
    a, d = t.push_attempts.c, t.push_deliveries.c
    since = now - timedelta(hours=push.knobs()["keep"]["health_hours"])
    tries = conn.execute(select(a.ok, a.milliseconds).where(a.target_id == target_id, a.started_at >= since)).all()
    ended = [row for row in tries if row.ok is not None]
    times = sorted(row.milliseconds for row in ended if row.milliseconds is not None)
    mine = d.target_id == target_id
    waiting, oldest = conn.execute(select(func.count(), func.min(d.created_at)).where(mine, d.next_at.is_not(None))).one()
    dead = conn.scalar(select(func.count()).select_from(t.push_deliveries).where(mine, d.state == push.DEAD))
    return Health(
        tries=len(tries),
        success=round(sum(row.ok for row in ended) / len(ended), 4) if ended else None,
        median_ms=round(median(times)) if times else None,
        slowest_ms=times[-1] if times else None,
        unfinished=len(tries) - len(ended),
        waiting=int(waiting),
        dead=int(dead or 0),
        oldest_waiting=oldest,
    )


def forget(conn: Connection, now: datetime, most: int = 5_000) -> int:
    """Delete tries and arrived deliveries that are older than they are kept (``push.toml``); events stay, dead letters too. Returns how many."""
    a, d = t.push_attempts.c, t.push_deliveries.c
    old = select(a.id).where(a.started_at < now - timedelta(days=push.knobs()["keep"]["attempt_days"])).order_by(a.id).limit(most)
    gone = conn.execute(delete(t.push_attempts).where(a.id.in_(old.scalar_subquery()))).rowcount
    ended = now - timedelta(days=push.knobs()["keep"]["delivery_days"])
    arrived = select(d.id).where(d.ended_at < ended, d.state == push.SENT).order_by(d.id).limit(most)
    return int(gone + conn.execute(delete(t.push_deliveries).where(d.id.in_(arrived.scalar_subquery()))).rowcount)
