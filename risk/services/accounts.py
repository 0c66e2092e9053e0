"""Accounts: made, given roles and scope, disabled, brought back. Never deleted, because the record names them. Every act is audited in its transaction.

Whoever acts cannot act on their own roles, scope or state; the last security administrator cannot be lost. What changes counts from the next request, because a
principal is read anew for each; disabling ends sessions and keys at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from risk.domain.authority import check_roles
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.identity import check_name, grants_of, name_key
from risk.domain.messages import register
from risk.services import auditing, sign_in_counters
from risk.storage import tables as t
from risk.storage.engine import serialise

_ACCOUNTS_LOCK = 8
GUARDIAN = "security_admin"
"""The role that gives roles: somebody must always have it."""

register(
    {
        "account_not_found": ("没有这个账号：{account}", "no such account: {account}"),
        "account_exists": ("账号名已被使用：{name}", "there is already an account named {name}"),
        "account_stale": ("账号已被他人修改，请重新查看后再改", "somebody else changed this account; look at it again first"),
        "account_own": ("不能对自己的账号做这项操作", "nobody does this to their own account"),
        "account_own.hint": ("请另一位安全管理员操作", "another security administrator may"),
        "account_last_guardian": ("这是最后一位可用的安全管理员", "this is the last security administrator who can sign in"),
        "account_last_guardian.hint": ("先指定另一位安全管理员", "name another one first"),
        "account_office_unknown": ("没有代码为“{office}”的承办单位", 'no office with the code "{office}"'),
        "account_nowhere": ("没有给出范围：{name} 将什么也看不到", "no scope is given: {name} would see nothing"),
        "account_nowhere.hint": ("给出单位，或范围如 420500、everywhere", "give an office, or a scope such as 420500 or everywhere"),
        "account_first_needed": ("还没有账号", "there is no account yet"),
        "account_first_needed.hint": (
            "先在本机运行 risk accounts create 姓名 --first，建立首位安全管理员",
            "make the first security administrator on this machine: risk accounts create NAME --first",
        ),
        "account_first_taken": ("已有账号，首位账号只能建立一次", "there are accounts already; the first is made once"),
    }
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account begins with; ``grants`` are pairs of division and department, none means the office's own."""

    name: str
    roles: tuple[str, ...]
    office_code: str | None = None
    grants: tuple[tuple[str, str], ...] = ()
    display_name: str = ""
    email: str | None = None
    telephone: str | None = None


def exist(conn: Connection) -> bool:
    """Whether there is any account: then nobody acts without one."""
    return conn.scalar(select(t.accounts.c.id).limit(1)) is not None


def create(conn: Connection, new: NewAccount, *, digest: str | None, must_change: bool, actor: str, now: datetime) -> int:
    """Make an account; gives its id. Without a digest nobody signs in to it by password.

    ``InvalidInputError``: of :func:`risk.domain.identity.check_name`, :func:`risk.domain.authority.check_roles`, ``grant_wrong``, ``account_office_unknown``,
    ``account_nowhere``. ``ConflictError``: ``account_exists``, ``account_first_needed``.
    """
    if not exist(conn):
        raise ConflictError("account_first_needed")
    return _store(conn, new, digest=digest, must_change=must_change, actor=actor, now=now)


def create_first(conn: Connection, new: NewAccount, *, digest: str | None, must_change: bool, actor: str, now: datetime) -> int:
    """Make the account with which accounts begin, a security administrator; from then on nobody acts unnamed. ``ConflictError``: ``account_first_taken``."""
    serialise(conn, _ACCOUNTS_LOCK)
    if exist(conn):
        raise ConflictError("account_first_taken")
    return _store(conn, new, digest=digest, must_change=must_change, actor=actor, now=now)


def find(conn: Connection, account: int | str) -> Row[Any]:
    """The stored row of an account by its id or name; ``NotFoundError`` (``account_not_found``)."""
    a = t.accounts.c
    row = conn.execute(select(t.accounts).where(a.id == account if isinstance(account, int) else a.name_key == name_key(account))).first()
    if row is None:
        raise NotFoundError("account_not_found", account=account)
    return row


def describe(conn: Connection, account: int, details: Mapping[str, str | None], *, actor: str, now: datetime) -> None:
    """Change ``display_name``, ``email``, ``telephone``; the record names what changed and not what it says."""
    kept = {name: value for name, value in details.items() if name in ("display_name", "email", "telephone")}
    row = find(conn, account)
    _write(conn, row, {**kept, "display_name": kept.get("display_name", row.display_name) or ""}, None)
    auditing.record(conn, actor, "account.describe", f"account:{account}", {"name": row.name, "fields": sorted(kept)}, now)


