"""Who may talk to the service, and by which name. Until there are accounts it is for this machine only.

- without accounts a client that is not on loopback is refused, even where another server program binds wider than ``risk serve`` does, and so is what comes
  through a proxy that the settings do not trust
- a host name that is neither a loopback one nor one of the settings is refused, so that no page can reach us by pointing its own name at our address
- a write that a browser sends from another site is refused, signing in too; a request with a key is none of a browser's
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import refuse
from risk.domain.messages import register

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TEST = "testclient"  # what Starlette's TestClient calls itself; no socket ever has this address

register(
    {
        "client_not_loopback": ("有账号之前只接受本机访问", "until there are accounts only this machine may connect"),
        "host_not_allowed": ("不接受此主机名：{host}", "not a host name of this service: {host}"),
        "host_not_allowed.hint": (
            "用 http://127.0.0.1 或 http://localhost 访问；有账号之后可用 RISK_HOSTS 增加主机名",
            "use http://127.0.0.1 or http://localhost; with accounts RISK_HOSTS adds names",
        ),
        "cross_site": ("拒绝来自其他网站的写操作", "a write from another site is refused"),
    }
)


class Guard:
    """Middleware; also gives every answer the headers that keep a browser careful."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), *, proxied: bool = False) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._proxied = proxied

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = await _refusal(request, self._hosts, proxied=self._proxied)
        if refusal is not None:
            code, status, facts = refusal
            await refuse(request, status, code, **facts)(scope, receive, send)
            return

        plain = False

        async def careful(message: Message) -> None:
            nonlocal plain
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                plain = message["status"] == 413 and any(n == b"content-type" and v.startswith(b"text/plain") for n, v in headers)
                message["headers"] = [*headers, (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
            if not plain:
                await send(message)

        await self._app(scope, receive, careful)
        if plain:  # Starlette's limit of the body answers in plain text, below our handlers
            await refuse(request, 413, "body_too_large")(scope, receive, send)


async def _refusal(request: Request, hosts: frozenset[str], *, proxied: bool) -> tuple[str, int, dict[str, str]] | None:
    client = request.client.host if request.client else None
    mine = client in (None, _TEST) or is_loopback(str(client))
    if not proxied and any(request.headers.get(name) for name in FORWARDED):
        mine = False  # a proxy that nobody told us to believe: whom it speaks for is not known
    if not mine and not await _accounts_exist(request):
        return "client_not_loopback", 403, {}
    host = request.headers.get("host", "")
    name = host_name(host)
    named = name in LOOPBACK_NAMES or (client == _TEST and host == "testserver") or (name in hosts and await _accounts_exist(request))
    if not named:
        return "host_not_allowed", 403, {"host": host[:100]}
    if request.method not in SAFE and not _has_key(request) and _is_cross_site(request, host):
        return "cross_site", 403, {}
    return None


async def _accounts_exist(request: Request) -> bool:
    services = getattr(request.app.state, "services", None)
    return services is not None and await run_in_threadpool(services.identity.accounts_exist)


def _has_key(request: Request) -> bool:
    """Whether it comes with a key: no page of another site can make a browser send one."""
    return request.headers.get("authorization", "").lower().startswith("bearer ")


def _is_cross_site(request: Request, host: str) -> bool:
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != host


def host_name(host: str) -> str:
    """The name of a ``Host`` header without its port.

    >>> host_name("127.0.0.1:8000"), host_name("[::1]:8000"), host_name("LOCALHOST"), host_name("a:b:c")
    ('127.0.0.1', '[::1]', 'localhost', 'a:b:c')
    """
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() and (name.endswith("]") or ":" not in name) else host.lower()


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine only.

    >>> is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("::ffff:127.0.0.1"), is_loopback("10.0.0.1"), is_loopback("localhost")
    (True, True, True, False, False)
    """
    try:
        found = ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
