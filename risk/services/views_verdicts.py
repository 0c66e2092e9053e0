"""Verdicts as people look for them, and the taxonomy they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from risk.domain.verdicts import taxonomy
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What an office found. ``superseded``: a later correction took its place. No alert: a unit of the random sample."""

    id: int
    task_id: int
    alert_id: int | None
    model: str
    code: str
    title_zh: str
    title_en: str
    sub_reason: str | None
    facts: str
    measures: str | None
    officers: tuple[str, ...]
    suggestion: str | None
    actor: str
    reported_at: datetime
    supersedes: int | None
    superseded: bool


@dataclass(frozen=True, slots=True)
class SubReasonView:
    """Why a warning was wrong, and what that teaches."""

    code: str
    zh: str
    en: str
    label: float | None
    repair: str | None


@dataclass(frozen=True, slots=True)
class VerdictKindView:
    """One result of the taxonomy. ``label``: what it teaches, nothing where it is empty."""

    code: str
    zh: str
    en: str
    label: float | None
    next_step: str
    next_zh: str
    next_en: str
    basis: str
    final: bool
    sub_reason_required: bool
    suggestion_required: bool
    sub_reasons: tuple[SubReasonView, ...]


def list_verdicts(
    conn: Connection,
    *,
    model: str | None = None,
    code: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[VerdictRow]:
    """Verdicts, the newest first; corrected ones are in the list and say so."""
    v, newer = t.verdicts.c, t.verdicts.alias("newer")
    later = exists().where(newer.c.supersedes == v.id)
    which = func.coalesce(t.alerts.c.model, t.audit_samples.c.model)
    query = select(t.verdicts, which.label("model"), later.label("superseded"))
    query = query.join_from(t.verdicts, t.alerts, v.alert_id == t.alerts.c.id, isouter=True)
    query = query.join(t.audit_samples, t.audit_samples.c.task_id == v.task_id, isouter=True)
    if model:
        query = query.where(which == model)
    if code:
        query = query.where(v.code == code)
    if since:
        query = query.where(v.reported_at >= since)
    if cursor:
        query = query.where(v.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(v.id.desc()), limit, _row)


def kinds() -> tuple[VerdictKindView, ...]:
    """The taxonomy, in its order.

    >>> [kind.code for kind in kinds()][:3]
    ['10', '11', '12']
    """
    return tuple(
        VerdictKindView(
            code=k.code,
            zh=k.zh,
            en=k.en,
            label=k.label,
            next_step=k.next_step,
            next_zh=k.next_zh,
            next_en=k.next_en,
            basis=k.basis,
            final=k.final,
            sub_reason_required=k.sub_reason_required,
            suggestion_required=k.suggestion_required,
            sub_reasons=tuple(SubReasonView(s.code, s.zh, s.en, s.label, s.repair) for s in k.sub_reasons.values()),
        )
        for k in taxonomy().values()
    )


def _row(row: Row[Any]) -> VerdictRow:
    kind = taxonomy().get(row.code)
    return VerdictRow(
        id=row.id,
        task_id=row.task_id,
        alert_id=row.alert_id,
        model=row.model,
        code=row.code,
        title_zh=kind.zh if kind else row.code,
        title_en=kind.en if kind else row.code,
        sub_reason=row.sub_reason,
        facts=row.facts,
        measures=row.measures,
        officers=tuple(row.officers),
        suggestion=row.suggestion,
        actor=row.actor,
        reported_at=row.reported_at,
        supersedes=row.supersedes,
        superseded=bool(row.superseded),
    )
