"""How long signals stay in the tables, and which months may leave them (``data/retention.toml``). Pure.

A month is one of Hubei's calendar. It is due when it lies ``keep_months`` whole months back, ``least_days`` days are over since its end, and nothing that judges
looks back so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from risk.domain import periods
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.periods import Period


@dataclass(frozen=True, slots=True)
class Retention:
    """The whole configuration; days and months are counted from the end of a month on."""

    keep_months: int
    least_days: int
    restored_days: int
    models_days: int
    signals_at_once: int
    zstd_level: int


@cache
def retention() -> Retention:
    """As shipped, or as the operator edited it.

    >>> retention().keep_months >= 1 and retention().signals_at_once >= 1
    True
    """
    told = read_toml("retention.toml")
    return Retention(**told["retention"], **told["judged"], **told["files"])


def last_due(policy: Retention, now: datetime, longest_days: float) -> Period:
    """The newest month that may leave the tables; ``longest_days``: as far as anything that judges looks back.

    >>> policy = Retention(36, 1095, 90, 31, 5000, 9)
    >>> now = datetime(2026, 11, 22, tzinfo=SHANGHAI)
    >>> last_due(policy, now, 730).name, last_due(policy, now, 3650).name
    ('2023-10', '2016-10')
    """
    here = now.astimezone(SHANGHAI)
    kept = here.year * 12 + here.month - 1 - policy.keep_months  # the first month that stays
    by_months = f"{(kept - 1) // 12:04d}-{(kept - 1) % 12 + 1:02d}"
    latest_end = now - timedelta(days=max(policy.least_days, longest_days))
    by_days = periods.around("month", latest_end.astimezone(SHANGHAI).replace(day=1, hour=0, minute=0, second=0, microsecond=0)).name
    return periods.month(min(by_months, by_days))


def month_of(moment: datetime) -> Period:
    """The month a moment lies in.

    >>> month_of(datetime(2024, 2, 29, 23, tzinfo=SHANGHAI)).name
    '2024-02'
    """
    return periods.month(f"{moment.astimezone(SHANGHAI):%Y-%m}")
