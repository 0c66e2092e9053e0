"""Time limits of a task: when it must be signed for, when the result must be reported.

The limits per grade are our editable defaults (``data/limits.toml``): no national or provincial limits for warnings are published. The one statutory
clock, 15 working days to decide on filing a case and once 15 more (市场监督管理行政处罚程序规定 Art. 18), is market supervision's own procedure; it caps
tasks of that department and of no other. The ceiling counts from the moment an office of the department first had the task, so issuing it again gains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
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
    report_due = after(limits["report"][grade.code], issued_at, calendar)
    statutory = ceiling(department, issued_at, calendar=calendar, limits=limits)
    report_due = min(report_due, statutory) if statutory else report_due
    sign_due = min(after(limits["sign"][grade.code], issued_at, calendar), report_due)
    return Deadlines(sign_due, report_due, calendar.touches_provisional(issued_at, report_due))


def ceiling(
    department: str,
    found_at: datetime | None,
    *,
    extended: bool = False,
    excluded: timedelta = timedelta(0),
    calendar: WorkCalendar | None = None,
    limits: Mapping[str, Any] | None = None,
) -> datetime | None:
    """The moment beyond which a task of this department cannot be due; ``None`` where its law sets none.

    ``found_at``: when the department first had the task. ``extended``: the one extension was approved. ``excluded``: working time that does not count (testing).

    >>> from risk.domain.calendar import SHANGHAI
    >>> at = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
    >>> [ceiling("market_supervision", at, extended=e).date().isoformat() for e in (False, True)]
    ['2026-03-23', '2026-04-14']
    >>> ceiling("finance_lead", at) is None
    True
    """
    limits = limits or read_toml("limits.toml")
    law = limits.get("ceiling", {}).get(department)
    if law is None or found_at is None:
        return None
    calendar = calendar or WorkCalendar.default()
    days = int(law["workdays"]) + (int(limits["extension"]["workdays"]) if extended else 0)
    return calendar.add_work_time(calendar.add_workdays(found_at, days), excluded)


def has_ceiling(department: str, limits: Mapping[str, Any] | None = None) -> bool:
    """Whether the department's own law limits its time."""
    return department in (limits or read_toml("limits.toml")).get("ceiling", {})


def extended_due(report_due: datetime, calendar: WorkCalendar | None = None, limits: Mapping[str, Any] | None = None) -> datetime:
    """The report deadline after the one extension: counted from the old deadline, not from the day it was asked for.

    >>> from risk.domain.calendar import SHANGHAI
    >>> extended_due(datetime(2026, 3, 2, 17, 30, tzinfo=SHANGHAI)).date().isoformat()
    '2026-03-23'
    """
    calendar = calendar or WorkCalendar.default()
    limits = limits or read_toml("limits.toml")
    return calendar.add_workdays(report_due, limits["extension"]["workdays"])


def after(limit: Mapping[str, Any], start: datetime, calendar: WorkCalendar) -> datetime:
    """The end of a limit, ``{"work_hours": 2}`` or ``{"workdays": 3}``, that begins at ``start``."""
    if "work_hours" in limit:
        return calendar.add_work_hours(start, float(limit["work_hours"]))
    return calendar.add_workdays(start, int(limit["workdays"]))


def stage_of(start: datetime, due: datetime, now: datetime, calendar: WorkCalendar | None = None) -> str | None:
    """The reminder that ``now`` has reached: a name of ``[reminders]`` or ``escalate``, counted in working time between ``start`` and ``due``.

    >>> from risk.domain.calendar import SHANGHAI
    >>> at = datetime(2026, 10, 12, 8, 30, tzinfo=SHANGHAI)
    >>> due = datetime(2026, 10, 13, 17, 30, tzinfo=SHANGHAI)
    >>> [stage_of(at, due, datetime(2026, 10, d, h, 30, tzinfo=SHANGHAI)) for d, h in ((12, 16), (12, 23), (13, 16), (13, 17), (14, 8), (14, 15))]
    [None, '50', '80', 'due', 'due', 'escalate']
    """
    calendar = calendar or WorkCalendar.default()
    steps = read_toml("limits.toml")["reminders"]
    span = calendar.work_between(start, due)
    share = calendar.work_between(start, now) / span if span else (float("inf") if now >= due else 0.0)
    found = None
    for name, limit in (*steps["at"].items(), ("escalate", steps["escalate"])):
        if share >= limit and (limit < 1.0 or now >= due):
            found = name
    return found
