"""Accounts, as security administrators manage them and auditors see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import Response

from api.authority import Caller, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.identity_schemas import AccountChange, AccountDetails, AccountLink, AccountSent, Because
from api.openapi import problems
from api.operations import Router
from risk.domain.authority import permissions, roles
from risk.domain.errors import InvalidInputError
from risk.domain.identity import read_grant, rules
from risk.domain.messages import register
from risk.services import accounts, accounts_views, sessions
from risk.services.accounts import NewAccount
from risk.services.accounts_views import AccountFilter, AccountRow
from risk.services.paging import Page
from risk.services.secrets_passwords import one_time_password
from risk.services.sessions import SessionRow

router = Router(prefix="/accounts", tags=["accounts"])
READ = needs("accounts.read", whole=True)
WRITE = needs("accounts.write", whole=True)

register(
    {
        "no_provider": ("没有配置单点登录", "no provider of single sign-on is set up"),
        "no_provider.hint": (
            "设置 RISK_OIDC_ISSUER、RISK_OIDC_CLIENT_ID 与 RISK_PUBLIC_URL",
            "set RISK_OIDC_ISSUER, RISK_OIDC_CLIENT_ID and RISK_PUBLIC_URL",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class AccountTold:
    """An account, and its password where one was made; it is told this once and must be changed."""

    account: AccountRow
    one_time_password: str | None


@dataclass(frozen=True, slots=True)
class RoleShown:
    """A role, what it carries, and whether it takes a second factor."""

    code: str
    zh: str
    en: str
    permissions: tuple[str, ...]
    second_factor: bool


@dataclass(frozen=True, slots=True)
class PermissionShown:
    """A permission in words."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Authority:
    """Every role and every permission there is."""

    roles: tuple[RoleShown, ...]
    permissions: tuple[PermissionShown, ...]


@router.get("/authority", summary="角色与权限 / Roles and permissions", dependencies=[READ])
def authority() -> Authority:
    """What may be given."""
    needing = rules().second_factor_roles
    shown = tuple(RoleShown(role.code, role.zh, role.en, tuple(sorted(role.may)), role.code in needing) for role in roles().values())
    return Authority(shown, tuple(PermissionShown(code, zh, en) for code, (zh, en) in permissions().items()))


