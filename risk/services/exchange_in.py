"""Take an exchange file in: every record checked, what fits done at once, what does not fit kept for repair; the rest goes on.

A record is known by who sent it, its kind and its identity. The same again changes nothing; an older one than we hold changes nothing; an insert that says
something else than before, and a change or a delete of what never came, are refused with their reason. Records are settled in chunks, each a transaction that also
says how far the file is settled: killed at any moment, the same file goes on where it was. Each record stands in a savepoint of its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, InvalidInputError, RiskError
from risk.domain.exchange import kinds
from risk.domain.exchange.checks import Checked, check
from risk.domain.exchange.records import COLUMNS, Record, part
from risk.domain.messages import Told, register
from risk.domain.problems import Problem
from risk.domain.signals import digest
from risk.domain.values import keepable
from risk.services import auditing, exchange_apply
from risk.services.exchange_apply import Incoming
from risk.services.exchange_batches import LOCK, scope_key
from risk.services.exchange_reasons import kept, reasons_of
from risk.services.exchange_wire import Found, form_of, read
from risk.services.signal_store import hold
from risk.storage import tables as t
from risk.storage.engine import reading, serialise, transaction
from risk.storage.upsert import batches, insert_new

CHUNK = 50

register(
    {
        "exchange_identity_missing": ("看不出是哪一条记录：缺少唯一标识", "which record this is cannot be told: its identity is missing"),
        "exchange_known": (
            "已收到过 {identity}，内容不同；更改应使用操作 u",
            "{identity} was received before with another content; a change should say operation u",
        ),
        "exchange_not_known": ("没有收到过 {identity}，不能{what}", "{identity} was never received and cannot be {what}"),
        "exchange_source_missing": ("没有说明来源：记录没有 cd_source", "the source is not named: the records have no cd_source"),
        "exchange_source_missing.hint": ("用 --source 或参数 source 说明", "name it with --source, or the parameter source"),
    }
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import came to. ``repeated``: the file was taken in before; ``resumed_after``: the record a broken import went on after."""

    batch_id: int
    records: int
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    results: Mapping[str, int] = field(default_factory=dict)
    repeated: bool = False
    resumed_after: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """How records come in: from whom, by whom, within which scope; ``domains`` maps the source's fields of risk to our models."""

    source: str
    actor: str
    scope: Scope = EVERYWHERE
    domains: Mapping[str, str] = field(default_factory=dict)


def take(engine: Engine, data: bytes, *, file: str, way: Way, now: datetime, kind: Record | None = None, chunk: int = CHUNK) -> Taken:
    """Take a file in, or go on with it. ``InvalidInputError`` where it cannot be read as a whole: nothing of it is taken then."""
    rows = list(read(data, kind=kind))
    source = way.source or next((str(row.values["cd_source"]) for row in rows if isinstance(row.values.get("cd_source"), str)), "")
    if not source:
        raise InvalidInputError("exchange_source_missing")
    named = Way(source[:80], way.actor, way.scope, way.domains)
    return take_rows(engine, rows, named, file=file, form=form_of(data), mark=hashlib.sha256(data).hexdigest(), now=now, chunk=chunk)


def take_rows(
    engine: Engine, rows: Sequence[Found], way: Way, *, file: str, form: str, mark: str, now: datetime, chunk: int = CHUNK
) -> Taken:
    """Take records in that were read elsewhere; ``mark`` tells one lot of them from another."""
    row = _begin(engine, rows, way, file, form, mark, now)
    if row.status == "done":
        return _told(row, repeated=True)
    for some in batches([one for one in rows if one.number > row.rows_done], chunk):
        with transaction(engine) as conn:
            serialise(conn, LOCK)
            hold(conn)
            _settle(conn, row.id, some, way, now)
    with transaction(engine) as conn:
        c = t.exchange_batches.c
        conn.execute(update(t.exchange_batches).where(c.id == row.id).values(status="done", ended_at=now))
        told = _told(_batch(conn, row.id), resumed_after=row.rows_done)
        detail = {"source": way.source, "sha256": mark, "accepted": told.accepted, "quarantined": told.quarantined}
        auditing.record(conn, way.actor, "exchange.import", f"exchange:{row.id}", detail, now)
    return told


