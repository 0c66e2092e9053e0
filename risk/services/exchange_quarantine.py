"""Records that did not fit: looked at, repaired, tried again, put aside. Every change says who did it; what came stays as it came.

``quarantined`` → repair → ``repaired`` → resubmit → ``resubmitted``, or back to ``quarantined`` with the new reasons; either → ``dismissed``.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, exists, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.exchange.records import records
from risk.domain.messages import register
from risk.services import auditing
from risk.services.exchange_batches import LOCK, scope_key
from risk.services.exchange_in import Way, look, resettle
from risk.services.exchange_wire import Found
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.signal_store import hold
from risk.storage import tables as t
from risk.storage.engine import serialise, transaction

STATES = ("accepted", "duplicate", "quarantined", "repaired", "resubmitted", "dismissed")

register(
    {
        "exchange_received_not_found": ("没有编号为 {id} 的交换记录", "no received record with the number {id}"),
        "exchange_received_settled": ("记录 {id} 已处理（{state}）", "the record {id} is settled ({state})"),
        "exchange_path_unknown": ("路径“{path}”不能填写", "nothing can be put at `{path}`"),
        "exchange_path_unknown.hint": (
            "写作 taskDetails.endReason 或 superviseObjects[1].superviseObjectName",
            "write it like taskDetails.endReason or superviseObjects[1].superviseObjectName",
        ),
        "exchange_still_bad": ("修复后仍有问题：{reasons}", "it would still not pass: {reasons}"),
    }
)

_STEP = re.compile(r"([^.\[\]]+)(?:\[(\d{1,4})\])?")


@dataclass(frozen=True, slots=True)
class ReceivedRow:
    """A record that came in, as people look at it."""

    id: int
    batch_id: int
    number: int
    record: str
    source: str
    identity: str
    operation: str
    state: str
    problems: Sequence[Mapping[str, Any]]
    warnings: Sequence[Mapping[str, Any]]
    result: str | None
    given: Mapping[str, Any]
    actor: str
    received_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Resubmitted:
    """What became of records that were tried again."""

    accepted: int
    duplicates: int
    refused: int


def list_received(
    conn: Connection,
    *,
    scope: Scope = EVERYWHERE,
    batch_id: int | None = None,
    state: str | None = None,
    source: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ReceivedRow]:
    """Records in the order they came."""
    c = t.exchange_received.c
    query = select(t.exchange_received).where(*_visible(scope)).order_by(c.id)
    if batch_id is not None:
        query = query.where(c.batch_id == batch_id)
    if state is not None:
        query = query.where(c.state == state)
    if source is not None:
        query = query.where(c.source == source)
    if cursor:
        query = query.where(c.id > unpack_id(cursor))
    return page_by_id(conn, query, limit, _row)


def repair(conn: Connection, row_id: int, values: Mapping[str, str], *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Put values at paths of a record that waits (an empty one takes the field away); refused while its own fields would still not fit.

    ``InvalidInputError``: ``exchange_path_unknown``, ``exchange_still_bad``; whether it can be done as well is seen when it is resubmitted.
    """
    row = _waiting(conn, row_id, scope)
    given = copy.deepcopy(dict(row.given))
    for path, value in values.items():
        put(given, path, value)
    checked = look(Found(row.number, records().get(row.record), row.record, given))
    if checked.problems:
        reasons = "; ".join(f"{one.column} {one.code}" for one in checked.problems[:20])
        raise InvalidInputError("exchange_still_bad", reasons=reasons)
    _change(conn, row_id, {"state": "repaired", "given": given}, actor, now)
    was = {path: _read(row.given, path) for path in values}
    auditing.record(
        conn,
        actor,
        "exchange.repair",
        f"received:{row_id}",
        {"paths": list(values), "was_empty": [p for p, v in was.items() if not v]},
        now,
    )


