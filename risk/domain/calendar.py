"""Working days and hours in China, with make-up days (调休), in Asia/Shanghai.

Years with rows in ``data/calendar.csv`` follow the State Council's yearly notice. Any other year follows a *provisional* rule (weekends and statutory days
known beforehand, no make-up days), and everything computed through such a year says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from risk.domain.datafiles import read_csv, read_toml

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkCalendar:
    """A table of exceptions to *Monday to Friday*, with the working hours of a day.

    >>> c = WorkCalendar.default()
    >>> c.is_workday(date(2026, 10, 1)), c.is_workday(date(2026, 10, 10)), c.is_provisional(date(2027, 1, 4))
    (False, True, True)
    """

    days: Mapping[date, bool]  # True: a make-up working day; False: a holiday
    years: frozenset[int]  # settled by a notice
    fixed: frozenset[tuple[int, int]]  # (month, day) free in provisional years
    moving: frozenset[date]  # lunar and solar-term days free in provisional years
    spans: Sequence[tuple[time, time]]
    _counted: dict[int, tuple[int, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )  # year → working days before each of its days

    @classmethod
    @cache
    def default(cls) -> WorkCalendar:
        """The calendar of the package's data."""
        rows = [(date.fromisoformat(row["date"]), row["kind"] == "workday") for row in read_csv("calendar.csv")]
        table = read_toml("calendar.toml")
        rule = table["provisional"]
        months = ((int(d["day"][:2]), int(d["day"][3:])) for d in rule["fixed"])
        spans = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in table["hours"]["spans"])
        return cls(dict(rows), frozenset(d.year for d, _ in rows), frozenset(months), frozenset(d["date"] for d in rule["moving"]), spans)

    def changed(self, days: Mapping[date, bool | None], years: Iterable[int] = ()) -> WorkCalendar:
        """The calendar with some days set (``True`` working, ``False`` free, ``None`` as the weekday says) and some years settled by their notice.

        >>> c = WorkCalendar.default().changed({date(2027, 2, 9): False}, [2027])
        >>> c.is_workday(date(2027, 2, 9)), c.is_provisional(date(2027, 1, 4)), c.is_workday(date(2027, 6, 9))
        (False, False, True)
        """
        if not days and not years:
            return self
        plain = {day: day.weekday() < 5 if works is None else works for day, works in days.items()}
        return WorkCalendar({**self.days, **plain}, self.years | frozenset(years), self.fixed, self.moving, self.spans)

    def is_provisional(self, day: date) -> bool:
        """Whether the year of ``day`` has no notice yet."""
        return day.year not in self.years

    def is_workday(self, day: date) -> bool:
        """Whether offices work on ``day``, a date in Shanghai."""
        if day in self.days:
            return self.days[day]
        if self.is_provisional(day) and (day in self.moving or (day.month, day.day) in self.fixed):
            return False
        return day.weekday() < 5

    def next_workday(self, day: date) -> date:
        """The first working day after ``day``."""
        day += _DAY
        while not self.is_workday(day):
            day += _DAY
        return day

    def add_workdays(self, moment: datetime, days: int) -> datetime:
        """The end of work on the n-th working day after the day of ``moment``, which itself does not count.

        With ``days`` 0: the end of that day if it is a working day, else of the next one. ``ValueError`` for a negative number or a naive time.

        >>> WorkCalendar.default().add_workdays(datetime(2026, 9, 30, 10, tzinfo=SHANGHAI), 2).isoformat()
        '2026-10-09T17:30:00+08:00'
        """
        if days < 0:
            raise ValueError(f"not a number of working days: {days}")
        day = _local(moment).date()
        if days == 0 and not self.is_workday(day):
            days = 1
        for _ in range(days):
            day = self.next_workday(day)
        return datetime.combine(day, self.spans[-1][1], SHANGHAI)

    def add_work_hours(self, moment: datetime, hours: float) -> datetime:
        """``hours`` of working time after ``moment``, never at night, at noon or on a free day.

        >>> WorkCalendar.default().add_work_hours(datetime(2026, 10, 9, 16, 30, tzinfo=SHANGHAI), 2).isoformat()
        '2026-10-10T09:30:00+08:00'
        """
        if hours < 0:
            raise ValueError(f"not a number of hours: {hours}")
        return self._spend(moment, timedelta(hours=hours))

    def _spend(self, moment: datetime, left: timedelta) -> datetime:
        now = _local(moment)
        day = now.date() if self.is_workday(now.date()) else self.next_workday(now.date())
        while True:
            for start, end in self.spans:
                begins = max(datetime.combine(day, start, SHANGHAI), now)
                room = datetime.combine(day, end, SHANGHAI) - begins
                if room >= left and room > timedelta(0):
                    return begins + left
                left -= max(room, timedelta(0))
            day = self.next_workday(day)

    @property
    def day_length(self) -> timedelta:
        """Working time of a working day."""
        return sum((datetime.combine(date.min, b) - datetime.combine(date.min, a) for a, b in self.spans), timedelta(0))

    def add_work_time(self, moment: datetime, span: timedelta) -> datetime:
        """``span`` of working time after ``moment``; ``moment`` itself for none.

        >>> WorkCalendar.default().add_work_time(datetime(2026, 10, 9, 17, 30, tzinfo=SHANGHAI), timedelta(hours=7)).isoformat()
        '2026-10-10T17:30:00+08:00'
        """
        return self._spend(moment, span) if span else moment

    def work_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``; nothing where ``end`` is not later.

        >>> WorkCalendar.default().work_between(datetime(2026, 9, 30, 10, tzinfo=SHANGHAI), datetime(2026, 10, 8, 9, tzinfo=SHANGHAI))
        datetime.timedelta(seconds=21600)
        """
        if end <= start:
            return timedelta(0)
        begins, ends = _local(start), _local(end)
        return self._worked(ends, begins.year) - self._worked(begins, begins.year)

    def _worked(self, moment: datetime, since: int) -> timedelta:
        """Working time from the first day of the year ``since`` to a moment."""
        day = moment.date()
        whole = sum(self._before(year)[-1] for year in range(since, day.year)) + self._before(day.year)[day.timetuple().tm_yday - 1]
        today = timedelta(0)
        if self.is_workday(day):
            for start, end in self.spans:
                begins, ends = datetime.combine(day, start, SHANGHAI), datetime.combine(day, end, SHANGHAI)
                today += max(min(moment, ends) - begins, timedelta(0))
        return whole * self.day_length + today

    def _before(self, year: int) -> tuple[int, ...]:
        """How many working days of a year lie before each of its days; the last number is that of the whole year."""
        if year not in self._counted:
            first = date(year, 1, 1)
            length = (date(year, 12, 31) - first).days + 1
            worked = (self.is_workday(first + timedelta(days=i)) for i in range(length))
            self._counted[year] = tuple(accumulate(worked, initial=0))
        return self._counted[year]

    def touches_provisional(self, start: datetime, end: datetime) -> bool:
        """Whether any day between two moments lies in a provisional year."""
        return any(year not in self.years for year in range(_local(start).year, _local(end).year + 1))


def week_of(moment: datetime) -> tuple[datetime, datetime, str]:
    """The ISO week of a moment in Shanghai: its first moment, the first of the next, and its name.

    >>> week_of(datetime(2026, 10, 4, 23, tzinfo=SHANGHAI))[2]
    '2026-W40'
    """
    year, week, weekday = _local(moment).isocalendar()
    monday = datetime.combine(_local(moment).date() - timedelta(days=weekday - 1), time(0), SHANGHAI)
    return monday, monday + timedelta(days=7), f"{year}-W{week:02d}"


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime refused: {moment!r}")
    return moment.astimezone(SHANGHAI)
