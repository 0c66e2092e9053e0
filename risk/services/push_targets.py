"""Targets of pushes: who gets what, where, in which words. What is secret about one is sealed, and no answer of ours shows it.

Every change is audited. A target belongs to a division and a department as an office does; whoever is responsible for less sees and changes less.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, true, update

from risk.domain import events, push, push_digest
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.regions import resolve
from risk.services import auditing
from risk.services.http_guard import Guard
from risk.services.scoping import region_inside
from risk.storage import tables as t

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_NAME = re.compile(r"[\w.-]{1,80}")

register(
    {
        "push_target_not_found": ("没有这个推送目标：{name}", "no such push target: {name}"),
        "push_target_exists": ("已有同名推送目标：{name}", "there is a push target of that name already: {name}"),
        "push_target_changed": ("推送目标 {name} 已被他人修改", "the push target {name} was changed by someone else meanwhile"),
        "push_target_changed.hint": ("重新读取后再改", "read it again, then change it"),
        "push_name_invalid": ("推送目标的名称无效：{name}", "not a name for a push target: {name}"),
        "push_name_invalid.hint": ("字母、数字、汉字、下划线、点、连字符，至多 80 个", "letters, digits, underscores, dots and hyphens, 80 at most"),
        "push_kind_unknown": ("没有这种推送目标：{kind}", "no such kind of push target: {kind}"),
        "push_kind_unknown.hint": ("可用：{known}", "one of: {known}"),
        "push_event_unknown": ("没有这种事件：{event}", "no such event: {event}"),
        "push_event_unknown.hint": ("例如 task.issued、task.*、*", "for example task.issued, task.*, *"),
        "push_secret_needed": ("webhook 目标需要签名密钥", "a webhook needs a secret to sign with"),
        "push_secret_needed.hint": (
            "whsec_ 加 24 至 64 字节的 base64；命令行可用 --new-secret 生成",
            "whsec_ and 24 to 64 bytes in Base64; --new-secret on the command line makes one",
        ),
        "push_secret_useless": ("{kind} 目标不使用签名密钥", "a target of the kind {kind} signs nothing"),
        "push_mail_address": ("邮件地址无效：{address}", "not an e-mail address: {address}"),
        "push_mail_needed": ("邮件目标需要发件人和收件人", "a target of the kind smtp needs a sender and recipients"),
        "push_mail_only": ("发件人、收件人、用户名、口令只用于邮件目标", "sender, recipients, user and password are for targets of the kind smtp"),
        "push_password_open": ("口令不能经未加密的连接发送", "a password is not sent over an open connection"),
        "push_password_open.hint": ("用 smtp+starttls:// 或 smtps://", "use smtp+starttls:// or smtps://"),
        "push_digest_people": ("webhook 逐条推送，不汇总", "webhooks get one event at a time, no digests"),
        "push_division_unknown": ("没有这个区划：{division}", "no such division: {division}"),
        "push_outside_scope": ("该推送目标超出您的管辖范围", "that push target lies outside of what you are responsible for"),
    }
)  # fmt: skip


class Sealer(Protocol):
    """Encrypts what is secret; :class:`risk.services.secrets_key.SecretBox` is one."""

    def seal(self, text: str) -> str:
        """Encrypted."""
        ...

    def open(self, sealed: str) -> str:
        """Decrypted; ``ConflictError`` under another key."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target as it is asked for."""

    name: str
    kind: str
    address: str
    events: Sequence[str] = ("*",)
    lang: str = "zh"
    division: str = ""
    department: str = ""
    digest: str = ""
    secret: str = field(default="", repr=False)
    sender: str = ""
    recipients: Sequence[str] = ()
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sealed: the whole address, the secrets that sign (the newest first, each with the end of its time), a password."""

    address: str
    secrets: tuple[tuple[str, str], ...] = ()  # value, ISO moment until which it signs; empty: no end
    password: str = ""

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The secrets that sign now."""
        return tuple(value for value, until in self.secrets if not until or datetime.fromisoformat(until) > now)


@dataclass(frozen=True, slots=True)
class Target:
    """A target as people look at it."""

    id: int
    name: str
    kind: str
    address: str
    options: dict[str, Any]
    events: tuple[str, ...]
    division: str
    department: str
    lang: str
    digest: str
    state: str
    reason: str | None
    failures: int
    probe_at: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime


