"""Who else a subject hangs together with: subjects that share an address, a telephone or a legal representative with it now, inside the scope.

What they share is kept as a digest only (:mod:`risk.domain.links`): that two are the same is told, the value is not. A relation is a clue, no finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.grades import Grade
from risk.domain.links import RELATIONS
from risk.services import scoping
from risk.services.bulk import select_in
from risk.services.places import place
from risk.storage import tables as t

MOST = 100
"""Subjects that are given, those with the gravest alerts first; a telephone of an agent may be shared by thousands."""

READ = 5_000
"""Links that are read of one subject's; beyond them ``complete`` is false."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another subject. ``by``: same_address, same_phone, same_person; ``since``: when we came to know it; ``alerts`` and ``gravest`` of those inside the scope."""

    id: int
    name: str | None
    key: str
    uscc: str | None
    region: str | None
    region_zh: str | None
    region_en: str | None
    by: tuple[str, ...]
    since: datetime
    alerts: int
    gravest: str | None


@dataclass(frozen=True, slots=True)
class Relations:
    """The subjects it shares something with; ``complete``: there are no more than are given."""

    items: tuple[Related, ...]
    complete: bool


def relations(conn: Connection, subject_id: int, *, scope: Scope = EVERYWHERE) -> Relations:
    """What a subject shares with others now. ``subject_not_found``."""
    scoping.require_subject(conn, scope, subject_id)
    link = t.subject_links.c
    mine = select(link.relation, link.value_key).where(link.subject_id == subject_id, link.known_to.is_(None)).subquery()
    query = (
        select(link.subject_id, link.relation, link.known_from)
        .join(mine, (link.relation == mine.c.relation) & (link.value_key == mine.c.value_key))
        .where(link.subject_id != subject_id, link.known_to.is_(None))
        .order_by(link.id.desc())
        .limit(READ + 1)
    )
    rows = conn.execute(query).all()
    by: dict[int, set[str]] = {}
    since: dict[int, datetime] = {}
    for row in rows[:READ]:
        by.setdefault(row.subject_id, set()).add(row.relation)
        since[row.subject_id] = min(since.get(row.subject_id, row.known_from), row.known_from)
    s = t.subjects.c
    found = select_in(conn, select(t.subjects).where(scoping.subjects_inside(scope)), s.id, sorted(by))
    alerted = _alerted(conn, [row.id for row in found], scope)
    items = [
        Related(
            id=row.id,
            name=row.name,
            key=row.key,
            uscc=row.uscc,
            region=row.region,
            region_zh=place(row.region, "zh"),
            region_en=place(row.region, "en"),
            by=tuple(name for name, _ in RELATIONS if name in by[row.id]),
            since=since[row.id],
            alerts=alerted.get(row.id, (0, 0))[0],
            gravest=Grade(alerted[row.id][1]).code if row.id in alerted else None,
        )
        for row in found
    ]
    items.sort(key=lambda one: (-alerted.get(one.id, (0, 0))[1], -one.alerts, one.id))
    return Relations(tuple(items[:MOST]), len(rows) <= READ and len(items) <= MOST)


def _alerted(conn: Connection, subjects: list[int], scope: Scope) -> dict[int, tuple[int, int]]:
    """How many alerts each has, and the gravest grade among them."""
    a = t.alerts.c
    query = select(a.subject_id, func.count().label("n"), func.max(a.grade).label("gravest")).where(scoping.alerts_inside(scope))
    return {row.subject_id: (row.n, row.gravest) for row in select_in(conn, query.group_by(a.subject_id), a.subject_id, subjects)}
