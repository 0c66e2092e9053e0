"""Who sent the clues behind an alert, so that they can be answered: the source of each signal, the person who entered it, the system that warned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class ClueSender:
    """One sender of one signal. ``kind``: source (a file or a post), manual (entered by a person) or warning (an outside system).

    ``reference`` is the number the sender knows the clue by. ``office``: of the person who entered it. No personal data: ``wants_answer`` says that the
    reporter asked to be told, and ``risk.services.manual_alerts.reporter`` knows how, on the record.
    """

    kind: str
    signal_id: int
    source: str
    reference: str | None
    channel: str | None
    received_at: datetime
    entered_by: str | None = None
    office: str | None = None
    wants_answer: bool = False


def senders_of(conn: Connection, alert_id: int) -> tuple[ClueSender, ...]:
    """The senders of the clues of an alert, one for each signal (and entry or warning of it), the first received first."""
    found: dict[tuple[int, int | None], ClueSender] = {}
    for row in conn.execute(_query().where(t.alert_evidence.c.alert_id == alert_id)):
        if row.entry is not None:
            found[row.id, row.entry] = ClueSender(
                "manual", row.id, row.source, f"manual:{row.entry}", row.entry_channel, row.entry_received, row.entered_by,
                row.office_code, bool(row.wants_answer),
            )  # fmt: skip
        if row.warned or row.entry is None:
            kind = "warning" if row.warned else "source"
            found[row.id, None] = ClueSender(kind, row.id, row.source, row.source_id, row.channel, row.received_at)
    return tuple(sorted(found.values(), key=lambda one: (one.received_at, one.signal_id, one.kind)))


@cache
def _query() -> Select[Any]:
    """Signals behind an alert (several times where several pieces or entries are of one), with who entered them and whether another system warned of them."""
    e, a, s = t.alert_evidence.c, t.assessments.c, t.signals.c
    m, r, w = t.manual_entries.c, t.reporters.c, t.outside_warnings.c
    entry = (m.id.label("entry"), m.channel.label("entry_channel"), m.received_at.label("entry_received"))
    warned = exists().where(w.signal_id == s.id).correlate(t.signals)
    return (
        select(
            s.id,
            s.source,
            s.source_id,
            s.channel,
            s.received_at,
            *entry,
            m.entered_by,
            m.office_code,
            r.wants_answer,
            warned.label("warned"),
        )
        .join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
        .join(t.signals, a.signal_id == s.id)
        .join(t.manual_entries, m.signal_id == s.id, isouter=True)
        .join(t.reporters, r.entry_id == m.id, isouter=True)
        .order_by(s.id, m.id)
    )
