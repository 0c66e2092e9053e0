"""Appeals against a verdict: a trader or a department contests it; another person decides. Upheld, the verdict stands; overturned, a correction takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from risk.domain.authority import EVERYWHERE, Principal, Scope
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.masking import masked_name
from risk.domain.messages import Told, register, say
from risk.domain.review import Standing
from risk.services import auditing, exposures, outbox, verdict_filing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked
from risk.services.scoping import require_task, tasks_inside
from risk.services.verdict_events import actors, get, note, office_of
from risk.storage import tables as t

OPEN, UPHELD, OVERTURNED, WITHDRAWN = "open", "upheld", "overturned", "withdrawn"
PARTIES = ("trader", "department")

register(
    {
        "appeal_upheld": ("维持原结论", "upheld"),
        "appeal_overturned": ("撤销原结论", "overturned"),
        "appeal_withdrawn": ("已撤回", "withdrawn"),
        "appeal_not_found": ("没有编号为 {id} 的申诉", "no appeal with the number {id}"),
        "appeal_open": ("该结论已有同一方的未结申诉（编号 {id}）", "this party's appeal against the verdict is open already (number {id})"),
        "appeal_ended": ("申诉 {id} 已结束", "the appeal {id} is over"),
        "appeal_not_final": (
            "结论 {verdict} 尚未生效或者已被更正，不能申诉",
            "the verdict {verdict} is not final or was corrected: it cannot be contested",
        ),
        "appeal_own": (
            "{person} 参与过该结论或者登记了该申诉，不能处理申诉",
            "{person} had a part in the verdict or entered the appeal and cannot decide it",
        ),
        "appeal_party": ("申诉方应为：{known}", "the party should be one of: {known}"),
        "appeal_text": ("申诉方名称和理由为必填", "the appellant and the grounds are required"),
        "appeal_reason": ("处理申诉必须说明理由", "a reason is required to decide an appeal"),
        "appeal_correction": (
            "撤销原结论须同时给出更正后的结论；维持原结论则不得给出",
            "to overturn takes the correction, to uphold takes none",
        ),
        "attachment_place": ("附件须属于一个任务或者一个申诉", "an attachment belongs to a task or to an appeal: name one"),
        "appeal_outcome": ("申诉结果应为：{known}", "the outcome should be one of: {known}"),
    }
)


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal as people look at it; a person's name is masked."""

    id: int
    verdict_id: int
    task_id: int
    party: str
    appellant: str
    grounds: str
    filed_at: datetime
    entered_by: str
    state: str
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    correction_id: int | None
    changed_at: datetime


def file(
    conn: Connection,
    verdict_id: int,
    *,
    party: str,
    appellant: str,
    grounds: str,
    actor: str,
    now: datetime,
    filed_at: datetime | None = None,
    scope: Scope = EVERYWHERE,
) -> AppealView:
    """Enter an appeal. ``verdict_not_found``, ``appeal_party``, ``appeal_text``, ``appeal_not_final``, ``appeal_open``."""
    require_verdict(conn, scope, verdict_id)
    if party not in PARTIES:
        raise InvalidInputError("appeal_party", known=", ".join(PARTIES))
    if not appellant.strip() or not grounds.strip():
        raise InvalidInputError("appeal_text")
    verdict = get(conn, verdict_id)
    if verdict.state != Standing.FINAL or _replaced(conn, verdict_id):
        raise ConflictError("appeal_not_final", verdict=verdict_id)
    key = f"{verdict_id}|{party}"
    there = conn.scalar(select(t.appeals.c.id).where(t.appeals.c.open_key == key))
    if there is not None:
        raise ConflictError("appeal_open", id=there)
    row = {"verdict_id": verdict_id, "party": party, "open_key": key, "appellant": appellant.strip()[:200], "grounds": grounds.strip()}
    row |= {"filed_at": min(filed_at or now, now), "entered_by": actor, "state": OPEN, "changed_at": now}
    number = int(conn.execute(insert(t.appeals).values(row).returning(t.appeals.c.id)).scalar_one())
    exposures.take_down(conn, verdict_id, "appealed", actor=actor, now=now)
    note(conn, verdict_id, "appeal", Standing.FINAL, Standing.FINAL, actor=actor, now=now, detail={"appeal": number, "party": party})
    told = {"outcome": verdict.code, "appeal": number, "party": party}
    outbox.emit(
        conn, "verdict.appealed", f"verdict:{verdict_id}", told, now, office=office_of(conn, verdict.task_id), once=f"appeal:{number}"
    )
    return get_appeal(conn, number)