@router.get("", summary="账号列表 / List accounts", dependencies=[READ])
def list_accounts(
    svc: Svc,
    name: Text | None = None,
    office: Text | None = None,
    role: Text | None = None,
    state: Literal["active", "disabled"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AccountRow]:
    """In the order in which they were made; telephone and e-mail masked. `name` is how it begins."""
    wanted = AccountFilter(name, office, role, state)
    return svc.desk.read(accounts_views.list_accounts, wanted, svc.desk.clock(), limit=limit, cursor=cursor)


@router.post("", summary="新建账号 / Make an account", status_code=201, responses=problems(409), dependencies=[WRITE])
def create(sent: AccountSent, svc: Svc, who: Caller, response: Response) -> AccountTold:
    """With a one-time password, told in this answer only, unless `with_password` is false."""
    told = one_time_password(sent.name) if sent.with_password else None
    digest = svc.identity.passwords.digest(told) if told else None
    new = NewAccount(sent.name, tuple(sent.roles), sent.office, _grants(sent.grants), sent.display_name, sent.email, sent.telephone)
    key = svc.desk.act(accounts.create, new, digest=digest, must_change=True, actor=who.name, now=svc.desk.clock())
    response.headers["Cache-Control"] = "no-store"
    return AccountTold(_get(key, svc), told)


@router.get("/{account_id}", summary="账号详情 / One account", responses=problems(404), dependencies=[READ])
def get_account(account_id: Id, svc: Svc, response: Response) -> AccountRow:
    """Telephone and e-mail masked. Its version is also the `ETag`."""
    row = _get(account_id, svc)
    response.headers["ETag"] = f'"{row.version}"'
    return row


@router.post("/{account_id}/unmask", summary="查看联系方式 / Show how to reach them", responses=problems(404), dependencies=[WRITE])
def unmask(account_id: Id, svc: Svc, who: Caller, response: Response) -> AccountRow:
    """Telephone and e-mail as they are; recorded."""
    response.headers["Cache-Control"] = "no-store"
    return svc.desk.act(accounts_views.unmask, account_id, actor=who.name, now=svc.desk.clock())


@router.patch("/{account_id}", summary="修改联系信息 / Change what is known of them", responses=problems(404, 409), dependencies=[WRITE])
def describe(account_id: Id, sent: AccountDetails, svc: Svc, who: Caller) -> AccountRow:
    """Display name, e-mail, telephone."""
    details = sent.model_dump(exclude_unset=True)
    svc.desk.act(accounts.describe, account_id, details, actor=who.name, now=svc.desk.clock())
    return _get(account_id, svc)


@router.post(
    "/{account_id}/authority",
    summary="调整角色与范围 / Give other roles or another scope",
    responses=problems(404, 409),
    dependencies=[WRITE],
)
def change(account_id: Id, sent: AccountChange, svc: Svc, who: Caller) -> AccountRow:
    """Counts from the next request. Not for one's own account."""
    svc.desk.act(
        accounts.change,
        account_id,
        actor=who.name,
        now=svc.desk.clock(),
        roles=None if sent.roles is None else tuple(sent.roles),
        grants=None if sent.grants is None else _grants(sent.grants),
        office_code=sent.office,
        version=sent.version,
    )
    return _get(account_id, svc)


@router.post("/{account_id}/disable", summary="停用账号 / Disable an account", responses=problems(404, 409), dependencies=[WRITE])
def disable(account_id: Id, sent: Because, svc: Svc, who: Caller) -> AccountRow:
    """Sessions and keys end at once."""
    svc.desk.act(accounts.disable, account_id, actor=who.name, now=svc.desk.clock(), reason=sent.reason)
    return _get(account_id, svc)


@router.post("/{account_id}/enable", summary="启用账号 / Enable an account", responses=problems(404, 409), dependencies=[WRITE])
def enable(account_id: Id, svc: Svc, who: Caller) -> AccountRow:
    """Sessions and keys of before do not come back."""
    svc.desk.act(accounts.enable, account_id, actor=who.name, now=svc.desk.clock())
    return _get(account_id, svc)


@router.post("/{account_id}/unlock", summary="解锁账号 / Unlock an account", responses=problems(404), dependencies=[WRITE])
def unlock(account_id: Id, svc: Svc, who: Caller) -> AccountRow:
    """Failures to sign in are forgotten."""
    svc.desk.act(accounts.unlock, account_id, actor=who.name, now=svc.desk.clock())
    return _get(account_id, svc)


@router.post("/{account_id}/reset-password", summary="重置密码 / Reset a password", responses=problems(404, 409), dependencies=[WRITE])
def reset_password(account_id: Id, svc: Svc, who: Caller, response: Response) -> AccountTold:
    """A one-time password, told in this answer only; sessions end."""
    told = one_time_password(_get(account_id, svc).name)
    digest = svc.identity.passwords.digest(told)
    svc.desk.act(accounts.reset_password, account_id, digest, actor=who.name, now=svc.desk.clock())
    response.headers["Cache-Control"] = "no-store"
    return AccountTold(_get(account_id, svc), told)


@router.post("/{account_id}/reset-totp", summary="重置动态口令 / Reset a second factor", responses=problems(404, 409), dependencies=[WRITE])
def reset_totp(account_id: Id, svc: Svc, who: Caller) -> AccountRow:
    """For somebody who lost it; sessions end."""
    svc.desk.act(accounts.reset_second_factor, account_id, actor=who.name, now=svc.desk.clock())
    return _get(account_id, svc)


@router.post(
    "/{account_id}/link", summary="关联单点登录身份 / Tie to a sign-on identity", responses=problems(404, 409), dependencies=[WRITE]
)
def link(account_id: Id, sent: AccountLink, svc: Svc, who: Caller) -> AccountRow:
    """By the provider's subject; an empty one unties."""
    issuer = svc.settings.oidc_issuer
    if not issuer:
        raise InvalidInputError("no_provider")
    svc.desk.act(accounts.link, account_id, issuer, sent.subject.strip(), actor=who.name, now=svc.desk.clock())
    return _get(account_id, svc)


@router.get("/{account_id}/sessions", summary="账号的会话 / Sessions of an account", responses=problems(404), dependencies=[READ])
def list_sessions(account_id: Id, svc: Svc) -> tuple[SessionRow, ...]:
    """The open ones."""
    _get(account_id, svc)
    return svc.desk.read(sessions.list_sessions, account_id, svc.desk.clock())


def _get(account: int, svc: Svc) -> AccountRow:
    return svc.desk.read(accounts_views.get, account, svc.desk.clock())


def _grants(given: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple(read_grant(text) for text in given)
