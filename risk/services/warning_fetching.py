"""The two sources that need no code: files dropped into a folder, and an address that answers with JSON.

Folder: ``RISK_HOME/exchange/in/<name>``; a file that was taken in goes to ``done``, one that cannot be read to ``refused``. Names that begin with a dot or end with
``.tmp`` or ``.part`` are still being written.

Address, options of the source::

    url = "https://warnings.example.gov.cn/api/list"   # must be on the list of the guard (RISK_PUSH_ALLOW)
    method = "POST"                                     # or GET
    items = "data.rows"                                 # where the rows are in the answer
    cursor = "data.next"                                # where the next cursor is; left out: none
    cursor_as, since_as = "cursor", "since"             # how they are sent: in the query, or in the body of a POST
    token_env = "RISK_SOURCE_TOKEN_SC"                  # the environment variable with a bearer token: no secret is stored
    [mapping]                                           # see risk.domain.exchange.sources
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine

from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.exchange.records import limits
from risk.domain.exchange.sources import Fetched
from risk.domain.messages import register
from risk.services import exchange_in
from risk.services.exchange_in import Taken, Way
from risk.services.http_guard import Guard, Limits, Place, UnreachableError, read_list
from risk.settings import Settings

MOST_BYTES = 16_000_000
TOKEN_PREFIX = "RISK_SOURCE_TOKEN_"  # noqa: S105 - the beginning of a name
_HTTP = Limits(total=60.0, most_bytes=MOST_BYTES + 1)

register(
    {
        "source_option": ("来源的选项“{option}”有误", "the option `{option}` of the source is wrong"),
        "source_option.hint": (
            "http 来源需要 url 与 items；method 为 GET 或 POST；token_env 以 RISK_SOURCE_TOKEN_ 开头",
            "a source of the kind http needs url and items; method is GET or POST; token_env begins with RISK_SOURCE_TOKEN_",
        ),
        "source_unreachable": ("来源无法访问（{why}）", "the source cannot be reached ({why})"),
        "source_status": ("来源答复 HTTP {status}", "the source answers HTTP {status}"),
        "source_file_refused": ("文件 {file} 无法读取：{zh_en}", "the file {file} cannot be read: {zh_en}"),
    }
)


def inbox(settings: Settings, name: str) -> Path:
    """Where the files of a source are dropped."""
    return settings.home / "exchange" / "in" / name


def folder(engine: Engine, settings: Settings, name: str, way: Way, clock: Callable[[], datetime]) -> Iterator[Taken]:
    """Take every file of the folder in, by name; at the end refuse (``source_file_refused``) where one could not be read."""
    place = inbox(settings, name)
    for one in (place, place / "done", place / "refused"):
        one.mkdir(parents=True, exist_ok=True)
    refused: RiskError | None = None
    for path in sorted(place.iterdir()):
        if not path.is_file() or path.is_symlink() or path.name.startswith(".") or path.suffix in (".tmp", ".part"):
            continue
        try:
            if path.stat().st_size > limits()["incoming_bytes"]:
                raise InvalidInputError("exchange_file_too_large", limit=limits()["incoming_bytes"])
            yield exchange_in.take(engine, path.read_bytes(), file=path.name, way=way, now=clock(), kind=None)
            path.replace(place / "done" / path.name)
        except RiskError as error:
            path.replace(place / "refused" / path.name)
            refused = InvalidInputError("source_file_refused", file=path.name[:100], zh_en=f"{error.code}: {error.text('en')}"[:300])
    if refused is not None:
        raise refused


def check_options(options: Mapping[str, Any], settings: Settings) -> Place:
    """Whether an address can be asked; ``source_option``, ``guard_address_invalid``, ``guard_not_listed``."""
    for name in ("url", "items"):
        if not isinstance(options.get(name), str) or not options[name]:
            raise InvalidInputError("source_option", option=name)
    if options.get("method", "GET") not in ("GET", "POST"):
        raise InvalidInputError("source_option", option="method")
    token = options.get("token_env")
    if token is not None and (not isinstance(token, str) or not token.startswith(TOKEN_PREFIX)):
        raise InvalidInputError("source_option", option="token_env")
    return _guard(settings).check(options["url"], ("http", "https"))


def http_source(options: Mapping[str, Any], settings: Settings) -> Callable[[datetime | None, str | None], Fetched]:
    """A function that asks the address once."""

    def fetch(since: datetime | None, cursor: str | None) -> Fetched:
        place = check_options(options, settings)
        asked = {
            str(options.get("cursor_as", "cursor")): cursor,
            str(options.get("since_as", "since")): since.isoformat() if since else None,
        }
        answer = _ask(_guard(settings), place, options, {name: value for name, value in asked.items() if value})
        rows = _at(answer, str(options["items"]))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InvalidInputError("source_answer", why=str(options["items"])[:100])
        following = _at(answer, str(options["cursor"])) if options.get("cursor") else None
        text = None if following in (None, "") else str(following)
        return Fetched(rows, text, more=bool(rows) and text is not None and text != cursor)

    return fetch


def _guard(settings: Settings) -> Guard:
    return Guard(read_list(settings.push_allow), limits=_HTTP)


def _ask(guard: Guard, place: Place, options: Mapping[str, Any], asked: Mapping[str, str]) -> Any:
    """One request to the very address that was checked. No redirect is followed."""
    headers = {"Host": place.host if place.port in (80, 443) else f"{place.host}:{place.port}", "Accept": "application/json"}
    headers |= {"Connection": "close", "Accept-Encoding": "identity"}
    token = os.environ.get(str(options.get("token_env", "")), "") if options.get("token_env") else ""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    path, body, method = place.path, None, str(options.get("method", "GET"))
    if method == "POST":
        body = json.dumps(dict(asked)).encode()
        headers["Content-Type"] = "application/json"
    elif asked:
        path += ("&" if "?" in path else "?") + urlencode(asked)
    try:
        with guard.connected(place, tls=place.scheme == "https") as sock:
            connection = http.client.HTTPConnection(place.host, place.port, timeout=guard.limits.total)
            connection.sock, connection.auto_open = sock, 0
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            status, data = answer.status, answer.read(MOST_BYTES + 1)
    except UnreachableError as error:
        raise InvalidInputError("source_unreachable", why=error.code) from error
    except (OSError, ssl.SSLError, http.client.HTTPException, ValueError) as error:
        raise InvalidInputError("source_unreachable", why=type(error).__name__) from error
    if status != 200:
        raise InvalidInputError("source_status", status=status)
    if len(data) > MOST_BYTES:
        raise InvalidInputError("source_answer", why=f"> {MOST_BYTES}")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("source_answer", why="JSON") from error


def _at(answer: Any, path: str) -> Any:
    for step in path.split("."):
        answer = answer.get(step) if isinstance(answer, dict) else None
    return answer
