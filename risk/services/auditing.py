"""Who did what, when: one row per act of a person or a job. Written in the transaction of the act, so neither is there without the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from risk.storage.tables import audit


def record(conn: Connection, actor: str, action: str, object_: str, detail: Mapping[str, Any] | None, now: datetime) -> None:
    """Write one audit row: ``record(conn, "张三", "task.sign", "task:12", {"state": "signed"}, now)``."""
    conn.execute(insert(audit).values(at=now, actor=actor, action=action, object=object_, detail=dict(detail or {})))
