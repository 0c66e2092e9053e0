"""The transactional outbox: an event is written where it happens, in the same transaction, and pushed later by the worker.

(Chris Richardson, *Microservices Patterns*, ch. 3: the transactional outbox.) An event's key is made from what happened, so that an act that is tried
again writes it once. What each event is, and whom it concerns, is said in :mod:`risk.domain.events`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from risk.domain.events import catalogue, without_personal
from risk.domain.signals import digest
from risk.storage import tables as t
from risk.storage.upsert import insert_new

Told = tuple[str, str, Mapping[str, Any], str | None, str]
"""Event, object, data, office, and what tells it apart from another of the same name (``once``)."""

_log = logging.getLogger("risk.outbox")


def emit(
    conn: Connection, event: str, object_: str, data: Mapping[str, Any], now: datetime, *, office: str | None = None, once: str = ""
) -> str:
    """Write one event: ``emit(conn, "task.issued", "task:12", {"grade": "red"}, now, office="420500-market_supervision")``; returns its key.

    ``once`` tells apart events of one name on one object that are different acts (the number of the transition, the stage of the reminder); with the same
    ``event``, ``object_`` and ``once`` nothing is written a second time. What names or quotes people is left out of ``data``, whoever put it there.
    """
    return emit_many(conn, [(event, object_, data, office, once)], now)[0]


def emit_many(conn: Connection, events: Sequence[Told], now: datetime) -> list[str]:
    """Write several events in one statement, each ``(event, object, data, office, once)``; returns their keys in the same order."""
    rows = [
        {
            "key": _key(event, object_, once, now),
            "event": event,
            "object": object_,
            "office_code": office,
            "data": without_personal(data),
            "at": now,
        }
        for event, object_, data, office, once in events
    ]
    for event in {row["event"] for row in rows} - catalogue().keys():
        _log.warning("event %s is not in the catalogue (events.toml)", event)
    insert_new(conn, t.outbox, rows, ["key"])
    return [str(row["key"]) for row in rows]


def _key(event: str, object_: str, once: str, now: datetime) -> str:
    return str(digest(["outbox", event, object_, once or now.isoformat()]))
