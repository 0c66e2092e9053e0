"""The cookie of a session: not for scripts, not from other sites, not in clear but on this machine."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.guard import LOOPBACK_NAMES, host_name
from api.identity import COOKIE
from risk.domain.identity import rules


def is_plain(request: Request) -> bool:
    """Whether the browser talks to this machine itself, without TLS: only then may the cookie travel in clear."""
    return request.url.scheme == "http" and host_name(request.headers.get("host", "")) in LOOPBACK_NAMES


def set_session(response: Response, request: Request, token: str) -> None:
    """Give the browser its session."""
    seconds = int(rules().absolute.total_seconds())
    response.set_cookie(COOKIE, token, max_age=seconds, path="/", httponly=True, samesite="strict", secure=not is_plain(request))
    response.headers["Cache-Control"] = "no-store"


def clear_session(response: Response, request: Request) -> None:
    """Take it away."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=not is_plain(request))


def client_of(request: Request) -> tuple[str, str]:
    """Address and program of a client, as the record and the list of sessions show them."""
    return (request.client.host if request.client else ""), request.headers.get("user-agent", "")[:300]
