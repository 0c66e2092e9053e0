"""The unit of a piece of evidence: the same for what a run judged, what a person entered and what another system sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

if TYPE_CHECKING:
    from risk.services.units import Seen


def seen(row: Row[Any] | Seen) -> dict[str, Any]:
    """The unit as it was seen: part of the hashed evidence. ``row`` has the signal's columns and ``subject_id``, ``subject_key``, ``subject_name``."""
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
