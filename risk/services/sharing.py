"""Data sharing (数据共享): a department applies for data of a place, the owner of the data decides with a reason, a grant ends by itself and is withdrawn at once.

A grant lends the right of the one who granted it, never more than they hold at the moment of use: as a key of theirs, narrowed to the place, the department and
the one permission, that the applicant collects once; or as exports of chosen fields, made under the same meeting of scopes. Nobody grants their own application.
An application lies inside a scope when the office that applies does, or when the data it asks for does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, true, update

from risk.domain import sharing
from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.identity import grants_of, meet, scope_of
from risk.domain.messages import register
from risk.services import api_keys, auditing, share_exports
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.places import code_of, place
from risk.services.scoping import office_code_inside, region_inside
from risk.storage import tables as t

register(
    {
        "share_not_found": ("没有编号为 {id} 的共享申请", "no application with the number {id}"),
        "share_office": ("申请须以单位账号提出", "applying takes an account of an office"),
        "share_data": ("不能共享这类数据：{data}", "this kind of data is not shared: {data}"),
        "share_form": ("授权方式应为 key 或 export：{form}", "a grant is a key or an export: {form}"),
        "share_fields": ("须从以下字段中选择：{known}", "choose among these fields: {known}"),
        "share_fields_of_key": ("接口密钥不能限定字段，请改用导出", "a key cannot be cut to fields: ask for an export"),
        "share_until": ("期限须为今天起 {days} 天以内", "the last day lies within {days} days from today"),
        "share_words": ("须写明用途和依据", "state the purpose and the basis"),
        "share_reason": ("须说明理由", "give the reason"),
        "share_own": ("不能决定本人提出的申请", "nobody decides their own application"),
        "share_beyond": ("授权不能超过授权人自己的权限：{permission}", "a grant may no more than who grants it: {permission}"),
        "share_over": ("授权已到期（{until}）", "the grant is over since {until}"),
        "share_collected": ("密钥已领取，遗失请重新申请", "the key was collected already; if it is lost, apply again"),
        "share_no_account": ("此操作须以账号登录", "this takes a person who is signed in"),
        "share_stale": ("申请已被他人处理，请刷新后再试", "somebody else was faster: look at the application again"),
        "share_lender": ("授权人的权限已变更，本授权不再有效", "whoever granted this holds the right no longer"),
    }
)


@dataclass(frozen=True, slots=True)
class Application:
    """What a department asks for. ``fields``: of an export, all where none is named."""

    data: str
    form: str
    region: str
    purpose: str
    basis: str
    until: date
    department: str = ""
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ShareRow:
    """An application as lists show it. ``over``: granted, and its last day has passed; ``may``: the steps that can follow for whoever asks."""

    id: int
    office: str
    applicant: str
    data: str
    data_zh: str
    data_en: str
    form: str
    fields: tuple[str, ...]
    region: str
    region_zh: str | None
    region_en: str | None
    department: str
    purpose: str
    basis: str
    until: date
    state: str
    over: bool
    decided_by: str | None
    collected: bool
    uses: int
    last_used: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShareEvent:
    """A step or a use of an application."""

    event: str
    to_state: str
    actor: str
    reason: str | None
    detail: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ShareView:
    """An application with all that happened to it, the oldest first."""

    request: ShareRow
    events: tuple[ShareEvent, ...]


def apply(conn: Connection, asked: Application, *, who: Principal, now: datetime) -> int:
    """Apply for data; returns the number. ``share_office``, ``share_data``, ``share_form``, ``share_fields``, ``share_fields_of_key``, ``share_until``,
    ``share_words``, ``region_not_known``, ``grant_wrong``."""
    if who.account_id is None or who.office_code is None:
        raise InvalidInputError("share_office")
    fields = _checked(asked, now)
    region = code_of(asked.region)
    grants_of([(region, asked.department)])
    row = {
        "office_code": who.office_code,
        "account_id": who.account_id,
        "applicant": who.name,
        "data": asked.data,
        "form": asked.form,
        "fields": list(fields),
        "region": region,
        "department": asked.department,
        "purpose": asked.purpose.strip(),
        "basis": asked.basis.strip(),
        "until": asked.until,
        "state": "applied",
        "created_at": now,
        "changed_at": now,
    }
    number = int(conn.execute(insert(t.share_requests).values(row).returning(t.share_requests.c.id)).scalar_one())
    said = {name: row[name] for name in ("data", "form", "region", "department")} | {"until": asked.until.isoformat()}
    _event(conn, number, "apply", None, "applied", who.name, asked.purpose.strip(), said, now)
    return number


def receive(conn: Connection, request_id: int, *, who: Principal, reason: str, now: datetime, version: int | None = None) -> None:
    """Take an application up, as the owner of the data. ``share_own``, ``share_step``, ``share_stale``."""
    row = _for_owner(conn, request_id, who)
    _step(conn, row, "receive", who, reason, now, version)


def grant(conn: Connection, request_id: int, *, who: Principal, reason: str, now: datetime, version: int | None = None) -> None:
    """Lend the right to what was asked for, until its last day. ``share_beyond``, ``share_own``, ``share_over``, ``share_reason``, ``share_step``."""
    row = _for_owner(conn, request_id, who)
    _reason(reason)
    if who.account_id is None:
        raise ForbiddenError("share_no_account")
    permission = sharing.shareable()[row.data].permission
    if not who.may(permission):
        raise ForbiddenError("share_beyond", permission=permission)
    if _ends(row) <= now:
        raise ConflictError("share_over", until=row.until.isoformat())
    _step(conn, row, "grant", who, reason, now, version, grantor_id=who.account_id)


def refuse(conn: Connection, request_id: int, *, who: Principal, reason: str, now: datetime, version: int | None = None) -> None:
    """Decline with the reason. ``share_own``, ``share_reason``, ``share_step``."""
    row = _for_owner(conn, request_id, who)
    _reason(reason)
    _step(conn, row, "refuse", who, reason, now, version)


def withdraw(conn: Connection, request_id: int, *, who: Principal, reason: str, now: datetime, version: int | None = None) -> None:
    """Take a grant back: its key ends with this act, its exports are refused from now on. ``share_reason``, ``share_step``."""
    row = _for_owner(conn, request_id, who, own_too=True)
    _reason(reason)
    _step(conn, row, "withdraw", who, reason, now, version, decided=False)
    if row.key_id is not None:
        api_keys.revoke(conn, row.key_id, actor=who.name, now=now)


def cancel(conn: Connection, request_id: int, *, who: Principal, reason: str, now: datetime, version: int | None = None) -> None:
    """Give an application up, by who made it. ``share_step``."""
    row = _mine(conn, request_id, who)
    _step(conn, row, "cancel", who, reason, now, version, decided=False)


def collect(conn: Connection, request_id: int, *, who: Principal, now: datetime) -> api_keys.NewKey:
    """The key of a grant, told this once, to who applied. ``share_step``, ``share_form``, ``share_collected``, ``share_over``, ``share_lender``."""
    row = _mine(conn, request_id, who)
    if row.form != "key":
        raise InvalidInputError("share_form", form=row.form)
    if row.state != "granted":
        raise sharing.refused(row.state, "collect")
    if row.key_id is not None:
        raise ConflictError("share_collected")
    if _ends(row) <= now:
        raise ConflictError("share_over", until=row.until.isoformat())
    lent(conn, row)
    permission = sharing.shareable()[row.data].permission
    made = api_keys.create(
        conn,
        row.grantor_id,
        f"数据共享 {row.id}",
        [permission],
        actor=who.name,
        now=now,
        expires_at=_ends(row),
        grants=[(row.region, row.department)],
    )
    taken = update(t.share_requests).where(t.share_requests.c.id == row.id, t.share_requests.c.key_id.is_(None))
    if conn.execute(taken.values(key_id=made.row.id, version=row.version + 1, changed_at=now)).rowcount != 1:
        raise ConflictError("share_collected")
    _event(conn, row.id, "collect", "granted", "granted", who.name, None, {"prefix": made.row.prefix}, now)
    return made


def export(conn: Connection, request_id: int, form: share_exports.Form, *, who: Principal, now: datetime) -> tuple[str, str]:
    """Name and text of an export under a grant, on the record. ``share_step``, ``share_form``, ``share_over``, ``share_lender``, ``share_rows``."""
    row = _mine(conn, request_id, who)
    if row.form != "export":
        raise InvalidInputError("share_form", form=row.form)
    if row.state != "granted":
        raise sharing.refused(row.state, "collect")
    if _ends(row) <= now:
        raise ConflictError("share_over", until=row.until.isoformat())
    scope = meet(lent(conn, row), Scope((Grant(row.region, row.department),)))
    text, rows = share_exports.write(conn, row.data, row.fields, form, now, scope)
    used(conn, row, who.name, {"format": form, "rows": rows}, now)
    return f"share-{row.id}-{now:%Y%m%d%H%M}.{form}", text


def lent(conn: Connection, row: Row[Any]) -> Scope:
    """The scope of the one who granted, as it is now; ``ForbiddenError`` (``share_lender``) where the right is theirs no longer."""
    a = t.accounts.c
    found = conn.execute(select(a.roles, a.grants).where(a.id == row.grantor_id, a.state == "active")).one_or_none()
    if found is None or sharing.shareable()[row.data].permission not in permissions_of(found.roles):
        raise ForbiddenError("share_lender")
    return scope_of(found.grants)


def used(conn: Connection, row: Row[Any], actor: str, detail: dict[str, Any], now: datetime) -> None:
    """Put a use on the record."""
    c = t.share_requests.c
    conn.execute(update(t.share_requests).where(c.id == row.id).values(uses=c.uses + 1, last_used=now))
    _event(conn, row.id, "use", row.state, row.state, actor, None, detail, now)


def touch_key(conn: Connection, key: int, now: datetime) -> None:
    """Write that a key was used; where it was lent, also on the record of what it was lent for: once for each while of use (``identity.toml``)."""
    api_keys.touch(conn, key, now)
    row = conn.execute(select(t.share_requests).where(t.share_requests.c.key_id == key)).one_or_none()
    if row is not None:
        used(conn, row, row.applicant, {"key": key}, now)


def list_shares(
    conn: Connection,
    now: datetime,
    *,
    who: Principal,
    state: str | None = None,
    mine: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ShareRow]:
    """Applications inside the scope, the newest first; ``mine``: one's own."""
    c = t.share_requests.c
    query = select(t.share_requests).where(shares_inside(who.scope))
    if state:
        query = query.where(c.state == state)
    if mine:
        query = query.where(c.account_id == (who.account_id or 0))
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(c.id.desc()), limit, lambda row: _row(row, who, now))


