"""``Idempotency-Key`` on anything that writes: repeat a request you are unsure of, and it happens once.

Not for what hands out secrets or personal data (sign-in, accounts, keys, unmaskings, the audit): their answers are never stored. Only what succeeded is kept; a request that was refused or failed has
done nothing and may be tried again with the same key.
"""

from __future__ import annotations

import hashlib
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import refusal
from risk.domain.authority import Principal
from risk.domain.errors import NotSignedInError, RiskError
from risk.services import idempotency
from risk.services.idempotency import Answer, Attempt

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
NEVER = ("/api/v1/auth", "/api/v1/accounts", "/api/v1/keys", "/api/v1/unmaskings", "/api/v1/audit")
KEPT_HEADERS = ("content-type", "etag", "location", "content-language")
REPLAYED = "Idempotency-Replayed"


class Idempotency:
    """Middleware; see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wanted(request := Request(scope, receive)):
            await self._app(scope, receive, send)
            return
        body = await request.body()
        try:
            begun = await to_thread.run_sync(_begin, request, body)
        except NotSignedInError:
            await self._app(scope, _again(body, receive), send)  # the route says so in its own words
            return
        except RiskError as error:
            await refusal(request, error)(scope, receive, send)
            return
        if isinstance(begun, Answer):
            await Response(begun.body, begun.status, {**begun.headers, REPLAYED: "true"})(scope, receive, send)
            return
        await self._carry_out(begun, request, _again(body, receive), send)

    async def _carry_out(self, attempt: Attempt, request: Request, receive: Receive, send: Send) -> None:
        heard = _Heard()

        async def listen(message: Message) -> None:
            heard.take(message)
            await send(message)

        token = idempotency.current.set(attempt)
        try:
            await self._app(request.scope, receive, listen)
        finally:
            idempotency.current.reset(token)
            desk = request.app.state.services.desk
            await to_thread.run_sync(desk.act, idempotency.end, attempt, heard.answer())


class _Heard:
    """An answer as it goes by."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.parts: list[bytes] = []
        self.whole = False

    def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            named = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message.get("headers", []))
            self.headers = {name: value for name, value in named if name in KEPT_HEADERS}
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))
            self.whole = not message.get("more_body", False)

    def answer(self) -> Answer | None:
        """Nothing for one that refused, failed or broke off."""
        if not self.whole or not 200 <= self.status < 400:
            return None
        try:
            return Answer(self.status, self.headers, b"".join(self.parts).decode())
        except UnicodeDecodeError:
            return None


def _wanted(request: Request) -> bool:
    path = request.url.path
    return request.method in WRITES and "idempotency-key" in request.headers and path.startswith("/api/") and not path.startswith(NEVER)


def _begin(request: Request, body: bytes) -> Attempt | Answer:
    services: Any = request.app.state.services
    who = services.identity.principal(request)
    name = f"{who.kind}:{who.name}" if isinstance(who, Principal) else f"local:{request.headers.get('x-actor', '')}"
    asked = f"{request.method} {request.url.path}?{request.url.query}\n{request.headers.get('content-type', '')}\n".encode()
    fingerprint = hashlib.sha256(asked + body).hexdigest()
    begun = services.desk.act(idempotency.begin, name, request.headers["idempotency-key"], fingerprint, services.desk.clock())
    assert isinstance(begun, (Attempt, Answer))
    return begun


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more for those behind us."""
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read