def targets_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``push_targets`` that a principal is responsible for."""
    if scope.whole:
        return true()
    c = t.push_targets.c
    parts = []
    for grant in scope.grants or ():
        here = region_inside(Scope((grant,)), c.division)
        parts.append(and_(here, c.department == grant.department) if grant.department else here)
    return or_(*parts) if parts else ~true()


def add(conn: Connection, guard: Guard, box: Sealer, wanted: Wanted, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> Target:
    """A new target. Refusals: those of :func:`check`, ``push_target_exists``, ``push_outside_scope``."""
    checked = check(guard, wanted)
    _require_scope(scope, checked)
    if conn.scalar(select(t.push_targets.c.id).where(t.push_targets.c.name == checked.name)) is not None:
        raise ConflictError("push_target_exists", name=checked.name)
    sealed = Secrets(checked.address, ((checked.secret, ""),) if checked.secret else (), checked.password)
    values = {**_columns(checked), "name": checked.name, "kind": checked.kind, "sealed": seal(box, sealed), "state": push.ON}
    made = conn.execute(insert(t.push_targets).values(**values, created_at=now, changed_at=now).returning(t.push_targets.c.id))
    number = int(made.scalar_one())
    auditing.record(
        conn, actor, "push.target.add", f"push_target:{number}", {"name": checked.name, "kind": checked.kind, **_shown(checked)}, now
    )
    return get(conn, checked.name)


def change(
    conn: Connection,
    guard: Guard,
    box: Sealer,
    name: str,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> Target:
    """Other events, words, schedule, recipients or another address. Secrets change by :func:`rotate`; name and kind never do."""
    row = find(conn, name, scope)
    if version is not None and version != row.version:
        raise ConflictError("push_target_changed", name=name)
    secrets = opened(box, row)
    old = Wanted(
        row.name, row.kind, secrets.address, row.events, row.lang, row.division, row.department, row.digest,
        next(iter(secrets.signing(now)), ""), row.options.get("sender", ""), row.options.get("recipients", ()), row.options.get("user", ""),
        secrets.password,
    )  # fmt: skip
    checked = check(guard, replace(old, **{key: value for key, value in changes.items() if value is not None}))
    _require_scope(scope, checked)
    kept = replace(secrets, address=checked.address, password=checked.password)
    _store(conn, row, {**_columns(checked), "sealed": seal(box, kept)}, now)
    auditing.record(conn, actor, "push.target.change", f"push_target:{row.id}", {"name": row.name, **_shown(checked)}, now)
    return get(conn, name)


def rotate(conn: Connection, box: Sealer, name: str, secret: str, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> Target:
    """A new secret (or password of a mail server) from now on; a webhook's old one signs beside it for some days more (``push.toml``)."""
    row = find(conn, name, scope)
    secrets = opened(box, row)
    if row.kind == push.SMTP:
        kept = replace(secrets, password=_password(row.options.get("user", ""), secret, secrets.address))
    else:
        _check_secret(row.kind, secret, needed=True)
        until = (now + timedelta(days=push.knobs()["rotation"]["days"])).isoformat() if row.kind == push.WEBHOOK else now.isoformat()
        old = [(value, min(end, until) if end else until) for value, end in secrets.secrets if value in secrets.signing(now)][:1]
        kept = replace(secrets, secrets=((secret, ""), *old))
    _store(conn, row, {"sealed": seal(box, kept)}, now)
    auditing.record(conn, actor, "push.target.rotate", f"push_target:{row.id}", {"name": row.name}, now)
    return get(conn, name)


