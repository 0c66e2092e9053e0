"""How much a request may carry: little everywhere, a file where files are taken in."""

from __future__ import annotations

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

FILES = "/api/v1/imports"


class BodyLimits:
    """Middleware: ``usual`` bytes, ``files`` bytes for what is posted to be taken in; the room a form takes around its file is added."""

    def __init__(self, app: ASGIApp, *, usual: int, files: int) -> None:
        self._usual = RequestBodyLimitMiddleware(app, max_body_size=usual)
        self._files = RequestBodyLimitMiddleware(app, max_body_size=files + 1_000_000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sends_file = scope["type"] == "http" and scope["method"] == "POST" and scope["path"].rstrip("/") == FILES
        await (self._files if sends_file else self._usual)(scope, receive, send)
