"""Which tasks, in which order, from where on: filters as conditions, orders as keyset cursors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.tasks import AWAITING, ENDED, State
from risk.services.places import inside
from risk.storage import tables as t

register(
    {
        "cursor_invalid": ("分页游标无效：{cursor}", "not a valid page cursor: {cursor}"),
        "sort_unknown": ("没有这种排序：{sort}", "no such order: {sort}"),
        "sort_unknown.hint": ("可用：{known}", "one of: {known}"),
    }
)


SOON = timedelta(hours=24)
"""A step due within this is due soon. Ours."""


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What to list; nothing given lists all.

    ``office``: whose task it is, or to whom it was taken up because it was late. ``overdue``: the next step (sign, else report) is late and the clock runs.
    ``assists``: with open questions to other offices (or without). ``updated_since`` and ``due_before`` are moments, the former included. ``region``: where it happened, else
    where the subject or the office is; with what lies below.
    ``waiting``: the office still owes a signature or a report.
    """

    office: str | None = None
    state: State | None = None
    grade: Grade | None = None
    model: str | None = None
    overdue: bool = False
    kind: str | None = None
    stage: str | None = None
    officer: str | None = None
    due_before: datetime | None = None
    escalated: bool | None = None
    assists: bool | None = None
    paused: bool | None = None
    extension_asked: bool | None = None
    updated_since: datetime | None = None
    campaign: int | None = None
    region: str | None = None
    waiting: bool = False
    due_soon: bool = False


class _Key(NamedTuple):
    column: ColumnElement[Any]
    down: bool
    kind: type


_ID = _Key(t.tasks.c.id, down=False, kind=int)
_FIRST = _Key(t.tasks.c.person_first, down=True, kind=bool)
_DUE = _Key(t.tasks.c.report_due, down=False, kind=datetime)

SORTS: Mapping[str, tuple[_Key, ...]] = MappingProxyType(
    {
        "due": (_DUE, _FIRST, _ID),
        "-due": (_DUE._replace(down=True), _ID._replace(down=True)),
        "grade": (_Key(t.tasks.c.grade, down=True, kind=int), _DUE, _ID),
        "issued": (_Key(t.tasks.c.issued_at, down=False, kind=datetime), _ID),
        "-issued": (_Key(t.tasks.c.issued_at, down=True, kind=datetime), _ID._replace(down=True)),
        "updated": (_Key(t.tasks.c.updated_at, down=False, kind=datetime), _ID),
        "-updated": (_Key(t.tasks.c.updated_at, down=True, kind=datetime), _ID._replace(down=True)),
    }
)
"""``due``: the most urgent first, and of one deadline those first that the model was unsure of. ``grade``: the gravest first."""


def apply(query: Select[Any], wanted: TaskFilter, now: datetime) -> Select[Any]:
    """The query with the conditions of a filter."""
    task = t.tasks.c
    plain = ((task.kind, wanted.kind), (task.stage, wanted.stage), (task.officer, wanted.officer))
    query = query.where(*(column == value for column, value in plain if value is not None))
    if wanted.office:
        query = query.where(or_(task.office_code == wanted.office, task.escalated_to == wanted.office))
    if wanted.state:
        query = query.where(task.state == wanted.state.value)
    if wanted.grade:
        query = query.where(task.grade == int(wanted.grade))
    if wanted.model:
        query = query.where(_of_model(wanted.model))
    if wanted.overdue:
        query = query.where(is_late(now))
    if wanted.due_soon:
        query = query.where(is_soon(now))
    if wanted.due_before is not None:
        query = query.where(task.report_due < wanted.due_before)
    if wanted.updated_since is not None:
        query = query.where(task.updated_at >= wanted.updated_since)
    if wanted.campaign is not None:
        i = t.campaign_items.c
        query = query.where(exists(select(1).where(i.task_id == task.id, i.campaign_id == wanted.campaign)))
    if wanted.waiting:
        query = query.where(task.state.in_([s.value for s in AWAITING]))
    if wanted.region:
        place = func.coalesce(t.alerts.c.region, t.subjects.c.region, t.signals.c.region, t.offices.c.region)
        query = query.where(inside(place, wanted.region))
    return query.where(*_flags(wanted))


