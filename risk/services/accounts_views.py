"""Accounts as administrators and auditors see them: personal data masked, unless it is asked for and the asking recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, String, cast, select

from risk.domain.identity import name_key
from risk.domain.masking import masked_field
from risk.services import accounts, auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.sign_in_counters import by_name
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account. ``state`` is ``active``, ``locked`` (too many failures, until ``locked_until``) or ``disabled``."""

    id: int
    name: str
    display_name: str
    email: str | None
    telephone: str | None
    office_code: str | None
    roles: tuple[str, ...]
    grants: tuple[tuple[str, str], ...]
    state: str
    locked_until: datetime | None
    has_password: bool
    must_change: bool
    second_factor: bool
    linked: bool
    version: int
    created_at: datetime
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What a list is narrowed to."""

    name: str | None = None
    office: str | None = None
    role: str | None = None
    state: str | None = None


def list_accounts(
    conn: Connection, wanted: AccountFilter, now: datetime, *, limit: int = 50, cursor: str | None = None
) -> Page[AccountRow]:
    """Accounts in the order in which they were made. ``name`` is how it begins; ``state`` is ``active`` (also while locked) or ``disabled``."""
    a = t.accounts.c
    query = select(t.accounts).order_by(a.id)
    if wanted.name:
        query = query.where(a.name_key.startswith(name_key(wanted.name), autoescape=True))
    if wanted.office:
        query = query.where(a.office_code == wanted.office)
    if wanted.state:
        query = query.where(a.state == wanted.state)
    if wanted.role:
        query = query.where(cast(a.roles, String).contains(f'"{wanted.role}"', autoescape=True))
    if cursor:
        query = query.where(a.id > unpack_id(cursor))
    page = page_by_id(conn, query, limit, lambda row: row)
    until = _locks(conn, [row.name for row in page.items], now)
    return Page(tuple(_row(row, until.get(by_name(row.name))) for row in page.items), page.cursor)


def get(conn: Connection, account: int | str, now: datetime) -> AccountRow:
    """One account; ``NotFoundError`` (``account_not_found``)."""
    row = accounts.find(conn, account)
    return _row(row, _locks(conn, [row.name], now).get(by_name(row.name)))


def unmask(conn: Connection, account: int, *, actor: str, now: datetime) -> AccountRow:
    """One account with its telephone and e-mail as they are; that they were read is recorded."""
    row = accounts.find(conn, account)
    auditing.record(conn, actor, "account.unmask", f"account:{account}", {"name": row.name, "fields": ["email", "telephone"]}, now)
    return _row(row, _locks(conn, [row.name], now).get(by_name(row.name)), masked=False)


def _locks(conn: Connection, names: list[str], now: datetime) -> dict[str, datetime]:
    c = t.sign_in_counters.c
    rows = conn.execute(select(c.key, c.blocked_until).where(c.key.in_([by_name(name) for name in names]), c.blocked_until > now))
    return {row.key: row.blocked_until for row in rows}


def _row(row: Row[Any], locked_until: datetime | None, *, masked: bool = True) -> AccountRow:
    return AccountRow(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        email=masked_field("email", row.email) if masked else row.email,
        telephone=masked_field("telephone", row.telephone) if masked else row.telephone,
        office_code=row.office_code,
        roles=tuple(row.roles),
        grants=tuple((division, department) for division, department in row.grants),
        state="locked" if locked_until and row.state == "active" else row.state,
        locked_until=locked_until if row.state == "active" else None,
        has_password=row.password_hash is not None,
        must_change=row.must_change,
        second_factor=row.totp_confirmed_at is not None,
        linked=row.oidc_subject is not None,
        version=row.version,
        created_at=row.created_at,
        last_login=row.last_login,
    )
