"""Signing in and out, and what people do with their own account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Response
from starlette.requests import Request

from api.authority import Caller, anybody, public, signed_in
from api.cookies import clear_session, client_of, set_session
from api.deps import Id, Services, Svc
from api.identity import COOKIE
from api.identity_schemas import PasswordChange, SignIn, TotpCode, TotpEnd
from api.openapi import problems
from api.operations import Router
from api.routes import oidc
from risk.domain.authority import Principal
from risk.domain.errors import ConflictError
from risk.services import accounts_views, sessions, sign_in, totp
from risk.services.accounts_views import AccountRow
from risk.services.sessions import SessionRow
from risk.services.sign_in import Attempt
from risk.services.totp import Enrolment

router = Router(prefix="/auth", tags=["auth"])
router.routes.extend(oidc.router.under("/auth", {}))


@dataclass(frozen=True, slots=True)
class Me:
    """Who is asking, as the service sees it. ``held`` is the code of what must be done before anything else; ``grants`` is nothing for everywhere."""

    name: str
    kind: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    grants: tuple[tuple[str, str], ...] | None
    office_code: str | None
    held: str | None
    account: AccountRow | None
    recovery_codes: int
    session_ends: datetime | None


@dataclass(frozen=True, slots=True)
class Ways:
    """How people sign in here. ``accounts``: somebody must; ``single_sign_on``: a provider is named."""

    accounts: bool
    single_sign_on: bool


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Each good once, in place of a code; told this once."""

    recovery_codes: tuple[str, ...]


@router.get("/ways", summary="登录方式 / Ways to sign in", dependencies=[public])
def ways(svc: Svc) -> Ways:
    """What a sign-in page offers."""
    return Ways(svc.identity.accounts_exist(), bool(svc.settings.oidc_issuer))


@router.post("/sign-in", summary="登录 / Sign in", responses=problems(401, 409, 429), dependencies=[public])
def sign_in_(sent: SignIn, svc: Svc, request: Request, response: Response) -> Me:
    """Sets the cookie of a session (HttpOnly, SameSite=Strict) and tells who you are. `second_factor_needed` asks for `totp` with the same call."""
    if not svc.identity.accounts_exist():
        raise ConflictError("account_first_needed")
    address, client = client_of(request)
    attempt = Attempt(sent.name, sent.password, sent.totp, address, client)
    now = svc.desk.clock()
    token = svc.desk.whole(sign_in.sign_in, svc.identity.passwords, svc.identity.box, attempt, now)
    set_session(response, request, token)
    found = svc.desk.read(sessions.resolve, token, now)
    assert found is not None  # it began this moment
    return _me(found.principal, svc)


@router.post("/sign-out", summary="退出 / Sign out", status_code=204, dependencies=[public])
def sign_out(svc: Svc, request: Request, response: Response) -> None:
    """Ends the session of the cookie, if there is one."""
    now = svc.desk.clock()
    token = request.cookies.get(COOKIE, "")
    found = svc.desk.read(sessions.resolve, token, now) if token else None
    if found is not None and found.principal.account_id is not None:
        svc.desk.act(sessions.revoke, found.id, found.principal.account_id, actor=found.principal.name, now=now)
    clear_session(response, request)


@router.get("/me", summary="当前身份 / Who am I", dependencies=[anybody])
def me(svc: Svc, who: Caller) -> Me:
    """Roles, permissions, scope, office, and what must be done first."""
    return _me(who, svc)


@router.post("/password", summary="修改密码 / Change my password", status_code=204, responses=problems(409, 429), dependencies=[signed_in])
def change_password(sent: PasswordChange, svc: Svc, who: Caller, request: Request) -> None:
    """One's own; other sessions end."""
    address, _ = client_of(request)
    svc.desk.whole(
        sign_in.change_password,
        svc.identity.passwords,
        _account(who),
        sent.old,
        sent.new,
        now=svc.desk.clock(),
        session=_session(who),
        address=address,
    )


@router.post("/totp", summary="启用动态口令 / Begin a second factor", responses=problems(409), dependencies=[signed_in])
def enrol(svc: Svc, who: Caller, response: Response) -> Enrolment:
    """A secret for an authenticator; it counts once a code of it is confirmed."""
    response.headers["Cache-Control"] = "no-store"
    return svc.desk.act(totp.enrol, svc.identity.box, _account(who), now=svc.desk.clock())


@router.post("/totp/confirm", summary="确认动态口令 / Confirm the second factor", responses=problems(409), dependencies=[signed_in])
def confirm(sent: TotpCode, svc: Svc, who: Caller, response: Response) -> RecoveryCodes:
    """From now on it is asked for at every sign-in."""
    response.headers["Cache-Control"] = "no-store"
    codes = svc.desk.act(totp.confirm, svc.identity.box, _account(who), sent.code, session=_session(who), now=svc.desk.clock())
    return RecoveryCodes(codes)


@router.post(
    "/totp/disable",
    summary="停用动态口令 / Do without the second factor",
    status_code=204,
    responses=problems(409, 429),
    dependencies=[signed_in],
)
def disable(sent: TotpEnd, svc: Svc, who: Caller, request: Request) -> None:
    """Takes password and code; not for roles that need one."""
    address, _ = client_of(request)
    svc.desk.whole(
        sign_in.disable_second_factor,
        svc.identity.passwords,
        svc.identity.box,
        _account(who),
        sent.password,
        sent.code,
        now=svc.desk.clock(),
        address=address,
    )


@router.get("/sessions", summary="我的会话 / My sessions", dependencies=[signed_in])
def list_sessions(svc: Svc, who: Caller) -> tuple[SessionRow, ...]:
    """The open ones; `here` is this one."""
    return svc.desk.read(sessions.list_sessions, _account(who), svc.desk.clock(), here=_session(who))


@router.delete(
    "/sessions/{session_id}",
    summary="结束会话 / End one of my sessions",
    status_code=204,
    responses=problems(404),
    dependencies=[signed_in],
)
def end_session(session_id: Id, svc: Svc, who: Caller) -> None:
    """The next request with it is refused."""
    svc.desk.act(sessions.revoke, session_id, _account(who), actor=who.name, now=svc.desk.clock())


def _account(who: Principal) -> int:
    assert who.account_id is not None  # declared by `signed_in`
    return who.account_id


def _session(who: Principal) -> int | None:
    return int(who.facts["session"]) if "session" in who.facts else None


def _me(who: Principal, svc: Services) -> Me:
    now = svc.desk.clock()
    account, left, ends = None, 0, None
    if who.account_id is not None:
        account = svc.desk.read(accounts_views.get, who.account_id, now)
        left = svc.desk.read(totp.recovery_codes_left, who.account_id)
        here = svc.desk.read(sessions.list_sessions, who.account_id, now, here=_session(who))
        ends = next((row.expires_at for row in here if row.here), None)
    grants = None if who.scope.whole else tuple((grant.division, grant.department) for grant in who.scope.grants or ())
    return Me(
        who.name, who.kind, who.roles, tuple(sorted(who.permissions)), grants, who.office_code, who.facts.get("held"), account, left, ends
    )
