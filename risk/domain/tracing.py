"""The trace id: one name for everything that one request, job or command caused, so that a signal can be followed to its verdict.

32 hexadecimal digits, as in the header ``traceparent`` of W3C Trace Context (Recommendation 2021, section 3.2). It is held for the length of a block;
rows that are written meanwhile carry it (``risk.storage.tables``), and so do lines of the log.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_HELD: ContextVar[str | None] = ContextVar("risk_trace", default=None)
_HEADER = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


def current_trace() -> str | None:
    """The trace of this block; nothing outside of any."""
    return _HELD.get()


def new_trace() -> str:
    """A new one."""
    return secrets.token_hex(16)


@contextmanager
def tracing(trace_id: str | None = None) -> Iterator[str]:
    """Hold a trace for a block: the one given, else the one held already, else a new one.

    >>> with tracing("0af7651916cd43dd8448eb211c80319c"), tracing() as inner:
    ...     inner == current_trace() == "0af7651916cd43dd8448eb211c80319c"
    True
    >>> current_trace() is None
    True
    """
    chosen = trace_id or _HELD.get() or new_trace()
    token = _HELD.set(chosen)
    try:
        yield chosen
    finally:
        _HELD.reset(token)


def of_header(traceparent: str | None) -> str | None:
    """The trace id of a ``traceparent``; nothing for one that the recommendation calls invalid (all zeros, version ff, another shape).

    >>> of_header("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    '0af7651916cd43dd8448eb211c80319c'
    >>> of_header("00-00000000000000000000000000000000-b7ad6b7169203331-01"), of_header("nonsense"), of_header(None)
    (None, None, None)
    """
    found = _HEADER.fullmatch((traceparent or "").strip())
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    return found[2] if int(found[2], 16) and int(found[3], 16) else None


def to_header(trace_id: str) -> str:
    """A ``traceparent`` that goes on with a trace, with a new span of ours.

    >>> of_header(to_header("0af7651916cd43dd8448eb211c80319c"))
    '0af7651916cd43dd8448eb211c80319c'
    """
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"
