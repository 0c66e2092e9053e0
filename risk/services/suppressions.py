"""Conditions under which no alert is raised: narrow, owned, explained, and ending by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.routing import base_model
from risk.services import auditing
from risk.storage import tables as t

PARTS = ("subject", "source", "content_hash")

register(
    {
        "suppression_condition": (
            "抑制条件必须至少给出主体、来源、内容哈希之一，且不含其他项：{given}",
            "a suppression needs at least one of subject, source, content_hash and nothing else: {given}",
        ),
        "suppression_expired": ("抑制的到期时间必须晚于现在", "a suppression must expire later than now"),
        "suppression_owner": ("抑制必须有负责人和理由", "a suppression needs an owner and a reason"),
    }
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One condition in force; all parts it gives must match."""

    id: int
    model: str | None
    condition: Mapping[str, str]
    version: int

    def covers(self, model: str, facts: Mapping[str, str | None]) -> bool:
        """Whether a candidate with these facts is suppressed. A condition without a known part covers nothing."""
        if self.model not in (None, model, base_model(model)):
            return False
        return bool(self.condition) and all(part in PARTS and facts.get(part) == wanted for part, wanted in self.condition.items())


def suppress(
    conn: Connection,
    condition: Mapping[str, str],
    *,
    owner: str,
    reason: str,
    expires_at: datetime,
    now: datetime,
    model: str | None = None,
) -> int:
    """Store a condition and audit it; returns its id. Parts: ``subject`` (key), ``source`` (name), ``content_hash``.

    ``InvalidInputError``: ``suppression_condition``, ``suppression_owner``, ``suppression_expired``.
    """
    if not condition or set(condition) - set(PARTS) or not all(condition.values()):
        raise InvalidInputError("suppression_condition", given=", ".join(condition) or "-")
    if not owner.strip() or not reason.strip():
        raise InvalidInputError("suppression_owner")
    if expires_at <= now:
        raise InvalidInputError("suppression_expired")
    values: dict[str, Any] = {"model": model, "condition": dict(condition), "owner": owner, "reason": reason, "version": 1}
    made = conn.execute(insert(t.suppressions).values(**values, created_at=now, expires_at=expires_at).returning(t.suppressions.c.id))
    key = int(made.scalar_one())
    auditing.record(conn, owner, "suppression.create", f"suppression:{key}", {**values, "expires_at": expires_at.isoformat()}, now)
    return key


def in_force(conn: Connection, now: datetime) -> list[Suppression]:
    """The conditions in force at a moment, the oldest first."""
    s = t.suppressions.c
    query = select(s.id, s.model, s.condition, s.version).where(s.created_at <= now, s.expires_at > now).order_by(s.id)
    return [Suppression(row.id, row.model, row.condition, row.version) for row in conn.execute(query)]
