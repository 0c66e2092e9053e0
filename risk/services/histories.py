"""The history of subjects as it was known at a moment: what windows look back on, what is a unit's own, what subjects share.

The rule: an event is seen when it happened before the moment *and* was known by then. What an alert or a verdict owes to a unit is that unit's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, exists, or_, select

from features.context import EVENT_COLUMNS
from risk.services.as_known import standings
from risk.services.bulk import select_in
from risk.storage import tables as t

if TYPE_CHECKING:
    import pandas as pd

CONFIRMED_CODES = ("10", "11", "12", "13", "14", "20")


def events(conn: Connection, subjects: Collection[int], as_of: datetime, known: datetime) -> pd.DataFrame:
    """Everything of the subjects that windows may count (``EVENT_COLUMNS``). ``known``: what runs and officers did is seen up to there, strictly."""
    import pandas as pd

    rows = [
        *_signals(conn, subjects, as_of),
        *_alerts(conn, subjects, known),
        *_verdicts(conn, subjects, known),
        *_registered(conn, subjects, as_of),
    ]
    frame = pd.DataFrame([tuple(row.get(name) for name in EVENT_COLUMNS) for row in rows], columns=list(EVENT_COLUMNS))
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    frame["subject"] = frame["subject"].astype(object)
    return frame


def own(conn: Connection, signal_ids: Sequence[int], known: datetime) -> pd.DataFrame:
    """(unit, event): the alerts that each signal was evidence of by then, and the verdicts on those."""
    import pandas as pd

    e, a, v = t.alert_evidence.c, t.assessments.c, t.verdicts.c
    pieces = (
        select(a.signal_id, e.alert_id)
        .distinct()
        .join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
        .where(e.added_at < known)
    )
    evidence = select_in(conn, pieces, a.signal_id, signal_ids)
    verdicts: dict[int, list[int]] = {}
    for row in select_in(conn, select(v.id, v.alert_id).where(v.reported_at < known), v.alert_id, {row.alert_id for row in evidence}):
        verdicts.setdefault(row.alert_id, []).append(row.id)
    pairs = [(f"signal:{row.signal_id}", f"alert:{row.alert_id}") for row in evidence]
    pairs += [(f"signal:{row.signal_id}", f"verdict:{number}") for row in evidence for number in verdicts.get(row.alert_id, ())]
    return pd.DataFrame(pairs, columns=["unit", "event"], dtype=object)


def links(conn: Connection, subjects: Collection[int], as_of: datetime) -> pd.DataFrame:
    """(subject, relation, key): what the subjects shared, with every other subject that shared it with one of them."""
    import pandas as pd

    c = t.subject_links.c
    query = select(c.subject_id, c.relation, c.value_key).distinct()
    query = query.where(c.known_from <= as_of, or_(c.known_to.is_(None), c.known_to > as_of))
    mine = select_in(conn, query, c.subject_id, subjects)
    shared = {(row.relation, row.value_key) for row in mine}
    every = {
        tuple(row) for row in select_in(conn, query, c.value_key, {key for _, key in shared}) if (row.relation, row.value_key) in shared
    }
    return pd.DataFrame(sorted(every), columns=["subject", "relation", "key"], dtype=object)


def _signals(conn: Connection, subjects: Collection[int], as_of: datetime) -> list[dict[str, Any]]:
    s = t.signals.c
    query = select(s.subject_id, s.observed_at, s.kind, s.id, s.channel, s.source)
    query = query.where(s.observed_at < as_of, s.received_at <= as_of, s.kind != "case")
    found = []
    for row in select_in(conn, query, s.subject_id, subjects):
        event = _event(row.subject_id, row.observed_at, "signal", row.id, channel=row.channel, source=row.source)
        found.append(event)
        if row.kind == "report":
            found.append({**event, "kind": "complaint"})
    return found


def _alerts(conn: Connection, subjects: Collection[int], known: datetime) -> list[dict[str, Any]]:
    """Alerts as grave as they were then."""
    a = t.alerts.c
    query = select(a.subject_id, a.opened_at, a.id, a.model, a.grade, a.probability).where(a.opened_at < known)
    rows = {row.id: row for row in select_in(conn, query, a.subject_id, subjects)}
    standing = standings(conn, rows, known)
    return [
        _event(row.subject_id, row.opened_at, "alert", row.id, model=row.model, grade=int(standing[row.id].grade), probability=standing[row.id].probability)
        for row in rows.values()
    ]  # fmt: skip


def _verdicts(conn: Connection, subjects: Collection[int], known: datetime) -> list[dict[str, Any]]:
    """Verdicts that no correction had replaced by then; one that confirms is also a confirmation."""
    a, v = t.alerts.c, t.verdicts.c
    newer = t.verdicts.alias("newer")
    corrected = exists().where(newer.c.supersedes == v.id, newer.c.reported_at < known)
    query = select(a.subject_id, v.reported_at, v.id, v.code, v.detail).join_from(t.verdicts, t.alerts, v.alert_id == a.id)
    found = []
    for row in select_in(conn, query.where(v.reported_at < known, ~corrected), a.subject_id, subjects):
        confirmed = row.code in CONFIRMED_CODES
        event = _event(
            row.subject_id, row.reported_at, "verdict", row.id, code=row.code, confirmed=confirmed, amount=_number(row.detail, "amount")
        )
        found.append(event)
        if confirmed:
            found.append({**event, "kind": "confirmed"})
    return found


def _registered(conn: Connection, subjects: Collection[int], as_of: datetime) -> list[dict[str, Any]]:
    """Changes of registrations, and penalties."""
    c, p = t.subject_changes.c, t.penalties.c
    changes = select(c.subject_id, c.at, c.id, c.kind).where(c.at < as_of, c.known_at <= as_of)
    found = [_event(row.subject_id, row.at, "change", row.id, item=row.kind) for row in select_in(conn, changes, c.subject_id, subjects)]
    fines = select(p.subject_id, p.at, p.id, p.kind, p.amount).where(and_(p.at < as_of, p.known_at <= as_of))
    found += [
        _event(row.subject_id, row.at, "penalty", row.id, item=row.kind, amount=row.amount)
        for row in select_in(conn, fines, p.subject_id, subjects)
    ]
    return found


def _event(subject: int, at: datetime, kind: str, number: int, **fields: Any) -> dict[str, Any]:
    return {"subject": subject, "at": at, "kind": kind, "unit": f"{kind}:{number}", **fields}


def _number(detail: Mapping[str, Any] | None, name: str) -> float | None:
    value = (detail or {}).get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
