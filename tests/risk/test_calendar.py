"""Working days: holidays, make-up days, hours, and years whose notice is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.calendar import SHANGHAI, WorkCalendar, week_of

CALENDAR = WorkCalendar.default()
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 6, 1)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-02-04", True),  # Sunday, made up for Spring Festival
        ("2024-02-12", False),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2026-02-23", False),
        ("2026-02-28", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2027-01-01", False),
        ("2027-02-08", False),
        ("2027-02-09", True),  # provisional: the notice will say otherwise
    ],
)
def test_days(day: str, works: bool) -> None:
    assert CALENDAR.is_workday(date.fromisoformat(day)) is works


def test_years_without_a_notice_say_so() -> None:
    assert not CALENDAR.is_provisional(date(2026, 12, 31))
    assert CALENDAR.is_provisional(date(2027, 1, 1))
    before = datetime(2026, 12, 30, tzinfo=SHANGHAI)
    assert CALENDAR.touches_provisional(before, before + timedelta(days=5))


def test_the_day_is_that_of_shanghai() -> None:
    late = datetime(2026, 10, 9, 17, 0, tzinfo=UTC)  # already 10 October there, a make-up Saturday
    assert CALENDAR.add_workdays(late, 0).date() == date(2026, 10, 10)
    assert CALENDAR.add_workdays(late, 1).date() == date(2026, 10, 12)


def test_hours_skip_noon_night_and_holidays() -> None:
    assert CALENDAR.add_work_hours(datetime(2026, 9, 30, 11, 0, tzinfo=SHANGHAI), 2).isoformat() == "2026-09-30T15:00:00+08:00"
    assert CALENDAR.add_work_hours(datetime(2026, 9, 30, 17, 0, tzinfo=SHANGHAI), 1).isoformat() == "2026-10-08T09:00:00+08:00"


def test_refusals() -> None:
    with pytest.raises(ValueError, match="naive"):
        CALENDAR.add_workdays(datetime(2026, 1, 1), 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="working days"):
        CALENDAR.add_workdays(datetime(2026, 1, 1, tzinfo=UTC), -1)


@given(MOMENTS, st.integers(0, 40))
def test_the_end_is_a_workday_and_the_days_between_count(moment: datetime, days: int) -> None:
    end = CALENDAR.add_workdays(moment, days)
    start = moment.astimezone(SHANGHAI).date()
    between = [start + timedelta(days=i) for i in range(1, (end.date() - start).days + 1)]
    assert CALENDAR.is_workday(end.date())
    if days:
        assert sum(map(CALENDAR.is_workday, between)) == days


@given(MOMENTS, st.floats(0, 60))
def test_hours_end_inside_working_time_and_grow(moment: datetime, hours: float) -> None:
    end = CALENDAR.add_work_hours(moment, hours)
    assert end >= moment
    assert CALENDAR.is_workday(end.date())
    assert any(a <= end.time() <= b for a, b in CALENDAR.spans)
    assert CALENDAR.add_work_hours(moment, hours + 1) > end


@given(MOMENTS)
def test_a_week_holds_its_moment(moment: datetime) -> None:
    monday, following, _ = week_of(moment)
    assert monday <= moment < following
    assert (monday.weekday(), following - monday) == (0, timedelta(days=7))
