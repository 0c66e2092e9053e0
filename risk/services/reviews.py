"""The second review (复核) of a verdict, by another person than reported, verified or accepted it. Which verdicts need one is data (``review.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, true, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.review import Facts, Standing, reason_words, reasons
from risk.domain.verdicts import taxonomy
from risk.services import outbox
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.scoping import tasks_inside
from risk.services.verdict_consequences import about_of, finalise
from risk.services.verdict_events import actors, get, office_of, step
from risk.storage import tables as t

OPEN, PASSED, SENT_BACK, VOID = "open", "passed", "sent_back", "void"

register(
    {
        "review_not_found": ("没有编号为 {id} 的复核", "no review with the number {id}"),
        "review_ended": ("复核 {id} 已结束", "the review {id} is over"),
        "review_own": (
            "{person} 反馈、核查或者审核过该结论，不能复核",
            "{person} reported, verified or accepted this verdict and cannot review it",
        ),
        "review_reason": ("复核退回必须说明理由", "a reason is required to send a verdict back"),
    }
)


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review as people look at it."""

    id: int
    verdict_id: int
    task_id: int
    code: str
    title_zh: str
    title_en: str
    reasons: tuple[str, ...]
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]
    state: str
    asked_at: datetime
    reviewer: str | None
    decided_at: datetime | None
    reason: str | None


def accepted(conn: Connection, verdict_id: int, *, actor: str, now: datetime) -> int:
    """A report was accepted: it is final at once, or waits for its review. Returns the number of labels written."""
    verdict = get(conn, verdict_id)
    if verdict.state != Standing.REPORTED:
        return 0
    step(conn, verdict_id, "accept", actor=actor, now=now)
    outbox.emit(
        conn,
        "verdict.accepted",
        f"verdict:{verdict_id}",
        {"outcome": verdict.code},
        now,
        office=office_of(conn, verdict.task_id),
        once="accept",
    )
    met = reasons(_facts(conn, verdict))
    if not met:
        step(conn, verdict_id, "finalise", actor=actor, now=now)
        return finalise(conn, verdict_id, actor=actor, now=now)
    step(conn, verdict_id, "ask_review", actor=actor, now=now, detail={"reasons": list(met)})
    conn.execute(insert(t.verdict_reviews).values(verdict_id=verdict_id, reasons=list(met), state=OPEN, asked_at=now))
    told = {"outcome": verdict.code, "reasons": list(met)}
    outbox.emit(conn, "verdict.review", f"verdict:{verdict_id}", told, now, office=office_of(conn, verdict.task_id), once="review")
    return 0


def pass_(conn: Connection, review_id: int, *, actor: str, now: datetime, reason: str | None = None, scope: Scope = EVERYWHERE) -> int:
    """The verdict stands and is final; returns the number of labels written. ``review_not_found``, ``review_ended``, ``review_own``."""
    row = _decide(conn, review_id, PASSED, reason, actor, now, scope)
    step(conn, row.verdict_id, "pass", actor=actor, now=now, reason=reason)
    return finalise(conn, row.verdict_id, actor=actor, now=now)