def look(found: Found) -> Checked:
    """Check a record as it came: its own fields, and those exchange columns that are there."""
    if found.record is None:
        return Checked({}, (Problem("exchange_record_unknown", "", "", (("name", found.name[:100]),)),), ())
    given = {name: value for name, value in found.values.items() if name not in _COLUMNS}
    checked = check(found.record, given)
    columns = {name: value for name, value in found.values.items() if name in _COLUMNS}
    looked = _columns(columns)
    return Checked({**looked.values, **checked.values}, looked.problems + checked.problems, looked.warnings + checked.warnings)


def resettle(
    conn: Connection, row: Row[Any], given: Mapping[str, Any], way: Way, now: datetime
) -> tuple[str, str | None, list[dict[str, Any]]]:
    """Try a record again that waited: state, what it did, and what still speaks against it."""
    from risk.domain.exchange.records import records

    found = Found(row.number, records().get(row.record), row.record, dict(given))
    state, values = _one(conn, found, way, _batch(conn, row.batch_id), now, again=row.id)
    return state, values.get("result"), values["problems"]


# -- one chunk ---------------------------------------------------------------------------------------------------------

_COLUMNS = frozenset(one.name for one in part(COLUMNS).fields)


def _columns(given: Mapping[str, Any]) -> Checked:
    """The exchange columns that are there, each checked; none is demanded of a file that comes without them."""
    from risk.domain.exchange.checks import check_part

    looked = check_part(COLUMNS, given)
    problems = tuple(one for one in looked.problems if one.code != "exchange_missing")
    return Checked(looked.values, problems, looked.warnings)


def _begin(engine: Engine, rows: Sequence[Found], way: Way, file: str, form: str, mark: str, now: datetime) -> Row[Any]:
    first = next((str(one.values["cd_batch"]) for one in rows if isinstance(one.values.get("cd_batch"), str)), "")
    fresh = {
        "key": f"in:{digest([mark, way.source, scope_key(way.scope)])}",
        "direction": "in",
        "batch": first[:40] or mark[:13],
        "stream": way.source,
        "scope": scope_key(way.scope),
        "form": form,
        "encoding": "",
        "counts": {},
        "content_hash": mark,
        "file": file[-400:],
        "status": "running",
        "rows_done": 0,
        "actor": way.actor,
        "created_at": now,
    }
    with transaction(engine) as conn:
        insert_new(conn, t.exchange_batches, [{**fresh, "asked": ""}], ["key"])
    with reading(engine) as conn:
        return conn.execute(select(t.exchange_batches).where(t.exchange_batches.c.key == fresh["key"])).one()


def _batch(conn: Connection, batch_id: int) -> Row[Any]:
    return conn.execute(select(t.exchange_batches).where(t.exchange_batches.c.id == batch_id)).one()


def _settle(conn: Connection, batch_id: int, some: Sequence[Found], way: Way, now: datetime) -> None:
    """One chunk; what another process settled meanwhile is left out."""
    held = conn.execute(select(t.exchange_batches).where(t.exchange_batches.c.id == batch_id).with_for_update()).one()
    counts: Counter[str] = Counter(held.counts)
    done = held.rows_done
    for found in some:
        if found.number <= held.rows_done:
            continue
        state, values = _one(conn, found, way, held, now)
        conn.execute(insert(t.exchange_received).values(values))
        counts[state] += 1
        if state == "accepted" and values.get("result"):
            counts[f"to_{str(values['result']).partition(':')[0]}"] += 1
        done = found.number
    conn.execute(update(t.exchange_batches).where(t.exchange_batches.c.id == batch_id).values(rows_done=done, counts=dict(counts)))