def resubmit(
    engine: Engine,
    row_ids: Sequence[int],
    *,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
    domains: Mapping[str, str] | None = None,
) -> Resubmitted:
    """Try records again by the same checks and services; those still refused wait with their new reasons."""
    counts: Counter[str] = Counter()
    for row_id in row_ids:
        with transaction(engine) as conn:
            serialise(conn, LOCK)
            hold(conn)
            row = _waiting(conn, row_id, scope)
            way = Way(row.source, actor, scope, domains or {})
            state, result, problems = resettle(conn, row, row.given, way, now)
            after = {"accepted": "resubmitted", "duplicate": "duplicate"}.get(state, "quarantined")
            _change(conn, row_id, {"state": after, "result": result, "problems": problems}, actor, now)
            if after != "quarantined":
                _count(conn, row.batch_id, state, result)
                auditing.record(conn, actor, "exchange.resubmit", f"received:{row_id}", {"result": result}, now)
            counts[state] += 1
    return Resubmitted(counts["accepted"], counts["duplicate"], counts["quarantined"])


def repaired(conn: Connection, *, scope: Scope = EVERYWHERE) -> list[int]:
    """The numbers of all records that are repaired and not yet tried again."""
    c = t.exchange_received.c
    return list(conn.scalars(select(c.id).where(c.state == "repaired", *_visible(scope)).order_by(c.id)))


def dismiss(conn: Connection, row_id: int, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Put a record aside for good; the reason is kept in the audit."""
    _waiting(conn, row_id, scope)
    _change(conn, row_id, {"state": "dismissed"}, actor, now)
    auditing.record(conn, actor, "exchange.dismiss", f"received:{row_id}", {"reason": reason}, now)


def put(given: dict[str, Any], path: str, value: str) -> None:
    """Put a value at a path; numbers in brackets count from 1.

    >>> record = {"taskDetails": {"taskNo": "T1"}, "rows": [{"a": "1"}, {"a": "2"}]}
    >>> put(record, "taskDetails.endReason", "10"); put(record, "rows[2].a", "3"); record
    {'taskDetails': {'taskNo': 'T1', 'endReason': '10'}, 'rows': [{'a': '1'}, {'a': '3'}]}
    """
    steps = [_STEP.fullmatch(step) for step in path.split(".")]
    at: Any = given
    for place, step in enumerate(steps):
        if step is None or not isinstance(at, dict):
            raise InvalidInputError("exchange_path_unknown", path=path[:200])
        name, number = step[1], step[2]
        if place == len(steps) - 1 and number is None:
            at.pop(name, None) if value == "" else at.update({name: value})
            return
        inner = at.setdefault(name, {})
        if isinstance(inner, list):
            place_in = int(number or 1) - 1
            if not 0 <= place_in < len(inner):
                raise InvalidInputError("exchange_path_unknown", path=path[:200])
            inner = inner[place_in]
        elif number not in (None, "1"):
            raise InvalidInputError("exchange_path_unknown", path=path[:200])
        at = inner
    raise InvalidInputError("exchange_path_unknown", path=path[:200])


def _read(given: Any, path: str) -> Any:
    for name in re.sub(r"\[\d+\]", "", path).split("."):
        given = given.get(name) if isinstance(given, Mapping) else None
    return given


def _visible(scope: Scope) -> list[Any]:
    if scope.whole:
        return []
    b = t.exchange_batches.c
    return [exists(select(1).where(b.id == t.exchange_received.c.batch_id, b.scope == scope_key(scope)))]


def _waiting(conn: Connection, row_id: int, scope: Scope) -> Row[Any]:
    query = select(t.exchange_received).where(t.exchange_received.c.id == row_id, *_visible(scope)).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("exchange_received_not_found", id=row_id)
    if row.state not in ("quarantined", "repaired"):
        raise ConflictError("exchange_received_settled", id=row_id, state=row.state)
    return row


def _change(conn: Connection, row_id: int, values: Mapping[str, Any], actor: str, now: datetime) -> None:
    conn.execute(update(t.exchange_received).where(t.exchange_received.c.id == row_id).values(**values, actor=actor, changed_at=now))


def _count(conn: Connection, batch_id: int, state: str, result: str | None) -> None:
    b = t.exchange_batches.c
    held = conn.execute(select(t.exchange_batches).where(b.id == batch_id).with_for_update()).one()
    counts: Counter[str] = Counter(held.counts)
    counts["quarantined"] -= 1
    counts[state] += 1
    if state == "accepted" and result:
        counts[f"to_{result.partition(':')[0]}"] += 1
    conn.execute(update(t.exchange_batches).where(b.id == batch_id).values(counts=dict(counts)))


def _row(row: Row[Any]) -> ReceivedRow:
    return ReceivedRow(**{name: getattr(row, name) for name in ReceivedRow.__dataclass_fields__})
