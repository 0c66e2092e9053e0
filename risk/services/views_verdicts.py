"""Verdicts as people look for them, and the taxonomy they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.money import yuan_of
from risk.domain.verdicts import day_of, taxonomy, told_of
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked
from risk.services.scoping import verdicts_inside
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
    state: str
    office: str | None
    subject_id: int | None
    fined: str | None
    confiscated: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    """What to list. ``superseded``: whether corrected ones are in the list; ``updated_since`` looks at any change of a verdict."""

    model: str | None = None
    code: str | None = None
    state: str | None = None
    task: int | None = None
    subject: int | None = None
    office: str | None = None
    since: datetime | None = None
    updated_since: datetime | None = None
    superseded: bool = True


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
    needs: tuple[str, ...]
    tell_zh: str
    tell_en: str


def list_verdicts(
    conn: Connection,
    filters: VerdictFilter | None = None,
    *,
    scope: Scope = EVERYWHERE,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[VerdictRow]:
    """Verdicts, the newest first; corrected ones are in the list and say so. Personal data in texts is masked."""
    asked, v, newer = filters or VerdictFilter(), t.verdicts.c, t.verdicts.alias("newer")
    later = exists().where(newer.c.supersedes == v.id)
    which = func.coalesce(t.alerts.c.model, t.audit_samples.c.model)
    about = func.coalesce(t.alerts.c.subject_id, t.audit_samples.c.subject_id)
    query = select(t.verdicts, which.label("model"), about.label("subject_id"), later.label("superseded"))
    query = query.join_from(t.verdicts, t.alerts, v.alert_id == t.alerts.c.id, isouter=True)
    query = query.join(t.audit_samples, t.audit_samples.c.task_id == v.task_id, isouter=True).where(verdicts_inside(scope))
    same = (
        (which, asked.model),
        (v.code, asked.code),
        (v.state, asked.state),
        (v.task_id, asked.task),
        (about, asked.subject),
        (v.unit_code, asked.office),
    )
    query = query.where(*(column == wanted for column, wanted in same if wanted is not None))
    if asked.since:
        query = query.where(v.reported_at >= asked.since)
    if asked.updated_since:
        query = query.where(v.changed_at >= asked.updated_since)
    if not asked.superseded:
        query = query.where(~later)
    if cursor:
        query = query.where(v.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(v.id.desc()), limit, _row)


def kinds(on: date | None = None) -> tuple[VerdictKindView, ...]:
    """The taxonomy of a day, in its order; without one, of the newest edition.

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
            needs=k.needs,
            tell_zh=told_of(k.code, on).zh if k.tell else "",
            tell_en=told_of(k.code, on).en if k.tell else "",
        )
        for k in taxonomy(on).values()
    )


def _row(row: Row[Any]) -> VerdictRow:
    kind = taxonomy(day_of(row.reported_at)).get(row.code)
    return VerdictRow(
        id=row.id,
        task_id=row.task_id,
        alert_id=row.alert_id,
        model=row.model,
        code=row.code,
        title_zh=kind.zh if kind else row.code,
        title_en=kind.en if kind else row.code,
        sub_reason=row.sub_reason,
        facts=masked(row.facts),
        measures=masked(row.measures) if row.measures else row.measures,
        officers=tuple(row.officers),
        suggestion=masked(row.suggestion) if row.suggestion else row.suggestion,
        actor=row.actor,
        reported_at=row.reported_at,
        supersedes=row.supersedes,
        superseded=bool(row.superseded),
        state=row.state,
        office=row.unit_code,
        subject_id=row.subject_id,
        fined=None if row.fined_fen is None else yuan_of(row.fined_fen),
        confiscated=None if row.confiscated_fen is None else yuan_of(row.confiscated_fen),
        changed_at=row.changed_at,
    )
