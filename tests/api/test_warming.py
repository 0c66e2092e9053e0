"""A fresh server gets ready for its first visitor by itself: in order, whatever fails, until it is told to stop; and its kept files are packed once."""

from __future__ import annotations

import gc
import gzip
import re
import threading
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import workbench
from api.app import create_app, served
from api.operations import Operation
from api.warming import Warming, steps_of
from risk.settings import Settings

WEB = Path(__file__).parents[2] / "api" / "web" / "src"


def test_every_step_is_taken_in_order_and_a_failing_one_stops_none() -> None:
    done: list[str] = []

    def fails() -> None:
        raise RuntimeError("not today")

    warming = Warming((lambda: done.append("one"), fails, lambda: done.append("two")))
    warming.start()
    warming.wait()
    assert done == ["one", "two"]


def test_no_step_begins_once_it_is_told_to_stop() -> None:
    begun, go, done = threading.Event(), threading.Event(), []

    def first() -> None:
        begun.set()
        go.wait(30)

    warming = Warming((first, lambda: done.append("second")))
    warming.start()
    assert begun.wait(30)
    warming.stop(0.0)
    go.set()
    warming.wait()
    assert not done


def test_a_step_waits_while_somebody_waits_for_an_answer() -> None:
    waits, done = iter((0.0, 0.0, 1.0)), list[str]()
    seen: list[float] = []

    def idle() -> float:
        seen.append(next(waits))
        return seen[-1]

    warming = Warming((lambda: done.append("one"), lambda: done.append("two")), idle=idle)
    warming.start()
    warming.wait()
    assert done == ["one", "two"]
    assert seen == [0.0, 0.0, 1.0]


def test_what_is_warmed_is_what_pages_ask(tmp_path: Path) -> None:
    settings = Settings.from_environment({"RISK_HOME": str(tmp_path)})
    app = create_app(settings)
    with TestClient(app):
        steps = steps_of(app, app.state.services)
        named = {step.__name__: step for step in steps}
        assert list(named) == ["pack", "tasks", "situation", "rules", "judging", "registry", "operations", "stays"]
        for name in ("tasks", "situation", "rules", "registry"):  # each of them works on an empty store
            named[name]()
        for step in steps:
            if step.__name__ == "operations":
                step()
        assert all(route.made for route in app.router.routes if isinstance(route, Operation))


def test_garbage_is_collected_once_the_application_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``risk serve`` stops the collector for its start."""
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    gc.disable()
    try:
        served()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()


def test_kept_files_are_packed_once_and_sent_so_to_whoever_takes_it(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    script = "const words = " + repr(["risk"] * 500)
    (tmp_path / "assets" / "page-abc.js").write_text(script)
    app = FastAPI()
    workbench.install(app, tmp_path)
    with TestClient(app) as client:
        with client.stream("GET", "/ui/assets/page-abc.js", headers={"Accept-Encoding": "gzip"}) as answer:
            sent = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) == len(sent) < len(script)
        assert gzip.decompress(sent).decode() == script
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-security-policy"] == workbench.POLICY
        plain = client.get("/ui/assets/page-abc.js", headers={"Accept-Encoding": "identity"})
        assert plain.text == script
        assert "content-encoding" not in plain.headers
        assert client.get("/ui/assets/none.js").status_code == 404
        assert client.get("/ui/any/page", headers={"Accept": "text/html"}).text == "<!doctype html>"
        assert client.get("/ui/", headers={"Accept": "*/*"}).text == "<!doctype html>"
        assert client.get("/ui", headers={"Accept": "text/html"}).text == "<!doctype html>"
        assert client.get("/ui/any/picture.png", headers={"Accept": "image/png"}).status_code == 404
        assert client.get("/ui/assets/none.js", headers={"Accept": "text/html"}).status_code == 404
        assert client.post("/ui/any/page").status_code == 405


@pytest.mark.skipif(not WEB.is_dir(), reason="without the source of the workbench")
def test_elements_that_pages_use_are_registered_with_their_style() -> None:
    pages = "\n".join(file.read_text(encoding="utf-8") for file in WEB.rglob("*.vue"))
    used = set(re.findall(r"<el-([a-z-]+)", pages))
    source = (WEB / "elements.ts").read_text(encoding="utf-8")
    listed = source.partition("const USED")[2]
    missing = {name for name in used if not re.search(rf"\bEl{''.join(part.title() for part in name.split('-'))}\b", listed)}
    assert not missing
    assert not {name for name in used - {"config-provider"} if f"components/{name}/style/css" not in source}  # that one draws nothing
