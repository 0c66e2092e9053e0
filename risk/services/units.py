"""Signals as units to judge: their texts, and what was known around them at a moment. Judging and training read them here, by the same code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from features.context import LICENCE_KINDS, Context, Known
from risk.domain.calendar import SHANGHAI
from risk.services import histories, registers_known
from risk.services.bulk import select_in
from risk.storage import tables as t

if TYPE_CHECKING:
    import pandas as pd


class Seen(NamedTuple):
    """A signal without its text: what settling needs of it, small enough to be handed from process to process."""

    id: int
    kind: str
    region: str | None
    source: str
    url: str | None
    content_hash: str
    observed_at: datetime
    subject_id: int | None
    subject_key: str | None
    subject_name: str | None
    subject_region: str | None


class Signalled(NamedTuple):
    """A signal with its subject as stored: first what :class:`Seen` has, then what only judging needs."""

    id: int
    kind: str
    region: str | None
    source: str
    url: str | None
    content_hash: str
    observed_at: datetime
    subject_id: int | None
    subject_key: str | None
    subject_name: str | None
    subject_region: str | None
    text: str
    channel: str | None
    identity: str
    registered_on: date | None


@dataclass(frozen=True, slots=True)
class Units:
    """Signals in the order of their ids, ready for a scorer."""

    rows: list[Signalled]
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

    @property
    def seen(self) -> list[Seen]:
        """The signals without their texts."""
        return [Seen._make(row[: len(Seen._fields)]) for row in self.rows]


def judged_day(as_of: datetime) -> date:
    """The day whose rules and licences hold at a moment: Shanghai's date just before it, so that midnight still belongs to the day it ends.

    >>> from datetime import UTC
    >>> judged_day(datetime(2026, 10, 31, 16, tzinfo=UTC)).isoformat(), judged_day(datetime(2026, 10, 31, 17, tzinfo=UTC)).isoformat()
    ('2026-10-31', '2026-11-01')
    """
    return (as_of - timedelta(microseconds=1)).astimezone(SHANGHAI).date()


def load(
    conn: Connection, signal_ids: Sequence[int], as_of: datetime, *, known: datetime | None = None, past: histories.Past | None = None
) -> Units:
    """The signals with their context as known at ``as_of``: nothing observed, received, opened or reported later is seen.

    ``known`` is the moment a run began, where that is earlier than its ``as_of``: what the run itself opens must not change what it judges next.
    ``past`` keeps what was read of subjects for the next call of the same moment.
    """
    s, sub = t.signals.c, t.subjects.c
    query = select(
        s.id,
        s.kind,
        s.region,
        s.source,
        s.url,
        s.content_hash,
        s.observed_at,
        s.subject_id,
        sub.key,
        sub.name,
        sub.region.label("subject_region"),
        s.text,
        s.channel,
        s.identity,
        sub.registered_on,
    ).join_from(t.signals, t.subjects, s.subject_id == sub.id, isouter=True)
    rows = sorted(map(Signalled._make, select_in(conn, query, s.id, signal_ids)), key=itemgetter(0))
    subjects = sorted({row.subject_id for row in rows if row.subject_id is not None})
    day, known, past = judged_day(as_of), min(as_of, known or as_of), past or histories.Past()
    past.at(as_of, known)
    covered = past.once("covered", lambda: registers_known.covered(conn, as_of))
    held = registers_known.licences(conn, subjects, as_of, day)
    links = histories.links(conn, subjects, as_of)
    return Units(
        rows,
        Context(
            channel=[row.channel for row in rows],
            signal_kind=[row.kind for row in rows],
            licences=_licences(rows, held.states),
            age_days=[_age(row.registered_on, day) for row in rows],
            events=past.events(conn, sorted({*subjects, *links["subject"]})),
            queries=_queries(rows, as_of),
            known=Known(
                day=day.isoformat(),
                own=histories.own(conn, [row.id for row in rows], known),
                links=links,
                held=held.kinds,
                names={row.subject_id: row.subject_name for row in rows if row.subject_id is not None},
                register=registers_known.book(conn, (row.text for row in rows), as_of, covered),
            ),
        ),
    )


def _age(registered_on: date | None, day: date) -> float:
    return float((day - registered_on).days) if registered_on and registered_on <= day else float("nan")


def _licences(rows: Sequence[Signalled], states: Mapping[tuple[int, str], str]) -> dict[str, list[str | None]]:
    """The state of each kind of licence, a unit; unknown where the subject is."""
    subjects = [row.subject_id for row in rows]
    return {kind: [None if subject is None else states.get((subject, kind), "absent") for subject in subjects] for kind in LICENCE_KINDS}


def _queries(rows: Sequence[Signalled], as_of: datetime) -> pd.DataFrame:
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
