"""One verdict with all that belongs to it, and what two versions of it differ in. Certificates are masked: to read them plain is an act of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from risk.domain.acts import masked_number
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.filing import FIELDS
from risk.domain.messages import register
from risk.domain.money import yuan_of
from risk.domain.review import Standing
from risk.domain.verdicts import day_of, edition_of, taxonomy
from risk.services import acts, appeals, attachments, feedback, repairs, views_verdicts
from risk.services.acts import ActFilter, ActView
from risk.services.appeals import AppealView
from risk.services.attachments import AttachmentView
from risk.services.feedback import FeedbackView
from risk.services.life_steps import LifeStep, steps_of
from risk.services.paging import LARGEST_ID
from risk.services.personal import masked, masked_json
from risk.services.repairs import RepairView
from risk.services.reviews import ReviewView, get_review
from risk.services.scoping import verdicts_inside
from risk.services.views_verdicts import VerdictFilter, VerdictRow
from risk.storage import tables as t

MOST = 200

register(
    {
        "verdict_not_found": ("没有编号为 {verdict} 的核查结论", "no verdict with the number {verdict}"),
        "verdicts_not_one": ("结论 {one} 与 {other} 不属于同一任务", "the verdicts {one} and {other} are not of one task"),
    }
)


@dataclass(frozen=True, slots=True)
class HandlerView:
    """An officer who verified; the certificate is masked."""

    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One verdict whole. ``edition``: the first day of the taxonomy it is read by; ``versions``: all verdicts of its task, the oldest first."""

    verdict: VerdictRow
    state_zh: str
    state_en: str
    sub_reason_zh: str | None
    sub_reason_en: str | None
    next_zh: str
    next_en: str
    basis: str
    edition: str | None
    handlers: tuple[HandlerView, ...]
    received_at: datetime | None
    claimed_at: datetime | None
    ended_at: datetime | None
    documents: tuple[dict[str, Any], ...]
    transfer_to: str | None
    rule_feedback: dict[str, Any]
    correction_reason: str | None
    versions: tuple[int, ...]
    events: tuple[LifeStep, ...]
    acts: tuple[ActView, ...]
    attachments: tuple[AttachmentView, ...]
    review: ReviewView | None
    appeals: tuple[AppealView, ...]
    repairs: tuple[RepairView, ...]
    feedback: tuple[FeedbackView, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two versions differ in."""

    field: str
    zh: str
    en: str
    before: Any
    after: Any


def get_verdict(conn: Connection, verdict_id: int, now: datetime, *, scope: Scope = EVERYWHERE) -> VerdictView:
    """One verdict; ``verdict_not_found``."""
    row = _row(conn, verdict_id, scope)
    kind = taxonomy(day_of(row.reported_at)).get(row.code)
    sub = kind.sub_reasons.get(row.sub_reason or "") if kind else None
    edition = edition_of(day_of(row.reported_at))
    standing = Standing(row.state)
    listed = views_verdicts.list_verdicts(conn, VerdictFilter(task=row.task_id), scope=scope, limit=MOST).items
    review = conn.scalar(select(t.verdict_reviews.c.id).where(t.verdict_reviews.c.verdict_id == verdict_id))
    return VerdictView(
        verdict=next(one for one in listed if one.id == verdict_id),
        state_zh=standing.word("zh"),
        state_en=standing.word("en"),
        sub_reason_zh=sub.zh if sub else None,
        sub_reason_en=sub.en if sub else None,
        next_zh=kind.next_zh if kind else "",
        next_en=kind.next_en if kind else "",
        basis=kind.basis if kind else "",
        edition=edition.isoformat() if edition else None,
        handlers=tuple(HandlerView(one["name"], masked_number(one["certificate"])) for one in row.handlers),
        received_at=row.received_at,
        claimed_at=row.claimed_at,
        ended_at=row.ended_at,
        documents=tuple(dict(one) for one in row.documents),
        transfer_to=row.transfer_to,
        rule_feedback=masked_json(dict(row.rule_feedback)),
        correction_reason=masked(row.correction_reason) if row.correction_reason else None,
        versions=tuple(sorted(one.id for one in listed)),
        events=steps_of(conn, t.verdict_events, t.verdict_events.c.verdict_id == verdict_id),
        acts=acts.list_acts(conn, ActFilter(verdict=verdict_id), limit=MOST).items,
        attachments=_attachments(conn, row),
        review=get_review(conn, review) if review is not None else None,
        appeals=appeals.list_appeals(conn, verdict=verdict_id, limit=MOST).items,
        repairs=repairs.list_repairs(conn, verdict=verdict_id, limit=MOST).items,
        feedback=feedback.list_feedback(conn, now, verdict=verdict_id, limit=MOST).items,
    )


def diff(conn: Connection, before: int, after: int, *, scope: Scope = EVERYWHERE) -> tuple[Difference, ...]:
    """What two verdicts of one task differ in, by the names of the report's fields. ``verdict_not_found``, ``verdicts_not_one``."""
    one, other = _row(conn, before, scope), _row(conn, after, scope)
    if one.task_id != other.task_id:
        raise InvalidInputError("verdicts_not_one", one=before, other=after)
    was, became = _told(one), _told(other)
    return tuple(Difference(name, FIELDS[name].zh, FIELDS[name].en, was[name], became[name]) for name in was if was[name] != became[name])


def _told(row: Row[Any]) -> dict[str, Any]:
    """A verdict by the names of the report's fields, as it may be shown."""
    said = row.rule_feedback or {}
    handlers = [{"name": one["name"], "certificate": masked_number(one["certificate"])} for one in row.handlers]
    return {
        "code": row.code,
        "sub_reason": row.sub_reason,
        **{name: masked(text) if (text := getattr(row, name)) else text for name in ("facts", "measures", "suggestion")},
        "handlers": handlers or [{"name": name} for name in row.officers],
        **{name: getattr(row, name) for name in ("received_at", "claimed_at", "ended_at")},
        "documents": row.documents,
        "fined": None if row.fined_fen is None else yuan_of(row.fined_fen),
        "confiscated": None if row.confiscated_fen is None else yuan_of(row.confiscated_fen),
        "transfer_to": row.transfer_to,
        "wrong_rules": said.get("wrong_rules") or [],
        "missing_rule": masked(said.get("missing_rule") or "") or None,
    }


def _attachments(conn: Connection, row: Row[Any]) -> tuple[AttachmentView, ...]:
    """What was handed in with this verdict or an earlier one of the task; removed ones stay and say so."""
    found = attachments.list_attachments(conn, task=row.task_id, removed=True, limit=MOST).items
    return tuple(one for one in found if one.verdict_id is not None and one.verdict_id <= row.id)


def _row(conn: Connection, verdict_id: int, scope: Scope) -> Row[Any]:
    if not 0 < verdict_id <= LARGEST_ID:
        raise NotFoundError("verdict_not_found", verdict=verdict_id)
    row = conn.execute(select(t.verdicts).where(t.verdicts.c.id == verdict_id, verdicts_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("verdict_not_found", verdict=verdict_id)
    return row