def is_late(now: datetime) -> ColumnElement[bool]:
    """Tasks whose next step is late; a clock that stands still is never late."""
    task = t.tasks.c
    late = or_(and_(task.state == State.ISSUED.value, task.sign_due < now), task.report_due < now)
    return and_(task.state.in_([s.value for s in AWAITING]), task.paused_at.is_(None), late)


def is_soon(now: datetime) -> ColumnElement[bool]:
    """Tasks whose next step is due within :data:`SOON` and not late."""
    task, until = t.tasks.c, now + SOON
    next_step = or_(and_(task.state == State.ISSUED.value, task.sign_due < until), task.report_due < until)
    return and_(task.state.in_([s.value for s in AWAITING]), task.paused_at.is_(None), next_step, ~is_late(now))


def sort_of(name: str) -> tuple[_Key, ...]:
    """The columns of an order; ``InvalidInputError`` (``sort_unknown``)."""
    if name not in SORTS:
        raise InvalidInputError("sort_unknown", sort=name[:40], known=", ".join(SORTS))
    return SORTS[name]


def order(query: Select[Any], sort: str) -> Select[Any]:
    """The query in an order that no two rows share a place in."""
    return query.order_by(*(key.column.desc() if key.down else key.column for key in sort_of(sort)))


def cursor_of(sort: str, row: Any) -> str:
    """Where a page ended: the order and the values of its columns in the last row."""
    values = (getattr(row, str(key.column.key)) for key in sort_of(sort))
    return "~".join([sort, *(_written(value) for value in values)])


def beyond(sort: str, cursor: str) -> ColumnElement[bool]:
    """The condition for rows after a cursor; ``cursor_invalid`` for one that is not ours or of another order."""
    keys = sort_of(sort)
    name, *texts = cursor.split("~")
    if name != sort or len(texts) != len(keys):
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80])
    try:
        values = [_read(text, key.kind) for text, key in zip(texts, keys, strict=True)]
    except ValueError:
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80]) from None
    parts = []
    for place, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [_equal(k.column, v) for k, v in zip(keys[:place], values[:place], strict=True)]
        parts.append(and_(*same, _further(key, value)))
    return or_(*parts)


def _flags(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    task, found = t.tasks.c, []
    for flag, condition in (
        (wanted.escalated, lambda: task.escalated_to.is_not(None)),
        (wanted.paused, lambda: task.paused_at.is_not(None)),
        (wanted.extension_asked, lambda: task.extension_asked_at.is_not(None)),
        (wanted.assists, _asks),
    ):
        if flag is not None:
            found.append(condition() if flag else ~condition())
    return found


def _asks() -> ColumnElement[bool]:
    sub = t.tasks.alias("sub_tasks")
    return exists(select(1).where(sub.c.parent_id == t.tasks.c.id, sub.c.state.not_in([s.value for s in ENDED])))


def _of_model(model: str) -> ColumnElement[bool]:
    drawn = t.audit_samples.c.model
    lenses = drawn.startswith(f"{model}.", autoescape=True)
    return or_(t.alerts.c.model == model, drawn == model, lenses, t.tasks.c.model == model)


def _further(key: _Key, value: Any) -> ColumnElement[bool]:
    if isinstance(value, bool):  # descending: what is true comes first
        return key.column.is_(False) if value else false()
    below: ColumnElement[bool] = key.column < value
    above: ColumnElement[bool] = key.column > value
    return below if key.down else above


def _equal(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(value) if isinstance(value, bool) else column == value


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(int(value))


def _read(text: str, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment
    number = int(text)
    if not -(2**31) < number < 2**63:
        raise ValueError(text)
    return bool(number) if kind is bool else number
