"""The rows of a shared export: the same lists as everybody reads, masked, cut to the fields and the scope of a grant, bounded."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Connection

from risk.domain import sharing
from risk.domain.authority import Scope
from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.domain.tables_out import cell
from risk.services.alert_filters import AlertFilter
from risk.services.paging import MAX_PAGE
from risk.services.task_views import TaskFilter, TaskRow, list_tasks
from risk.services.views_alerts import AlertRow, list_alerts
from risk.services.views_signals import SignalFilter, SignalRow, list_signals
from risk.services.views_verdicts import VerdictFilter, VerdictRow, list_verdicts

Form = Literal["csv", "ndjson"]
Reader = Callable[[Connection, datetime, str | None, Scope], Any]

register({"share_rows": ("共享数据超过 {most} 行，请缩小范围", "the export has more than {most} rows: ask for less")})

_ROWS: Mapping[str, tuple[type, Reader]] = MappingProxyType(
    {
        "alerts": (
            AlertRow,
            lambda conn, _now, cursor, scope: list_alerts(conn, AlertFilter(), limit=MAX_PAGE, cursor=cursor, scope=scope),
        ),
        "tasks": (
            TaskRow,
            lambda conn, now, cursor, scope: list_tasks(conn, TaskFilter(), now, limit=MAX_PAGE, cursor=cursor, scope=scope),
        ),
        "verdicts": (
            VerdictRow,
            lambda conn, _now, cursor, scope: list_verdicts(conn, VerdictFilter(), limit=MAX_PAGE, cursor=cursor, scope=scope),
        ),
        "signals": (
            SignalRow,
            lambda conn, _now, cursor, scope: list_signals(conn, SignalFilter(), limit=MAX_PAGE, cursor=cursor, scope=scope),
        ),
    }
)


def fields_of(data: str) -> tuple[str, ...]:
    """The fields of a kind of data that can be asked for.

    >>> fields_of("alerts")[:3]
    ('id', 'model', 'model_zh')
    """
    return tuple(one.name for one in fields(_ROWS[data][0]))


def write(conn: Connection, data: str, chosen: Sequence[str], form: Form, now: datetime, scope: Scope) -> tuple[str, int]:
    """Text and number of rows; ``ConflictError`` (``share_rows``) beyond the limit: half an export would be taken for a whole."""
    rows = _rows(conn, data, chosen, now, scope)
    if form == "ndjson":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), len(rows)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(chosen)
    table.writerows([cell(value) if isinstance(value, str) else value for value in row.values()] for row in rows)
    return "\ufeff" + out.getvalue(), len(rows)


def _rows(conn: Connection, data: str, chosen: Sequence[str], now: datetime, scope: Scope) -> list[dict[str, Any]]:
    read, most = _ROWS[data][1], sharing.limits()["export_rows"]
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = read(conn, now, cursor, scope)
        found += [{name: _plain(getattr(row, name)) for name in chosen} for row in page.items]
        if len(found) > most:
            raise ConflictError("share_rows", most=most)
        cursor = page.cursor
        if cursor is None:
            return found


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return "; ".join(map(str, value)) if isinstance(value, tuple) else value
