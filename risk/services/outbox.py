"""The transactional outbox: an event is written where it happens, in the same transaction, and pushed later by the worker.

(Chris Richardson, *Microservices Patterns*, ch. 3: the transactional outbox.) An event's key is made from what happened, so that an act that is tried
again writes it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from risk.domain.signals import digest
from risk.storage import tables as t
from risk.storage.upsert import insert_new


def emit(
    conn: Connection, event: str, object_: str, data: Mapping[str, Any], now: datetime, *, office: str | None = None, once: str = ""
) -> str:
    """Write one event: ``emit(conn, "task.issued", "task:12", {"grade": "red"}, now, office="420500-market_supervision")``; returns its key.

    ``once`` tells apart events of one name on one object that are different acts (the number of the transition, the stage of the reminder); with the same
    ``event``, ``object_`` and ``once`` nothing is written a second time.
    """
    key = str(digest(["outbox", event, object_, once or now.isoformat()]))
    row = {"key": key, "event": event, "object": object_, "office_code": office, "data": dict(data), "at": now}
    insert_new(conn, t.outbox, [row], ["key"])
    return key
