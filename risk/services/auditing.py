"""Who did what, when: one row per act of a person or a job. Written in the transaction of the act, so neither is there without the other.

Rows are a chain of hashes (:mod:`risk.services.auditing_chain`). They are gathered during the transaction and appended as its last step, under the lock of the
one row of ``audit_head``: it is held for two short statements and the commit, and whoever holds it waits for nobody, so that no circle of waiting arises.
The alternative, rows sealed later by a worker, would leave the newest rows unprotected for as long as the worker is away.

The chain alone cannot show that its newest rows were cut off together with the head; for that the head is written elsewhere (:mod:`risk.services.audit_heads`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from risk.domain.tracing import current_trace
from risk.services.auditing_chain import ALGORITHMS, GENESIS, link, plain
from risk.storage.engine import at_the_end
from risk.storage.tables import audit, audit_head
from risk.storage.upsert import insert_new

_ALGORITHM = "risk_audit_hash"


def record(conn: Connection, actor: str, action: str, object_: str, detail: Mapping[str, Any] | None, now: datetime) -> None:
    """Write one audit row: ``record(conn, "张三", "task.sign", "task:12", {"state": "signed"}, now)``. It is there when the transaction is."""
    record_all(conn, [{"at": now, "actor": actor, "action": action, "object": object_, "detail": detail}])


def record_all(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write many, in their order: mappings with ``at``, ``actor``, ``action``, ``object`` and ``detail``."""
    algorithm, trace = conn.get_execution_options().get(_ALGORITHM, ALGORITHMS[0]), current_trace()
    made = [
        {
            "at": row["at"],
            "actor": str(row["actor"])[:120],
            "action": str(row["action"])[:60],
            "object": str(row["object"])[:200],
            "detail": plain(row["detail"] or {}),
            "trace_id": trace,
            "algorithm": algorithm,
        }
        for row in rows
    ]
    if made:
        at_the_end(conn, _append, made)


def use_algorithm(engine: Engine, algorithm: str) -> None:
    """Which hash new rows of this engine get: ``sha256`` or ``sm3``."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"no such algorithm: {algorithm}")
    engine.update_execution_options(**{_ALGORITHM: algorithm})


def _append(conn: Connection, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    h = audit_head.c
    query = select(h.length, h.hash).where(h.id == 1).with_for_update()
    head = conn.execute(query).one_or_none()
    if head is None:
        insert_new(conn, audit_head, [{"id": 1, "length": 0, "hash": GENESIS}], ["id"])
        head = conn.execute(query).one()
    length, before = int(head.length), str(head.hash)
    for row in rows:
        length += 1
        row["id"] = length
        before = row["hash"] = link(before, row)
    conn.execute(insert(audit), rows)
    conn.execute(update(audit_head).where(h.id == 1).values(length=length, hash=before))
