"""Sessions: a random token that is stored as its digest, over when it idles, when it is old, or when it is revoked. Resolving one is one indexed query."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, update

from risk.domain.authority import Principal, permissions_of
from risk.domain.errors import NotFoundError
from risk.domain.identity import password_is_old, rules, scope_of
from risk.domain.messages import register
from risk.services import auditing
from risk.storage import tables as t

KEPT = timedelta(days=30)
"""How long a session that is over stays listed in the store; that somebody signed in stays in the record."""

register(
    {
        "session_not_found": ("没有这个会话", "no such session"),
        "password_change_required": ("请先修改密码", "change the password first"),
        "password_change_required.hint": ("POST /api/v1/auth/password", "POST /api/v1/auth/password"),
        "second_factor_required": ("此角色须先启用动态口令", "this role takes a second factor: enrol one first"),
        "second_factor_required.hint": (
            "POST /api/v1/auth/totp，再用动态口令确认；已启用的请重新登录",
            "POST /api/v1/auth/totp, then confirm a code; whoever has one signs in again",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An open session as its person sees it; ``here`` is the one that asks."""

    id: int
    how: str
    client: str
    created_at: datetime
    last_seen: datetime
    expires_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whoever a session or key belongs to, and whether the moment of this request should be written."""

    principal: Principal
    id: int
    touch: bool


def token_hash(token: str) -> str:
    """What is stored of a token: 256 random bits need no slow digest.

    >>> len(token_hash("x"))
    64
    """
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(conn: Connection, account: int, *, how: str, second_factor: bool, now: datetime, client: str = "") -> str:
    """Begin a session; gives the token, which is stored nowhere. ``how``: ``password`` or ``oidc``."""
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": token_hash(token),
        "account_id": account,
        "how": how,
        "second_factor": second_factor,
        "created_at": now,
        "last_seen": now,
        "expires_at": now + rules().absolute,
        "client": client[:300],
    }
    s = t.sessions.c
    conn.execute(delete(t.sessions).where(s.account_id == account, s.expires_at < now - KEPT))
    conn.execute(insert(t.sessions).values(row))
    conn.execute(update(t.accounts).where(t.accounts.c.id == account).values(last_login=now))
    return token


def resolve(conn: Connection, token: str, now: datetime) -> Resolved | None:
    """Whoever this session belongs to, with the roles and the scope they have now; ``None`` where it is over or none."""
    row = conn.execute(_of_token(), {"hash": token_hash(token)}).first()
    limits = rules()
    if row is None or now >= row.expires_at or now - row.last_seen >= limits.idle:
        return None
    return Resolved(_principal(row, now), row.session_id, now - row.last_seen >= limits.seen_every)


@cache  # every request asks it: made anew it costs as much as asking
def _of_token() -> Select[Any]:
    s, a = t.sessions.c, t.accounts.c
    columns = select(t.accounts, s.id.label("session_id"), s.how, s.second_factor, s.last_seen, s.expires_at)
    open_ones = (s.token_hash == bindparam("hash"), s.revoked_at.is_(None), a.state == "active")
    return columns.join_from(t.sessions, t.accounts, s.account_id == a.id).where(*open_ones)


def touch(conn: Connection, session: int, now: datetime) -> None:
    """Write that the session was used."""
    s = t.sessions.c
    conn.execute(update(t.sessions).where(s.id == session, s.last_seen < now).values(last_seen=now))


def list_sessions(conn: Connection, account: int, now: datetime, *, here: int | None = None) -> tuple[SessionRow, ...]:
    """The open sessions of an account, the newest used first."""
    s = t.sessions.c
    query = select(t.sessions).where(s.account_id == account, s.revoked_at.is_(None), s.expires_at > now, s.last_seen > now - rules().idle)
    rows = conn.execute(query.order_by(s.last_seen.desc(), s.id.desc()).limit(100))
    return tuple(SessionRow(r.id, r.how, r.client, r.created_at, r.last_seen, r.expires_at, r.id == here) for r in rows)


def revoke(conn: Connection, session: int, account: int, *, actor: str, now: datetime) -> None:
    """End one session of an account; ``NotFoundError`` (``session_not_found``) for any other."""
    s = t.sessions.c
    mine = (s.id == session, s.account_id == account, s.revoked_at.is_(None))
    if conn.execute(update(t.sessions).where(*mine).values(revoked_at=now)).rowcount != 1:
        raise NotFoundError("session_not_found")
    auditing.record(conn, actor, "auth.sign_out", f"session:{session}", {}, now)


def _principal(row: Row[Any], now: datetime) -> Principal:
    held = _held(row, now)
    facts = {"session": str(row.session_id), **({"held": held} if held else {})}
    return Principal(
        name=row.name,
        permissions=frozenset() if held else permissions_of(row.roles),
        scope=scope_of(row.grants),
        roles=tuple(row.roles),
        kind="account",
        account_id=row.id,
        office_code=row.office_code,
        facts=MappingProxyType(facts),
    )


def _held(row: Row[Any], now: datetime) -> str:
    """The code of what must be done before anything else; empty for nothing."""
    if row.how == "password" and (row.must_change or password_is_old(row.password_changed_at, now)):
        return "password_change_required"
    if rules().second_factor_roles & set(row.roles) and not row.second_factor:
        return "second_factor_required"
    return ""
