"""Quarantined rows as people look for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from risk.services.paging import MAX_PAGE, Page, pack, unpack_id
from risk.services.personal import masked_json
from risk.services.quarantine import list_rows


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A refused row: as it stood (personal data masked), why, and what became of it."""

    id: int
    import_id: int
    row_no: int
    raw: dict[str, Any]
    problems: tuple[dict[str, Any], ...]
    status: str
    repaired: dict[str, Any] | None
    actor: str | None
    created_at: datetime
    changed_at: datetime | None


def list_quarantine(
    engine: Engine,
    *,
    import_id: int | None = None,
    code: str | None = None,
    status: str = "open",
    limit: int = 50,
    cursor: str | None = None,
    owner: str | None = None,
) -> Page[QuarantineRow]:
    """Rows in the order they came; ``status`` ``open`` includes repaired ones that wait, ``all`` leaves nothing out; ``owner`` keeps one person's imports."""
    limit = max(1, min(limit, MAX_PAGE))
    after = unpack_id(cursor) if cursor else 0
    wanted = None if status == "all" else status
    rows = list_rows(engine, import_id=import_id, code=code, status=wanted, after=after, limit=limit + 1, owner=owner)
    following = pack(int(rows[limit - 1]["id"])) if len(rows) > limit else None
    return Page(tuple(_row(row) for row in rows[:limit]), following)


def _row(row: Mapping[str, Any]) -> QuarantineRow:
    return QuarantineRow(
        id=row["id"],
        import_id=row["import_id"],
        row_no=row["row_no"],
        raw=masked_json(dict(row["raw"])),
        problems=tuple(masked_json(dict(problem)) for problem in row["problems"]),
        status=row["status"],
        repaired=masked_json(row["repaired"]) if row["repaired"] else None,
        actor=row["actor"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
