"""Alerts for a spreadsheet or another system: the same rows as the list, page by page, so that a long export holds no transaction and little memory.

A cell that a spreadsheet would take for a formula is quoted (``'``). Every export is in the audit with what was asked.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.tables_out import cell
from risk.services import auditing
from risk.services.alert_filters import AlertFilter
from risk.services.paging import MAX_PAGE, Page
from risk.services.views_alerts import AlertRow, list_alerts

Form = Literal["ndjson", "csv"]
COLUMNS = tuple(field.name for field in fields(AlertRow))


def record(conn: Connection, filters: AlertFilter, form: Form, *, actor: str, now: datetime) -> None:
    """Put an export on the record before its first row leaves."""
    asked = {name: str(value) for name, value in asdict(filters).items() if value is not None}
    auditing.record(conn, actor, "alerts.export", "alerts", {"format": form, **asked}, now)


def lines(read: Callable[[str | None], Page[AlertRow]], form: Form) -> Iterator[str]:
    """The text of an export, a page at a time; ``read`` gives the page after a cursor. The first page is read at once: what is wrong is told before the answer begins.

    NDJSON: one object a line. CSV: UTF-8 with a byte order mark, for spreadsheets, and a header.
    """
    return _lines(read, read(None), form)


def reader(conn_read: Callable[..., Any], filters: AlertFilter, scope: Scope = EVERYWHERE) -> Callable[[str | None], Page[AlertRow]]:
    """Pages of one export: ``reader(desk.read, filters, scope)``."""

    def read(cursor: str | None) -> Page[AlertRow]:
        found: Page[AlertRow] = conn_read(list_alerts, filters, limit=MAX_PAGE, cursor=cursor, scope=scope)
        return found

    return read


def _lines(read: Callable[[str | None], Page[AlertRow]], page: Page[AlertRow], form: Form) -> Iterator[str]:
    if form == "csv":
        yield "\ufeff" + _csv([list(COLUMNS)])
    while True:
        yield _csv([[_cell(getattr(row, name)) for name in COLUMNS] for row in page.items]) if form == "csv" else _ndjson(page)
        if page.cursor is None:
            return
        page = read(page.cursor)


def _ndjson(page: Page[AlertRow]) -> str:
    return "".join(json.dumps(asdict(row), ensure_ascii=False, default=datetime.isoformat) + "\n" for row in page.items)


def _csv(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return cell(value) if isinstance(value, str) else value
