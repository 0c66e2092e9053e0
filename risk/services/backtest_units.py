"""The units of a back-test, in chunks: stored signals, each as known at its own moment, or the rows of a file, of which nothing else is known.

A signal's *own moment* is the first at which it could have been judged: when it was observed, or received where that came later. Nothing observed, received,
opened or reported after it is seen, and the unit itself is not counted. What is loaded is loaded by ``units.load``, as for a run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, and_, case, func, or_, select

from features.context import Context
from features.identifiers import may_claim
from risk.domain.calendar import SHANGHAI, week_of
from risk.domain.candidates import window_of
from risk.domain.routing import first_place
from risk.domain.signals import digest
from risk.services import labels, units
from risk.services.backtest_context import moments
from risk.services.bulk import select_in, slices
from risk.services.passing import ALL_KINDS, KINDS
from risk.storage import tables as t
from risk.storage.engine import reading

CHUNK = 2_000
"""Units that are read at once: what bounds memory."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: where it came from, when it could first be judged (None in a file), and what alerts would be merged by."""

    id: int
    moment: datetime | None
    day: date | None
    kind: str | None
    content: str
    group: str
    region: str | None
    source: str = ""
    url: str | None = None

    @property
    def week(self) -> str:
        """The ISO week of its moment in Shanghai; empty without one."""
        return week_of(self.moment)[2] if self.moment else ""

    @property
    def month(self) -> str:
        """The month of its moment in Shanghai; empty without one."""
        return f"{self.moment.astimezone(SHANGHAI):%Y-%m}" if self.moment else ""

    def of_key(self, key: str) -> bool:
        """Whether the model of that key judges it; a file's rows are judged by any."""
        return self.kind is None or self.kind in KINDS.get(key, ALL_KINDS)


@dataclass(frozen=True)
class Chunk:
    """Some units with their texts and what was known around each at its moment."""

    units: tuple[Unit, ...]
    texts: tuple[str, ...]
    parts: tuple[tuple[Context, int], ...]

    @cached_property
    def around(self) -> Context:
        """The context of all rows, each counted as of its own moment."""
        return moments(self.parts)

    def take(self, rows: Iterable[int]) -> Chunk:
        """Some of the rows, as often as they are named."""
        rows = list(rows)
        return Chunk(tuple(self.units[i] for i in rows), tuple(self.texts[i] for i in rows), tuple(self.parts[i] for i in rows))


class History(Protocol):
    """Where units come from."""

    def total(self) -> int:
        """How many units there are."""

    def after(self, cursor: int, size: int = CHUNK) -> Iterator[Chunk]:
        """The units with ids above the cursor, in the order of their ids."""

    def of(self, ids: Sequence[int]) -> Chunk:
        """The units of these ids, in the order of their ids."""

    def companions(self, groups: Iterable[str]) -> Iterator[Chunk]:
        """Every unit that alerts of these groups would be merged from."""

    def labels(self, model: str) -> Mapping[int, float]:
        """What is known to be true of units: 1 confirmed, 0 unfounded, between: partly."""


class StoreHistory:
    """Stored signals whose own moment lies in (since, until], of the kinds that a model's keys judge. ``labelled_at``: labels matured by then count."""

    def __init__(self, engine: Engine, keys: Sequence[str], since: datetime, until: datetime, labelled_at: datetime) -> None:
        self._engine = engine
        self._kinds = tuple(dict.fromkeys(kind for key in keys for kind in KINDS.get(key, ALL_KINDS)))
        self._since, self._until, self._labelled_at = since, until, labelled_at

    def _within(self) -> Any:
        s = t.signals.c
        return and_(s.kind.in_(self._kinds), own_moment > self._since, own_moment <= self._until)

    def total(self) -> int:
        with reading(self._engine) as conn:
            return int(conn.scalar(select(func.count()).select_from(t.signals).where(self._within())) or 0)

    def after(self, cursor: int, size: int = CHUNK) -> Iterator[Chunk]:
        while True:
            s = t.signals.c
            query = select(s.id, own_moment.label("moment")).where(s.id > cursor, self._within()).order_by(s.id).limit(size)
            with reading(self._engine) as conn:
                rows = conn.execute(query).all()
                chunk = _load(conn, {row.id: row.moment for row in rows}) if rows else None
            if chunk is None:
                return
            yield chunk
            cursor = chunk.units[-1].id

    def of(self, ids: Sequence[int]) -> Chunk:
        s = t.signals.c
        with reading(self._engine) as conn:
            rows = select_in(conn, select(s.id, own_moment.label("moment")), s.id, ids)
            return _load(conn, {row.id: row.moment for row in rows})

    def companions(self, groups: Iterable[str]) -> Iterator[Chunk]:
        s, wanted = t.signals.c, frozenset(groups)
        subjects = {int(name.removeprefix("subject:")) for group in wanted if (name := _unit_of(group)).startswith("subject:")}
        contents = {name.removeprefix("content:") for group in wanted if (name := _unit_of(group)).startswith("content:")}
        query = select(s.id, s.subject_id, s.content_hash, s.observed_at).where(self._within())
        for column, values in ((s.subject_id, sorted(subjects)), (s.content_hash, sorted(contents))):
            for some in slices(values):
                with reading(self._engine) as conn:
                    only = column.in_(some) if column is s.subject_id else and_(column.in_(some), s.subject_id.is_(None))
                    ids = [row.id for row in conn.execute(query.where(only).order_by(s.id)) if group_of(row) in wanted]
                for part in slices(ids, CHUNK):
                    yield self.of(part)

    def labels(self, model: str) -> Mapping[int, float]:
        with reading(self._engine) as conn:
            found = labels.matured(conn, model, self._labelled_at)
        return {one.signal_id: one.value for one in found if one.signal_id is not None}


