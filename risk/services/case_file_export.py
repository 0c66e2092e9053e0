"""The timeline of a case file for a special report: JSON with its figures, or CSV for a spreadsheet; as of a moment, on the record."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.signals import digest
from risk.domain.tables_out import cell
from risk.services import auditing, case_files
from risk.services.case_file_figures import figures
from risk.services.case_file_timeline import TimelineEntry, timeline

Form = Literal["json", "csv"]
COLUMNS = tuple(TimelineEntry.__dataclass_fields__)


def export(
    conn: Connection, case_file_id: int, known: datetime, form: Form, *, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> tuple[str, str]:
    """Name and text of an export; that it was made stands in the audit. ``case_file_not_found``.

    JSON holds the head, the offices, the figures and the entries, and a digest of them: asked for again as of the same moment by the same scope, it is the same.
    """
    view = case_files.show(conn, case_file_id, scope=scope)
    told = timeline(conn, case_file_id, known, scope=scope)
    name = f"case-{view.file.number}-{known:%Y%m%d%H%M}.{form}"
    if form == "csv":
        text = _csv(told.entries)
    else:
        facts = figures(conn, case_file_id, known, scope=scope)
        head = {
            name: value for name, value in asdict(view.file).items() if name not in ("state", "changed_at", "closed_at", "version", "lead")
        }
        body = _plain({"file": head, "figures": asdict(facts), "entries": [asdict(one) for one in told.entries], "outside": told.outside})
        text = json.dumps({"known": known.isoformat(), "digest": digest(body), **body}, ensure_ascii=False, indent=1)
    said = {"format": form, "known": known.isoformat(), "entries": len(told.entries)}
    auditing.record(conn, actor, "case_file.export", f"case_file:{case_file_id}", said, now)
    return name, text


def _csv(entries: tuple[TimelineEntry, ...]) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for one in entries:
        values = _plain(asdict(one))
        rows.writerow([cell(values[name]) if isinstance(values[name], str) else values[name] for name in COLUMNS])
    return "\ufeff" + out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return "" if value is None else value
