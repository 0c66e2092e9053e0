"""The history of subjects as it was known at a moment: what windows look back on, what is a unit's own, what subjects share.

The rule: an event is seen when it happened before the moment *and* was known by then. What an alert or a verdict owes to a unit is that unit's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Connection, String, and_, cast, exists, func, or_, select, type_coerce

from features.context import EVENT_COLUMNS
from risk.services.as_known import standings
from risk.services.bulk import select_in
from risk.storage import tables as t

if TYPE_CHECKING:
    import pandas as pd

_T = TypeVar("_T")

CONFIRMED_CODES = ("10", "11", "12", "13", "14", "20")


_SIGNAL = np.dtype([("at", "i8"), ("id", "i8"), ("report", "?"), ("channel", "i4"), ("source", "i4")])
_MOST_SUBJECTS, _MOST_SIGNALS = 200_000, 4_000_000
"""What is kept of subjects (some 30 bytes a signal) before it is forgotten and read again."""

Moment = tuple[datetime, datetime]


class Past:
    """What was read of subjects as of one moment, kept from chunk to chunk: whom a thousand chunks meet is read once.

    Asked of another moment it begins anew, so it never tells anything but what would be read. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._moment: Moment | None = None
        self._forget()

    def _forget(self) -> None:
        self._signals: dict[int, Any] = {}
        self._others: dict[int, list[dict[str, Any]]] = {}
        self._codes: dict[str | None, int] = {None: 0}
        self._known: dict[str, Any] = {}
        self._count = 0

    def at(self, as_of: datetime, known: datetime) -> None:
        """Be of this moment from now on."""
        if self._moment != (as_of, known) or self._count > _MOST_SIGNALS or len(self._signals) > _MOST_SUBJECTS:
            self._moment = (as_of, known)
            self._forget()

    def once(self, what: str, read: Callable[[], _T]) -> _T:
        """What does not depend on subjects, read at the first question."""
        if what not in self._known:
            self._known[what] = read()
        found: _T = self._known[what]
        return found

    def events(self, conn: Connection, subjects: Collection[int]) -> pd.DataFrame:
        """Everything of the subjects that windows may count (``EVENT_COLUMNS``)."""
        assert self._moment is not None
        fresh = [subject for subject in subjects if subject not in self._signals]
        if fresh:
            self._read(conn, fresh, *self._moment)
        pieces = [np.empty(0, _SIGNAL), *(self._signals[subject] for subject in subjects)]
        signals = np.concatenate(pieces, dtype=_SIGNAL)  # the type is given: to find it out for each piece takes longer than all the rest
        owner = np.repeat(np.array(list(subjects), dtype=object), [len(self._signals[subject]) for subject in subjects])
        return self._frame(signals, owner, [event for subject in subjects for event in self._others.get(subject, ())])

    def _read(self, conn: Connection, subjects: Sequence[int], as_of: datetime, known: datetime) -> None:
        owner, found = _signals(conn, subjects, as_of, self._codes)
        order = np.argsort(owner, kind="stable")
        owner, found = owner[order], found[order]
        asked = np.array(sorted(subjects), dtype=np.int64)
        bounds = np.searchsorted(owner, asked, side="left").tolist(), np.searchsorted(owner, asked, side="right").tolist()
        for subject, first, end in zip(asked.tolist(), *bounds, strict=True):
            self._signals[subject] = found[first:end]
        self._count += len(found)
        for event in (*_alerts(conn, subjects, known), *_verdicts(conn, subjects, known), *_registered(conn, subjects, as_of)):
            self._others.setdefault(event["subject"], []).append(event)

    def _frame(self, signals: Any, owner: Any, others: list[dict[str, Any]]) -> pd.DataFrame:
        """The signals, once more as complaints where they are reports, and the other events."""
        import pandas as pd

        again = np.flatnonzero(signals["report"])
        place = np.concatenate([np.arange(len(signals)), again])
        names = np.array(list(self._codes), dtype=object)
        units = np.array([f"signal:{number}" for number in signals["id"].tolist()], dtype=object)
        told = {
            "subject": owner[place],
            "kind": np.array(["signal", "complaint"], dtype=object).repeat([len(signals), len(again)]),
            "unit": units[place],
            "channel": names[signals["channel"][place]],
            "source": names[signals["source"][place]],
        }
        nothing = np.full(len(place), None, dtype=object)
        table = {}
        for name in EVENT_COLUMNS:
            if name != "at":
                more = np.empty(len(others), dtype=object)
                more[:] = [event.get(name) for event in others]
                table[name] = np.concatenate([told.get(name, nothing), more])
        frame = pd.DataFrame(table, dtype=object)
        late = pd.to_datetime([event["at"] for event in others], utc=True).as_unit("us").tz_localize(None).to_numpy()
        frame["at"] = pd.to_datetime(np.concatenate([signals["at"][place].view("M8[us]"), late]), utc=True)
        return frame[list(EVENT_COLUMNS)]


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
    shared: dict[str, set[str]] = {}
    for row in select_in(conn, query, c.subject_id, subjects):
        shared.setdefault(row.relation, set()).add(row.value_key)
    every = {  # by relation: the index of values begins with it
        tuple(row)
        for relation, keys in shared.items()
        for row in select_in(conn, query.where(c.relation == relation), c.value_key, sorted(keys))
    }
    return pd.DataFrame(sorted(every), columns=["subject", "relation", "key"], dtype=object)


def _signals(conn: Connection, subjects: Collection[int], as_of: datetime, codes: dict[str | None, int]) -> tuple[Any, Any]:
    """The subject of each signal, and the signals: times in microseconds, channels and sources by their ``codes``, which grow."""
    s = t.signals.c
    query = select(s.subject_id, _micros(conn, s.observed_at), s.id, s.kind, s.channel, s.source)
    query = query.where(s.observed_at < as_of, s.received_at <= as_of, s.kind != "case")
    rows = select_in(conn, query, s.subject_id, subjects)
    found = np.empty(len(rows), _SIGNAL)
    if not rows:
        return np.empty(0, dtype=np.int64), found
    owner, at, numbers, kinds, channels, sources = zip(*rows, strict=True)
    found["at"] = np.array(at, dtype="M8[us]" if isinstance(at[0], str) else "i8").astype("i8")
    found["id"] = numbers
    found["report"] = [kind == "report" for kind in kinds]
    for name, column in (("channel", channels), ("source", sources)):
        found[name] = [codes.setdefault(value, len(codes)) for value in column]
    return np.array(owner, dtype=np.int64), found


def _micros(conn: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A moment as the database can say it quickest: its text on SQLite, microseconds since 1970 on PostgreSQL."""
    if conn.dialect.name == "sqlite":
        return type_coerce(column, String)
    return cast(func.extract("epoch", column) * 1_000_000, BigInteger)


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
