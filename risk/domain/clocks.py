"""Time limits of a task: when it must be signed for, when the result must be reported.

The limits per grade are our editable defaults (``data/limits.toml``): no national or provincial limits for warnings are published. The one statutory
clock, 15 working days to decide on filing a case and once 15 more (市场监督管理行政处罚程序规定 Art. 18), is market supervision's own procedure; it caps
tasks of that department and of no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from risk.domain.calendar import WorkCalendar
from risk.domain.datafiles import read_toml
from risk.domain.grades import Grade


class Deadlines(NamedTuple):
    """Both deadlines, and whether a year without a holiday notice was involved."""

    sign_due: datetime
    report_due: datetime
    provisional: bool


def deadlines(
    grade: Grade, issued_at: datetime, department: str, calendar: WorkCalendar | None = None, limits: Mapping[str, Any] | None = None
) -> Deadlines:
    """The deadlines of a task of ``grade`` issued to an office of ``department`` at ``issued_at`` (aware).

    The sign-for deadline is never after the report deadline. ``ValueError`` for grade ``NONE``, which has no task.

    >>> from risk.domain.calendar import SHANGHAI
    >>> d = deadlines(Grade.RED, datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI), "market_supervision")
    >>> d.sign_due.isoformat(), d.report_due.date().isoformat(), d.provisional
    ('2026-09-30T11:00:00+08:00', '2026-10-09', False)
    """
    if grade is Grade.NONE:
        raise ValueError("no task, no deadline: grade none")
    calendar = calendar or WorkCalendar.default()
    limits = limits or read_toml("limits.toml")
    report_due = _after(limits["report"][grade.code], issued_at, calendar)
    ceiling = limits.get("ceiling", {}).get(department)
    if ceiling:
        report_due = min(report_due, calendar.add_workdays(issued_at, ceiling["workdays"]))
    sign_due = min(_after(limits["sign"][grade.code], issued_at, calendar), report_due)
    return Deadlines(sign_due, report_due, calendar.touches_provisional(issued_at, report_due))


def extended_due(report_due: datetime, calendar: WorkCalendar | None = None, limits: Mapping[str, Any] | None = None) -> datetime:
    """The report deadline after the one extension: counted from the old deadline, not from the day it was asked for.

    >>> from risk.domain.calendar import SHANGHAI
    >>> extended_due(datetime(2026, 3, 2, 17, 30, tzinfo=SHANGHAI)).date().isoformat()
    '2026-03-23'
    """
    calendar = calendar or WorkCalendar.default()
    limits = limits or read_toml("limits.toml")
    return calendar.add_workdays(report_due, limits["extension"]["workdays"])


def _after(limit: Mapping[str, Any], start: datetime, calendar: WorkCalendar) -> datetime:
    if "work_hours" in limit:
        return calendar.add_work_hours(start, float(limit["work_hours"]))
    return calendar.add_workdays(start, int(limit["workdays"]))
