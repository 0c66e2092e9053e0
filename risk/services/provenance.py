"""Where a piece of evidence comes from, as it is stored with the evidence of a clue that no run has raised."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row


def provenance(row: Row[Any]) -> dict[str, Any]:
    """Signal and subject of a row with the signal's columns and ``subject_id``, ``subject_key``, ``subject_name``."""
    return {
        "signal": {
            "id": row.id,
            "source": row.source,
            "url": row.url,
            "observed_at": row.observed_at.isoformat(),
            "content_hash": row.content_hash,
        },
        "subject": {"id": row.subject_id, "key": row.subject_key, "name": row.subject_name} if row.subject_id is not None else None,
    }
