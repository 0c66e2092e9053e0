"""Times as files write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from risk.domain.mapping import zone_of

_CHINESE_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?\s*(?:(\d{1,2})[时点:：](\d{1,2})?(?:[分:：](\d{1,2}))?\D?)?")
_SLASHES = re.compile(r"(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")


def parse_time(value: Any, formats: Sequence[str] = (), timezone: str = "Asia/Shanghai") -> datetime:
    """An aware UTC time from what files hold: given formats first, then ISO, slashes, Chinese, seconds or milliseconds since 1970, Excel's dates.

    >>> for text in ("2026-10-01", "2026/10/1 8:30", "2026年10月1日8时30分", "1790814600", "2026-10-01T00:30:00Z"):
    ...     print(parse_time(text).isoformat())
    2026-09-30T16:00:00+00:00
    2026-10-01T00:30:00+00:00
    2026-10-01T00:30:00+00:00
    2026-10-01T00:30:00+00:00
    2026-10-01T00:30:00+00:00
    >>> parse_time("next week")
    Traceback (most recent call last):
    ValueError: no time: next week
    """
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone is put on below
    elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        found = _since_1970(f"{value:.0f}")
    elif isinstance(value, str):
        found = _written(value.strip(), formats)
    else:
        raise ValueError(f"no time: {type(value).__name__}")  # noqa: TRY004 - one kind of refusal
    return (found if found.tzinfo else found.replace(tzinfo=zone_of(timezone))).astimezone(UTC)


def _written(text: str, formats: Sequence[str]) -> datetime:
    for form in formats:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller puts the zone on
        except ValueError:
            continue
    if len(text) > 40:
        raise ValueError("too long for a time")
    if text.isdecimal() and len(text) in (10, 13):
        return _since_1970(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    match = _SLASHES.fullmatch(text) or _CHINESE_DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"no time: {text}")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the caller puts the zone on


def _since_1970(digits: str) -> datetime:
    if len(digits) not in (9, 10, 12, 13):
        raise ValueError(f"no time: {digits}")
    return datetime.fromtimestamp(int(digits) / (1000 if len(digits) > 10 else 1), UTC)
