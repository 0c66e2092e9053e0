"""Signing in by name and password, and changing the password. A digest takes a quarter of a second, so none is computed inside a transaction.

An attempt is counted before it is tried. A name that nobody has, a disabled account and a wrong password get the same answer after the same work; a name
that failed too often is locked whether or not somebody has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select, update

from risk.domain.errors import ConflictError, InvalidInputError, NotSignedInError, TooOftenError
from risk.domain.identity import check_password, name_key, rules, weak
from risk.domain.messages import register
from risk.services import accounts, auditing, sessions, totp
from risk.services import sign_in_counters as counters
from risk.services.secrets_key import SecretBox
from risk.services.secrets_passwords import Passwords
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

register(
    {
        "sign_in_refused": ("账号、密码或动态口令不对", "the name, the password or the code is wrong"),
        "sign_in_blocked": ("尝试次数过多，请 {minutes} 分钟后再试", "too many attempts; try again in {minutes} minutes"),
        "sign_in_blocked.hint": ("安全管理员可以解锁", "a security administrator can unlock the name"),
        "second_factor_needed": ("请输入动态口令", "enter the code of your second factor"),
        "password_wrong": ("当前密码不对", "the present password is wrong"),
        "password_none": ("此账号不用密码登录", "this account has no password"),
    }
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody gives to be let in, and where they come from."""

    name: str
    password: str
    code: str = ""
    address: str = ""
    client: str = ""


def sign_in(engine: Engine, passwords: Passwords, box: SecretBox, attempt: Attempt, now: datetime) -> str:
    """The token of a new session. ``TooOftenError`` (``sign_in_blocked``), ``NotSignedInError`` (``sign_in_refused``, ``second_factor_needed``)."""
    _count(engine, attempt, now)
    row = _account(engine, attempt.name)
    usable = row if row is not None and row.state == "active" else None
    if not passwords.fits(usable.password_hash if usable else None, attempt.password) or usable is None:
        _refuse(engine, row, attempt, now)
        raise NotSignedInError("sign_in_refused")
    if usable.totp_confirmed_at is not None and not attempt.code.strip():
        _take_back(engine, attempt)
        raise NotSignedInError("second_factor_needed")
    renewed = passwords.digest(attempt.password) if passwords.is_stale(usable.password_hash) else None
    token = _enter(engine, box, usable, attempt, now, renewed)
    if token is None:
        _refuse(engine, usable, attempt, now)
        raise NotSignedInError("sign_in_refused")
    return token


def change_password(
    engine: Engine, passwords: Passwords, account: int, old: str, new: str, *, now: datetime, session: int | None, address: str = ""
) -> None:
    """Exchange one's own password; other sessions end.

    ``ConflictError`` (``password_none``), ``InvalidInputError`` (``password_wrong``, ``password_weak``), ``TooOftenError`` (``sign_in_blocked``).
    """
    prove(engine, passwords, account, old, now=now, address=address)
    with reading(engine) as conn:
        row, earlier = accounts.find(conn, account), _earlier(conn, account)
    check_password(new, row.name)
    if any(passwords.fits(digest, new) for digest in (row.password_hash, *earlier)):
        raise weak([("password_used", {})])
    digest = passwords.digest(new)
    with transaction(engine) as conn:
        a = t.accounts.c
        values = {"password_hash": digest, "password_changed_at": now, "must_change": False, "version": row.version + 1}
        mine = update(t.accounts).where(a.id == account, a.password_hash == row.password_hash, a.version == row.version)
        if conn.execute(mine.values(values)).rowcount != 1:
            raise ConflictError("account_stale")
        accounts.remember(conn, row, now)
        _forget_oldest(conn, account)
        ended = accounts.end_sessions(conn, account, now, but=session)
        auditing.record(conn, row.name, "auth.change_password", f"account:{account}", {"sessions": ended}, now)


