"""Periods of reports: a day, an ISO week, a month, a quarter or a year of Hubei's calendar, a span of days, or a stretch of days up to a cut-off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "bad_period": ("无法识别的报告期：{period}", "not a period: {period}"),
        "bad_period.hint": ("用 2026-10 这样的月份，或 latest", "use a month such as 2026-10, or latest"),
    }
)

FORMS = ("day", "week", "month", "quarter", "year", "span")
"""What a period may be; see :func:`parse`."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) with the name that reports carry."""

    name: str
    start: datetime
    end: datetime

    @property
    def previous(self) -> Period:
        """The one just before: of a month the month before, likewise of a quarter or a year; else the stretch of the same length.

        >>> [parse(name).previous.name for name in ("2026-01", "2026-Q1", "2026", "2026-W01", "2026-10-01")]
        ['2025-12', '2025-Q4', '2025', '2025-W52', '2026-09-30']
        """
        form = form_of(self.name)
        if form in ("day", "week", "month", "quarter", "year"):
            return around(form, self.start)
        return Period(f"before {self.name}", self.start - (self.end - self.start), self.start)

    @property
    def year_before(self) -> Period | None:
        """The same month, quarter or year one year earlier; of other forms nothing is the same.

        >>> parse("2026-10").year_before.name, parse("2026-10-05").year_before
        ('2025-10', None)
        """
        if form_of(self.name) not in ("month", "quarter", "year"):
            return None
        return parse(f"{int(self.name[:4]) - 1}{self.name[4:]}")


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


def form_of(name: str) -> str:
    """Which of ``FORMS`` a name has; empty for none of them.

    >>> [form_of(name) for name in ("2026-10-05", "2026-W41", "2026-10", "2026-Q4", "2026", "2026-10-01..2026-10-15", "latest")]
    ['day', 'week', 'month', 'quarter', 'year', 'span', '']
    """
    patterns = {
        "day": r"\d{4}-\d{2}-\d{2}",
        "week": r"\d{4}-W\d{2}",
        "month": r"\d{4}-\d{2}",
        "quarter": r"\d{4}-Q[1-4]",
        "year": r"\d{4}",
        "span": r"\d{4}-\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2}",
    }
    return next((form for form, pattern in patterns.items() if re.fullmatch(pattern, name, re.ASCII)), "")


def parse(name: str) -> Period:
    """The period of a name; ``InvalidInputError`` (``bad_period``) for what is none, for a span that ends before it begins, for years out of reach.

    >>> parse("2026-W41").start.isoformat(), parse("2026-Q4").end.isoformat(), (parse("2026-10-01..2026-10-15").end - parse("2026-10-01").start).days
    ('2026-10-05T00:00:00+08:00', '2027-01-01T00:00:00+08:00', 15)
    """
    try:
        start, end = _edges(name, form_of(name))
    except ValueError:
        raise InvalidInputError("bad_period", period=name[:80]) from None
    if not (start.year > 1900 and end.year < 2200 and start < end):
        raise InvalidInputError("bad_period", period=name[:80])
    return Period(name, _midnight(start), _midnight(end))


def around(form: str, moment: datetime) -> Period:
    """The day, week, month, quarter or year that ``moment`` ends: at midnight it is the one that is just over.

    >>> moment = datetime(2026, 11, 1, tzinfo=SHANGHAI)
    >>> [around(form, moment).name for form in ("day", "week", "month", "quarter", "year")]
    ['2026-10-31', '2026-W44', '2026-10', '2026-Q4', '2026']
    """
    day = (moment.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()
    iso = day.isocalendar()
    names = {
        "day": day.isoformat(),
        "week": f"{iso.year}-W{iso.week:02d}",
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "year": f"{day.year}",
    }
    return parse(names[form])


def latest(cutoff: datetime, days: int = 30) -> Period:
    """The ``days`` days up to the cut-off."""
    end = cutoff.astimezone(SHANGHAI)
    return Period(f"latest-{end:%Y%m%d}", end - timedelta(days=days), end)


def _edges(name: str, form: str) -> tuple[date, date]:
    """The first day and the day after the last; ``ValueError`` where there is none."""
    match form:
        case "day":
            first = date.fromisoformat(name)
            return first, first + _DAY
        case "week":
            first = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
            return first, first + 7 * _DAY
        case "month" | "quarter":
            number = int(name[5:]) if form == "month" else int(name[6:]) * 3 - 2
            after = number + (1 if form == "month" else 3)
            return date(int(name[:4]), number, 1), date(int(name[:4]) + (after > 12), (after - 1) % 12 + 1, 1)
        case "year":
            return date(int(name), 1, 1), date(int(name) + 1, 1, 1)
        case "span":
            edges = [date.fromisoformat(part) for part in name.split("..")]
            return edges[0], edges[1] + _DAY
        case _:
            raise ValueError(name)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
