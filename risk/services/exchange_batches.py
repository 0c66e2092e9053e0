"""Batches we send: numbered by day without gaps, incremental, the same to the byte whenever they are fetched again.

A batch is one transaction over its number, its bytes, what the receiver now holds, and the audit; so a number that was given is a batch that exists. A
record the receiver has not is an insert (i); one that changed, as by a corrected verdict, an update (u); one that is gone a delete (d); one it has as it is, nothing.
The watermark of an export moves when its last batch is written: killed half-way, the next one finds the rest.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.exchange import kinds
from risk.domain.exchange.checks import check
from risk.domain.exchange.records import limits, record
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.services import auditing
from risk.services.bulk import select_in
from risk.services.exchange_reasons import kept
from risk.services.exchange_rows import SOURCES, USUAL, Asked, Outgoing, defaults
from risk.services.exchange_wire import FORMS, write
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t
from risk.storage.engine import reading, serialise, transaction
from risk.storage.upsert import batches as parts
from risk.storage.upsert import insert_new

LOCK = 9
"""Of ``risk.storage.engine.serialise``: one batch at a time, so that numbers have no gaps and nothing is sent twice."""

_WINDOW = 500
_SCANNED = 5_000  # rows looked at in one transaction

register(
    {
        "exchange_batch_not_found": ("没有交换批次 {batch}", "there is no exchange batch {batch}"),
        "exchange_not_sent": ("不导出这种记录：{record}", "records of this kind are not exported: {record}"),
        "exchange_not_sent.hint": ("可用：{known}", "one of: {known}"),
        "exchange_form_unknown": ("没有这种格式：{form}（可用：xml、json）", "no such form: {form} (xml or json)"),
        "exchange_option_unknown": ("“{option}”没有这个取值：{value}", "`{option}` has no value {value}"),
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: for which receiver, which records, how written, how much of persons; ``everything`` compares all, not only what changed since."""

    stream: str = "default"
    records: tuple[str, ...] = USUAL
    form: str = "xml"
    encoding: str = "utf-8"
    names: str | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Unfit:
    """A record of ours that does not fit its description and was left out, with the reasons."""

    record: str
    object: str
    problems: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as people look at it. ``counts``: record → operation → count of one sent; outcome → count of one received."""

    id: int
    direction: str
    batch: str
    stream: str
    form: str
    encoding: str
    counts: Mapping[str, Any]
    bytes: int
    content_hash: str
    file: str
    status: str
    since: datetime | None
    until: datetime | None
    rows_done: int
    error: Mapping[str, Any] | None
    actor: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to: its batches (none where nothing changed) and what was left out."""

    batches: tuple[BatchRow, ...]
    unfit: tuple[Unfit, ...] = ()


