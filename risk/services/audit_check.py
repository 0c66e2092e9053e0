"""Is the audit as it was written? Every row is hashed again, in order; places, hashes, the head and heads noted elsewhere are compared.

What it finds: a row that was changed, taken out, put in or moved (its hash does not follow from the row before), newest rows cut off (the head, or a head noted
elsewhere, knows of more). Whoever rewrites *all* rows from some place on and the head with them is found by the heads noted outside the database alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from risk.domain.messages import Told
from risk.services.auditing_chain import ALGORITHMS, GENESIS, link
from risk.storage.tables import audit, audit_head

MOST_FAULTS = 100
"""How many faults are told; a chain with more of them is no better known by more of them."""

KINDS = {
    "missing": Told("缺少记录", "rows are missing"),
    "changed": Told("记录被改动、插入或移动", "the row was changed, put in or moved"),
    "algorithm": Told("摘要算法未知", "its algorithm is not known"),
    "head": Told(
        "链尾与链头登记不符（末尾记录被删除或增加）", "the end of the chain is not what the head says (newest rows cut off or added)"
    ),
    "noted": Told("与库外留存的链头不符（历史被整体改写或截断）", "not what was noted outside the database (history rewritten or cut off)"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written, at which place of the chain."""

    kind: str
    place: int
    detail: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A head as it was noted outside the database."""

    length: int
    hash: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found: rows read, the last hash, up to which place noted heads vouch for it."""

    sound: bool
    rows: int
    head: str
    noted_heads: int
    vouched_to: int
    faults: tuple[Fault, ...]


def verify(conn: Connection, *, noted: Iterable[Noted] = ()) -> Check:
    """Read the whole audit once, in order, and compare; ``noted`` are heads from :mod:`risk.services.audit_heads`."""
    wanted: dict[int, list[Noted]] = {}
    for one in noted:
        wanted.setdefault(one.length, []).append(one)
    faults: list[Fault] = []
    place, before, vouched, met = 0, GENESIS, 0, set()
    for row in _rows(conn):
        number = int(row.id)
        if number != place + 1:
            faults.append(_fault("missing", place + 1, f"{place + 1}–{number - 1}" if number > place + 1 else str(number)))
        place = number
        computed = _hash(before, row)
        if computed is None:
            faults.append(_fault("algorithm", place, str(row.algorithm)))
        elif computed != row.hash:
            faults.append(_fault("changed", place, f"{row.action} {row.object}"))
        before = str(row.hash)
        for one in wanted.get(place, ()):
            met.add(place)
            if one.hash == before:
                vouched = place
            else:
                faults.append(_fault("noted", place, one.where))
    faults += [_fault("noted", length, held[0].where) for length, held in sorted(wanted.items()) if length not in met and length > 0]
    faults += _against_head(conn, place, before)
    told = tuple(faults[:MOST_FAULTS])
    return Check(not faults, place, before, sum(map(len, wanted.values())), vouched if not faults else 0, told)


def _rows(conn: Connection) -> Iterator[Any]:
    c = audit.c
    query = select(c.id, c.at, c.actor, c.action, c.object, c.detail, c.trace_id, c.algorithm, c.hash).order_by(c.id)
    last: int | None = None
    while True:
        part = conn.execute((query if last is None else query.where(c.id > last)).limit(5_000)).all()
        yield from part
        if len(part) < 5_000:
            return
        last = int(part[-1].id)


def _hash(before: str, row: Any) -> str | None:
    if row.algorithm not in ALGORITHMS:
        return None
    try:
        return link(before, row._asdict())
    except ValueError:  # the row before holds no hash at all: told there
        return ""


def _against_head(conn: Connection, place: int, before: str) -> list[Fault]:
    head = conn.execute(select(audit_head.c.length, audit_head.c.hash).where(audit_head.c.id == 1)).one_or_none()
    if head is None:
        return [_fault("head", place, "-")] if place else []
    if (int(head.length), head.hash) != (place, before):
        return [_fault("head", place, f"{head.length} ≠ {place}" if head.length != place else str(head.hash)[:16])]
    return []


def _fault(kind: str, place: int, detail: str) -> Fault:
    return Fault(kind, place, detail, *KINDS[kind])
