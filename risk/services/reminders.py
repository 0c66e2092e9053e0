"""Reminders of tasks: at half of the time, at four fifths, when due; when late, the office one level up is told and finds the task in its list.

Counted in working time (``data/limits.toml``), from the issue to the next step that is owed: the signature, else the report. Each stage of a task is noted once,
as an event of the task, a row of the audit and a message; of several that passed since the last look, only the latest. A clock that stands still reminds nobody.
A reminder is no change of the task: its version stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from risk.domain import regions
from risk.domain.clocks import stage_of
from risk.domain.grades import Grade
from risk.domain.tasks import AWAITING, Event, State
from risk.services import auditing, calendar_store, outbox
from risk.services.bulk import insert_rows, update_rows
from risk.services.dispatch import fallback_code
from risk.storage import tables as t

ESCALATE = "escalate"
_ORDER = ("50", "80", "due", ESCALATE)


def scan(conn: Connection, now: datetime, *, actor: str = "system") -> dict[str, int]:
    """Note the stage each open task has newly reached; returns how many reached which. Again at the same moment, it notes nothing."""
    c = t.tasks.c
    columns = (
        c.id,
        c.state,
        c.kind,
        c.grade,
        c.office_code,
        c.issued_at,
        c.clock_from,
        c.sign_due,
        c.report_due,
        c.reminded,
        c.escalated_to,
    )
    query = select(*columns).where(c.state.in_([s.value for s in AWAITING]), c.paused_at.is_(None))
    calendar = calendar_store.load(conn)
    reached: list[tuple[Row[Any], str, datetime, str]] = []
    tasks: list[Row[Any]] = list(conn.execute(query.order_by(c.id)))
    for task in tasks:
        clock, due = (
            ("sign", task.sign_due)
            if task.state == State.ISSUED.value and task.sign_due <= task.report_due
            else ("report", task.report_due)
        )
        stage = stage_of(task.clock_from or task.issued_at, due, now, calendar)
        if stage is not None and _new(task.reminded, clock, due, stage):
            reached.append((task, clock, due, stage))
    if reached:
        _note(conn, reached, now, actor)
    return dict(Counter(stage for _, _, _, stage in reached))


def office_above(offices: Iterable[Any], office_code: str, fallback: str) -> str | None:
    """The office of the same department one level up (county → city → province; one directly under the province → province), else the fallback owner.

    ``None`` for the fallback owner itself.

    >>> from risk.domain.routing import default_offices
    >>> [office_above(default_offices(), f"{code}-finance_lead", "desk") for code in ("420502", "420500", "429004", "420000")]
    ['420500-finance_lead', '420000-finance_lead', '420000-finance_lead', 'desk']
    """
    known = {office.code: office for office in offices}
    mine = known.get(office_code)
    if mine is None or office_code == fallback:
        return None
    for region in regions.parents(mine.region):
        for office in known.values():
            if office.region == region and office.department == mine.department and office.code != office_code:
                return str(office.code)
    return fallback


def _new(reminded: str | None, clock: str, due: datetime, stage: str) -> bool:
    """Whether this stage of this clock was not noted yet, nor a later one."""
    if not reminded:
        return True
    before_clock, before_due, before_stage = reminded.split("|")
    if (before_clock, before_due) != (clock, due.isoformat()):
        return True
    return _ORDER.index(stage) > _ORDER.index(before_stage)


def _note(conn: Connection, reached: list[tuple[Row[Any], str, datetime, str]], now: datetime, actor: str) -> None:
    o = t.offices.c
    offices = conn.execute(select(o.code, o.region, o.department)).all()
    fallback = fallback_code(conn)
    above: dict[str, str | None] = {}
    events, audit, told, rows = [], [], [], []
    for task, clock, due, stage in reached:
        detail: dict[str, Any] = {"clock": clock, "stage": stage, "due": due.isoformat(), "office": task.office_code}
        event, target = Event.REMIND, task.escalated_to
        if stage == ESCALATE:
            event = Event.ESCALATE
            if task.office_code not in above:
                above[task.office_code] = office_above(offices, task.office_code, fallback)
            target = above[task.office_code]
            detail["to_office"] = target
        events.append(
            {
                "task_id": task.id,
                "event": event.value,
                "from_state": task.state,
                "to_state": task.state,
                "actor": actor,
                "reason": None,
                "detail": detail,
                "at": now,
            }
        )
        audit.append({"at": now, "actor": actor, "action": f"task.remind.{clock}.{stage}", "object": f"task:{task.id}", "detail": detail})
        data = {"task": task.id, "kind": task.kind, "grade": Grade(task.grade).code, "report_due": task.report_due.isoformat(), **detail}
        name = "task.escalated" if stage == ESCALATE else "task.reminded"
        concerned = (target or task.office_code) if stage == ESCALATE else task.office_code
        told.append((name, f"task:{task.id}", data, concerned, f"{clock}|{due.isoformat()}|{stage}"))
        rows.append({"id": task.id, "reminded": f"{clock}|{due.isoformat()}|{stage}", "escalated_to": target, "updated_at": now})
    insert_rows(conn, t.task_events, events)
    update_rows(conn, t.tasks, rows)
    auditing.record_all(conn, audit)
    outbox.emit_many(conn, told, now)