def switch(conn: Connection, name: str, *, on: bool, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> Target:
    """Let a target rest, or send to it again; what came for it meanwhile waits and is not lost (except for one that said it is gone)."""
    row = find(conn, name, scope)
    values = {"state": push.ON if on else push.OFF, "reason": None, "failures": 0, "pauses": 0, "probe_at": None}
    _store(conn, row, values, now)
    auditing.record(conn, actor, "push.target.resume" if on else "push.target.pause", f"push_target:{row.id}", {"name": row.name}, now)
    return get(conn, name)


def remove(conn: Connection, name: str, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """No more pushes; what waited for it is dead. Its deliveries stay readable, its secrets are gone, its name is free again."""
    row = find(conn, name, scope)
    d = t.push_deliveries.c
    ended = {"state": push.DEAD, "error": "push_removed", "ended_at": now, "next_at": None, "held_by": None}
    conn.execute(update(t.push_deliveries).where(d.target_id == row.id, d.next_at.is_not(None)).values(ended))
    gone = {"name": f"{row.name[:60]}~{row.id}", "sealed": "", "state": push.OFF, "reason": "push_removed", "removed_at": now}
    _store(conn, row, gone, now)
    auditing.record(conn, actor, "push.target.remove", f"push_target:{row.id}", {"name": row.name}, now)


def get(conn: Connection, name: str, *, scope: Scope = EVERYWHERE) -> Target:
    """One target; ``NotFoundError`` (``push_target_not_found``), outside of the scope too."""
    return view(find(conn, name, scope))


def list_targets(conn: Connection, *, scope: Scope = EVERYWHERE) -> list[Target]:
    """Every target, by name."""
    c = t.push_targets.c
    return [view(row) for row in conn.execute(select(t.push_targets).where(c.removed_at.is_(None), targets_inside(scope)).order_by(c.name))]


def find(conn: Connection, name: str, scope: Scope = EVERYWHERE) -> Row[Any]:
    """The row of a target; ``push_target_not_found``."""
    c = t.push_targets.c
    row = conn.execute(select(t.push_targets).where(c.name == name, c.removed_at.is_(None), targets_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("push_target_not_found", name=name)
    return row


def check(guard: Guard, wanted: Wanted) -> Wanted:
    """What is asked for, if it can be: ``push_name_invalid``, ``push_kind_unknown``, ``push_event_unknown``, ``push_digest_invalid``, ``guard_…`` and more."""
    if not _NAME.fullmatch(wanted.name):
        raise InvalidInputError("push_name_invalid", name=wanted.name[:100])
    if wanted.kind not in push.KINDS:
        raise InvalidInputError("push_kind_unknown", kind=wanted.kind[:40], known=", ".join(push.KINDS))
    for one in wanted.events or ("",):
        if not events.known_pattern(one):
            raise InvalidInputError("push_event_unknown", event=one[:60])
    digest = push_digest.check(wanted.digest)
    if digest and wanted.kind == push.WEBHOOK:
        raise InvalidInputError("push_digest_people")
    if wanted.division and resolve(wanted.division) != wanted.division:
        raise InvalidInputError("push_division_unknown", division=wanted.division[:20])
    guard.check(wanted.address, push.SCHEMES[wanted.kind])
    _check_secret(wanted.kind, wanted.secret, needed=wanted.kind == push.WEBHOOK)
    _check_mail(wanted)
    return replace(wanted, digest=digest, events=tuple(dict.fromkeys(wanted.events)))


def opened(box: Sealer, row: Row[Any]) -> Secrets:
    """What is sealed in a row; ``ConflictError`` under another key."""
    found = json.loads(box.open(row.sealed))
    return Secrets(found["address"], tuple((value, until) for value, until in found["secrets"]), found["password"])


def seal(box: Sealer, secrets: Secrets) -> str:
    """Encrypted, as it is stored."""
    return box.seal(json.dumps({"address": secrets.address, "secrets": secrets.secrets, "password": secrets.password}))


def view(row: Row[Any]) -> Target:
    """A row without its secrets."""
    named = {name: getattr(row, name) for name in Target.__slots__ if name not in ("events", "options")}
    return Target(**named, events=tuple(row.events), options=dict(row.options))


def _columns(wanted: Wanted) -> dict[str, Any]:
    mail = {"sender": wanted.sender, "recipients": list(wanted.recipients), "user": wanted.user} if wanted.kind == push.SMTP else {}
    return {
        "address": push.shown_address(wanted.kind, wanted.address),
        "options": mail,
        "events": list(wanted.events),
        "division": wanted.division,
        "department": wanted.department,
        "lang": "en" if wanted.lang == "en" else "zh",
        "digest": wanted.digest,
    }


def _shown(wanted: Wanted) -> dict[str, Any]:
    return {key: value for key, value in _columns(wanted).items() if key != "options"} | {"recipients": len(wanted.recipients)}


def _store(conn: Connection, row: Row[Any], values: Mapping[str, Any], now: datetime) -> None:
    c = t.push_targets.c
    done = conn.execute(
        update(t.push_targets).where(c.id == row.id, c.version == row.version).values(**values, version=row.version + 1, changed_at=now)
    )
    if done.rowcount != 1:
        raise ConflictError("push_target_changed", name=row.name)


def _require_scope(scope: Scope, wanted: Wanted) -> None:
    if not scope.covers(wanted.division or None, wanted.department):
        raise ForbiddenError("push_outside_scope")


def _check_secret(kind: str, secret: str, *, needed: bool) -> None:
    if not secret and not needed:
        return
    if kind in (push.WECOM, push.SMTP):
        raise InvalidInputError("push_secret_useless", kind=kind)
    if kind == push.WEBHOOK:
        try:
            good = secret.startswith("whsec_") and 24 <= len(base64.b64decode(secret[6:], validate=True)) <= 64
        except binascii.Error:
            good = False
        if not good:
            raise InvalidInputError("push_secret_needed")
    elif not secret.isascii() or not secret.isprintable() or not 0 < len(secret) <= 200:
        raise InvalidInputError("push_secret_needed")


def _check_mail(wanted: Wanted) -> None:
    given = (wanted.sender, *wanted.recipients)
    if wanted.kind != push.SMTP:
        if any((*given, wanted.user, wanted.password)):
            raise InvalidInputError("push_mail_only")
        return
    if not wanted.sender or not wanted.recipients:
        raise InvalidInputError("push_mail_needed")
    for one in given:
        if not _MAIL.fullmatch(one):
            raise InvalidInputError("push_mail_address", address=one[:100])
    _password(wanted.user, wanted.password, wanted.address)


def _password(user: str, password: str, address: str) -> str:
    if (user or password) and address.startswith("smtp://"):
        raise InvalidInputError("push_password_open")
    return password
