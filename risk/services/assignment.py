"""Tasks find their officer: by load, by the head's word, or handed over when somebody goes on leave. Every change of hands is an event of the task."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import say
from risk.domain.officers import OpenTask, choose, weight
from risk.services import officers, scoping, tasks
from risk.services.officers import Leave
from risk.storage import tables as t
from risk.storage.engine import serialise

_LOCK = 3  # of serialise: loads are true while tasks are given out
BY_LOAD = "system"
_MOST = 500


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who has a task now, and had it before."""

    task_id: int
    officer: str
    before: str | None


@dataclass(frozen=True, slots=True)
class Tended:
    """What a round did: officers who came on the roster, tasks given out, tasks handed over, leaves that began."""

    joined: int
    given: int
    handed_over: int
    leaves: int


def assign(
    conn: Connection,
    task_id: int,
    officer_id: int | None,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Assigned:
    """Give a task to an officer of its office, or with nobody named to the least loaded one; also from one to another.

    ``NotFoundError``: ``task_not_found``, ``officer_not_found``; ``InvalidInputError``: ``officer_elsewhere``; ``ConflictError``: ``officer_unavailable``,
    ``officer_none``, ``task_transition``.
    """
    scoping.require_task(conn, scope, task_id)
    serialise(conn, _LOCK)
    task = _task(conn, task_id)
    if officer_id is None:
        return _by_load(conn, task, actor, now, reason or say("assigned_by_load", "zh"))
    officer = officers.get(conn, officer_id, scope=scope)
    if officer.office_code != task.office_code:
        raise InvalidInputError("officer_elsewhere", name=officer.name, office=officer.office_code)
    if officer_id not in {one.id for one in officers.available(conn, task.office_code, now)}:
        raise ConflictError("officer_unavailable", name=officer.name)
    return _give(conn, task, officer.name, actor, now, reason)


def give_out(conn: Connection, task_ids: Iterable[int], now: datetime) -> list[Assigned]:
    """Give out, by load, those tasks that wait with offices which do so automatically; the gravest and most urgent first."""
    wanted = list(task_ids)
    offices = officers.automatic_offices(conn) if wanted else []
    if not offices:
        return []
    k = t.tasks.c
    query = select(t.tasks).where(k.id.in_(wanted), k.office_code.in_(offices), k.officer.is_(None), officers.in_hand())
    reason = say("assigned_by_load", "zh")
    waiting = conn.execute(query.order_by(k.grade.desc(), k.report_due, k.id)).all()
    return [_by_load(conn, task, BY_LOAD, now, reason) for task in waiting if officers.available(conn, task.office_code, now)]


def go_on_leave(
    conn: Connection,
    officer_id: int,
    first: date,
    last: date,
    *,
    deputy: int | None,
    reason: str,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> list[Assigned]:
    """Enter a leave; where it has begun, open tasks go to the deputy while they are there, else by load. What nobody can take waits for the head.

    Refusals: those of ``officers.plan_leave``.
    """
    serialise(conn, _LOCK)
    number = officers.plan_leave(conn, officer_id, first, last, deputy=deputy, reason=reason, actor=actor, now=now, scope=scope)
    one = next((each for each in officers.begun_leaves(conn, now) if each.id == number), None)
    return _hand_over(conn, one, actor, now) if one is not None else []


def tend(conn: Connection, now: datetime) -> Tended:
    """One round of a job: accounts join the roster, leaves that begin hand over, what waits in automatic offices is given out."""
    serialise(conn, _LOCK)
    joined = officers.sync_accounts(conn, now)
    begun = officers.begun_leaves(conn, now)
    handed = sum(len(_hand_over(conn, one, BY_LOAD, now)) for one in begun)
    k = t.tasks.c
    waiting = select(k.id).where(k.officer.is_(None), officers.in_hand(), k.office_code.in_(officers.automatic_offices(conn)))
    given = give_out(conn, conn.scalars(waiting.order_by(k.id).limit(_MOST)).all(), now)
    return Tended(joined, len(given), handed, len(begun))


def _hand_over(conn: Connection, one: Leave, actor: str, now: datetime) -> list[Assigned]:
    k = t.tasks.c
    mine = select(t.tasks).where(k.officer == one.officer, k.office_code == one.office, officers.in_hand())
    reason = say("handed_over", "zh", name=one.officer)
    moved = []
    for task in conn.execute(mine.order_by(k.grade.desc(), k.report_due, k.id)).all():
        free = officers.available(conn, one.office, now)
        deputy = next((each for each in free if each.id == one.deputy_id), None)
        if deputy is not None:
            moved.append(_give(conn, task, deputy.name, actor, now, reason))
        elif free:
            moved.append(_by_load(conn, task, actor, now, reason))
    conn.execute(update(t.officer_leaves).where(t.officer_leaves.c.id == one.id).values(handed_over_at=now))
    return moved


def _by_load(conn: Connection, task: Row[Any], actor: str, now: datetime, reason: str) -> Assigned:
    loads, _ = officers.open_work(conn, task.office_code, now)
    extra = weight(OpenTask(Grade(task.grade), task.report_due), now)
    if task.officer:
        loads[task.officer] = loads.get(task.officer, 0.0) - extra
    best = choose(officers.available(conn, task.office_code, now), loads, extra)
    if best is None:
        raise ConflictError("officer_none", office=task.office_code)
    return _give(conn, task, best.name, actor, now, reason)


def _give(conn: Connection, task: Row[Any], name: str, actor: str, now: datetime, reason: str | None) -> Assigned:
    if task.officer != name:
        tasks.assign(conn, task.id, officer=name, actor=actor, now=now, reason=reason)
    return Assigned(task.id, name, task.officer)


def _task(conn: Connection, task_id: int) -> Row[Any]:
    return conn.execute(select(t.tasks).where(t.tasks.c.id == task_id)).one()
