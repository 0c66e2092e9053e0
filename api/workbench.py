"""The workbench: a built front end served under ``/ui/``, with a policy that lets it load nothing from anywhere else.

``api/web/dist`` is made by ``python api/web/build.py`` (``make web``) and travels in the wheel. Files with a hash in their name never change and may be kept; the
page that names them is asked for each time. Where nothing was built, ``/ui/`` says so and the plain start page stays.

All of it is looked for before the operations: a first visit asks for dozens of files, and should see the page while a fresh process still puts its operations together.
Kept files are packed once in a process.
"""

from __future__ import annotations

import gzip
import os
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
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
        app.router.routes.insert(0, Mount(PREFIX, app=Files(directory=folder, html=True)))
        app.add_middleware(WorkbenchFiles)


def pack(folder: Path | None = None) -> None:
    """Pack all kept files now: whoever asks first does not wait for it."""
    for file in sorted(((folder or FOLDER) / "assets").glob("*.*")):
        packed(str(file))


@cache
def packed(path: str) -> bytes | None:
    """The file, packed; nothing where packing gains nothing. Kept files never change under their name."""
    plain = Path(path).read_bytes()
    short = gzip.compress(plain, compresslevel=9, mtime=0)
    return short if len(short) < 0.9 * len(plain) else None


class Files(StaticFiles):
    """The built files; those that are kept were packed once and are sent so to whoever takes it. Any other address is a page, for whoever wants to see one."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, else the page that finds out what is meant."""
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            page = "text/html" in Headers(scope=scope).get("accept", "") and not path.startswith("assets")
            if error.status_code != 404 or not page:
                raise
            return await super().get_response("index.html", scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, in the shorter form."""
        plain = super().file_response(full_path, stat_result, scope, status_code)
        takes = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        kept = takes and isinstance(plain, FileResponse) and Path(full_path).parent.name == "assets"
        short = packed(os.fspath(full_path)) if kept else None
        if short is None:
            return plain
        headers = {name: value for name, value in plain.headers.items() if name not in ("content-length", "etag", "accept-ranges")}
        return Response(short, status_code, {**headers, "content-encoding": "gzip", "vary": "Accept-Encoding"})


class WorkbenchFiles:
    """Compresses what else goes out under ``/ui`` and says how long it may be kept."""

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
