"""Keys for programs: shown once, stored as a digest, never worth more than their owner is at the moment of use, and over by themselves."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from risk.domain.authority import Principal, permissions_of
from risk.domain.errors import ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.identity import check_permissions, grants_of, meet, rules, scope_of
from risk.domain.messages import register
from risk.services import accounts, auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.sessions import Resolved, token_hash
from risk.storage import tables as t

MARK = "rk_"
"""What every key begins with, so that one in a log or a repository is found."""

register(
    {
        "key_not_found": ("没有编号为 {id} 的密钥", "no key with the number {id}"),
        "key_expiry_wrong": ("密钥的到期时间须晚于现在，且不超过 {days} 天", "a key must expire later than now and within {days} days"),
        "key_too_much": ("密钥的权限不能超过其所有者：{permission}", "a key may no more than its owner: {permission}"),
        "key_nothing": ("密钥至少要有一项权限", "a key needs at least one permission"),
    }
)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as lists show it: what it begins with, never what it is."""

    id: int
    prefix: str
    owner: str
    label: str
    permissions: tuple[str, ...]
    grants: tuple[tuple[str, str], ...] | None
    created_at: datetime
    expires_at: datetime
    last_used: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made; ``key`` is told this once."""

    key: str
    row: KeyRow


def create(
    conn: Connection,
    owner: int,
    label: str,
    permissions: Sequence[str],
    *,
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
    grants: Sequence[tuple[str, str]] | None = None,
) -> NewKey:
    """Make a key of an account. ``grants`` narrow where it holds; none is wherever the owner may.

    ``InvalidInputError``: ``permission_unknown``, ``key_nothing``, ``key_expiry_wrong``, ``grant_wrong``. ``ForbiddenError``: ``key_too_much``.
    """
    account = accounts.find(conn, owner)
    wanted = check_permissions(permissions)
    if not wanted:
        raise InvalidInputError("key_nothing")
    beyond = [name for name in wanted if name not in permissions_of(account.roles)]
    if beyond:
        raise ForbiddenError("key_too_much", permission=", ".join(beyond))
    limits = rules()
    until = now + limits.key_default if expires_at is None else expires_at
    if not now < until <= now + limits.key_longest:
        raise InvalidInputError("key_expiry_wrong", days=limits.key_longest.days)
    parts = None if grants is None else [[grant.division, grant.department] for grant in grants_of(grants)]
    key = MARK + secrets.token_urlsafe(32)
    values = {
        "prefix": key[: len(MARK) + 6],
        "key_hash": token_hash(key),
        "account_id": owner,
        "label": label.strip()[:120],
        "permissions": list(wanted),
        "grants": parts,
        "created_at": now,
        "expires_at": until,
    }
    number = int(conn.execute(insert(t.api_keys).values(values).returning(t.api_keys.c.id)).scalar_one())
    detail = {"owner": account.name, "prefix": values["prefix"], "permissions": list(wanted), "grants": parts, "expires": until.isoformat()}
    auditing.record(conn, actor, "key.create", f"key:{number}", detail, now)
    return NewKey(key, get(conn, number))


def resolve(conn: Connection, key: str, now: datetime) -> Resolved | None:
    """Whoever this key acts for: its permissions and its scope, cut to what the owner has now; ``None`` where it is over or none."""
    if not key.startswith(MARK):
        return None
    k, a = t.api_keys.c, t.accounts.c
    query = (
        select(
            k.id,
            k.prefix,
            k.permissions,
            k.grants,
            k.last_used,
            a.id.label("owner"),
            a.name,
            a.roles,
            a.office_code,
            a.grants.label("where"),
        )
        .join_from(t.api_keys, t.accounts, k.account_id == a.id)
        .where(k.key_hash == token_hash(key), k.revoked_at.is_(None), k.expires_at > now, a.state == "active")
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    scope = scope_of(row.where)
    principal = Principal(
        name=row.name,
        permissions=permissions_of(row.roles) & frozenset(row.permissions),
        scope=scope if row.grants is None else meet(scope, scope_of(row.grants)),
        roles=tuple(row.roles),
        kind="key",
        account_id=row.owner,
        office_code=row.office_code,
        facts=MappingProxyType({"key": row.prefix}),
    )
    return Resolved(principal, row.id, row.last_used is None or now - row.last_used >= rules().seen_every)


def touch(conn: Connection, key: int, now: datetime) -> None:
    """Write that the key was used."""
    conn.execute(update(t.api_keys).where(t.api_keys.c.id == key).values(last_used=now))


def list_keys(conn: Connection, *, owner: int | None = None, limit: int = 50, cursor: str | None = None) -> Page[KeyRow]:
    """Keys, the newest first; those of one account where it is given."""
    k = t.api_keys.c
    query = _rows().order_by(k.id.desc())
    if owner is not None:
        query = query.where(k.account_id == owner)
    if cursor:
        query = query.where(k.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, _row)


def get(conn: Connection, key: int, *, owner: int | None = None) -> KeyRow:
    """One key; ``NotFoundError`` (``key_not_found``), also where it is not the owner's."""
    query = _rows().where(t.api_keys.c.id == key)
    row = conn.execute(query if owner is None else query.where(t.api_keys.c.account_id == owner)).first()
    if row is None:
        raise NotFoundError("key_not_found", id=key)
    return _row(row)


def revoke(conn: Connection, key: int, *, actor: str, now: datetime, owner: int | None = None) -> KeyRow:
    """End a key; the next request with it is refused. Revoking what is over changes nothing."""
    found = get(conn, key, owner=owner)
    if found.revoked_at is None:
        conn.execute(update(t.api_keys).where(t.api_keys.c.id == key).values(revoked_at=now))
        auditing.record(conn, actor, "key.revoke", f"key:{key}", {"owner": found.owner, "prefix": found.prefix}, now)
    return get(conn, key)


def _rows() -> Any:
    return select(t.api_keys, t.accounts.c.name.label("owner_name")).join_from(t.api_keys, t.accounts)


def _row(row: Row[Any]) -> KeyRow:
    grants = None if row.grants is None else tuple((division, department) for division, department in row.grants)
    return KeyRow(
        row.id, row.prefix, row.owner_name, row.label, tuple(row.permissions), grants, row.created_at, row.expires_at, row.last_used, row.revoked_at
    )  # fmt: skip