own_moment = case((t.signals.c.observed_at > t.signals.c.received_at, t.signals.c.observed_at), else_=t.signals.c.received_at)
"""A signal's own moment."""


def group_of(row: Any) -> str:
    """What alerts of a signal are merged by, as ``candidates.unit_of`` says it, with the number of the window."""
    unit = f"subject:{row.subject_id}" if row.subject_id is not None else f"content:{row.content_hash}"
    return f"{unit}@{window_of(row.observed_at)[0]}"


def _unit_of(group: str) -> str:
    return group.rpartition("@")[0]


def _load(conn: Connection, own: Mapping[int, datetime]) -> Chunk:
    """The signals, each with what was known at its own moment (``own``): one load for each moment at which something could be known.

    Of a signal without a subject that shows no number nothing is known but the day, so those of one day are loaded together.
    """
    s = t.signals.c
    together: dict[tuple[date, datetime | None], list[int]] = defaultdict(list)
    for row in select_in(conn, select(s.id, s.subject_id, s.text), s.id, own):
        alone = row.subject_id is not None or may_claim(row.text)
        together[units.judged_day(own[row.id]), own[row.id] if alone else None].append(row.id)
    found: dict[int, tuple[Unit, str, tuple[Context, int]]] = {}
    for numbers in together.values():
        loaded = units.load(conn, numbers, max(own[number] for number in numbers))
        for place, unit in enumerate(loaded.rows):
            found[unit.id] = (_unit(unit, own[unit.id]), unit.text, (loaded.around, place))
    ordered = [found[number] for number in sorted(found)]
    return Chunk(tuple(one for one, _, _ in ordered), tuple(text for _, text, _ in ordered), tuple(part for _, _, part in ordered))


def _unit(row: units.Signalled, moment: datetime) -> Unit:
    place = first_place(registration=row.subject_region, act=row.region)[0]
    day = units.judged_day(moment)
    return Unit(row.id, moment, day, row.kind, row.content_hash, group_of(row), place, row.source, row.url)


class FileHistory:
    """The rows of a file: texts, and labels where there are any (1, 0, between, or nan for unknown). No history, no place, no time."""

    def __init__(self, texts: Sequence[str], labels: Sequence[float] | None = None, *, name: str = "") -> None:
        self._texts, self._labels, self._name = texts, labels, name

    def total(self) -> int:
        return len(self._texts)

    def after(self, cursor: int, size: int = CHUNK) -> Iterator[Chunk]:
        for start in range(cursor, len(self._texts), size):
            yield self._rows(range(start, min(start + size, len(self._texts))))

    def of(self, ids: Sequence[int]) -> Chunk:
        return self._rows(number - 1 for number in sorted(set(ids)))

    def companions(self, groups: Iterable[str]) -> Iterator[Chunk]:  # noqa: ARG002 - rows of one group are one text and judged alike
        return iter(())

    def labels(self, model: str) -> Mapping[int, float]:  # noqa: ARG002 - the column that was named
        return {} if self._labels is None else {i: float(value) for i, value in enumerate(self._labels, 1) if value == value}

    def _rows(self, rows: Iterable[int]) -> Chunk:
        rows = list(rows)
        around = Context.unknown(len(rows))
        hashes = [digest([self._texts[i]]) for i in rows]
        return Chunk(
            tuple(Unit(i + 1, None, None, None, text, f"content:{text}@0", None, self._name) for i, text in zip(rows, hashes, strict=True)),
            tuple(self._texts[i] for i in rows),
            tuple((around, k) for k in range(len(rows))),
        )


def bounds(conn: Connection) -> tuple[datetime, datetime] | None:
    """The own moments of the first and the last stored signal; None for an empty store."""
    row = conn.execute(
        select(func.min(own_moment), func.max(own_moment)).where(or_(*(t.signals.c.kind == kind for kind in ALL_KINDS)))
    ).one()
    return (row[0], row[1]) if row[0] is not None else None
