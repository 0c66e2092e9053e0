"""Which alerts are meant, and in which order: filters as SQL, and cursors that go on where a page ended. Lists, counts and exports ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select

from risk.domain.authority import Scope
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.services.alert_steps import reached
from risk.services.paging import LARGEST_ID, pack, unpack, unpack_id
from risk.services.places import inside
from risk.services.scoping import alerts_inside
from risk.storage import tables as t

SORTS = ("newest", "gravest", "probability", "updated")
"""Orders of the list: the newest first, the gravest first, the most probable first, or in the order of their last change (oldest first, to read on from)."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What to list; ``region`` includes what lies below it. ``text`` is looked for in the titles; times are [from, to); ``updated_since`` includes its moment.
    ``step``: how far it had come at ``step_at`` (of ``alert_steps.STEPS``); without a moment none is meant.
    """

    model: str | None = None
    grade: Grade | None = None
    region: str | None = None
    status: str | None = None
    subject: int | None = None
    source: str | None = None
    office: str | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    text: str | None = None
    has_verdict: bool | None = None
    origin: str | None = None
    updated_since: datetime | None = None
    step: str | None = None
    step_at: datetime | None = None


def conditions(filters: AlertFilter, scope: Scope, *, page: bool = False) -> list[ColumnElement[bool]]:
    """The filters as conditions on ``alerts``: lists, counts and exports ask the same. ``page``: only the first rows in some order are wanted."""
    a = t.alerts.c
    found: list[ColumnElement[bool]] = [alerts_inside(scope, few=page and scope.broad)]
    plain = {a.model: filters.model, a.status: filters.status, a.subject_id: filters.subject, a.origin: filters.origin}
    found += [column == value for column, value in plain.items() if value is not None]
    if filters.grade is not None:
        found.append(a.grade == int(filters.grade))
    if filters.region:
        found.append(inside(a.region, filters.region))
    if filters.source:
        rests = select(1).select_from(
            t.alert_evidence.join(t.assessments, t.alert_evidence.c.assessment_id == t.assessments.c.id).join(
                t.signals, t.assessments.c.signal_id == t.signals.c.id
            )
        )
        found.append(_known_source(filters.source))
        found.append(exists(rests.where(t.alert_evidence.c.alert_id == a.id, t.signals.c.source == filters.source)))
    if filters.office:
        mine = t.tasks.alias("of_office")
        found.append(a.id.in_(select(mine.c.alert_id).where(mine.c.office_code == filters.office, mine.c.alert_id.is_not(None))))
    if filters.opened_from is not None:
        found.append(a.opened_at >= filters.opened_from)
    if filters.opened_to is not None:
        found.append(a.opened_at < filters.opened_to)
    if filters.updated_since is not None:
        found.append(a.updated_at >= filters.updated_since)
    if filters.text:
        found.append(or_(a.title_zh.contains(filters.text, autoescape=True), a.title_en.icontains(filters.text, autoescape=True)))
    if filters.step is not None and filters.step_at is not None:
        found.append(reached(filters.step, filters.step_at, scope))
    if filters.has_verdict is not None:
        found.append(_settled(page=page) if filters.has_verdict else ~_settled(page=page))
    return found


def _known_source(source: str) -> ColumnElement[bool]:
    """Whether anything came from a source of this name: a name that was mistyped is not looked for in the evidence of every alert."""
    imported = select(1).where(t.imports.c.source == source).correlate(None).exists()
    by_hand = select(1).where(t.signals.c.import_id.is_(None), t.signals.c.source == source).correlate(None).exists()
    return or_(imported, by_hand)


def _settled(*, page: bool) -> ColumnElement[bool]:
    """Whether a verdict was told: looked up for the rows of a page, else by whatever way the database takes for all of them."""
    told = select(1).where(t.verdicts.c.alert_id == t.alerts.c.id)
    return told.correlate(t.alerts).limit(1).scalar_subquery().is_not(None) if page else exists(told)


def cursor_of(sort: str, row: Row[Any]) -> str:
    """Where a page ended, by its last row."""
    if sort == "newest":
        return pack(int(row.id))
    key = {"gravest": row.grade, "probability": repr(row.probability), "updated": row.updated_at.isoformat()}[sort]
    return pack(f"{sort}~{key}~{row.id}")


def after(sort: str, key: ColumnElement[Any], cursor: str) -> ColumnElement[bool]:
    """What comes after the row that a cursor names. ``InvalidInputError`` (``cursor_invalid``); one of another order is refused, it would skip rows."""
    a = t.alerts.c
    if sort == "newest":
        return a.id < unpack_id(cursor)
    name, _, rest = str(unpack(cursor)).partition("~")
    told, _, last = rest.rpartition("~")
    value = _value(sort, told) if name == sort else None
    if value is None or not last.isascii() or not last.isdigit() or int(last) > LARGEST_ID:
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80])
    if sort == "updated":
        return or_(key > value, and_(key == value, a.id > int(last)))
    return or_(key < value, and_(key == value, a.id < int(last)))


def _value(sort: str, told: str) -> Any:
    """The value in a cursor; None for one that is not ours."""
    try:
        if sort == "updated":
            moment = datetime.fromisoformat(told)
            return moment if moment.tzinfo is not None else None
        number = float(told)
    except (ValueError, OverflowError):
        return None
    return None if not 0 <= number <= max(Grade) else int(number) if sort == "gravest" else number
