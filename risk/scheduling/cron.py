"""Five cron fields in Asia/Shanghai, with cron's own numbering of weekdays (0 and 7 are Sunday), and the slots they name.

APScheduler counts weekdays from Monday = 0, so a plain ``0 2 * * 0`` would run on Monday there. Here numbers are turned into names first.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "cron_invalid": ("无法识别的时间表：{cron}", "not a schedule: {cron}"),
        "cron_invalid.hint": (
            "五段：分 时 日 月 周，例如 30 6 * * mon-fri",
            "five fields: minute hour day month weekday, as 30 6 * * mon-fri",
        ),
    }
)

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def trigger_of(cron: str) -> Any:
    """The APScheduler trigger of five cron fields.

    >>> trigger_of("0 2 * * 0").get_next_fire_time(None, datetime(2026, 10, 12, tzinfo=UTC)).isoformat()
    '2026-10-18T02:00:00+08:00'
    >>> trigger_of("now and then")
    Traceback (most recent call last):
    risk.domain.errors.InvalidInputError: not a schedule: now and then
    """
    from apscheduler.triggers.cron import CronTrigger

    fields = cron.split()
    if len(fields) != 5:
        raise InvalidInputError("cron_invalid", cron=cron)
    fields[4] = re.sub(r"(?<![\w/])[0-7](?!\w)", lambda found: _DAYS[int(found[0])], fields[4])
    try:
        return CronTrigger.from_crontab(" ".join(fields), timezone=SHANGHAI)
    except ValueError as error:
        raise InvalidInputError("cron_invalid", cron=cron) from error


def next_due(cron: str, after: datetime) -> datetime | None:
    """The first slot later than a moment; ``None`` where there is none (30 February).

    >>> next_due("*/10 * * * *", datetime(2026, 10, 12, 2, 0, tzinfo=UTC)).isoformat()
    '2026-10-12T02:10:00+00:00'
    """
    found = trigger_of(cron).get_next_fire_time(None, after + timedelta(microseconds=1))
    return found.astimezone(UTC) if isinstance(found, datetime) else None


def last_due(cron: str, now: datetime, within: timedelta) -> datetime | None:
    """The newest slot at or before ``now``, at most ``within`` old: whichever second a process fires in, it names the same slot.

    >>> last_due("*/10 * * * *", datetime(2026, 10, 12, 2, 7, 31, tzinfo=UTC), timedelta(hours=1)).isoformat()
    '2026-10-12T02:00:00+00:00'
    >>> last_due("0 3 * * *", datetime(2026, 10, 12, 2, 7, tzinfo=UTC), timedelta(hours=1)) is None
    True
    """
    trigger = trigger_of(cron)
    newest: datetime | None = None
    slot = trigger.get_next_fire_time(None, now - within)
    while slot is not None and slot <= now:
        newest = slot
        slot = trigger.get_next_fire_time(slot, slot + timedelta(microseconds=1))
    return newest.astimezone(UTC) if newest is not None else None
