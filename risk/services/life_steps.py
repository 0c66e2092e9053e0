"""A step in the life of a verdict or a report, as people are told of it: one shape for both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select


@dataclass(frozen=True, slots=True)
class LifeStep:
    """What happened, from which state to which, by whom, why, when."""

    event: str
    from_state: str | None
    to_state: str
    actor: str
    reason: str | None
    detail: dict[str, Any]
    at: datetime


def steps_of(conn: Connection, events: Table, which: ColumnElement[bool]) -> tuple[LifeStep, ...]:
    """The rows of a table of events that fit, the oldest first."""
    rows = conn.execute(select(events).where(which).order_by(events.c.id))
    return tuple(LifeStep(r.event, r.from_state, r.to_state, r.actor, r.reason, dict(r.detail), r.at) for r in rows)
