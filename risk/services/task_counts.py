"""What waits with an office or an officer: open tasks by urgency, what the head must decide, and the work of each officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Case, ColumnElement, Connection, and_, case, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.tasks import AWAITING, State
from risk.services.scoping import office_code_inside, tasks_inside
from risk.services.task_acts import require_office
from risk.services.task_filters import is_late, is_soon
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class OfficerLoad:
    """The open tasks of one officer; no name: of nobody yet. ``accepted``: reports of theirs that were accepted in the last 30 days."""

    officer: str | None
    open: int
    overdue: int
    due_soon: int
    accepted: int


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks wait for what. ``overdue`` and ``due_soon`` look at the next step (to sign, else to report) of a clock that runs.

    ``reported`` waits for the head, ``reviews`` for a second person; ``transferred`` for the coordination desk.
    """

    as_of: datetime
    open: int
    to_sign: int
    overdue: int
    due_soon: int
    returned: int
    paused: int
    reported: int
    transferred: int
    extension_asked: int
    escalated: int
    reviews: int
    assists: int
    copies: int
    officers: tuple[OfficerLoad, ...]


def count(
    conn: Connection, now: datetime, *, office: str | None = None, officer: str | None = None, scope: Scope = EVERYWHERE
) -> TaskCounts:
    """The tasks inside a scope, of one office, or of one officer. ``office_not_found`` for an office outside."""
    if office is not None:
        require_office(conn, scope, office)
    task = t.tasks.c
    whose: list[ColumnElement[bool]] = [tasks_inside(scope)]
    whose += [task.office_code == office] if office else []
    whose += [task.officer == officer] if officer else []
    numbers = conn.execute(select(*_numbers(now)).where(*whose)).mappings().one()
    return TaskCounts(
        as_of=now,
        **{name: int(value or 0) for name, value in numbers.items()},
        reviews=_reviews(conn, office, officer, scope),
        assists=int(conn.scalar(select(func.count()).where(*whose, task.kind == "assist", _waits())) or 0),
        copies=_copies(conn, office, scope),
        officers=_officers(conn, whose, now),
    )


def _waits() -> ColumnElement[bool]:
    return t.tasks.c.state.in_([state.value for state in AWAITING])


def _numbers(now: datetime) -> list[ColumnElement[Any]]:
    task = t.tasks.c
    wanted = {
        "open": _waits(),
        "to_sign": task.state == State.ISSUED.value,
        "overdue": is_late(now),
        "due_soon": is_soon(now),
        "returned": task.state == State.RETURNED.value,
        "paused": and_(_waits(), task.paused_at.is_not(None)),
        "reported": task.state == State.REPORTED.value,
        "transferred": task.state == State.TRANSFERRED_BACK.value,
        "extension_asked": and_(_waits(), task.extension_asked_at.is_not(None)),
        "escalated": and_(_waits(), task.escalated_to.is_not(None)),
    }
    return [func.sum(_one(condition)).label(name) for name, condition in wanted.items()]


def _one(condition: ColumnElement[bool]) -> Case[int]:
    return case((condition, 1), else_=0)


def _reviews(conn: Connection, office: str | None, officer: str | None, scope: Scope) -> int:
    """Second reviews that wait: of an office; of nobody in particular where an officer is asked for."""
    if officer is not None:
        return 0
    r, v = t.verdict_reviews.c, t.verdicts.c
    query = select(func.count()).select_from(t.verdict_reviews).join(t.verdicts, v.id == r.verdict_id).where(r.state == "open")
    query = query.where(v.unit_code == office) if office else query.where(office_code_inside(scope, v.unit_code))
    return int(conn.scalar(query) or 0)


def _copies(conn: Connection, office: str | None, scope: Scope) -> int:
    """Copies to the office (of a whole scope: to any office in it) that were not receipted."""
    c = t.copies.c
    query = select(func.count()).select_from(t.copies).where(c.received_at.is_(None), office_code_inside(scope, c.office_code))
    return int(conn.scalar(query.where(c.office_code == office) if office else query) or 0)


def _officers(conn: Connection, whose: list[ColumnElement[bool]], now: datetime) -> tuple[OfficerLoad, ...]:
    task = t.tasks.c
    finished = and_(task.state.in_([State.ACCEPTED.value, State.CLOSED.value]), task.updated_at >= now - timedelta(days=30))
    columns = {"open": _waits(), "overdue": is_late(now), "due_soon": is_soon(now), "accepted": finished}
    query = select(task.officer, *(func.sum(_one(condition)).label(name) for name, condition in columns.items()))
    rows = conn.execute(query.where(*whose, or_(_waits(), finished)).group_by(task.officer)).all()
    loads = [OfficerLoad(row.officer, *(int(value or 0) for value in row[1:])) for row in rows]
    return tuple(sorted(loads, key=lambda one: (-one.overdue, -one.open, one.officer or "")))