def prove(engine: Engine, passwords: Passwords, account: int, password: str, *, now: datetime, address: str = "") -> Row[Any]:
    """Whoever is signed in gives their password again, before what matters; wrong ones count as failures to sign in."""
    with reading(engine) as conn:
        row = accounts.find(conn, account)
    if row.password_hash is None:
        raise ConflictError("password_none")
    attempt = Attempt(row.name, password, address=address)
    _count(engine, attempt, now)
    if not passwords.fits(row.password_hash, password):
        _refuse(engine, row, attempt, now)
        raise InvalidInputError("password_wrong")
    _take_back(engine, attempt)
    return row


def disable_second_factor(
    engine: Engine, passwords: Passwords, box: SecretBox, account: int, password: str, code: str, *, now: datetime, address: str = ""
) -> None:
    """Do without one's second factor, given password and code once more; wrong ones count as failures to sign in.

    ``InvalidInputError`` (``totp_wrong``), and those of :func:`prove` and :func:`risk.services.totp.disable`.
    """
    row = prove(engine, passwords, account, password, now=now, address=address)
    attempt = Attempt(row.name, "", address=address)
    _count(engine, attempt, now)
    with transaction(engine) as conn:
        good = totp.use(conn, box, accounts.find(conn, account), code, now)
        if good:
            totp.disable(conn, account, now=now)
    if not good:
        _refuse(engine, row, attempt, now)
        raise InvalidInputError("totp_wrong")
    _take_back(engine, attempt)


def _count(engine: Engine, attempt: Attempt, now: datetime) -> None:
    with transaction(engine) as conn:
        blocked = counters.begin_both(conn, attempt.name, attempt.address, now)
        counters.forget_old(conn, now)
    if blocked is not None:
        seconds = (blocked - now).total_seconds()
        raise TooOftenError("sign_in_blocked", minutes=max(1, round(seconds / 60)), retry_after=int(seconds))


def _account(engine: Engine, name: str) -> Row[Any] | None:
    with reading(engine) as conn:
        return conn.execute(select(t.accounts).where(t.accounts.c.name_key == name_key(name))).first()


def _refuse(engine: Engine, row: Row[Any] | None, attempt: Attempt, now: datetime) -> None:
    """Record a failure; what was typed as a name is not kept where nobody has it, since it may be a password."""
    with transaction(engine) as conn:
        locked = counters.locked_until(conn, attempt.name, now) is not None
        actor, object_ = (row.name, f"account:{row.id}") if row is not None else ("unknown", "account:-")
        auditing.record(conn, actor, "auth.refused", object_, {"address": attempt.address, "locked": locked}, now)


def _take_back(engine: Engine, attempt: Attempt) -> None:
    with transaction(engine) as conn:
        counters.take_back_both(conn, attempt.name, attempt.address)


def _enter(engine: Engine, box: SecretBox, seen: Row[Any], attempt: Attempt, now: datetime, renewed: str | None) -> str | None:
    """The session, where the account is still as it was when the password was looked at, and the code is good."""
    with transaction(engine) as conn:
        row = accounts.find(conn, int(seen.id))
        if row.state != "active" or row.password_hash != seen.password_hash or row.totp_confirmed_at != seen.totp_confirmed_at:
            return None
        second = row.totp_confirmed_at is not None
        if second and not totp.use(conn, box, row, attempt.code, now):
            return None
        if renewed is not None:
            conn.execute(update(t.accounts).where(t.accounts.c.id == row.id).values(password_hash=renewed))
        counters.succeed(conn, attempt.name, attempt.address)
        auditing.record(
            conn, row.name, "auth.sign_in", f"account:{row.id}", {"how": "password", "second": second, "address": attempt.address}, now
        )
        return sessions.open_session(conn, row.id, how="password", second_factor=second, now=now, client=attempt.client)


def _earlier(conn: Connection, account: int) -> list[str]:
    h = t.password_history.c
    query = select(h.password_hash).where(h.account_id == account).order_by(h.id.desc()).limit(rules().history - 1)
    return list(conn.scalars(query))


def _forget_oldest(conn: Connection, account: int) -> None:
    h = t.password_history.c
    kept = select(h.id).where(h.account_id == account).order_by(h.id.desc()).limit(rules().history)
    conn.execute(delete(t.password_history).where(h.account_id == account, h.id.not_in(kept)))
