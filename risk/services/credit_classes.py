"""Credit classes as stored: which is in force at a moment, the history of an enterprise, lists and counts inside a scope.

A class is in force from the day it was assessed, once it was known, until its last day or until a later one is known. Classes are of codes (USCC), so that
one may be known before its enterprise is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.credit import CLASSES, titles
from risk.services import auditing, scoping
from risk.services.bulk import select_in
from risk.services.paging import MAX_PAGE, Page, page_by_id, unpack_id
from risk.services.places import place
from risk.storage import tables as t

ClassCode = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class CreditClass:
    """One class as it was given. ``in_force``: whether it is the one that counts at the moment asked about."""

    id: int
    uscc: str
    name: str | None
    class_code: str
    class_zh: str
    class_en: str
    source: str
    assessed_on: date
    valid_to: date | None
    known_at: datetime
    in_force: bool
    subject_id: int | None
    region: str | None
    region_zh: str | None
    region_en: str | None


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How many subjects inside the scope have which class in force, and how many have none. ``others``: classes of codes that are no subject of ours."""

    as_of: datetime
    classes: dict[str, int]
    without: int
    others: int | None


def in_force(conn: Connection, as_of: datetime, usccs: Iterable[str] | None = None) -> dict[str, Row[Any]]:
    """Code → the row that was in force at a moment, of all codes or of some."""
    c = t.credit_classes.c
    query = select(c.id, c.uscc, c.class_code, c.source, c.assessed_on, c.valid_to, c.known_at)
    query = query.where(_holds(as_of)).order_by(c.assessed_on, c.known_at, c.id)
    if usccs is None:
        rows: list[Any] = list(conn.execute(query))
        return {row.uscc: row for row in rows}
    rows = select_in(conn, query, c.uscc, usccs)
    return {row.uscc: row for row in sorted(rows, key=lambda row: (row.assessed_on, row.known_at, row.id))}


def history(conn: Connection, subject_id: int, as_of: datetime, *, scope: Scope = EVERYWHERE) -> tuple[CreditClass, ...]:
    """All classes of a subject known at a moment, the newest first. ``subject_not_found``."""
    scoping.require_subject(conn, scope, subject_id)
    uscc = conn.scalar(select(t.subjects.c.uscc).where(t.subjects.c.id == subject_id))
    if uscc is None:
        return ()
    c = t.credit_classes.c
    holds = in_force(conn, as_of, [uscc])
    rows = conn.execute(_joined().where(c.uscc == uscc, c.known_at <= as_of).order_by(c.assessed_on.desc(), c.id.desc())).all()
    return tuple(_view(row, holds) for row in rows if row.subject_id in (None, subject_id))


