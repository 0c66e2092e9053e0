"""Sources of data and how fresh they are: what each delivered day by day, by which rhythm, whether it is late, how much of it was refused or known already.

A source is whoever files, the interface, outside warning systems and exchange name as such. What people enter by hand has no rhythm and is not among them. A
delivery counts when it brought a row, also one that was known or refused: the source is alive then, and its shares tell of its state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select

from risk.domain.calendar import SHANGHAI
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.freshness import Status, limits, rhythm, status
from risk.domain.messages import register
from risk.services import auditing
from risk.storage import tables as t

MOST_MINUTES = 366 * 24 * 60

register(
    {
        "data_source_not_found": ("没有名为“{source}”的数据来源", "no source of data called `{source}`"),
        "data_source_minutes": ("更新周期应为 1 至 {most} 分钟", "a rhythm is from 1 to {most} minutes"),
        "data_source_reason": ("须说明理由", "give the reason"),
        "data_source_stale": ("设置已被他人修改，请刷新后再试", "somebody else was faster: look at the settings again"),
    }
)


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What came on a day (Hubei's): rows taken in, known already, refused."""

    day: date
    accepted: int
    duplicates: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as it stands. ``every_minutes``: the gap it is expected to keep; ``set_by_person``: not learnt. Shares are of the window's rows, none of nothing."""

    name: str
    ways: tuple[str, ...]
    status: Status
    last: datetime | None
    every_minutes: int | None
    set_by_person: bool
    deliveries: int
    rows: int
    rows_a_day: float
    duplicates_share: float | None
    quarantine_share: float | None
    too_many_refused: bool
    too_many_known: bool
    open_quarantine: int
    owner: str
    reason: str | None
    version: int
    days: tuple[SourceDay, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources: those that need somebody first. ``since``: the beginning of the window that shares and rhythms are of."""

    now: datetime
    since: datetime
    counts: dict[str, int]
    items: tuple[SourceState, ...]


@dataclass(frozen=True, slots=True)
class _Delivery:
    source: str
    way: str
    at: datetime
    accepted: int
    duplicates: int
    quarantined: int

    @property
    def rows(self) -> int:
        return self.accepted + self.duplicates + self.quarantined


_ORDER = ("silent", "late", "unknown", "fresh", "off")


def list_sources(conn: Connection, now: datetime, *, days: int = 30) -> Sources:
    """Every source that ever delivered, as it stands, with its last days (at most those of the window)."""
    window = limits().window
    since = now - window
    days = max(1, min(days, window.days))
    held: dict[str, list[_Delivery]] = defaultdict(list)
    for one in (*_imports(conn, since), *_warnings(conn, since), *_exchanged(conn, since)):
        if one.rows:
            held[one.source].append(one)
    last = _last_ever(conn)
    settings = _settings(conn)
    waiting = _waiting(conn)
    items = [
        _state(name, held.get(name, []), last.get(name), settings.get(name), waiting.get(name, 0), now, days)
        for name in sorted(set(held) | set(last) | set(settings))
    ]
    items.sort(key=lambda one: (_ORDER.index(one.status), one.name))
    counts = {name: sum(one.status == name for one in items) for name in _ORDER}
    return Sources(now, since, counts, tuple(items))


def set_source(
    conn: Connection,
    source: str,
    *,
    every_minutes: int | None,
    watched: bool,
    owner: str,
    reason: str,
    actor: str,
    now: datetime,
    version: int | None = None,
) -> SourceState:
    """Set what is expected of a source that delivered before; nothing as rhythm goes back to the learnt one. A version that is never changed.

    ``data_source_not_found``, ``data_source_minutes``, ``data_source_reason``, ``data_source_stale``.
    """
    if source not in _last_ever(conn):
        raise NotFoundError("data_source_not_found", source=source[:80])
    if every_minutes is not None and not 1 <= every_minutes <= MOST_MINUTES:
        raise InvalidInputError("data_source_minutes", most=MOST_MINUTES)
    if not reason.strip():
        raise InvalidInputError("data_source_reason")
    before = _settings(conn).get(source)
    held = int(before.version) if before is not None else 0
    if version is not None and version != held:
        raise ConflictError("data_source_stale")
    values = {"source": source, "version": held + 1, "every_minutes": every_minutes, "watched": watched, "owner": owner.strip()[:200]}
    conn.execute(insert(t.source_settings).values(**values, reason=reason.strip(), actor=actor, at=now))
    auditing.record(conn, actor, "source.set", f"data_source:{source}", {**values, "reason": reason.strip()}, now)
    return next(one for one in list_sources(conn, now).items if one.name == source)


def _state(name: str, found: list[_Delivery], last: datetime | None, setting: Any, waiting: int, now: datetime, days: int) -> SourceState:
    rules = limits()
    every = rhythm([one.at for one in found])
    by_person = setting is not None and setting.every_minutes is not None
    if by_person:
        every = timedelta(minutes=setting.every_minutes)
    rows = sum(one.rows for one in found)
    known, refused = sum(one.duplicates for one in found), sum(one.quarantined for one in found)
    watched = setting is None or bool(setting.watched)
    return SourceState(
        name=name,
        ways=tuple(sorted({one.way for one in found})),
        status=status(last, every, now, watched=watched),
        last=last,
        every_minutes=None if every is None else round(every.total_seconds() / 60),
        set_by_person=by_person,
        deliveries=len(found),
        rows=rows,
        rows_a_day=round(rows / rules.window.days, 1),
        duplicates_share=known / rows if rows else None,
        quarantine_share=refused / rows if rows else None,
        too_many_refused=bool(rows) and refused / rows > rules.quarantine,
        too_many_known=bool(rows) and known / rows > rules.duplicates,
        open_quarantine=waiting,
        owner=setting.owner if setting is not None else "",
        reason=setting.reason if setting is not None else None,
        version=int(setting.version) if setting is not None else 0,
        days=_days(found, now, days),
    )


def _days(found: Iterable[_Delivery], now: datetime, count: int) -> tuple[SourceDay, ...]:
    today = now.astimezone(SHANGHAI).date()
    sums: dict[date, list[int]] = {today - timedelta(days=back): [0, 0, 0] for back in range(count)}
    for one in found:
        kept = sums.get(one.at.astimezone(SHANGHAI).date())
        if kept is not None:
            for place, value in enumerate((one.accepted, one.duplicates, one.quarantined)):
                kept[place] += value
    return tuple(SourceDay(day, *values) for day, values in sorted(sums.items()))


def _imports(conn: Connection, since: datetime) -> list[_Delivery]:
    i = t.imports.c
    query = select(i.source, i.started_at, i.ended_at, i.accepted, i.duplicates, i.quarantined)
    rows = conn.execute(query.where(func.coalesce(i.ended_at, i.started_at) >= since))
    return [_Delivery(r.source, "file", r.ended_at or r.started_at, r.accepted, r.duplicates, r.quarantined) for r in rows]


def _warnings(conn: Connection, since: datetime) -> list[_Delivery]:
    w = t.outside_warnings.c
    rows = conn.execute(
        select(w.system, w.received_at, func.count().label("n")).where(w.received_at >= since).group_by(w.system, w.received_at)
    )
    return [_Delivery(r.system, "warning", r.received_at, r.n, 0, 0) for r in rows]


def _exchanged(conn: Connection, since: datetime) -> list[_Delivery]:
    b = t.exchange_batches.c
    query = select(b.stream, b.created_at, b.counts).where(b.direction == "in", b.created_at >= since)
    found = []
    for r in conn.execute(query):
        accepted, known, refused = (int(r.counts.get(name, 0)) for name in ("accepted", "duplicate", "quarantined"))
        found.append(_Delivery(r.stream, "exchange", r.created_at, accepted, known, refused))
    return found


def _last_ever(conn: Connection) -> dict[str, datetime]:
    """When each source delivered last, however long ago."""
    i, w, b = t.imports.c, t.outside_warnings.c, t.exchange_batches.c
    came = i.accepted + i.duplicates + i.quarantined > 0
    queries = (
        select(i.source, func.max(i.started_at), func.max(i.ended_at)).where(came).group_by(i.source),
        select(w.system, func.max(w.received_at), func.max(w.received_at)).group_by(w.system),
        select(b.stream, func.max(b.created_at), func.max(b.created_at)).where(b.direction == "in").group_by(b.stream),
    )
    found: dict[str, datetime] = {}
    for query in queries:
        for name, *moments in conn.execute(query):
            newest = max(one for one in moments if one is not None)
            found[name] = max(newest, found.get(name, newest))
    return found


def _settings(conn: Connection) -> dict[str, Any]:
    s = t.source_settings.c
    rows = conn.execute(select(t.source_settings).order_by(s.source, s.version))
    return {row.source: row for row in rows}


def _waiting(conn: Connection) -> dict[str, int]:
    q, i = t.quarantine.c, t.imports.c
    query = select(i.source, func.count()).join_from(t.quarantine, t.imports, i.id == q.import_id)
    return {str(name): int(n) for name, n in conn.execute(query.where(q.status.in_(("open", "repaired"))).group_by(i.source))}
