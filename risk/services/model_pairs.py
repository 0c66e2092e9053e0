"""What a retraining found when it compared two versions on later data: paired differences with intervals, as they are stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, or_, select

from risk.storage import tables as t
from risk.storage.engine import reading


def stored(engine: Engine, key: str, first: int, second: int) -> list[dict[str, Any]]:
    """Every comparison of the two versions, in either order, the oldest first; empty where none was made."""
    c = t.trainings.c
    a, b = str(first), str(second)
    query = (
        select(c.id, c.as_of, c.champion, c.challenger, c.decision, c.detail)
        .where(c.model == key, or_((c.champion == a) & (c.challenger == b), (c.champion == b) & (c.challenger == a)))
        .order_by(c.id)
    )
    with reading(engine) as conn:
        rows = conn.execute(query).all()
    return [_pair(row) for row in rows]


def _pair(row: Any) -> dict[str, Any]:
    """What the gate found (``gate`` in the training's detail; trainings of before had it at the top)."""
    told = row.detail.get("gate") or row.detail
    return {
        "training": row.id,
        "as_of": row.as_of.isoformat(),
        "champion": int(row.champion),
        "challenger": int(row.challenger),
        "decision": row.decision,
        "differences": told.get("differences", {}),
        "slices": told.get("slices", {}),
        "worse": told.get("worse", []),
        "reason": told.get("reason", ""),
        "n": told.get("n"),
        "positives": told.get("positives"),
        "level": told.get("level"),
        "compared": told.get("compared"),
    }
