"""Conditions under which no alert is raised: narrow, owned, explained, and ending by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.routing import base_model
from risk.domain.signals import digest
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
        "suppression_not_found": ("没有编号为 {id} 的抑制", "no suppression with the number {id}"),
        "suppression_over": ("抑制 {id} 已结束或已被修订", "the suppression {id} has ended, or was revised"),
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

    @property
    def hash(self) -> str:
        """What it says, as one digest: an approved rule remembers it."""
        return digest([self.model, self.version, dict(sorted(self.condition.items()))])

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
    _check(condition, owner, reason, expires_at, now)
    values = {"model": model, "condition": dict(condition), "owner": owner, "reason": reason, "version": 1}
    return _store(conn, values, expires_at, now, "suppression.create")


def revise(
    conn: Connection,
    key: int,
    *,
    owner: str,
    reason: str,
    expires_at: datetime,
    now: datetime,
    condition: Mapping[str, str] | None = None,
) -> int:
    """A new version of a condition in force, for another while or for something else; the old one ends now and stays readable. Returns the new id.

    ``NotFoundError`` (``suppression_not_found``), ``ConflictError`` (``suppression_over``: ended, or revised by someone else), and those of `suppress`.
    """
    old = conn.execute(select(t.suppressions).where(t.suppressions.c.id == key)).first()
    if old is None:
        raise NotFoundError("suppression_not_found", id=key)
    wanted = dict(old.condition if condition is None else condition)
    _check(wanted, owner, reason, expires_at, now)
    s = t.suppressions.c
    ended = conn.execute(update(t.suppressions).where(s.id == key, s.expires_at > now).values(expires_at=now))
    if ended.rowcount != 1:
        raise ConflictError("suppression_over", id=key)
    values = {"model": old.model, "condition": wanted, "owner": owner, "reason": reason, "version": old.version + 1, "supersedes": key}
    return _store(conn, values, expires_at, now, "suppression.revise")


def end(conn: Connection, key: int, *, actor: str, reason: str, now: datetime) -> None:
    """Let a condition end before its time; ``suppression_not_found``, ``suppression_over``, ``suppression_owner`` without a reason."""
    s = t.suppressions.c
    if conn.scalar(select(s.id).where(s.id == key)) is None:
        raise NotFoundError("suppression_not_found", id=key)
    if not actor.strip() or not reason.strip():
        raise InvalidInputError("suppression_owner")
    if conn.execute(update(t.suppressions).where(s.id == key, s.expires_at > now).values(expires_at=now)).rowcount != 1:
        raise ConflictError("suppression_over", id=key)
    auditing.record(conn, actor, "suppression.end", f"suppression:{key}", {"reason": reason}, now)


def _check(condition: Mapping[str, str], owner: str, reason: str, expires_at: datetime, now: datetime) -> None:
    if not condition or set(condition) - set(PARTS) or not all(condition.values()):
        raise InvalidInputError("suppression_condition", given=", ".join(condition) or "-")
    if not owner.strip() or not reason.strip():
        raise InvalidInputError("suppression_owner")
    if expires_at <= now:
        raise InvalidInputError("suppression_expired")


def _store(conn: Connection, values: Mapping[str, Any], expires_at: datetime, now: datetime, action: str) -> int:
    made = conn.execute(insert(t.suppressions).values(**values, created_at=now, expires_at=expires_at).returning(t.suppressions.c.id))
    key = int(made.scalar_one())
    auditing.record(conn, str(values["owner"]), action, f"suppression:{key}", {**values, "expires_at": expires_at.isoformat()}, now)
    return key


def in_force(conn: Connection, now: datetime) -> list[Suppression]:
    """The conditions in force at a moment, the oldest first."""
    s = t.suppressions.c
    query = select(s.id, s.model, s.condition, s.version).where(s.created_at <= now, s.expires_at > now).order_by(s.id)
    return [Suppression(row.id, row.model, row.condition, row.version) for row in conn.execute(query)]