def export(engine: Engine, wanted: Wanted, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> Exported:
    """Write the batches of what changed since the last export of the same receiver, records and scope.

    ``InvalidInputError``: ``exchange_not_sent``, ``exchange_form_unknown``, ``exchange_option_unknown``.
    """
    plan = _plan(engine, wanted, scope, now)
    made: list[str] = []
    unfit: list[Unfit] = []
    position: tuple[int, int] | None = (0, 0)
    while position is not None:
        with transaction(engine) as conn:
            serialise(conn, LOCK)
            batch, position, left_out = _one(conn, plan, position, actor, now)
        unfit += left_out
        made += [batch] if batch else []
    if made:
        with transaction(engine) as conn:
            conn.execute(update(t.exchange_batches).where(t.exchange_batches.c.key == f"out:{made[-1]}").values(until=now))
    with reading(engine) as conn:
        return Exported(tuple(_row(_get(conn, batch, "out", EVERYWHERE)) for batch in made), tuple(unfit))


def content(conn: Connection, batch: str, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> tuple[BatchRow, bytes]:
    """The bytes of a batch we sent, as they were; fetching them is recorded."""
    row = _get(conn, batch, "out", scope)
    auditing.record(conn, actor, "exchange.fetch", f"batch:{batch}", {"stream": row.stream, "sha256": row.content_hash}, now)
    return _row(row), bytes(row.content)


def to_folder(engine: Engine, batch: str, folder: Path, *, actor: str, now: datetime) -> Path:
    """Write a batch into a folder, readable by its owner; a file of the name is replaced at once, never half."""
    with transaction(engine) as conn:
        row, data = content(conn, batch, actor=actor, now=now)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / row.file
    waiting = folder / f".{row.file}.{os.getpid()}"
    handle = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(target)
    return target


def list_batches(
    conn: Connection,
    *,
    scope: Scope = EVERYWHERE,
    direction: str | None = None,
    stream: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[BatchRow]:
    """Batches sent and received, the newest first."""
    c = t.exchange_batches.c
    query = select(*_SHOWN).where(*_visible(scope)).order_by(c.id.desc())
    if direction:
        query = query.where(c.direction == direction)
    if stream:
        query = query.where(c.stream == stream)
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, _row)


def get_batch(conn: Connection, batch_id: int, *, scope: Scope = EVERYWHERE) -> BatchRow:
    """One batch by its row's number; ``exchange_batch_not_found``."""
    row = conn.execute(select(*_SHOWN).where(t.exchange_batches.c.id == batch_id, *_visible(scope))).one_or_none()
    if row is None:
        raise NotFoundError("exchange_batch_not_found", batch=batch_id)
    return _row(row)


def scope_key(scope: Scope) -> str:
    """What tells one scope from another."""
    grants = None if scope.whole else sorted([one.division, one.department] for one in scope.grants or ())
    return str(digest(["scope", grants]))


# -- one batch ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    wanted: Wanted
    asked: Asked
    scope: str
    key: str


def _plan(engine: Engine, wanted: Wanted, scope: Scope, now: datetime) -> _Plan:
    for name in wanted.records:
        if name not in SOURCES:
            raise InvalidInputError("exchange_not_sent", record=name, known=", ".join(SOURCES))
    if wanted.form not in FORMS:
        raise InvalidInputError("exchange_form_unknown", form=wanted.form)
    if wanted.encoding not in ("utf-8", "gb18030"):
        raise InvalidInputError("exchange_option_unknown", option="encoding", value=wanted.encoding)
    usual = defaults()
    names = wanted.names or str(usual["names"])
    if names not in ("full", "masked"):
        raise InvalidInputError("exchange_option_unknown", option="names", value=names)
    whose, key = scope_key(scope), str(digest([sorted(wanted.records), names]))
    since = None
    if not wanted.everything:
        c = t.exchange_batches.c
        query = select(func.max(c.until)).where(c.direction == "out", c.stream == wanted.stream, c.scope == whose, c.asked == key)
        with reading(engine) as conn:
            last = conn.scalar(query)
        if last is not None:
            since = min(last, now) - timedelta(minutes=limits()["overlap_minutes"])
    asked = Asked(wanted.stream, scope, since, names, bool(usual["props"]), str(usual["detail_url"]), str(usual["source"]))
    return _Plan(wanted, asked, whose, key)


def _one(
    conn: Connection, plan: _Plan, position: tuple[int, int], actor: str, now: datetime
) -> tuple[str | None, tuple[int, int] | None, list[Unfit]]:
    """The next batch from a position (which record, after which number); no batch where nothing changed in what was looked at."""
    rows: list[tuple[Outgoing, str, dict[str, Any], str]] = []
    unfit: list[Unfit] = []
    at, after = position
    scanned, most = 0, limits()["batch_records"]
    while at < len(plan.wanted.records) and len(rows) < most and scanned < _SCANNED:
        found, following = SOURCES[plan.wanted.records[at]](conn, plan.asked, after, _WINDOW)
        scanned += max(len(found), 1)
        for one, operation, values, mark in _changed(conn, plan, found, unfit):
            rows.append((one, operation, values, mark))
        at, after = (at, following) if following is not None else (at + 1, 0)
    batch = _store(conn, plan, rows, unfit, actor, now) if rows else None
    return batch, (at, after) if at < len(plan.wanted.records) else None, unfit


def _changed(
    conn: Connection, plan: _Plan, found: Sequence[Outgoing], unfit: list[Unfit]
) -> Iterator[tuple[Outgoing, str, dict[str, Any], str]]:
    """What the receiver does not hold as it is, with the operation that brings it there."""
    s = t.exchange_sent.c
    for some in parts(found):
        query = select(s.identity, s.operation, s.digest).where(s.stream == plan.wanted.stream, s.record == some[0].record)
        held = {row.identity: row for row in select_in(conn, query, s.identity, [one.identity for one in some])}
        for one in some:
            row = held.get(one.identity)
            there = row is not None and row.operation != "d"
            if one.withdrawn:
                if there and row is not None:
                    values = _last_values(conn, plan.wanted.stream, one) if not one.values else one.values
                    yield one, "d", dict(check(record(one.record), values).values), row.digest
                continue
            looked = check(record(one.record), one.values)
            if looked.problems:
                unfit.append(Unfit(one.record, one.object, tuple(kept(problem) for problem in looked.problems)))
                continue
            mark = str(digest(looked.values))
            if row is not None and there and row.digest == mark:
                continue
            yield one, "u" if there else "i", looked.values, mark


def _last_values(conn: Connection, stream: str, one: Outgoing) -> Mapping[str, Any]:
    """What was sent of a thing that is no more: a delete tells whose record it is in the fields that are required."""
    from risk.services.exchange_wire import read

    b, s = t.exchange_batches.c, t.exchange_sent.c
    query = (
        select(b.content)
        .join_from(t.exchange_sent, t.exchange_batches, s.batch_id == b.id)
        .where(s.stream == stream, s.record == one.record, s.identity == one.identity)
    )
    names = {"record_unique_identity", "cd_id", "cd_time", "cd_source", "cd_batch", "cd_operation"}
    for row in read(bytes(conn.scalars(query).one())):
        if row.values.get("record_unique_identity") == one.identity:
            return {name: value for name, value in row.values.items() if name not in names}
    return {}


def _store(
    conn: Connection,
    plan: _Plan,
    rows: Sequence[tuple[Outgoing, str, dict[str, Any], str]],
    unfit: Sequence[Unfit],
    actor: str,
    now: datetime,
) -> str:
    c, wanted, asked = t.exchange_batches.c, plan.wanted, plan.asked
    day = now.astimezone(SHANGHAI).date()
    number = int(conn.scalar(select(func.max(c.number)).where(c.day == day)) or 0) + 1
    batch = kinds.batch_text(day, number)
    counts: dict[str, Counter[str]] = {}
    told = []
    for place, (one, operation, values, _) in enumerate(rows, 1):
        columns = {
            "record_unique_identity": one.identity,
            "cd_id": f"{batch}{place:06d}",
            "cd_time": kinds.moment_text(now),
            "cd_source": asked.source,
            "cd_batch": batch,
            "cd_operation": operation,
        }
        told.append((record(one.record), {**columns, **values}))
        counts.setdefault(one.record, Counter())[operation] += 1
    data = write(told, form=wanted.form, encoding=wanted.encoding)
    made = {
        "key": f"out:{batch}",
        "direction": "out",
        "batch": batch,
        "day": day,
        "number": number,
        "stream": wanted.stream,
        "scope": plan.scope,
        "asked": plan.key,
        "since": asked.since,
        "form": wanted.form,
        "encoding": wanted.encoding,
        "counts": {name: dict(found) for name, found in counts.items()},
        "content": data,
        "content_hash": _sha256(data),
        "file": f"{batch}.{wanted.form}",
        "status": "done",
        "rows_done": len(rows),
        "actor": actor,
        "created_at": now,
        "ended_at": now,
    }
    batch_id = int(conn.execute(insert(t.exchange_batches).values(made).returning(c.id)).scalar_one())
    _hold(conn, plan, rows, batch_id, now)
    detail = {
        "stream": wanted.stream,
        "records": made["counts"],
        "sha256": made["content_hash"],
        "names": asked.names,
        "left_out": [one.object for one in unfit][:50],
    }
    auditing.record(conn, actor, "exchange.export", f"batch:{batch}", detail, now)
    return batch


def _hold(conn: Connection, plan: _Plan, rows: Sequence[tuple[Outgoing, str, dict[str, Any], str]], batch_id: int, now: datetime) -> None:
    """Note what the receiver holds from now on."""
    stream, s = plan.wanted.stream, t.exchange_sent.c
    fresh = []
    for one, operation, _, mark in rows:
        key = {"stream": stream, "record": one.record, "identity": one.identity}
        state = {"operation": operation, "digest": mark, "object": one.object, "batch_id": batch_id, "at": now}
        if operation == "i":
            fresh.append(key | state)
        conn.execute(update(t.exchange_sent).where(s.stream == stream, s.record == one.record, s.identity == one.identity).values(**state))
    insert_new(conn, t.exchange_sent, fresh, ["stream", "record", "identity"])


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


_SHOWN = [c for c in t.exchange_batches.c if c.name not in ("content", "key", "scope", "asked", "day", "number")] + [
    func.coalesce(func.length(t.exchange_batches.c.content), 0).label("bytes")
]


def _visible(scope: Scope) -> list[Any]:
    return [] if scope.whole else [t.exchange_batches.c.scope == scope_key(scope)]


def _get(conn: Connection, batch: str, direction: str, scope: Scope) -> Row[Any]:
    c = t.exchange_batches.c
    query: Select[Any] = select(*_SHOWN, c.content).where(c.batch == batch, c.direction == direction, *_visible(scope))
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("exchange_batch_not_found", batch=batch)
    return row


def _row(row: Row[Any]) -> BatchRow:
    return BatchRow(**{name: getattr(row, name) for name in BatchRow.__dataclass_fields__})