def send_back(conn: Connection, review_id: int, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """The verdict does not stand: the office owes a correction. ``review_reason`` and those of :func:`pass_`."""
    if not reason.strip():
        raise InvalidInputError("review_reason")
    row = _decide(conn, review_id, SENT_BACK, reason, actor, now, scope)
    step(conn, row.verdict_id, "send_back", actor=actor, now=now, reason=reason)
    verdict = get(conn, row.verdict_id)
    told = {"outcome": verdict.code, "task": verdict.task_id}
    outbox.emit(conn, "verdict.sent_back", f"verdict:{verdict.id}", told, now, office=office_of(conn, verdict.task_id), once="sent_back")


def open_of(conn: Connection, task_id: int) -> int | None:
    """The review that a task's newest verdict waits for; nothing where it waits for none."""
    r, v = t.verdict_reviews.c, t.verdicts.c
    query = select(r.id).join_from(t.verdict_reviews, t.verdicts, v.id == r.verdict_id).where(v.task_id == task_id, r.state == OPEN)
    found = conn.scalar(query)
    return None if found is None else int(found)


def void(conn: Connection, verdict_id: int, *, actor: str, now: datetime) -> None:
    """A correction took the verdict's place before anybody reviewed it."""
    r = t.verdict_reviews.c
    conn.execute(
        update(t.verdict_reviews).where(r.verdict_id == verdict_id, r.state == OPEN).values(state=VOID, reviewer=actor, decided_at=now)
    )


def list_reviews(
    conn: Connection, *, state: str | None = OPEN, scope: Scope = EVERYWHERE, limit: int = 50, cursor: str | None = None
) -> Page[ReviewView]:
    """Reviews, the newest first."""
    query = _query(scope)
    if state:
        query = query.where(t.verdict_reviews.c.state == state)
    if cursor:
        query = query.where(t.verdict_reviews.c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(t.verdict_reviews.c.id.desc()), limit, _view)


def get_review(conn: Connection, review_id: int, *, scope: Scope = EVERYWHERE) -> ReviewView:
    """One review; ``review_not_found``."""
    return _view(_one(conn, review_id, scope))


def _decide(conn: Connection, review_id: int, state: str, reason: str | None, actor: str, now: datetime, scope: Scope) -> Row[Any]:
    row = _one(conn, review_id, scope)
    verdict = get(conn, row.verdict_id)
    if actor in {verdict.actor, *verdict.officers} | actors(conn, verdict.id, "accept"):
        raise ForbiddenError("review_own", person=actor)
    r = t.verdict_reviews.c
    done = {"state": state, "reviewer": actor, "decided_at": now, "reason": reason}
    if conn.execute(update(t.verdict_reviews).where(r.id == review_id, r.state == OPEN).values(done)).rowcount != 1:
        raise ConflictError("review_ended", id=review_id)
    return row


def _facts(conn: Connection, verdict: Row[Any]) -> Facts:
    grade = conn.scalar(select(t.tasks.c.grade).where(t.tasks.c.id == verdict.task_id))
    about = about_of(conn, verdict)
    fen = (verdict.fined_fen or 0) + (verdict.confiscated_fen or 0)
    return Facts(verdict.task_id, verdict.code, Grade(grade or 0), fen, frozenset(about.rules.values()), audit=verdict.alert_id is None)


def _inside(scope: Scope) -> ColumnElement[bool]:
    return true() if scope.whole else t.verdicts.c.task_id.in_(select(t.tasks.c.id).where(tasks_inside(scope)))


def _query(scope: Scope) -> Any:
    v = t.verdicts.c
    return (
        select(t.verdict_reviews, v.task_id, v.code)
        .join_from(t.verdict_reviews, t.verdicts, v.id == t.verdict_reviews.c.verdict_id)
        .where(_inside(scope))
    )


def _one(conn: Connection, review_id: int, scope: Scope) -> Row[Any]:
    row: Row[Any] | None = conn.execute(_query(scope).where(t.verdict_reviews.c.id == review_id)).one_or_none()
    if row is None:
        raise NotFoundError("review_not_found", id=review_id)
    return row


def _view(row: Row[Any]) -> ReviewView:
    kind = taxonomy().get(row.code)
    return ReviewView(
        id=row.id,
        verdict_id=row.verdict_id,
        task_id=row.task_id,
        code=row.code,
        title_zh=kind.zh if kind else row.code,
        title_en=kind.en if kind else row.code,
        reasons=tuple(row.reasons),
        reasons_zh=reason_words(row.reasons, "zh"),
        reasons_en=reason_words(row.reasons, "en"),
        state=row.state,
        asked_at=row.asked_at,
        reviewer=row.reviewer,
        decided_at=row.decided_at,
        reason=row.reason,
    )
