"""Operations are put together when they are first asked for, once, whoever asks, and are the same as FastAPI's own."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api.operations import Operation, Router

REFUSED: dict[int | str, dict[str, Any]] = {404: {"description": "not found"}}


def _read(number: int, deep: bool = False) -> dict[str, int]:
    """One thing."""
    return {"number": number, "deep": int(deep)}


def _declare(router: APIRouter) -> APIRouter:
    router.get("/{number}", summary="one")(_read)
    router.post("", status_code=201, responses={409: {"description": "conflict"}})(_read)
    router.get("/{number}/hidden", include_in_schema=False)(_read)
    return router


def _ours() -> tuple[FastAPI, list[Operation]]:
    router = _declare(Router(prefix="/things", tags=["things"]))
    assert isinstance(router, Router)
    app, found = FastAPI(), list(router.under("/api", REFUSED))
    app.router.routes.extend(found)
    return app, found


def _theirs() -> FastAPI:
    app = FastAPI()
    app.include_router(_declare(APIRouter(prefix="/things", tags=["things"])), prefix="/api", responses=REFUSED)
    return app


def test_what_is_not_asked_for_is_not_put_together() -> None:
    app, (one, new, hidden) = _ours()
    with TestClient(app) as client:
        assert client.get("/api/things/7?deep=1").json() == {"number": 7, "deep": 1}
        assert (one.made, new.made, hidden.made) == (True, False, False)
        assert client.get("/api/things/x").status_code == 422
        assert client.delete("/api/things/7").status_code == 405
        assert client.get("/api/other").status_code == client.get("/api/things/7/8/9").status_code == 404
        assert client.post("/api/things?number=1").status_code == 201
        assert (new.made, hidden.made) == (True, False)


@pytest.mark.parametrize("root", ["", "/behind/a/proxy"])
def test_the_description_and_the_answers_are_those_of_fastapi(root: str) -> None:
    ours, theirs = _ours()[0], _theirs()
    assert ours.openapi() == theirs.openapi()
    for path in ("/api/things/7", "/api/things/7/hidden", "/api/things", "/api/things/", "/api/thing"):
        given = [TestClient(app, root_path=root).get(root + path, follow_redirects=False) for app in (ours, theirs)]
        assert given[0].status_code == given[1].status_code, path
        assert given[0].content == given[1].content
        assert given[0].headers.get("location") == given[1].headers.get("location")


def test_threads_that_ask_at_once_find_one_operation() -> None:
    _, (one, *_) = _ours()
    together, seen = threading.Barrier(8), []

    def ask() -> None:
        together.wait()
        seen.append((id(one.dependant), id(one.app)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    assert isinstance(one, APIRoute)


def test_a_wrong_signature_is_told_whenever_it_is_asked_for() -> None:
    def wrong(what: object) -> threading.Event:
        raise AssertionError(what)

    operation = Operation("/wrong", wrong)
    for _ in range(2):
        with pytest.raises(Exception, match="Invalid args"):
            operation.make()
    assert not operation.made
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = Operation("/right", _read).nothing_of_the_kind
