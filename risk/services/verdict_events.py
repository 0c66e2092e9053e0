"""The steps of a verdict: each is checked against the table of ``risk.domain.review``, moves the row once, and leaves an event and an audit row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.messages import Told, register, say
from risk.domain.review import Standing, after
from risk.services import auditing
from risk.storage import tables as t

register(
    {
        "verdict_not_found": ("没有编号为 {verdict} 的核查结论", "no verdict with the number {verdict}"),
        "verdict_event_report": ("反馈", "reported"),
        "verdict_event_accept": ("审核通过", "accepted"),
        "verdict_event_ask_review": ("提交复核", "to be reviewed"),
        "verdict_event_finalise": ("生效", "final"),
        "verdict_event_pass": ("复核通过", "review passed"),
        "verdict_event_send_back": ("复核退回", "sent back by the review"),
        "verdict_event_appeal": ("收到申诉", "contested"),
        "verdict_event_appeal_upheld": ("申诉维持", "upheld on appeal"),
        "verdict_event_appeal_overturned": ("申诉撤销", "overturned on appeal"),
    }
)


def step(
    conn: Connection,
    verdict_id: int,
    event: str,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Standing:
    """Take one step; ``verdict_not_found``, or ``verdict_step`` where the table has no such step (also where somebody else was faster)."""
    state = Standing(get(conn, verdict_id).state)
    into = after(state, event)
    v = t.verdicts.c
    moved = conn.execute(update(t.verdicts).where(v.id == verdict_id, v.state == state.value).values(state=into.value, changed_at=now))
    if moved.rowcount != 1:
        raise ConflictError("verdict_step", state=state.value, event=event)
    note(conn, verdict_id, event, state, into, actor=actor, now=now, reason=reason, detail=detail)
    return into


def note(
    conn: Connection,
    verdict_id: int,
    event: str,
    before: Standing | None,
    into: Standing,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write what happened to a verdict; a step that changes no state has the same state twice."""
    row = {"verdict_id": verdict_id, "event": event, "from_state": before.value if before else None, "to_state": into.value}
    conn.execute(insert(t.verdict_events).values(**row, actor=actor, reason=reason, detail=dict(detail or {}), at=now))
    said = {"from": row["from_state"], "to": into.value, "reason": reason, **dict(detail or {})}
    auditing.record(conn, actor, f"verdict.{event}", f"verdict:{verdict_id}", said, now)


def word(event: str) -> Told:
    """An event of a verdict in words."""
    return Told(say(f"verdict_event_{event}", "zh", default=event), say(f"verdict_event_{event}", "en", default=event))


def get(conn: Connection, verdict_id: int) -> Row[Any]:
    """The row of a verdict; ``verdict_not_found``."""
    row = conn.execute(select(t.verdicts).where(t.verdicts.c.id == verdict_id)).one_or_none()
    if row is None:
        raise NotFoundError("verdict_not_found", verdict=verdict_id)
    return row


def actors(conn: Connection, verdict_id: int, *events: str) -> frozenset[str]:
    """Who took these steps."""
    e = t.verdict_events.c
    return frozenset(conn.scalars(select(e.actor).where(e.verdict_id == verdict_id, e.event.in_(events))))


def office_of(conn: Connection, task_id: int) -> str | None:
    """The office whose task it is."""
    found = conn.scalar(select(t.tasks.c.office_code).where(t.tasks.c.id == task_id))
    return None if found is None else str(found)