def _one(conn: Connection, found: Found, way: Way, batch: Row[Any], now: datetime, again: int | None = None) -> tuple[str, dict[str, Any]]:
    looked = look(found)
    values = looked.values
    own = {name: value for name, value in values.items() if name not in _COLUMNS}
    mark = str(digest(own))
    # a record is known by its own number, so that its identity is the same with and without exchange columns
    identity = str(found.record.key_of(own) if found.record else "")[:200]
    identity = identity if identity.strip("|") else str(values.get("record_unique_identity", ""))
    at = kinds.moment_of(values["cd_time"]) if "cd_time" in values else None
    operation = str(values.get("cd_operation", "")) or _usual(conn, found, way, identity, mark)
    problems = list(looked.problems)
    if not identity and found.record is not None and not problems:
        problems.append(Problem("exchange_identity_missing"))
    row = {
        "batch_id": batch.id,
        "number": found.number,
        "record": found.record.code if found.record else found.name[:40],
        "source": way.source,
        "identity": identity,
        "operation": operation,
        "digest": mark,
        "cd_time": at,
        "given": keepable(found.values),
        "warnings": [kept(one) for one in looked.warnings][:50],
        "result": None,
        "actor": way.actor,
        "received_at": now,
        "changed_at": now,
    }
    state = "quarantined"
    if not problems and found.record is not None:
        try:
            with conn.begin_nested():
                state, row["result"] = _apply(conn, found.record, own, row, way, batch, now, again)
        except RiskError as error:
            return state, {**row, "state": state, "problems": reasons_of(error)[:100]}
    return state, {**row, "state": state, "problems": [kept(one) for one in problems][:100]}


def _apply(
    conn: Connection,
    record: Record,
    own: Mapping[str, Any],
    row: Mapping[str, Any],
    way: Way,
    batch: Row[Any],
    now: datetime,
    again: int | None,
) -> tuple[str, str | None]:
    known = _known(conn, row, again)
    if _is_known(known, row):
        return "duplicate", known[0].result if way.scope.whole else None  # what it did may lie outside the caller's scope
    operation, last = row["operation"], known[0] if known else None
    gone = last is None or last.operation == "d"
    if operation == "i" and not gone:
        raise ConflictError("exchange_known", identity=row["identity"])
    if operation in ("u", "d") and gone and record.imports not in ("feedback", "notice"):
        words = {"u": ("更改", "changed"), "d": ("撤回", "withdrawn")}[operation]
        raise InvalidInputError("exchange_not_known", identity=row["identity"], what=Told(*words))
    before = next((one.result for one in known if one.result), None)
    incoming = Incoming(
        record, own, way.source, row["identity"], operation, row["digest"], batch.batch, before, way.scope, way.actor, way.domains
    )
    return "accepted", exchange_apply.apply(conn, incoming, now)


def _known(conn: Connection, row: Mapping[str, Any], again: int | None) -> list[Row[Any]]:
    """What was taken in of this record before, the newest first."""
    r = t.exchange_received.c
    query = select(r.id, r.operation, r.digest, r.cd_time, r.result).where(
        r.source == row["source"],
        r.record == row["record"],
        r.identity == row["identity"],
        r.state.in_(("accepted", "resubmitted")),
    )
    if again is not None:
        query = query.where(r.id != again)
    return list(conn.execute(query.order_by(r.id.desc())))


def _is_known(known: Sequence[Row[Any]], row: Mapping[str, Any]) -> bool:
    """Whether there is nothing new in it: the same operation with the same content as the last one, one that was taken in already, or an older one."""
    if not known:
        return False
    last = known[0]
    if last.operation == row["operation"] and (last.digest == row["digest"] or row["operation"] == "d"):
        return True
    if row["cd_time"] is not None and last.cd_time is not None and row["cd_time"] < last.cd_time:
        return True
    return any(
        one.operation == row["operation"] and one.digest == row["digest"] and one.cd_time == row["cd_time"] and row["cd_time"] is not None
        for one in known
    )


def _usual(conn: Connection, found: Found, way: Way, identity: str, mark: str) -> str:
    """The operation of a record that names none: an insert; of one that is known with another content, an update."""
    if found.record is None:
        return "i"
    row = {"source": way.source, "record": found.record.code, "identity": identity}
    known = _known(conn, row, None)
    return "i" if not known or known[0].operation == "d" or any(one.digest == mark for one in known) else "u"


def _told(row: Row[Any], *, repeated: bool = False, resumed_after: int = 0) -> Taken:
    counts = row.counts
    results = {name.removeprefix("to_"): count for name, count in counts.items() if name.startswith("to_")}
    names: Iterable[str] = ("accepted", "duplicate", "quarantined")
    accepted, duplicates, quarantined = (int(counts.get(name, 0)) for name in names)
    return Taken(row.id, row.rows_done, accepted, duplicates, quarantined, results, repeated, resumed_after)
