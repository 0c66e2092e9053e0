"""What rules in shadow, or not yet rolled out to a unit, would have said: recorded with the run, told to people, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked
from risk.services.scoping import signals_inside
from risk.storage import tables as t
from risk.storage.upsert import insert_new

if TYPE_CHECKING:
    from risk.scoring.scorer import Aside

HOW = ("shadow", "held_back", "gained", "lost")


@dataclass(frozen=True, slots=True)
class ShadowHit:
    """One unit on which a rule would have fired (or, ``lost``, no longer would)."""

    id: int
    rule: str
    how: str
    model: str
    run_id: int
    signal_id: int
    as_of: datetime
    text: str


def record(
    conn: Connection, run_id: int, key: str, as_of: datetime, found: Sequence[tuple[int, Aside]], others: Collection[int] = ()
) -> None:
    """Store the hits of a chunk, each with its signal, once; ``others`` are signals that another run has judged."""
    rows = [
        {
            "version_id": aside.version_id,
            "run_id": run_id,
            "signal_id": signal_id,
            "model": key,
            "rule": aside.rule,
            "how": aside.how,
            "as_of": as_of,
        }
        for signal_id, aside in found
        if signal_id not in others
    ]
    insert_new(conn, t.shadow_hits, rows, ["version_id", "rule", "signal_id", "run_id"])


def counts(conn: Connection, version_id: int, *, scope: Scope = EVERYWHERE) -> dict[str, int]:
    """How many units inside the scope, by how."""
    h, s = t.shadow_hits.c, t.signals.c
    query = select(h.how, func.count(func.distinct(h.signal_id))).where(h.version_id == version_id)
    if not scope.whole:
        query = query.join_from(t.shadow_hits, t.signals, h.signal_id == s.id).where(signals_inside(scope))
    return {how: int(n) for how, n in conn.execute(query.group_by(h.how).order_by(h.how))}


def list_hits(
    conn: Connection, version_id: int, *, limit: int = 50, cursor: str | None = None, scope: Scope = EVERYWHERE
) -> Page[ShadowHit]:
    """The hits of a version on signals inside the scope, the newest first, with the beginning of the text."""
    h, s = t.shadow_hits.c, t.signals.c
    query = select(t.shadow_hits, s.text).join_from(t.shadow_hits, t.signals, h.signal_id == s.id)
    query = query.where(h.version_id == version_id, signals_inside(scope))
    if cursor:
        query = query.where(h.id < unpack_id(cursor))
    return page_by_id(
        conn,
        query.order_by(h.id.desc()),
        limit,
        lambda row: ShadowHit(row.id, row.rule, row.how, row.model, row.run_id, row.signal_id, row.as_of, masked(row.text)[:200]),
    )
