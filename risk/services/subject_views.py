"""Subjects as people look for them: by name or code, by place; one with what is known of it in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.services import scoping
from risk.services.acts import acts_inside
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked_json
from risk.services.places import inside, place
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One line of a list."""

    id: int
    key: str
    uscc: str | None
    name: str | None
    kind: str
    region: str | None
    region_zh: str | None
    region_en: str | None
    industry: str | None
    registered_on: date | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SubjectView:
    """One subject: its register entry (personal data masked) and how much there is of each thing, inside the scope."""

    subject: SubjectRow
    facts: dict[str, Any]
    aliases: tuple[str, ...]
    counts: dict[str, int]


def list_subjects(
    conn: Connection,
    *,
    q: str | None = None,
    region: str | None = None,
    alerted: bool = False,
    scope: Scope = EVERYWHERE,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[SubjectRow]:
    """Subjects, the newest entered first. ``q``: a code or the beginning of a name; ``alerted`` keeps those with an alert inside the scope."""
    s = t.subjects.c
    query = select(t.subjects).where(scoping.subjects_inside(scope))
    if q and q.strip():
        wanted = q.strip()
        query = query.where(or_(s.uscc == wanted.upper(), s.key == wanted, s.name.startswith(wanted, autoescape=True)))
    if region:
        query = query.where(inside(s.region, region))
    if alerted:
        query = query.where(s.id.in_(select(t.alerts.c.subject_id).where(scoping.alerts_inside(scope))))
    if cursor:
        query = query.where(s.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(s.id.desc()), limit, _row)


def get_subject(conn: Connection, subject_id: int, *, scope: Scope = EVERYWHERE) -> SubjectView:
    """One subject; ``subject_not_found``."""
    scoping.require_subject(conn, scope, subject_id)
    row = conn.execute(select(t.subjects).where(t.subjects.c.id == subject_id)).one()
    names = conn.scalars(
        select(t.subject_aliases.c.alias).where(t.subject_aliases.c.subject_id == subject_id).order_by(t.subject_aliases.c.id)
    )
    return SubjectView(_row(row), masked_json(dict(row.facts)), tuple(names), _counts(conn, subject_id, scope))


def _counts(conn: Connection, subject_id: int, scope: Scope) -> dict[str, int]:
    a, v = t.alerts.c, t.verdicts.c
    verdicts = select(func.count()).join_from(t.verdicts, t.alerts, v.alert_id == a.id)
    parts = {
        "signals": _count(t.signals, t.signals.c.subject_id == subject_id, scoping.signals_inside(scope)),
        "alerts": _count(t.alerts, a.subject_id == subject_id, scoping.alerts_inside(scope)),
        "verdicts": verdicts.where(a.subject_id == subject_id, scoping.verdicts_inside(scope)),
        "acts": _count(t.acts, t.acts.c.subject_id == subject_id, t.acts.c.removed_at.is_(None), acts_inside(scope)),
        "penalties": _count(t.penalties, t.penalties.c.subject_id == subject_id),
        "licences": _count(t.licences, t.licences.c.subject_id == subject_id),
        "changes": _count(t.subject_changes, t.subject_changes.c.subject_id == subject_id),
    }
    return {name: int(conn.scalar(query) or 0) for name, query in parts.items()}


def _count(table: Any, *conditions: Any) -> Any:
    return select(func.count()).select_from(table).where(*conditions)


def _row(row: Row[Any]) -> SubjectRow:
    return SubjectRow(
        id=row.id,
        key=row.key,
        uscc=row.uscc,
        name=row.name,
        kind=row.kind,
        region=row.region,
        region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"),
        industry=row.industry,
        registered_on=row.registered_on,
        created_at=row.created_at,
    )
