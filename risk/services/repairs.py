"""Repairs: what a wrong warning asks of the owner of the data (registers, links) or of the rules (rules, lists). open → taken → done, or withdrawn.

Opened when the verdict is final, once for a verdict and owner. Where a correction takes the verdict's place, what is still open is withdrawn.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, true, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.verdicts import day_of, repair_of, taxonomy
from risk.scoring.keys import spec_of, split_key
from risk.services import auditing, outbox
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.scoping import verdicts_inside
from risk.storage import tables as t
from risk.storage.upsert import insert_new

OPEN, TAKEN, DONE, WITHDRAWN = "open", "taken", "done", "withdrawn"
OUTCOMES = ("fixed", "nothing_wrong", "accepted")
"""What came of a repair: mended; nothing was wrong; known, and left as it is."""

register(
    {
        "repair_not_found": ("没有编号为 {id} 的修正任务", "no repair with the number {id}"),
        "repair_ended": ("修正任务 {id} 已办结或者已撤回", "the repair {id} is done or withdrawn"),
        "repair_outcome": ("结果应为：{known}", "the outcome should be one of: {known}"),
        "repair_answer": ("办结修正任务必须写明处理情况", "an answer is required to close a repair"),
    }
)


@dataclass(frozen=True, slots=True)
class RepairView:
    """A repair as people look at it."""

    id: int
    verdict_id: int
    alert_id: int | None
    subject_id: int | None
    model: str
    repair: str
    owner_zh: str
    owner_en: str
    sub_reason: str
    reason_zh: str
    reason_en: str
    rules: tuple[str, ...]
    state: str
    owner: str | None
    outcome: str | None
    answer: str | None
    opened_at: datetime
    changed_at: datetime
    closed_by: str | None
    closed_at: datetime | None


def open_for(
    conn: Connection, verdict: Row[Any], model: str, subject_id: int | None, rules: tuple[str, ...], *, actor: str, now: datetime
) -> int | None:
    """Open the repair that a verdict asks for; returns its id, or nothing where it asks for none. Again, it opens none."""
    owner = repair_of(verdict.code, verdict.sub_reason, day_of(verdict.reported_at))
    if not owner:
        return None
    words = read_toml("verdicts.toml")["repair"][owner]
    spec = spec_of(split_key(model)[0]) if owner == "rule_owner" else None
    key = f"verdict:{verdict.id}|{owner}"
    row = {
        "key": key,
        "verdict_id": verdict.id,
        "alert_id": verdict.alert_id,
        "subject_id": subject_id,
        "model": model,
        "repair": owner,
        "sub_reason": verdict.sub_reason,
        "rules": list(rules) if owner == "rule_owner" else [],
        "state": OPEN,
        "owner_zh": spec.owner[0] if spec is not None else words["zh"],
        "owner_en": spec.owner[1] if spec is not None else words["en"],
        "opened_at": now,
        "changed_at": now,
    }
    there = conn.scalar(select(t.repair_tasks.c.id).where(t.repair_tasks.c.key == key))
    if there is not None:
        return int(there)
    insert_new(conn, t.repair_tasks, [row], ["key"])
    number = int(conn.execute(select(t.repair_tasks.c.id).where(t.repair_tasks.c.key == key)).scalar_one())
    auditing.record(conn, actor, "repair.open", f"repair:{number}", {"verdict": verdict.id, "owner": owner, "why": verdict.sub_reason}, now)
    outbox.emit(conn, "repair.opened", f"repair:{number}", {"kind": owner, "source": verdict.sub_reason, "model": model}, now, once="open")
    return number


def withdraw(conn: Connection, verdict_id: int, *, actor: str, now: datetime) -> int:
    """Take back what is still open for a verdict that another took the place of; returns how many."""
    r = t.repair_tasks.c
    open_ones = list(conn.scalars(select(r.id).where(r.verdict_id == verdict_id, r.state.in_((OPEN, TAKEN)))))
    for number in open_ones:
        conn.execute(update(t.repair_tasks).where(r.id == number).values(state=WITHDRAWN, closed_by=actor, closed_at=now, changed_at=now))
        auditing.record(conn, actor, "repair.withdraw", f"repair:{number}", {"verdict": verdict_id}, now)
    return len(open_ones)


def take(conn: Connection, repair_id: int, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> RepairView:
    """Take a repair on; the actor is its owner. ``repair_not_found``, ``repair_ended``."""
    _open(conn, repair_id, scope)
    conn.execute(update(t.repair_tasks).where(t.repair_tasks.c.id == repair_id).values(state=TAKEN, owner=actor, changed_at=now))
    auditing.record(conn, actor, "repair.take", f"repair:{repair_id}", {}, now)
    return get(conn, repair_id)


def close(
    conn: Connection, repair_id: int, *, outcome: str, answer: str, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> RepairView:
    """Done: what came of it, and in words. ``repair_not_found``, ``repair_ended``, ``repair_outcome``, ``repair_answer``."""
    row = _open(conn, repair_id, scope)
    if outcome not in OUTCOMES:
        raise InvalidInputError("repair_outcome", known=", ".join(OUTCOMES))
    if not answer.strip():
        raise InvalidInputError("repair_answer")
    said = {"outcome": outcome, "answer": answer.strip()}
    done = {**said, "state": DONE, "owner": row.owner or actor, "closed_by": actor, "closed_at": now, "changed_at": now}
    conn.execute(update(t.repair_tasks).where(t.repair_tasks.c.id == repair_id).values(done))
    auditing.record(conn, actor, "repair.close", f"repair:{repair_id}", said, now)
    outbox.emit(conn, "repair.closed", f"repair:{repair_id}", {"kind": row.repair, "source": row.sub_reason}, now, once="done")
    return get(conn, repair_id)


def get(conn: Connection, repair_id: int, *, scope: Scope = EVERYWHERE) -> RepairView:
    """One repair; ``repair_not_found``."""
    row = conn.execute(select(t.repair_tasks).where(t.repair_tasks.c.id == repair_id, _inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("repair_not_found", id=repair_id)
    return _row(row)


def list_repairs(
    conn: Connection,
    *,
    state: str | None = None,
    repair: str | None = None,
    model: str | None = None,
    verdict: int | None = None,
    scope: Scope = EVERYWHERE,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[RepairView]:
    """Repairs, the newest first."""
    r = t.repair_tasks.c
    query = select(t.repair_tasks).where(_inside(scope))
    for column, wanted in ((r.state, state), (r.repair, repair)):
        if wanted:
            query = query.where(column == wanted)
    if verdict is not None:
        query = query.where(r.verdict_id == verdict)
    if model:
        query = query.where(or_(r.model == model, r.model.startswith(f"{model}.", autoescape=True)))
    if cursor:
        query = query.where(r.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(r.id.desc()), limit, _row)


def by_rule(conn: Connection, model: str) -> dict[str, dict[str, int]]:
    """For each rule of a model, how many repairs that name it are open, and how many were asked for in all (withdrawn ones left out)."""
    r = t.repair_tasks.c
    of_model = or_(r.model == model, r.model.startswith(f"{model}.", autoescape=True))
    rows = conn.execute(select(r.rules, r.state).where(of_model, r.repair == "rule_owner", r.state != WITHDRAWN)).all()
    asked: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for row in rows:
        asked.update(row.rules)
        waiting.update(row.rules if row.state in (OPEN, TAKEN) else ())
    return {rule: {"open": waiting[rule], "asked": asked[rule]} for rule in sorted(asked)}


def _open(conn: Connection, repair_id: int, scope: Scope) -> Row[Any]:
    row = conn.execute(select(t.repair_tasks).where(t.repair_tasks.c.id == repair_id, _inside(scope)).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError("repair_not_found", id=repair_id)
    if row.state not in (OPEN, TAKEN):
        raise ConflictError("repair_ended", id=repair_id)
    return row


def _inside(scope: Scope) -> ColumnElement[bool]:
    if scope.whole:
        return true()
    return t.repair_tasks.c.verdict_id.in_(select(t.verdicts.c.id).where(verdicts_inside(scope)))


def _row(row: Row[Any]) -> RepairView:
    sub = next((k.sub_reasons[row.sub_reason] for k in taxonomy().values() if row.sub_reason in k.sub_reasons), None)
    return RepairView(
        id=row.id,
        verdict_id=row.verdict_id,
        alert_id=row.alert_id,
        subject_id=row.subject_id,
        model=row.model,
        repair=row.repair,
        owner_zh=row.owner_zh,
        owner_en=row.owner_en,
        sub_reason=row.sub_reason,
        reason_zh=sub.zh if sub else row.sub_reason,
        reason_en=sub.en if sub else row.sub_reason,
        rules=tuple(row.rules),
        state=row.state,
        owner=row.owner,
        outcome=row.outcome,
        answer=row.answer,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
    )
