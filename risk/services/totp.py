"""A second factor: six digits that change every 30 seconds (TOTP, RFC 6238), each good once, and recovery codes for whoever loses their telephone.

The secret lies encrypted in the store (:mod:`risk.services.secrets_key`); recovery codes lie there as digests.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError
from risk.domain.identity import rules
from risk.domain.messages import register
from risk.services import accounts, auditing
from risk.services.secrets_key import SecretBox
from risk.services.sessions import token_hash
from risk.storage import tables as t

STEP = 30
ISSUER = "风险预警"

register(
    {
        "totp_already": ("动态口令已启用", "there is a second factor already"),
        "totp_already.hint": ("先停用，或请安全管理员重置", "disable it first, or have it reset"),
        "totp_not_begun": ("还没有开始启用动态口令", "no second factor was begun"),
        "totp_not_begun.hint": ("先 POST /api/v1/auth/totp", "POST /api/v1/auth/totp first"),
        "totp_wrong": ("动态口令不对，或已用过", "the code is wrong, or was used already"),
        "totp_wrong.hint": ("等下一个口令；检查手机时间", "wait for the next one; check the time of the telephone"),
        "totp_needed_by_role": ("此角色不能停用动态口令", "this role cannot do without a second factor"),
    }
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator needs; told once. ``uri`` is what a QR code holds."""

    secret: str
    uri: str


def enrol(conn: Connection, box: SecretBox, account: int, *, now: datetime) -> Enrolment:
    """A new secret, which counts when a code of it is confirmed. ``ConflictError``: ``totp_already``."""
    import pyotp

    row = accounts.find(conn, account)
    if row.totp_confirmed_at is not None:
        raise ConflictError("totp_already")
    secret = pyotp.random_base32()
    conn.execute(update(t.accounts).where(t.accounts.c.id == account).values(totp_secret=box.seal(secret)))
    auditing.record(conn, row.name, "auth.totp_begin", f"account:{account}", {}, now)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=row.name, issuer_name=ISSUER))


def confirm(conn: Connection, box: SecretBox, account: int, code: str, *, session: int | None, now: datetime) -> tuple[str, ...]:
    """From now on the factor counts, for the session that confirms it too; gives recovery codes, told once.

    ``ConflictError``: ``totp_already``, ``totp_not_begun``. ``InvalidInputError``: ``totp_wrong``.
    """
    row = accounts.find(conn, account)
    if row.totp_confirmed_at is not None:
        raise ConflictError("totp_already")
    if row.totp_secret is None:
        raise ConflictError("totp_not_begun")
    if not _use_code(conn, box, row, code, now):
        raise InvalidInputError("totp_wrong")
    conn.execute(update(t.accounts).where(t.accounts.c.id == account).values(totp_confirmed_at=now))
    if session is not None:
        conn.execute(update(t.sessions).where(t.sessions.c.id == session, t.sessions.c.account_id == account).values(second_factor=True))
    codes = _new_recovery_codes(conn, account)
    auditing.record(conn, row.name, "auth.totp_confirm", f"account:{account}", {}, now)
    return codes


def disable(conn: Connection, account: int, *, now: datetime) -> None:
    """Do without the factor; whoever asks has proved their password and a code. ``ForbiddenError``: ``totp_needed_by_role``."""
    row = accounts.find(conn, account)
    if rules().second_factor_roles & set(row.roles):
        raise ForbiddenError("totp_needed_by_role")
    conn.execute(update(t.accounts).where(t.accounts.c.id == account).values(totp_secret=None, totp_confirmed_at=None))
    conn.execute(delete(t.recovery_codes).where(t.recovery_codes.c.account_id == account))
    auditing.record(conn, row.name, "auth.totp_disable", f"account:{account}", {}, now)


def use(conn: Connection, box: SecretBox, row: Row[Any], code: str, now: datetime) -> bool:
    """Whether this is a code of the account that was not used before; it is used up. Recovery codes count too."""
    return _use_code(conn, box, row, code, now) or _use_recovery_code(conn, row.id, code, now)


def _use_code(conn: Connection, box: SecretBox, row: Row[Any], code: str, now: datetime) -> bool:
    import pyotp
    from pyotp.utils import strings_equal

    code = code.strip().replace(" ", "")
    if row.totp_secret is None or len(code) != 6 or not (code.isascii() and code.isdigit()):
        return False
    totp, drift = pyotp.TOTP(box.open(row.totp_secret)), rules().drift_steps
    here = int(now.timestamp()) // STEP
    found = [step for step in range(here - drift, here + drift + 1) if strings_equal(totp.generate_otp(step), code)]
    if not found:
        return False
    a = t.accounts.c
    used = update(t.accounts).where(a.id == row.id, a.totp_secret == row.totp_secret, a.totp_step < found[0]).values(totp_step=found[0])
    return conn.execute(used).rowcount == 1


def _new_recovery_codes(conn: Connection, account: int) -> tuple[str, ...]:
    conn.execute(delete(t.recovery_codes).where(t.recovery_codes.c.account_id == account))
    codes = tuple(base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(rules().recovery_codes))
    conn.execute(insert(t.recovery_codes), [{"account_id": account, "code_hash": token_hash(code)} for code in codes])
    return tuple("-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in codes)


def _use_recovery_code(conn: Connection, account: int, code: str, now: datetime) -> bool:
    c = t.recovery_codes.c
    plain = code.strip().replace("-", "").replace(" ", "").lower()
    used = update(t.recovery_codes).where(c.account_id == account, c.code_hash == token_hash(plain), c.used_at.is_(None))
    return conn.execute(used.values(used_at=now)).rowcount == 1


def recovery_codes_left(conn: Connection, account: int) -> int:
    """How many recovery codes are unused."""
    c = t.recovery_codes.c
    return len(conn.scalars(select(c.id).where(c.account_id == account, c.used_at.is_(None))).all())
