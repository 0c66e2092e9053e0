"""Moments as people write them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "bad_moment": ("无法识别的时刻：{text}", "not a moment: {text}"),
        "bad_moment.hint": (
            "例如 2026-10-31 或 2026-10-31T18:00（北京时间）",
            "for example 2026-10-31 or 2026-10-31T18:00 (Shanghai time)",
        ),
    }
)


def parse_moment(text: str | None) -> datetime:
    """An aware moment: now for None, the end of the day for a bare date, Shanghai time where no zone is given.

    >>> parse_moment("2026-10-31").isoformat()
    '2026-10-31T16:00:00+00:00'
    """
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= 10:
            moment += timedelta(days=1)
        return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError("bad_moment", text=text) from None


def begin_moment(text: str) -> datetime:
    """Where a period begins: the first moment of the day for a bare date.

    >>> begin_moment("2026-10-31").isoformat()
    '2026-10-30T16:00:00+00:00'
    """
    return parse_moment(text) - (timedelta(days=1) if len(text) <= 10 else timedelta())
