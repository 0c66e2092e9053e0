"""The working calendar as stored: the shipped days, what people changed of them, and the yearly notices that were taken in."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, func, select

from risk.domain.calendar import WorkCalendar
from risk.storage import tables as t

HOLIDAY, WORKDAY, PLAIN = "holiday", "workday", "plain"
KINDS = (HOLIDAY, WORKDAY, PLAIN)
"""A free day, a make-up working day, and a day that is again what its weekday says."""

_MEANS = {HOLIDAY: False, WORKDAY: True, PLAIN: None}


def load(conn: Connection) -> WorkCalendar:
    """The calendar in force; the shipped one while nothing was changed."""
    days: dict[date, bool | None] = {row.day: _MEANS[row.kind] for row in conn.execute(_newest())}
    years = [int(year) for year in conn.scalars(select(t.calendar_notices.c.year))]
    return WorkCalendar.default().changed(days, years)


@cache
def _newest() -> Select[Any]:
    c = t.calendar_days.c
    newest = select(c.day, func.max(c.version).label("version")).group_by(c.day).subquery()
    return select(c.day, c.kind).join(newest, (c.day == newest.c.day) & (c.version == newest.c.version))
