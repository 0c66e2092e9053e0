"""Reminders of tasks: at half of the time, at four fifths, when due, and one level up when late. Each stage of a task is noted once, in the audit.

Nothing is sent yet: the push channels are a later part and will take these rows up. Counted in elapsed time between issue and deadline; the deadline itself
is in working days.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, select

from risk.domain.tasks import AWAITING, State
from risk.services import auditing
from risk.storage import tables as t

STAGES = ((1.25, "escalate"), (1.0, "due"), (0.8, "80"), (0.5, "50"))
"""Share of the time gone → stage, the latest first."""

_PREFIX = "task.remind."


def scan(conn: Connection, now: datetime, *, actor: str = "system") -> dict[str, int]:
    """Note the stage each open task has newly reached; returns how many reached which. Again at the same moment, it notes nothing."""
    c = t.tasks.c
    query = select(c.id, c.state, c.office_code, c.issued_at, c.sign_due, c.report_due).where(c.state.in_([s.value for s in AWAITING]))
    tasks = conn.execute(query.order_by(c.id)).all()
    if not tasks:
        return {}
    known = _known(conn, min(task.issued_at for task in tasks))
    rows, counts = [], Counter[str]()
    for task in tasks:
        kind, due = ("sign", task.sign_due) if task.state == State.ISSUED.value else ("report", task.report_due)
        stage = stage_of(task.issued_at, due, now)
        if stage is None:
            continue
        mark = (f"task:{task.id}", f"{_PREFIX}{kind}.{stage}", due.isoformat())
        if mark in known:
            continue
        counts[stage] += 1
        detail = {"due": due.isoformat(), "office": task.office_code}
        rows.append({"at": now, "actor": actor, "action": mark[1], "object": mark[0], "detail": detail})
    auditing.record_all(conn, rows)
    return dict(counts)


def stage_of(issued_at: datetime, due: datetime, now: datetime) -> str | None:
    """The stage that ``now`` has reached.

    >>> from datetime import UTC, timedelta
    >>> start = datetime(2026, 10, 12, tzinfo=UTC)
    >>> [stage_of(start, start + timedelta(hours=10), start + timedelta(hours=h)) for h in (4, 5, 9, 10, 13)]
    [None, '50', '80', 'due', 'escalate']
    """
    span = (due - issued_at).total_seconds()
    gone = (now - issued_at).total_seconds() / span if span > 0 else float("inf")
    return next((stage for share, stage in STAGES if gone >= share), None)


def _known(conn: Connection, since: datetime) -> set[tuple[str, str, str]]:
    a = t.audit.c
    rows = conn.execute(select(a.object, a.action, a.detail).where(a.at >= since, a.action.startswith(_PREFIX)))
    return {(row.object, row.action, str(row.detail.get("due", ""))) for row in rows}
