"""Deadlines: never on a free day, graver is never later, and the statutory ceiling is market supervision's alone."""

from __future__ import annotations

import copy
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.calendar import SHANGHAI, WorkCalendar
from risk.domain.clocks import deadlines, extended_due
from risk.domain.datafiles import read_toml
from risk.domain.grades import Grade

CALENDAR = WorkCalendar.default()
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1)).map(lambda d: d.replace(tzinfo=SHANGHAI))  # noqa: DTZ001
GRADES = [Grade.BLUE, Grade.YELLOW, Grade.ORANGE, Grade.RED]


@given(MOMENTS, st.sampled_from(["market_supervision", "finance_lead", "drug_administration", "coordination"]))
def test_graver_is_never_later_and_nothing_is_due_on_a_free_day(moment: datetime, department: str) -> None:
    due = [deadlines(grade, moment, department) for grade in GRADES]
    for mild, grave in pairwise(due):
        assert grave.sign_due <= mild.sign_due
        assert grave.report_due <= mild.report_due
    for item in due:
        assert moment <= item.sign_due <= item.report_due
        assert CALENDAR.is_workday(item.sign_due.date())
        assert CALENDAR.is_workday(item.report_due.date())
        assert item.provisional == (2027 in (moment.year, item.report_due.year))


def test_the_ceiling_binds_market_supervision_only() -> None:
    limits = copy.deepcopy(read_toml("limits.toml"))
    limits["report"]["blue"] = {"workdays": 40}
    at = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
    assert deadlines(Grade.BLUE, at, "market_supervision", limits=limits).report_due == CALENDAR.add_workdays(at, 15)
    assert deadlines(Grade.BLUE, at, "finance_lead", limits=limits).report_due == CALENDAR.add_workdays(at, 40)


def test_an_extension_counts_from_the_old_deadline() -> None:
    due = deadlines(Grade.YELLOW, datetime(2026, 9, 21, 9, 0, tzinfo=SHANGHAI), "market_supervision").report_due
    assert due.date().isoformat() == "2026-10-08"  # the Mid-Autumn holiday and seven days of October between
    assert extended_due(due) == CALENDAR.add_workdays(due, 15)


def test_no_grade_no_deadline() -> None:
    with pytest.raises(ValueError, match="grade none"):
        deadlines(Grade.NONE, datetime(2026, 1, 5, tzinfo=SHANGHAI), "market_supervision")