def list_classes(
    conn: Connection,
    as_of: datetime,
    *,
    class_code: str | None = None,
    q: str | None = None,
    current: bool = True,
    scope: Scope = EVERYWHERE,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[CreditClass]:
    """Classes of subjects inside the scope, the newest entered first; ``current``: only those in force; ``q``: a code or the beginning of a name."""
    c, s = t.credit_classes.c, t.subjects.c
    query = _joined().where(c.known_at <= as_of, _inside(scope))
    if class_code:
        query = query.where(c.class_code == class_code)
    if q and q.strip():
        wanted = q.strip()
        query = query.where(
            or_(c.uscc == wanted.upper(), c.name.startswith(wanted, autoescape=True), s.name.startswith(wanted, autoescape=True))
        )
    if current:
        query = query.where(_newest(as_of))
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    limit = max(1, min(limit, MAX_PAGE))
    rows = conn.execute(query.order_by(c.id.desc()).limit(limit)).all()
    holds = in_force(conn, as_of, {row.uscc for row in rows})
    return page_by_id(conn, query.order_by(c.id.desc()), limit, lambda row: _view(row, holds))


def counts(conn: Connection, as_of: datetime, *, scope: Scope = EVERYWHERE) -> ClassCounts:
    """How the subjects inside the scope are classed at a moment."""
    c, s = t.credit_classes.c, t.subjects.c
    mine = select(c.class_code, func.count()).join_from(t.credit_classes, t.subjects, s.uscc == c.uscc)
    mine = mine.where(_newest(as_of), s.created_at <= as_of, scoping.region_inside(scope, s.region)).group_by(c.class_code)
    told = dict.fromkeys(CLASSES, 0) | {str(code): int(n) for code, n in conn.execute(mine)}
    every = select(func.count()).select_from(t.subjects).where(s.created_at <= as_of, scoping.region_inside(scope, s.region))
    total = int(conn.scalar(every) or 0)
    known = select(s.id).where(s.uscc == c.uscc).correlate(t.credit_classes).exists()
    others = int(conn.scalar(select(func.count()).where(_newest(as_of), ~known)) or 0) if scope.whole else None
    return ClassCounts(as_of, told, total - sum(told.values()), others)


def export_pages(read: Any, as_of: datetime, *, current: bool, scope: Scope) -> Iterator[tuple[CreditClass, ...]]:
    """Every class of the list, a page at a time; ``read`` asks one question (``desk.read``)."""
    cursor = None
    while True:
        page: Page[CreditClass] = read(list_classes, as_of, current=current, scope=scope, limit=MAX_PAGE, cursor=cursor)
        yield page.items
        cursor = page.cursor
        if cursor is None:
            return


def record_export(conn: Connection, form: str, *, current: bool, actor: str, now: datetime) -> None:
    """Put an export on the record before its first row leaves."""
    auditing.record(conn, actor, "credit.export", "credit_classes", {"format": form, "current": current}, now)


def _holds(as_of: datetime) -> ColumnElement[bool]:
    c, day = t.credit_classes.c, as_of.astimezone(SHANGHAI).date()
    return and_(c.known_at <= as_of, c.assessed_on <= day, or_(c.valid_to.is_(None), c.valid_to >= day))


def _newest(as_of: datetime) -> ColumnElement[bool]:
    """Rows in force: they hold, and no later one of the code does."""
    c, n, day = t.credit_classes.c, t.credit_classes.alias("newer_class"), as_of.astimezone(SHANGHAI).date()
    holds = and_(n.c.known_at <= as_of, n.c.assessed_on <= day, or_(n.c.valid_to.is_(None), n.c.valid_to >= day))
    same = n.c.assessed_on == c.assessed_on
    later = or_(
        n.c.assessed_on > c.assessed_on,
        and_(same, n.c.known_at > c.known_at),
        and_(same, n.c.known_at == c.known_at, n.c.id > c.id),
    )
    newer = select(n.c.id).where(n.c.uscc == c.uscc, holds, later).correlate(t.credit_classes).exists()
    return and_(_holds(as_of), ~newer)


def _joined() -> Select[Any]:
    c, s = t.credit_classes.c, t.subjects
    first = select(func.min(s.c.id)).where(s.c.uscc == c.uscc).correlate(t.credit_classes).scalar_subquery()
    query = select(t.credit_classes, s.c.id.label("subject_id"), s.c.region, s.c.name.label("subject_name"))
    return query.join_from(t.credit_classes, s, s.c.id == first, isouter=True)


def _inside(scope: Scope) -> ColumnElement[bool]:
    """Classes of subjects that are in a division inside; of codes that are no subject of ours inside the whole only."""
    return scoping.region_inside(scope, t.subjects.c.region)


def _view(row: Row[Any], holds: dict[str, Row[Any]]) -> CreditClass:
    words = titles().get(row.class_code)
    return CreditClass(
        id=row.id,
        uscc=row.uscc,
        name=row.subject_name or row.name,
        class_code=row.class_code,
        class_zh=words.zh if words else row.class_code,
        class_en=words.en if words else row.class_code,
        source=row.source,
        assessed_on=row.assessed_on,
        valid_to=row.valid_to,
        known_at=row.known_at,
        in_force=row.uscc in holds and holds[row.uscc].id == row.id,
        subject_id=row.subject_id,
        region=row.region,
        region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"),
    )
