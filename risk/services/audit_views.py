"""The audit as people look for it, and as a file: by actor, action, object, period or trace. What is personal in a detail is masked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, select

from risk.domain.tables_out import cell
from risk.services import auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked_json
from risk.storage.tables import audit

_PART = 2_000
MOST_ROWS = 100_000
"""The most rows one export gives; the next one goes on after the last id."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to list. ``action`` includes what it begins (``task`` has ``task.sign``); ``object`` likewise by its kind (``task``) or is one thing (``task:12``).

    ``since`` is included, ``until`` is not; ``after`` is an id.
    """

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    trace: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any]
    trace_id: str | None
    algorithm: str
    hash: str


@dataclass(frozen=True, slots=True)
class Export:
    """A file of the audit: its text, how many rows, its SHA-256, and the last id in it; ``complete`` says that nothing more was asked for."""

    text: str
    rows: int
    sha256: str
    last: int
    complete: bool


def list_audit(conn: Connection, filters: AuditFilter, *, limit: int = 50, cursor: str | None = None) -> Page[AuditRow]:
    """Acts, the newest first."""
    query = _query(filters)
    if cursor:
        query = query.where(audit.c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(audit.c.id.desc()), limit, _row)


def export(
    conn: Connection, filters: AuditFilter, form: Literal["csv", "ndjson"], *, actor: str, now: datetime, most: int = MOST_ROWS
) -> Export:
    """The rows asked for as one text, the oldest first; that they were taken, by whom and which, is itself an act of the audit."""
    rows = list(_rows(conn, filters, most + 1))
    complete, rows = len(rows) <= most, rows[:most]
    text = as_csv(rows) if form == "csv" else as_ndjson(rows)
    made = Export(text, len(rows), hashlib.sha256(text.encode()).hexdigest(), rows[-1].id if rows else 0, complete)
    asked = {name: value for name, value in asdict(filters).items() if value}
    auditing.record(conn, actor, "audit.export", "audit", {"filters": asked, "format": form, "rows": made.rows, "sha256": made.sha256}, now)
    return made


def as_csv(rows: list[AuditRow]) -> str:
    """Rows as CSV (RFC 4180) with a byte order mark, so that spreadsheets read it as UTF-8; no cell can be taken for a formula."""
    out = io.StringIO(newline="")
    out.write("\ufeff")
    writer = csv.writer(out)
    names = [field.name for field in fields(AuditRow)]
    writer.writerow(names)
    writer.writerows([cell(_plain(getattr(row, name))) for name in names] for row in rows)
    return out.getvalue()


def as_ndjson(rows: list[AuditRow]) -> str:
    """Rows as one JSON object a line."""
    lines = [json.dumps({key: _json(value) for key, value in asdict(row).items()}, ensure_ascii=False) for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _rows(conn: Connection, filters: AuditFilter, most: int) -> Iterator[AuditRow]:
    last, left = filters.after, most
    while left > 0:
        part = conn.execute(_query(filters).where(audit.c.id > last).order_by(audit.c.id).limit(min(_PART, left))).all()
        yield from map(_row, part)
        if len(part) < min(_PART, left):
            return
        last, left = int(part[-1].id), left - len(part)


def _query(filters: AuditFilter) -> Select[Any]:
    a, query = audit.c, select(audit)
    if filters.actor:
        query = query.where(a.actor == filters.actor)
    if filters.action:
        query = query.where((a.action == filters.action) | a.action.startswith(f"{filters.action}.", autoescape=True))
    if filters.object:
        query = query.where((a.object == filters.object) | a.object.startswith(f"{filters.object}:", autoescape=True))
    if filters.trace:
        query = query.where(a.trace_id == filters.trace)
    if filters.since:
        query = query.where(a.at >= filters.since)
    if filters.until:
        query = query.where(a.at < filters.until)
    return query.where(a.id > filters.after) if filters.after else query


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(row.id, row.at, row.actor, row.action, row.object, masked_json(dict(row.detail)), row.trace_id, row.algorithm, row.hash)


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else str(_json(value))
