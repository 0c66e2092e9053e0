"""Single sign-on: away to the provider, and back with a session."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.requests import Request

from api.authority import public
from api.cookies import client_of, is_plain, set_session
from api.deps import Lang, Svc
from api.openapi import problems
from api.operations import Router
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError
from risk.domain.messages import register, say
from risk.services import oidc

router = Router(prefix="/oidc", include_in_schema=False)  # for browsers that travel, not for programs
FLOW = "risk_oidc"
_PATH = "/api/v1/auth/oidc"
Part = Annotated[str | None, Query(max_length=4000)]

register({"oidc_entered": ("已登录，正在打开首页", "signed in; the start page opens")})


@router.get(
    "/start",
    summary="单点登录 / Go to the sign-on provider",
    status_code=302,
    response_class=RedirectResponse,
    responses=problems(409),
    dependencies=[public],
)
def start(svc: Svc, request: Request) -> Response:
    """Redirects to the provider; what must be known again afterwards travels in a sealed cookie."""
    if not svc.identity.accounts_exist():
        raise ConflictError("account_first_needed")
    away = oidc.leave(svc.identity.provider, svc.settings, svc.identity.box, svc.desk.clock())
    answer = RedirectResponse(away.url, 302, headers={"Cache-Control": "no-store"})
    seconds = int(read_toml("identity.toml")["oidc"]["flow_minutes"]) * 60
    # lax: the way back is a navigation from the provider's site, to which a browser gives no strict cookie
    answer.set_cookie(FLOW, away.sealed, max_age=seconds, path=_PATH, httponly=True, samesite="lax", secure=not is_plain(request))
    return answer


@router.get(
    "/callback",
    summary="单点登录返回 / Back from the provider",
    response_class=HTMLResponse,
    responses=problems(401, 409),
    dependencies=[public],
)
def callback(
    svc: Svc, request: Request, lang: Lang, code: Part = None, state: Part = None, error: Part = None, iss: Part = None
) -> Response:
    """Sets the cookie of a session and opens the start page. By a page, not by a redirect: after one from another site a browser would not send the cookie."""
    if not svc.identity.accounts_exist():
        raise ConflictError("account_first_needed")
    now, parts = svc.desk.clock(), {"code": code, "state": state, "error": error, "iss": iss}
    given = {name: value for name, value in parts.items() if value is not None}
    claims = oidc.come_back(svc.identity.provider, svc.settings, svc.identity.box, given, request.cookies.get(FLOW, ""), now)
    address, client = client_of(request)
    token = svc.desk.act(oidc.enter, svc.settings, claims, now=now, client=client, address=address)
    html = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">'
    answer = HTMLResponse(f'{html}<p><a href="/">{say("oidc_entered", lang)}</a></p></html>')
    answer.headers["Content-Security-Policy"] = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    set_session(answer, request, token)
    answer.delete_cookie(FLOW, path=_PATH, httponly=True, samesite="lax", secure=not is_plain(request))
    return answer