def change(
    conn: Connection,
    account: int,
    *,
    actor: str,
    now: datetime,
    roles: tuple[str, ...] | None = None,
    grants: tuple[tuple[str, str], ...] | None = None,
    office_code: str | None = None,
    version: int | None = None,
) -> None:
    """Give other roles, another scope, another office; what is not given stays. It counts from the next request.

    ``ForbiddenError`` (``account_own``), ``ConflictError`` (``account_stale``, ``account_last_guardian``), and those of :func:`create`.
    """
    row = _others(conn, account, actor)
    wanted = list(check_roles(roles)) if roles is not None else list(row.roles)
    office = row.office_code if office_code is None else office_code or None
    scope = list(map(list, grants)) if grants is not None else row.grants
    if grants is None and office != row.office_code and row.grants == _office_grants(conn, row.office_code):
        scope = _office_grants(conn, office)
    _require_office(conn, office)
    grants_of(scope)
    if GUARDIAN not in wanted:
        _keep_a_guardian(conn, row)
    _write(conn, row, {"roles": wanted, "grants": scope, "office_code": office}, version)
    before = {"roles": row.roles, "grants": row.grants, "office": row.office_code}
    after = {"roles": wanted, "grants": scope, "office": office}
    auditing.record(conn, actor, "account.change", f"account:{account}", {"name": row.name, "before": before, "after": after}, now)


def disable(conn: Connection, account: int, *, actor: str, now: datetime, reason: str = "") -> None:
    """Nobody signs in to it any more; sessions and keys end at once. Disabling what is disabled changes nothing."""
    row = _others(conn, account, actor)
    _keep_a_guardian(conn, row)
    ended = end_everything(conn, account, now)
    if row.state == "disabled" and not any(ended.values()):
        return
    _write(conn, row, {"state": "disabled"}, None)
    auditing.record(conn, actor, "account.disable", f"account:{account}", {"name": row.name, "reason": reason, **ended}, now)


def enable(conn: Connection, account: int, *, actor: str, now: datetime) -> None:
    """Sign-in is possible again; sessions and keys of before do not come back."""
    row = _others(conn, account, actor)
    if row.state == "active":
        return
    _write(conn, row, {"state": "active"}, None)
    auditing.record(conn, actor, "account.enable", f"account:{account}", {"name": row.name}, now)


def unlock(conn: Connection, account: int, *, actor: str, now: datetime) -> None:
    """Forget the failures of this name."""
    row = _others(conn, account, actor)
    sign_in_counters.clear(conn, sign_in_counters.by_name(row.name))
    auditing.record(conn, actor, "account.unlock", f"account:{account}", {"name": row.name}, now)


def reset_password(conn: Connection, account: int, digest: str, *, actor: str, now: datetime) -> None:
    """Another password, told once, that must be changed; sessions end, the name is unlocked."""
    row = _others(conn, account, actor)
    remember(conn, row, now)
    _write(conn, row, {"password_hash": digest, "password_changed_at": now, "must_change": True}, None)
    end_sessions(conn, account, now)
    sign_in_counters.clear(conn, sign_in_counters.by_name(row.name))
    auditing.record(conn, actor, "account.reset_password", f"account:{account}", {"name": row.name}, now)


def reset_second_factor(conn: Connection, account: int, *, actor: str, now: datetime) -> None:
    """Take the second factor away from somebody who lost it; sessions end."""
    row = _others(conn, account, actor)
    _write(conn, row, {"totp_secret": None, "totp_confirmed_at": None}, None)
    conn.execute(delete(t.recovery_codes).where(t.recovery_codes.c.account_id == account))
    end_sessions(conn, account, now)
    auditing.record(conn, actor, "account.reset_second_factor", f"account:{account}", {"name": row.name}, now)


def link(conn: Connection, account: int, issuer: str, subject: str, *, actor: str, now: datetime) -> None:
    """Tie an account to a person of a sign-on provider; ``account_exists`` where the person has another one. An empty subject unties."""
    row = find(conn, account)
    a = t.accounts.c
    if subject:
        other = conn.scalar(select(a.name).where(a.oidc_issuer == issuer, a.oidc_subject == subject, a.id != account))
        if other is not None:
            raise ConflictError("account_exists", name=other)
    _write(conn, row, {"oidc_issuer": issuer if subject else None, "oidc_subject": subject or None}, None)
    auditing.record(conn, actor, "account.link", f"account:{account}", {"name": row.name, "issuer": issuer, "linked": bool(subject)}, now)


