"""The workbench: a built front end served under ``/ui/``, with a policy that lets it load nothing from anywhere else.

``api/web/dist`` is made by ``python api/web/build.py`` (``make web``) and travels in the wheel. Files with a hash in their name never change and may be kept; the
page that names them is asked for each time. Where nothing was built, ``/ui/`` says so and the plain start page stays.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).parent / "web" / "dist"

PREFIX = "/ui"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Styles in the page are allowed: charts and menus place themselves by them."""


def built(folder: Path | None = None) -> bool:
    """Whether there is a workbench to serve."""
    return ((folder or FOLDER) / "index.html").is_file()


def install(app: FastAPI, folder: Path | None = None) -> None:
    """Serve it under ``/ui/``, if it was built; unknown paths there are pages of the workbench, missing files are not found."""
    folder = folder or FOLDER
    if built(folder):
        app.frontend(PREFIX, directory=folder, fallback="index.html")
        app.add_middleware(WorkbenchFiles)


class WorkbenchFiles:
    """Compresses what goes out under ``/ui`` and says how long it may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packed = GZipMiddleware(app, minimum_size=1024, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(PREFIX + "/")):
            await self._plain(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                kept = path.startswith(PREFIX + "/assets/") and message["status"] == 200
                headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
            await send(message)

        await self._packed(scope, receive, with_headers)
