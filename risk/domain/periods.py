"""Periods of reports: a month of Hubei's calendar, or a stretch of days up to a cut-off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "bad_period": ("无法识别的报告期：{period}", "not a period: {period}"),
        "bad_period.hint": ("用 2026-10 这样的月份，或 latest", "use a month such as 2026-10, or latest"),
    }
)


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) with the name that reports carry."""

    name: str
    start: datetime
    end: datetime

    @property
    def previous(self) -> Period:
        """The stretch of the same length just before; for a month, the month before."""
        if re.fullmatch(r"\d{4}-\d{2}", self.name):
            before = self.start - timedelta(days=1)
            return month(f"{before.year}-{before.month:02d}")
        return Period(f"before {self.name}", self.start - (self.end - self.start), self.start)


def month(name: str) -> Period:
    """A calendar month.

    >>> month("2026-10").end.isoformat()
    '2026-11-01T00:00:00+08:00'
    """
    found = re.fullmatch(r"(\d{4})-(\d{2})", name)
    if not found or not 1 <= int(found[2]) <= 12:
        raise InvalidInputError("bad_period", period=name)
    year, number = int(found[1]), int(found[2])
    start = datetime(year, number, 1, tzinfo=SHANGHAI)
    return Period(name, start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=SHANGHAI))


def latest(cutoff: datetime, days: int = 30) -> Period:
    """The ``days`` days up to the cut-off."""
    end = cutoff.astimezone(SHANGHAI)
    return Period(f"latest-{end:%Y%m%d}", end - timedelta(days=days), end)