def show(conn: Connection, request_id: int, now: datetime, *, who: Principal) -> ShareView:
    """One application with what happened to it; ``share_not_found``."""
    row = _inside(conn, request_id, who.scope)
    e = t.share_events.c
    events = conn.execute(select(t.share_events).where(e.request_id == request_id).order_by(e.id))
    return ShareView(
        _row(row, who, now), tuple(ShareEvent(one.event, one.to_state, one.actor, one.reason, dict(one.detail), one.at) for one in events)
    )


def shares_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``share_requests``: those of an office inside, and those that ask for data inside."""
    if scope.whole:
        return true()
    return or_(office_code_inside(scope, t.share_requests.c.office_code), _asked_inside(scope))


def _asked_inside(scope: Scope) -> ColumnElement[bool]:
    """Applications whose place and department lie within one grant: whose data it is, decides."""
    if scope.whole:
        return true()
    c = t.share_requests.c
    parts = [
        and_(region_inside(Scope((Grant(one.division),)), c.region), c.department == one.department if one.department else true())
        for one in scope.grants or ()
    ]
    return or_(*parts) if parts else c.id.is_(None)


def _checked(asked: Application, now: datetime) -> tuple[str, ...]:
    if asked.data not in sharing.shareable():
        raise InvalidInputError("share_data", data=asked.data[:40])
    if asked.form not in sharing.FORMS:
        raise InvalidInputError("share_form", form=asked.form[:40])
    if not asked.purpose.strip() or not asked.basis.strip():
        raise InvalidInputError("share_words")
    days, today = sharing.limits()["days"], now.astimezone(SHANGHAI).date()
    if not today <= asked.until <= today + timedelta(days=days):
        raise InvalidInputError("share_until", days=days)
    if asked.form == "key":
        if asked.fields:
            raise InvalidInputError("share_fields_of_key")
        return ()
    known = share_exports.fields_of(asked.data)
    if any(field not in known for field in asked.fields):
        raise InvalidInputError("share_fields", known=", ".join(known))
    return tuple(field for field in known if field in asked.fields) or known


def _step(
    conn: Connection,
    row: Row[Any],
    step: str,
    who: Principal,
    reason: str,
    now: datetime,
    version: int | None,
    *,
    decided: bool = True,
    **values: Any,
) -> None:
    to = sharing.after(row.state, step)
    if version is not None and version != row.version:
        raise ConflictError("share_stale")
    c = t.share_requests.c
    changed = {**values, "state": to, "version": row.version + 1, "changed_at": now} | ({"decided_by": who.name} if decided else {})
    if conn.execute(update(t.share_requests).where(c.id == row.id, c.version == row.version).values(changed)).rowcount != 1:
        raise ConflictError("share_stale")
    _event(conn, row.id, step, row.state, to, who.name, reason.strip() or None, {}, now)


def _event(
    conn: Connection,
    number: int,
    event: str,
    before: str | None,
    to: str,
    actor: str,
    reason: str | None,
    detail: dict[str, Any],
    now: datetime,
) -> None:
    row = {"request_id": number, "event": event, "from_state": before, "to_state": to, "actor": actor, "reason": reason, "detail": detail}
    conn.execute(insert(t.share_events).values(**row, at=now))
    auditing.record(conn, actor, f"sharing.{event}", f"share:{number}", {**detail, "reason": reason}, now)


def _inside(conn: Connection, request_id: int, scope: Scope) -> Row[Any]:
    row = conn.execute(select(t.share_requests).where(t.share_requests.c.id == request_id, shares_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("share_not_found", id=request_id)
    return row


def _for_owner(conn: Connection, request_id: int, who: Principal, *, own_too: bool = False) -> Row[Any]:
    """The row, for whoever answers for the data; ``share_not_found`` for others, ``share_own`` for who applied."""
    row = conn.execute(select(t.share_requests).where(t.share_requests.c.id == request_id, _asked_inside(who.scope))).one_or_none()
    if row is None:
        raise NotFoundError("share_not_found", id=request_id)
    if not own_too and (row.account_id == who.account_id or row.applicant == who.name):
        raise ForbiddenError("share_own")
    return row


def _mine(conn: Connection, request_id: int, who: Principal) -> Row[Any]:
    c = t.share_requests.c
    row = conn.execute(
        select(t.share_requests).where(c.id == request_id, c.account_id == (who.account_id or 0), shares_inside(who.scope))
    ).one_or_none()
    if row is None:
        raise NotFoundError("share_not_found", id=request_id)
    return row


def _ends(row: Row[Any]) -> datetime:
    """The moment after the last day, in Hubei."""
    return datetime.combine(row.until + timedelta(days=1), time(0), SHANGHAI)


def _reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInputError("share_reason")


def _row(row: Row[Any], who: Principal, now: datetime) -> ShareRow:
    data = sharing.shareable()[row.data]
    over = row.state == "granted" and _ends(row) <= now
    return ShareRow(
        id=row.id,
        office=row.office_code,
        applicant=row.applicant,
        data=row.data,
        data_zh=data.zh,
        data_en=data.en,
        form=row.form,
        fields=tuple(row.fields),
        region=row.region,
        region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"),
        department=row.department,
        purpose=row.purpose,
        basis=row.basis,
        until=row.until,
        state=row.state,
        over=over,
        decided_by=row.decided_by,
        collected=row.key_id is not None,
        uses=row.uses,
        last_used=row.last_used,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        may=_may(row, who, over=over),
    )


def _may(row: Row[Any], who: Principal, *, over: bool) -> tuple[str, ...]:
    """What can follow for whoever asks."""
    own = row.account_id == who.account_id and who.account_id is not None
    owner = who.may("sharing.decide") and (who.scope.whole or _covers(who.scope, row))
    found = []
    for state, step in sharing.STEPS:
        fits = own and who.may("sharing.apply") if step == "cancel" else owner and (step == "withdraw" or not own)
        if state == row.state and fits:
            found.append(step)
    if own and row.state == "granted" and not over and (row.form == "export" or row.key_id is None):
        found.append("collect")
    return tuple(found)


def _covers(scope: Scope, row: Row[Any]) -> bool:
    return any(row.region.startswith(one.prefix) and one.department in ("", row.department) for one in scope.grants or ())
