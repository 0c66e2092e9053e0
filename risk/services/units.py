"""Signals as units to judge: their texts, and what was known around them at a moment. Judging and training read them here, by the same code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, exists, select

from features.context import LICENCE_KINDS, Context
from risk.domain.calendar import SHANGHAI
from risk.services.bulk import select_in
from risk.storage import tables as t

if TYPE_CHECKING:
    import pandas as pd

CONFIRMED_CODES = ("10", "11", "12", "13", "14", "20")


@dataclass(frozen=True, slots=True)
class Units:
    """Signals in the order of their ids, ready for a scorer."""

    rows: list[Row[Any]]
    around: Context

    @property
    def texts(self) -> list[str]:
        """The texts as observed."""
        return [row.text for row in self.rows]

    @property
    def lots(self) -> list[str]:
        """By what each unit is drawn in a staged roll-out: its subject, else itself; the same in every run and on every machine."""
        return [row.subject_key or f"signal:{row.identity}" for row in self.rows]

    @property
    def ids(self) -> list[int]:
        """The signals' ids."""
        return [row.id for row in self.rows]


def judged_day(as_of: datetime) -> date:
    """The day whose rules and licences hold at a moment: Shanghai's date just before it, so that midnight still belongs to the day it ends.

    >>> from datetime import UTC
    >>> judged_day(datetime(2026, 10, 31, 16, tzinfo=UTC)).isoformat(), judged_day(datetime(2026, 10, 31, 17, tzinfo=UTC)).isoformat()
    ('2026-10-31', '2026-11-01')
    """
    return (as_of - timedelta(microseconds=1)).astimezone(SHANGHAI).date()


def load(conn: Connection, signal_ids: Sequence[int], as_of: datetime, *, known: datetime | None = None) -> Units:
    """The signals with their context as known at ``as_of``: nothing observed, received, opened or reported later is seen.

    ``known`` is the moment a run began, where that is earlier than its ``as_of``: what the run itself opens must not change what it judges next.
    """
    s, sub = t.signals.c, t.subjects.c
    query = select(
        s.id,
        s.text,
        s.kind,
        s.channel,
        s.region,
        s.source,
        s.url,
        s.content_hash,
        s.identity,
        s.observed_at,
        s.subject_id,
        sub.key.label("subject_key"),
        sub.name.label("subject_name"),
        sub.region.label("subject_region"),
        sub.registered_on,
    ).join_from(t.signals, t.subjects, s.subject_id == sub.id, isouter=True)
    rows = sorted(select_in(conn, query, s.id, signal_ids), key=lambda row: row.id)
    subjects = sorted({row.subject_id for row in rows if row.subject_id is not None})
    day = judged_day(as_of)
    return Units(
        rows,
        Context(
            channel=[row.channel for row in rows],
            signal_kind=[row.kind for row in rows],
            licences=_licences(conn, rows, subjects, day),
            age_days=[_age(row.registered_on, day) for row in rows],
            events=_events(conn, subjects, as_of, min(as_of, known or as_of)),
            queries=_queries(rows, as_of),
        ),
    )


def _age(registered_on: date | None, day: date) -> float:
    return float((day - registered_on).days) if registered_on and registered_on <= day else float("nan")


def _licences(conn: Connection, rows: Sequence[Row[Any]], subjects: Sequence[int], day: date) -> dict[str, list[str | None]]:
    """The state of each kind of licence on the day: valid if any is, else expired, else absent; unknown where the subject is."""
    c = t.licences.c
    held: dict[tuple[int, str], str] = {}
    for row in select_in(conn, select(c.subject_id, c.kind, c.valid_from, c.valid_to), c.subject_id, subjects):
        if row.valid_from and row.valid_from > day:
            continue
        valid = row.valid_to is None or row.valid_to >= day
        if valid or (row.subject_id, row.kind) not in held:
            held[row.subject_id, row.kind] = "valid" if valid else "expired"
    return {
        kind: [None if row.subject_id is None else held.get((row.subject_id, kind), "absent") for row in rows] for kind in LICENCE_KINDS
    }


def _events(conn: Connection, subjects: Sequence[int], as_of: datetime, known: datetime) -> pd.DataFrame:
    """Signals, complaints, alerts and confirmations of the subjects, as far as they were known. A verdict that was corrected by then confirms nothing."""
    import pandas as pd

    s, a, v = t.signals.c, t.alerts.c, t.verdicts.c
    events: list[tuple[int, datetime, str, str]] = []
    before = select(s.subject_id, s.observed_at, s.kind, s.id).where(s.observed_at < as_of, s.received_at <= as_of, s.kind != "case")
    for row in select_in(conn, before, s.subject_id, subjects):
        unit = f"signal:{row.id}"
        events.append((row.subject_id, row.observed_at, "signal", unit))
        if row.kind == "report":
            events.append((row.subject_id, row.observed_at, "complaint", unit))
    alerts = select_in(conn, select(a.subject_id, a.opened_at, a.id).where(a.opened_at < known), a.subject_id, subjects)
    events += [(row.subject_id, row.opened_at, "alert", f"alert:{row.id}") for row in alerts]
    newer = t.verdicts.alias("newer")
    corrected = exists().where(newer.c.supersedes == v.id, newer.c.reported_at < known)
    verdicts = (
        select(a.subject_id, v.reported_at, v.id)
        .join_from(t.verdicts, t.alerts, v.alert_id == a.id)
        .where(v.code.in_(CONFIRMED_CODES), v.reported_at < known, ~corrected)
    )
    confirmed = select_in(conn, verdicts, a.subject_id, subjects)
    events += [(row.subject_id, row.reported_at, "confirmed", f"verdict:{row.id}") for row in confirmed]
    frame = pd.DataFrame(events, columns=["subject", "at", "kind", "unit"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    frame["subject"] = frame["subject"].astype(object)
    return frame


def _queries(rows: Sequence[Row[Any]], as_of: datetime) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame({"subject": [row.subject_id for row in rows], "unit": [f"signal:{row.id}" for row in rows]}, dtype=object)
    frame["as_of"] = pd.to_datetime([as_of] * len(rows), utc=True)
    return frame


def joined(parts: Sequence[tuple[Context, int]]) -> Context:
    """One context out of rows of several, in the order given. History is counted per part first: each keeps the moment it was known at."""
    return Context(
        channel=[c.channel[i] for c, i in parts],
        signal_kind=[c.signal_kind[i] for c, i in parts],
        licences={kind: [c.licences[kind][i] if kind in c.licences else None for c, i in parts] for kind in LICENCE_KINDS},
        age_days=[c.age_days[i] if c.age_days is not None else float("nan") for c, i in parts],
        parts=tuple(parts),
    )
