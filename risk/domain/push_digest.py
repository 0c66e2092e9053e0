"""Digests: many events for one target become one message, sent in working time. What is urgent never waits."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from risk.domain.calendar import SHANGHAI, WorkCalendar
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "push_digest_invalid": ("无法识别的汇总时间：{digest}", "not a schedule of digests: {digest}"),
        "push_digest_invalid.hint": (
            "写成 every 30m（工作时间内每 30 分钟）或 at 09:00,14:00（工作日的时刻）；留空为即时",
            "write every 30m (of working time) or at 09:00,14:00 (of working days); nothing sends at once",
        ),
    }
)

_EVERY = re.compile(r"every ([1-9]\d{0,3})m")
_AT = re.compile(r"at ((?:[01]\d|2[0-3]):[0-5]\d(?:,(?:[01]\d|2[0-3]):[0-5]\d)*)")


def check(schedule: str) -> str:
    """The schedule, if it can be read; ``InvalidInputError`` (``push_digest_invalid``).

    >>> check(" every 30m "), check("")
    ('every 30m', '')
    >>> check("hourly")
    Traceback (most recent call last):
    risk.domain.errors.InvalidInputError: not a schedule of digests: hourly
    """
    text = schedule.strip()
    if text and not _EVERY.fullmatch(text) and not _AT.fullmatch(text):
        raise InvalidInputError("push_digest_invalid", digest=schedule[:80])
    return text


def next_digest(schedule: str, after: datetime, calendar: WorkCalendar | None = None) -> datetime:
    """When what happened at a moment is told: the moment itself without a schedule, else the next one of working time.

    ``every 30m`` counts in working time from the start of each half day, so that all offices of a schedule get theirs together.

    >>> friday = datetime(2026, 10, 9, 17, 25, tzinfo=SHANGHAI)  # the day after is a make-up working day
    >>> next_digest("every 30m", friday).isoformat(), next_digest("at 09:00,14:00", friday).isoformat()
    ('2026-10-09T17:30:00+08:00', '2026-10-10T09:00:00+08:00')
    >>> next_digest("every 30m", datetime(2026, 10, 9, 12, 30, tzinfo=SHANGHAI)).isoformat()
    '2026-10-09T14:30:00+08:00'
    """
    if not schedule:
        return after
    calendar = calendar or WorkCalendar.default()
    local = after.astimezone(SHANGHAI)
    day = local.date() if calendar.is_workday(local.date()) else calendar.next_workday(local.date())
    while True:
        for moment in _moments(schedule, day, calendar):
            if moment > local:
                return moment
        day = calendar.next_workday(day)


def _moments(schedule: str, day: date, calendar: WorkCalendar) -> list[datetime]:
    if found := _AT.fullmatch(schedule):
        return [datetime.combine(day, time.fromisoformat(one), SHANGHAI) for one in sorted(found[1].split(","))]
    every = _EVERY.fullmatch(schedule)
    assert every is not None  # checked when it was stored
    step, moments = timedelta(minutes=int(every[1])), []
    for start, end in calendar.spans:
        now, last = datetime.combine(day, start, SHANGHAI), datetime.combine(day, end, SHANGHAI)
        while now < last:
            now = min(now + step, last)
            moments.append(now)
    return moments
