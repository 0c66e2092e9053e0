"""What the senders of a clue are told when its verdict is final: the class of the result in plain words, nothing else.

A system or an office that sent the clue is told by an event (``clue.feedback``), which goes out with the other pushes. A person who gave the clue and wants to
know is told by the office, by letter or telephone: that is *owed*, with the day the law sets, until somebody says that it was done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, true, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.verdicts import Tell, day_of, taxonomy, told_of
from risk.services import auditing, calendar_store, outbox
from risk.services.clue_senders import senders_of
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.scoping import verdicts_inside
from risk.storage import tables as t
from risk.storage.upsert import insert_new

SENT, OWED, TOLD, WITHDRAWN = "sent", "owed", "told", "withdrawn"

register(
    {
        "feedback_not_found": ("没有编号为 {id} 的反馈", "no feedback with the number {id}"),
        "feedback_not_owed": ("反馈 {id} 不是待告知状态", "the feedback {id} is not owed"),
        "feedback_how": ("必须写明以何种方式告知", "say how the person was told"),
    }
)


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """What somebody is told. ``late``: owed, and the day the law sets is over. The person is found through the reference, on the record."""

    id: int
    verdict_id: int
    sender_kind: str
    sender: str
    reference: str
    office: str | None
    result: str
    zh: str
    en: str
    state: str
    decided_at: datetime
    due_at: datetime | None
    late: bool
    told_at: datetime | None
    told_by: str | None
    how: str | None


def tell_senders(conn: Connection, verdict: Row[Any], *, actor: str, now: datetime) -> int:
    """Tell, or owe, each sender of the clues behind a final verdict; returns how many there are. Again, it tells nobody twice."""
    if verdict.alert_id is None:
        return 0
    office = conn.execute(
        select(t.offices.c.code, t.offices.c.department)
        .join_from(t.tasks, t.offices, t.tasks.c.office_code == t.offices.c.code)
        .where(t.tasks.c.id == verdict.task_id)
    ).one_or_none()
    told = told_of(verdict.code, day_of(verdict.reported_at))
    due = _due(conn, verdict, office.department if office else None, now)
    rows = [
        {**row, "verdict_id": verdict.id, "office_code": office.code if office else None, "result": told.code, "decided_at": now,
         "due_at": due if row["sender_kind"] == "complainant" else None}
        for row in _senders(conn, verdict.alert_id)
    ]  # fmt: skip
    insert_new(conn, t.clue_feedbacks, rows, ["verdict_id", "sender_kind", "sender", "reference"])
    for row in rows:
        if row["state"] == SENT:
            _send(conn, verdict, row, told, now)
    if rows:
        auditing.record(conn, actor, "clue.feedback", f"verdict:{verdict.id}", {"senders": len(rows), "result": told.code}, now)
    return len(rows)


def withdraw(conn: Connection, verdict_id: int, *, now: datetime) -> None:
    """What is still owed for a verdict that another took the place of is owed no more: the new one will say."""
    f = t.clue_feedbacks.c
    conn.execute(update(t.clue_feedbacks).where(f.verdict_id == verdict_id, f.state == OWED).values(state=WITHDRAWN, told_at=now))


def told(conn: Connection, feedback_id: int, *, how: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> FeedbackView:
    """The person was told, and how. ``feedback_not_found``, ``feedback_not_owed``, ``feedback_how``."""
    row = _one(conn, feedback_id, scope)
    if not how.strip():
        raise InvalidInputError("feedback_how")
    f = t.clue_feedbacks.c
    done = {"state": TOLD, "told_at": now, "told_by": actor, "how": how.strip()[:200]}
    if conn.execute(update(t.clue_feedbacks).where(f.id == row.id, f.state == OWED).values(done)).rowcount != 1:
        raise ConflictError("feedback_not_owed", id=feedback_id)
    auditing.record(conn, actor, "clue.told", f"feedback:{feedback_id}", {"verdict": row.verdict_id, "how": done["how"]}, now)
    return _view(_one(conn, feedback_id, scope), now)


def remind_late(conn: Connection, now: datetime) -> int:
    """Tell the offices what they owe beyond its day, once for each; returns how many are late."""
    f = t.clue_feedbacks.c
    query = select(f.id, f.verdict_id, f.office_code, f.due_at).where(f.state == OWED, f.due_at < now).order_by(f.id)
    rows = conn.execute(query).all()
    for row in rows:
        told = {"verdict": row.verdict_id, "feedback": row.id, "report_due": row.due_at.isoformat()}
        outbox.emit(conn, "clue.feedback_late", f"verdict:{row.verdict_id}", told, now, office=row.office_code, once=f"late:{row.id}")
    return len(rows)


def list_feedback(
    conn: Connection,
    now: datetime,
    *,
    state: str | None = None,
    late: bool = False,
    verdict: int | None = None,
    scope: Scope = EVERYWHERE,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[FeedbackView]:
    """What was and is to be told, the newest first; ``late`` keeps what is owed beyond its day."""
    f = t.clue_feedbacks.c
    query = select(t.clue_feedbacks).where(_inside(scope))
    if state:
        query = query.where(f.state == state)
    if late:
        query = query.where(f.state == OWED, f.due_at < now)
    if verdict is not None:
        query = query.where(f.verdict_id == verdict)
    if cursor:
        query = query.where(f.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(f.id.desc()), limit, lambda row: _view(row, now))


def _senders(conn: Connection, alert_id: int) -> Iterator[dict[str, Any]]:
    """One row for each sender who can be told: reports and warnings, and what a person entered; what we looked for ourselves has none."""
    found = senders_of(conn, alert_id)
    ids = {one.signal_id for one in found}
    kinds = {row.id: row.kind for row in conn.execute(select(t.signals.c.id, t.signals.c.kind).where(t.signals.c.id.in_(ids)))}
    for one in found:
        reference = one.reference or f"signal:{one.signal_id}"
        common = {"reference": reference, "signal_id": one.signal_id}
        if one.wants_answer:
            yield {**common, "sender_kind": "complainant", "sender": one.source, "state": OWED}
        if one.kind == "manual" and one.office:
            yield {**common, "sender_kind": "office", "sender": one.office, "state": SENT}
        elif one.kind == "warning" or (one.kind == "source" and kinds[one.signal_id] in ("report", "warning")):
            yield {**common, "sender_kind": "system", "sender": one.source, "state": SENT}


def _due(conn: Connection, verdict: Row[Any], department: str | None, now: datetime) -> datetime | None:
    """When a real-name reporter must be told at the latest; nothing where no law sets a day for this result and department."""
    rule = read_toml("verdicts.toml")["inform"]
    kind = taxonomy(day_of(verdict.reported_at))[verdict.code]
    if not kind.filing or department not in rule["departments"]:
        return None
    return calendar_store.load(conn).add_workdays(now, int(rule["workdays"]))


def _send(conn: Connection, verdict: Row[Any], row: dict[str, Any], told: Tell, now: datetime) -> None:
    data = {name: row[name] for name in ("sender_kind", "sender", "reference", "result")}
    data |= {"zh": told.zh, "en": told.en, "alert": verdict.alert_id, "correction": verdict.supersedes is not None}
    office = row["sender"] if row["sender_kind"] == "office" else row["office_code"]
    once = f"{row['sender_kind']}|{row['sender']}|{row['reference']}"
    outbox.emit(conn, "clue.feedback", f"verdict:{verdict.id}", data, now, office=office, once=once)


def _inside(scope: Scope) -> ColumnElement[bool]:
    if scope.whole:
        return true()
    return t.clue_feedbacks.c.verdict_id.in_(select(t.verdicts.c.id).where(verdicts_inside(scope)))


def _one(conn: Connection, feedback_id: int, scope: Scope) -> Row[Any]:
    row = conn.execute(select(t.clue_feedbacks).where(t.clue_feedbacks.c.id == feedback_id, _inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("feedback_not_found", id=feedback_id)
    return row


def _view(row: Row[Any], now: datetime) -> FeedbackView:
    words = read_toml("verdicts.toml")["tell"].get(row.result, {"zh": row.result, "en": row.result})
    return FeedbackView(
        id=row.id,
        verdict_id=row.verdict_id,
        sender_kind=row.sender_kind,
        sender=row.sender,
        reference=row.reference,
        office=row.office_code,
        result=row.result,
        zh=words["zh"],
        en=words["en"],
        state=row.state,
        decided_at=row.decided_at,
        due_at=row.due_at,
        late=row.state == OWED and row.due_at is not None and row.due_at < now,
        told_at=row.told_at,
        told_by=row.told_by,
        how=row.how,
    )
