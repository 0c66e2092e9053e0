"""The working calendar as stored: the shipped days, what people changed of them, and the yearly notices that were taken in."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Date, Integer, Select, String, cast, func, null, select

from risk.domain.calendar import WorkCalendar
from risk.storage import tables as t

HOLIDAY, WORKDAY, PLAIN = "holiday", "workday", "plain"
KINDS = (HOLIDAY, WORKDAY, PLAIN)
"""A free day, a make-up working day, and a day that is again what its weekday says."""

_MEANS = {HOLIDAY: False, WORKDAY: True, PLAIN: None}


def load(conn: Connection) -> WorkCalendar:
    """The calendar in force; the shipped one while nothing was changed."""
    rows = conn.execute(_stored()).all()
    days: dict[date, bool | None] = {row.day: _MEANS[row.kind] for row in rows if row.day is not None}
    years = [int(row.year) for row in rows if row.year is not None]
    return WorkCalendar.default().changed(days, years)


@cache
def _stored() -> CompoundSelect[Any]:
    """The days that hold and the years that were announced, in one question: every list of tasks asks it."""
    day, notice = _newest().subquery().c, t.calendar_notices.c
    days = select(day.day, day.kind, cast(null(), Integer).label("year"))
    return days.union_all(select(cast(null(), Date), cast(null(), String), notice.year))


@cache
def _newest() -> Select[Any]:
    c = t.calendar_days.c
    newest = select(c.day, func.max(c.version).label("version")).group_by(c.day).subquery()
    return select(c.day, c.kind).join(newest, (c.day == newest.c.day) & (c.version == newest.c.version))