def remember(conn: Connection, row: Row[Any], now: datetime) -> None:
    """Keep the digest of a password that is replaced."""
    if row.password_hash:
        conn.execute(insert(t.password_history).values(account_id=row.id, password_hash=row.password_hash, replaced_at=now))


def end_sessions(conn: Connection, account: int, now: datetime, *, but: int | None = None) -> int:
    """Revoke the open sessions of an account; ``but`` one."""
    s = t.sessions.c
    mine = (s.account_id == account, s.revoked_at.is_(None), s.expires_at > now)
    query = update(t.sessions).where(*mine) if but is None else update(t.sessions).where(*mine, s.id != but)
    return int(conn.execute(query.values(revoked_at=now)).rowcount)


def end_everything(conn: Connection, account: int, now: datetime) -> dict[str, int]:
    """Revoke sessions and keys; how many of each."""
    k = t.api_keys.c
    keys = conn.execute(update(t.api_keys).where(k.account_id == account, k.revoked_at.is_(None)).values(revoked_at=now)).rowcount
    return {"sessions": end_sessions(conn, account, now), "keys": int(keys)}


def _store(conn: Connection, new: NewAccount, *, digest: str | None, must_change: bool, actor: str, now: datetime) -> int:
    name, roles = check_name(new.name), check_roles(new.roles)
    _require_office(conn, new.office_code)
    given = [[grant.division, grant.department] for grant in grants_of(new.grants)]
    grants = given or _default_grants(conn, name, roles, new.office_code)
    if conn.scalar(select(t.accounts.c.id).where(t.accounts.c.name_key == name_key(name))) is not None:
        raise ConflictError("account_exists", name=name)
    row = {
        "name": name,
        "name_key": name_key(name),
        "display_name": new.display_name.strip(),
        "email": (new.email or "").strip() or None,
        "telephone": (new.telephone or "").strip() or None,
        "office_code": new.office_code,
        "roles": list(roles),
        "grants": grants,
        "state": "active",
        "password_hash": digest,
        "password_changed_at": now if digest else None,
        "must_change": must_change and digest is not None,
        "version": 1,
        "created_at": now,
    }
    key = int(conn.execute(insert(t.accounts).values(row).returning(t.accounts.c.id)).scalar_one())
    detail = {"name": name, "roles": list(roles), "grants": grants, "office": new.office_code, "password": digest is not None}
    auditing.record(conn, actor, "account.create", f"account:{key}", detail, now)
    return key


def _default_grants(conn: Connection, name: str, roles: tuple[str, ...], office: str | None) -> list[list[str]]:
    """The office's own place and department; administrators, whose work has no place, are everywhere."""
    if set(roles) & set(read_toml("authority.toml")["separation"]["administrators"]):
        return [["", ""]]
    if office is None:
        raise InvalidInputError("account_nowhere", name=name)
    return _office_grants(conn, office)


def _office_grants(conn: Connection, office: str | None) -> list[list[str]]:
    row = conn.execute(select(t.offices.c.region, t.offices.c.department).where(t.offices.c.code == office)).first()
    return [[row.region, row.department]] if row else []


def _require_office(conn: Connection, office: str | None) -> None:
    if office and conn.scalar(select(t.offices.c.code).where(t.offices.c.code == office)) is None:
        raise InvalidInputError("account_office_unknown", office=office)


def _others(conn: Connection, account: int, actor: str) -> Row[Any]:
    row = find(conn, account)
    if row.name_key == name_key(actor):
        raise ForbiddenError("account_own")
    return row


def _keep_a_guardian(conn: Connection, row: Row[Any]) -> None:
    """``ConflictError`` (``account_last_guardian``) where nobody else could give roles afterwards."""
    if GUARDIAN not in row.roles or row.state != "active":
        return
    serialise(conn, _ACCOUNTS_LOCK)
    a = t.accounts.c
    others = conn.execute(select(a.roles).where(a.state == "active", a.id != row.id))
    if not any(GUARDIAN in other.roles for other in others):
        raise ConflictError("account_last_guardian")


def _write(conn: Connection, row: Row[Any], values: Mapping[str, Any], version: int | None) -> None:
    """Store a change; ``account_stale`` where ``version``, or the one that was read, is not the newest."""
    a = t.accounts.c
    seen = row.version if version is None else version
    changed = conn.execute(update(t.accounts).where(a.id == row.id, a.version == seen).values(**values, version=row.version + 1))
    if changed.rowcount != 1:
        raise ConflictError("account_stale")
