"""How far a run is and how long it will take, told from what it stores: nobody has to ask the process that does it.

Signals are counted by their numbers, so ``of`` may be somewhat too high. The pace is that since the run was last taken up: what was done before a kill says
little of the machine it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select, update

from risk.storage import tables as t

if TYPE_CHECKING:
    from risk.services.settling import OpenRun  # with it come the libraries that judge


@dataclass(frozen=True, slots=True)
class Pace:
    """Signals read of those that the run goes over, and the seconds left at its pace; None where that is not known."""

    read: int | None = None
    of: int | None = None
    seconds_left: int | None = None


def begin(conn: Connection, runs: Sequence[OpenRun], now: datetime) -> int:
    """Note what the runs go over, and where they are ``now`` that they begin or go on; about how many signals that leaves to read."""
    last = int(conn.scalar(select(func.max(t.signals.c.id))) or 0)
    r = t.runs.c
    query = select(r.id, r.span).where(r.id.in_([one.id for one in runs]))
    stored = {row.id: row.span for row in conn.execute(query)}
    for one in runs:
        here = max(one.cursor, one.passed.upto, 0)
        span = {"first": (stored.get(one.id) or {}).get("first", here), "last": max(last, here), "at": now.isoformat(), "from": here}
        conn.execute(update(t.runs).where(r.id == one.id).values(span=span))
    return max(0, *(last - max(one.cursor, one.passed.upto, 0) for one in runs))


def pace(row: Row[Any], now: datetime) -> Pace:
    """Of a row of the table, at a moment; nothing is told of runs that stored no span."""
    if not row.span:
        return Pace()
    first, last = int(row.span["first"]), int(row.span["last"])
    here = last if row.status == "done" else min(max(int(row.cursor), first), last)
    read, since = here - first, here - int(row.span["from"])
    gone = (now - datetime.fromisoformat(row.span["at"])).total_seconds()
    known = row.status == "running" and since > 0 and gone > 0
    return Pace(read, last - first, round((last - here) * gone / since) if known else None)
