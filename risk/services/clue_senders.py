"""Who sent the clues behind an alert, so that they can be answered: the source of each signal, the person who entered it, the system that warned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

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
    e, a, s = t.alert_evidence.c, t.assessments.c, t.signals.c
    m, r, w = t.manual_entries.c, t.reporters.c, t.outside_warnings.c
    signals = conn.execute(
        select(s.id, s.source, s.source_id, s.channel, s.received_at)
        .distinct()
        .join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
        .join(t.signals, a.signal_id == s.id)
        .where(e.alert_id == alert_id)
    ).all()
    ids = [row.id for row in signals]
    entries = conn.execute(
        select(m.id, m.signal_id, m.channel, m.received_at, m.entered_by, m.office_code, r.wants_answer)
        .join_from(t.manual_entries, t.reporters, r.entry_id == m.id, isouter=True)
        .where(m.signal_id.in_(ids))
        .order_by(m.id)
    ).all()
    warnings = {row.signal_id for row in conn.execute(select(w.signal_id).where(w.signal_id.in_(ids)))}
    entered = {row.signal_id for row in entries}
    by_id = {row.id: row for row in signals}
    found = [
        ClueSender(
            "manual", row.signal_id, by_id[row.signal_id].source, f"manual:{row.id}", row.channel, row.received_at, row.entered_by,
            row.office_code, bool(row.wants_answer),
        )
        for row in entries
    ]  # fmt: skip
    found += [
        ClueSender("warning" if row.id in warnings else "source", row.id, row.source, row.source_id, row.channel, row.received_at)
        for row in signals
        if row.id in warnings or row.id not in entered
    ]
    return tuple(sorted(found, key=lambda one: (one.received_at, one.signal_id, one.kind)))