def decide(
    conn: Connection,
    appeal_id: int,
    *,
    outcome: str,
    reason: str,
    who: Principal,
    now: datetime,
    correction: Mapping[str, Any] | None = None,
) -> AppealView:
    """Uphold or overturn. Who decides had no part in the verdict. An overturned verdict is replaced in the same act; the correction is accepted anew.

    Errors: ``appeal_not_found``, ``appeal_outcome``, ``appeal_reason``, ``appeal_correction``, ``appeal_own``, ``appeal_ended``, and those of
    ``verdict_filing.correct``.
    """
    row = _row(conn, appeal_id, who.scope)
    if outcome not in (UPHELD, OVERTURNED):
        raise InvalidInputError("appeal_outcome", known=f"{UPHELD}, {OVERTURNED}")
    if not reason.strip():
        raise InvalidInputError("appeal_reason")
    if (outcome == OVERTURNED) != (correction is not None):
        raise InvalidInputError("appeal_correction")
    verdict = get(conn, row.verdict_id)
    parts = {verdict.actor, *verdict.officers, row.entered_by} | actors(conn, verdict.id, "accept", "pass", "send_back")
    if who.name in parts:
        raise ForbiddenError("appeal_own", person=who.name)
    done = {"state": outcome, "open_key": None, "decided_by": who.name, "decided_at": now, "reason": reason.strip(), "changed_at": now}
    a = t.appeals.c
    if conn.execute(update(t.appeals).where(a.id == appeal_id, a.state == OPEN).values(done)).rowcount != 1:
        raise ConflictError("appeal_ended", id=appeal_id)
    state = Standing(verdict.state)
    note(conn, verdict.id, f"appeal_{outcome}", state, state, actor=who.name, now=now, reason=reason.strip(), detail={"appeal": appeal_id})
    told = {"outcome": verdict.code, "appeal": appeal_id, "decision": outcome}
    outbox.emit(conn, "appeal.decided", f"appeal:{appeal_id}", told, now, office=office_of(conn, verdict.task_id), once="decided")
    if correction is not None:
        number = verdict_filing.correct(conn, verdict.task_id, correction, reason=reason, who=who, now=now)
        conn.execute(update(t.appeals).where(a.id == appeal_id).values(correction_id=number))
    return get_appeal(conn, appeal_id)


def withdraw(conn: Connection, appeal_id: int, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> AppealView:
    """The party takes its appeal back. ``appeal_not_found``, ``appeal_ended``, ``appeal_reason``."""
    row = _row(conn, appeal_id, scope)
    if not reason.strip():
        raise InvalidInputError("appeal_reason")
    a = t.appeals.c
    done = {"state": WITHDRAWN, "open_key": None, "decided_at": now, "reason": reason.strip(), "changed_at": now}
    if conn.execute(update(t.appeals).where(a.id == appeal_id, a.state == OPEN).values(done)).rowcount != 1:
        raise ConflictError("appeal_ended", id=appeal_id)
    auditing.record(conn, actor, "appeal.withdraw", f"appeal:{appeal_id}", {"verdict": row.verdict_id, "reason": reason.strip()}, now)
    return get_appeal(conn, appeal_id)


def get_appeal(conn: Connection, appeal_id: int, *, scope: Scope = EVERYWHERE) -> AppealView:
    """One appeal; ``appeal_not_found``."""
    return _view(_row(conn, appeal_id, scope))


def list_appeals(
    conn: Connection,
    *,
    state: str | None = None,
    verdict: int | None = None,
    updated_since: datetime | None = None,
    scope: Scope = EVERYWHERE,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AppealView]:
    """Appeals, the newest first."""
    a = t.appeals.c
    query = _query(scope)
    if state:
        query = query.where(a.state == state)
    if verdict is not None:
        query = query.where(a.verdict_id == verdict)
    if updated_since:
        query = query.where(a.changed_at >= updated_since)
    if cursor:
        query = query.where(a.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(a.id.desc()), limit, _view)


def word(state: str) -> Told:
    """The outcome of an appeal in words."""
    return Told(say(f"appeal_{state}", "zh", default=state), say(f"appeal_{state}", "en", default=state))


def require_verdict(conn: Connection, scope: Scope, verdict_id: int) -> int:
    """The task of a verdict inside a scope; ``verdict_not_found`` for one outside, the same as for one that does not exist."""
    v = t.verdicts.c
    inside = select(v.task_id).join_from(t.verdicts, t.tasks, v.task_id == t.tasks.c.id).where(v.id == verdict_id, tasks_inside(scope))
    task = conn.scalar(inside)
    if task is None:
        raise NotFoundError("verdict_not_found", verdict=verdict_id)
    return int(task)


def task_of(conn: Connection, task_id: int | None, appeal_id: int | None, *, scope: Scope = EVERYWHERE) -> int:
    """The task that an attachment belongs to: named, or that of an appeal which is open. ``attachment_place``, ``task_not_found``, ``appeal_not_found``,
    ``appeal_ended``."""
    if (task_id is None) == (appeal_id is None):
        raise InvalidInputError("attachment_place")
    if task_id is not None:
        require_task(conn, scope, task_id)
        return task_id
    assert appeal_id is not None
    row = _row(conn, appeal_id, scope)
    if row.state != OPEN:
        raise ConflictError("appeal_ended", id=appeal_id)
    return int(row.task_id)


def _replaced(conn: Connection, verdict_id: int) -> bool:
    return conn.scalar(select(t.verdicts.c.id).where(t.verdicts.c.supersedes == verdict_id)) is not None


def _query(scope: Scope) -> Any:
    v = t.verdicts.c
    return (
        select(t.appeals, v.task_id)
        .join_from(t.appeals, t.verdicts, v.id == t.appeals.c.verdict_id)
        .join(t.tasks, t.tasks.c.id == v.task_id)
        .where(tasks_inside(scope))
    )


def _row(conn: Connection, appeal_id: int, scope: Scope) -> Row[Any]:
    row: Row[Any] | None = conn.execute(_query(scope).where(t.appeals.c.id == appeal_id)).one_or_none()
    if row is None:
        raise NotFoundError("appeal_not_found", id=appeal_id)
    return row


def _view(row: Row[Any]) -> AppealView:
    facts = {name: getattr(row, name) for name in AppealView.__slots__}
    return AppealView(**facts | {"appellant": masked_name(row.appellant), "grounds": masked(row.grounds)})
