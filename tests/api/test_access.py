"""The access matrix, every cell: made from the routes, so that a new route is in it at once, and fails while it does not say what it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from api.access import Access, as_markdown, main, matrix, operations
from api.app import create_app
from api.authority import needs
from risk.domain.authority import permissions, roles
from risk.settings import Settings
from tests.api.accounts_world import signed_in
from tests.risk.disposal_world import NOW

ALL = operations(create_app(Settings(home=Path(), database_url="sqlite://")))
REFUSED = ("permission_required", "scope_whole_required", "session_required", "not_signed_in")

PLAIN = {"format": "json", "kind": "rule", "model": "none_such", "period": "2026-10", "name": "none-such"}
"""What parts of paths are filled with that are no numbers; other parts get a number that nothing has."""

LIGHT = {"/api/v1/models": {"versions": "false"}}
"""Queries that keep an operation from asking the registry of models."""


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One service, with one account at first: from then on nobody acts without one."""
    folder = tmp_path_factory.mktemp("access")
    path = folder / "risk.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(
        home=folder / "home", database_url=f"sqlite:///{path}", rate="off"
    )  # thousands of questions within a minute are the test, not haste
    with TestClient(create_app(settings, clock=lambda: NOW), raise_server_exceptions=False) as opened:
        signed_in(opened, ["security_admin"])
        yield opened


@pytest.fixture(scope="module")
def headers(served: TestClient) -> dict[str, dict[str, str]]:
    """Role → the headers of an account with that role alone, for the whole province; ``yichang:<role>`` for a part of it."""
    whole = {role: signed_in(served, [role]) for role in roles()}
    part = {f"yichang:{role}": signed_in(served, [role], [("420500", "market_supervision")]) for role in roles()}
    return whole | part


def _ask(client: TestClient, asked: Sequence[Access], headers: dict[str, str]) -> list[tuple[Access, int, str]]:
    """Operations with the status and the code of the answer, where each is given nothing it could act on: a body of the wrong shape, numbers that nothing has.

    The application is called as a server calls it, without a client before it: thousands of answers are read for two words each.
    """

    async def all_of_them() -> list[tuple[Access, int, str]]:
        return [(one, *await _answer(client, one, headers)) for one in asked if one.who]

    assert client.portal is not None
    return client.portal.call(all_of_them)


async def _answer(client: TestClient, one: Access, headers: dict[str, str]) -> tuple[int, str]:
    path = re.sub(r"\{(\w+)(:\w+)?\}", lambda part: PLAIN.get(part[1], "987654321"), one.shown)
    body = b"" if one.method in ("GET", "DELETE") else b"[]"
    headers = {} if one.who == "public" else headers  # signing out would end the session
    named = {"host": "testserver", "content-type": "application/json", "content-length": str(len(body)), **headers}
    waiting: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
    said: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": one.method,
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("testclient", 50000),
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(LIGHT.get(one.path, {})).encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
        "state": client.app_state.copy(),
    }
    with suppress(Exception):  # a fault is answered with 500 first
        await client.app(scope, receive, send)
    kind = dict(said[0]["headers"]).get(b"content-type", b"")
    content = b"".join(message.get("body", b"") for message in said[1:])
    told = json.loads(content) if b"json" in kind and content else {}
    return said[0]["status"], str(told.get("code", "")) if isinstance(told, dict) else ""


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.method} {one.shown}")
def test_every_operation_says_what_it_takes(one: Access) -> None:
    assert one.who, f"{one.method} {one.path}: declare dependencies=[needs(…)] (api/authority.py)"


@pytest.mark.parametrize("role", roles())
def test_a_role_may_do_what_it_carries_and_nothing_else(served: TestClient, headers: dict[str, dict[str, str]], role: str) -> None:
    held, wrong = roles()[role].may, []
    for one, status, code in _ask(served, ALL, headers[role]):
        allowed = one.open_to(held)
        if (allowed and code in REFUSED) or (not allowed and (status, code) != (403, "permission_required")) or status >= 500:
            wrong.append(f"{one.method} {one.shown}: {status} {code}, {'allowed' if allowed else 'refused'} by the matrix")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", roles())
def test_what_is_of_the_whole_province_is_refused_to_a_part_of_it(
    served: TestClient, headers: dict[str, dict[str, str]], role: str
) -> None:
    held, wrong = roles()[role].may, []
    for one, status, code in _ask(served, [one for one in ALL if one.open_to(held)], headers[f"yichang:{role}"]):
        if ((status, code) == (403, "scope_whole_required")) != one.whole:
            wrong.append(f"{one.method} {one.shown}: {status} {code}, {'whole' if one.whole else 'within'} by the matrix")
    assert not wrong, "\n".join(wrong)


def test_nobody_may_do_anything_but_what_is_public(served: TestClient) -> None:
    wrong = []
    for one, status, code in _ask(served, ALL, {}):
        if (code == "not_signed_in") != (one.who != "public"):
            wrong.append(f"{one.method} {one.shown}: {status} {code}")
    assert not wrong, "\n".join(wrong)


def test_the_matrix_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {(one["method"], one["path"]): one for one in told["operations"]}
    assert len(rows) == len(ALL)
    approve = rows["POST", "/api/v1/rules/{kind}/{name}/versions/{version}/approve"]
    assert (approve["takes"], approve["scope"], approve["roles"]) == (["rules.approve"], "whole", ["approver"])
    assert rows["GET", "/healthz"]["scope"] == "public"
    assert main([]) == 0
    text = capsys.readouterr().out
    assert "| `GET /api/v1/signals` | signals.read | within | ● | ● | ● | ● | ● | · | · | · | · |" in text
    assert text.count("\n| `") == len(permissions()) + len(ALL)


def test_a_route_that_says_nothing_is_seen(served: TestClient) -> None:
    app = create_app(Settings(home=Path(), database_url="sqlite://"))

    @app.get("/new")
    def new() -> None: ...

    assert [one.path for one in operations(app) if not one.who and one.path == "/new"] == ["/new"]
    assert {"method": "GET", "path": "/new", "takes": [], "scope": "", "roles": []} in matrix(app)["operations"]
    assert "`GET /new`" in as_markdown(matrix(app))


def test_a_slip_of_the_pen_in_a_declaration_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"alerts\.raed"):
        needs("alerts.raed")
