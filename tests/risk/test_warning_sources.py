"""Outside warning systems as sources: a real installed plug-in, a folder, an address; each with a cursor, a quarantine and a health of its own."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, select

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.scheduling.use_cases import Tools, use_case
from risk.services import lease, warning_sources
from risk.services.warning_sources import Poll
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import NOW
from tests.risk.exchange_world import golden

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "samples" / "warning_source"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, installed by an installer into a folder of its own, without network."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    source = tmp_path_factory.mktemp("source") / "warning_source"
    shutil.copytree(SAMPLE, source, ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--disable-pip-version-check"]
    if importlib.util.find_spec("pip") is None:
        if shutil.which("uv") is None:
            pytest.skip("neither pip nor uv is installed")
        pip = ["uv", "pip", "install", "--offline", "--python", sys.executable]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--quiet", "--target", str(folder), str(source)], check=True, capture_output=True
    )
    return folder


@pytest.fixture
def plugged(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process in which the package is installed."""
    monkeypatch.syspath_prepend(str(installed))
    yield
    for name in [one for one in sys.modules if one.startswith("risk_sample_source")]:
        del sys.modules[name]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


def add(engine: Engine, settings: Settings, name: str, kind: str, **options: Any) -> None:
    with transaction(engine) as conn:
        warning_sources.add(conn, name, kind, options, settings=settings, actor="管理员", now=NOW)


def poll(engine: Engine, settings: Settings, name: str) -> Poll:
    return warning_sources.poll(engine, settings, name, actor="管理员", clock=lambda: NOW)


def raised(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as conn:
        w = t.outside_warnings.c
        return [tuple(row) for row in conn.execute(select(w.system, w.warning_id, w.model).order_by(w.id))]


@pytest.mark.usefixtures("plugged")
def test_a_plug_in_is_asked_page_by_page_and_never_twice(engine: Engine, settings: Settings) -> None:
    add(engine, settings, "某银行", "bank-watch")
    first = poll(engine, settings, "某银行")
    assert (first.fetched, first.accepted, first.quarantined, first.error) == (2, 1, 1, None)  # "？" is no grade: it waits
    second = poll(engine, settings, "某银行")
    assert (second.fetched, second.accepted) == (1, 1)
    third = poll(engine, settings, "某银行")
    assert (third.fetched, third.accepted) == (0, 0)
    assert raised(engine) == [("某银行", "B-1", "illegal_fundraising.solicitation"), ("某银行", "B-3", "illegal_fundraising.solicitation")]
    with reading(engine) as conn:
        row = warning_sources.get_source(conn, "某银行")
        waiting = conn.execute(
            select(t.exchange_received.c.source, t.exchange_received.c.problems).where(t.exchange_received.c.state == "quarantined")
        ).one()
        assert conn.scalar(select(t.warning_sources.c.cursor)) == "page-3"
        assert conn.scalars(select(t.alerts.c.origin)).all() == ["warning", "warning"]
    assert (row.state, row.accepted, row.quarantined, row.succeeded_at) == ("ok", 2, 1, NOW)
    assert waiting.source == "某银行"
    assert waiting.problems[0]["column"] == "fxyjlevel"


@pytest.mark.usefixtures("plugged")
def test_a_source_that_fails_costs_itself_alone(engine: Engine, settings: Settings) -> None:
    add(engine, settings, "坏的", "broken")
    add(engine, settings, "银行", "bank-watch")
    add(engine, settings, "停用的", "bank-watch")
    with transaction(engine) as conn:
        warning_sources.switch(conn, "停用的", on=False, actor="管理员", now=NOW)
    tools = Tools(engine, settings, lambda: pytest.fail("no scorer is needed"), clock=lambda: NOW)
    told = use_case("poll_warnings")(tools, {})
    assert set(told) == {"坏的", "银行"}
    assert told["坏的"]["code"] == "source_failed"
    assert "hunter2" not in str(told)  # what a plug-in says of itself may be secret
    use_case("poll_warnings")(tools, {})
    with reading(engine) as conn:
        health = {row.name: (row.state, row.failures) for row in warning_sources.list_sources(conn)}
    assert health == {"坏的": ("failing", 2), "银行": ("ok", 0), "停用的": ("new", 0)}


def test_a_plug_in_that_is_gone_is_told(engine: Engine, settings: Settings) -> None:
    with transaction(engine) as conn:
        conn.execute(
            t.warning_sources.insert().values(
                name="旧的", kind="bank-watch", options={}, state="ok", actor="x", created_at=NOW, changed_at=NOW
            )
        )
    error = poll(engine, settings, "旧的").error
    assert error is not None
    assert error["code"] == "source_kind_unknown"


def test_files_that_are_dropped_into_a_folder_are_taken_in(engine: Engine, settings: Settings) -> None:
    add(engine, settings, "省厅", "folder")
    assert poll(engine, settings, "省厅") == Poll("省厅")
    place = warning_sources.inbox(settings, "省厅")
    (place / "1.xml").write_bytes(golden("in_signal.xml"))
    (place / "2.xml").write_bytes(golden("in_task.xml"))
    (place / "3.xml").write_bytes(b"<broken>")
    (place / "4.xml.part").write_bytes(b"<half")
    done = poll(engine, settings, "省厅")
    assert (done.accepted, done.error and done.error["code"]) == (2, "source_file_refused")
    assert sorted(str(one.relative_to(place)) for one in place.rglob("*") if one.is_file()) == [
        "4.xml.part", "done/1.xml", "done/2.xml", "refused/3.xml",
    ]  # fmt: skip
    assert [row[0] for row in raised(engine)] == ["省厅", "省厅"]
    (place / "again.xml").write_bytes(golden("in_signal.xml"))
    assert poll(engine, settings, "省厅").accepted == 0


class _Answering(BaseHTTPRequestHandler):
    asked: ClassVar[list[tuple[str, dict[str, Any], str | None]]] = []
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self._answer(query)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, asked: dict[str, Any]) -> None:
        type(self).asked.append((self.command, asked, self.headers.get("Authorization")))
        row = {"id": f"H{asked.get('after', '0')}", "title": "涉嫌非法集资", "lvl": "黄", "at": "2026-10-11 10:00:00"}
        pages = {None: ([row], "1"), "1": ([row], "2"), "2": ([], "2")}
        rows, following = pages[asked.get("after")]
        body = json.dumps({"data": {"rows": rows, "next": following}}).encode()
        self.send_response(type(self).status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """A warning system on this machine."""
    server = HTTPServer(("127.0.0.1", 0), _Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    _Answering.asked, _Answering.status = [], 200
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


OPTIONS: dict[str, Any] = {
    "items": "data.rows",
    "cursor": "data.next",
    "cursor_as": "after",
    "token_env": "RISK_SOURCE_TOKEN_TEST",
    "mapping": {
        "fields": {"rowguid": "id", "fxyjid": "id", "fxyjtitle": "title", "fxyjlevel": "lvl", "fxyjtime": "at"},
        "constants": {"fxyjdomainid": "FFJZ"},
    },
}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_is_asked_with_a_cursor(
    engine: Engine, tmp_path: Path, address: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISK_SOURCE_TOKEN_TEST", "plainly-fake")
    open_to = Settings(home=tmp_path, database_url="", push_allow=address)
    add(engine, open_to, "地址", "http", url=f"{address}/list", method=method, **OPTIONS)
    done = poll(engine, open_to, "地址")
    assert (done.error, done.fetched, done.accepted) == (None, 2, 2)
    assert [asked for _, asked, _ in _Answering.asked] == [{}, {"after": "1"}, {"after": "2"}]
    assert {(how, token) for how, _, token in _Answering.asked} == {(method, "Bearer plainly-fake")}
    again = poll(engine, open_to, "地址")
    assert (again.fetched, again.accepted) == (0, 0)
    assert _Answering.asked[-1][1]["since"].startswith("2026-10-12")
    _Answering.status = 500
    error = poll(engine, open_to, "地址").error
    assert error is not None
    assert error["code"] == "source_status"


def test_an_address_outside_the_list_is_never_asked(engine: Engine, settings: Settings, address: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        add(engine, settings, "地址", "http", url=address, **OPTIONS)
    assert refused.value.code == "guard_not_listed"
    assert _Answering.asked == []


@pytest.mark.parametrize(
    ("name", "kind", "options", "code"),
    [
        ("../x", "folder", {}, "source_name"),
        ("x", "ftp", {}, "source_kind_unknown"),
        ("x", "folder", {"mapping": {"fields": {"nope": "a"}}}, "source_mapping"),
        ("x", "folder", {"mapping": {"domains": {"a": "no_model"}}}, "source_mapping"),
        ("x", "http", {"url": "http://10.0.0.1"}, "source_option"),
        ("x", "http", {"url": "http://10.0.0.1", "items": "a", "token_env": "HOME"}, "source_option"),
    ],
)
def test_a_source_that_cannot_work_is_refused(
    sqlite_engine: Engine, settings: Settings, name: str, kind: str, options: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        add(sqlite_engine, settings, name, kind, **options)
    assert refused.value.code == code


def test_one_process_polls_a_source_at_a_time(engine: Engine, settings: Settings) -> None:
    add(engine, settings, "省厅", "folder")
    with pytest.raises(ConflictError) as twice:
        add(engine, settings, "省厅", "folder")
    assert twice.value.code == "source_exists"
    with pytest.raises(NotFoundError):
        poll(engine, settings, "没有")
    with lease.held(engine, "warning_source:省厅", "another:1:x", lambda: NOW) as mine:
        assert mine is not None
        with pytest.raises(ConflictError) as busy:
            poll(engine, settings, "省厅")
    assert busy.value.code == "source_busy"
    later = NOW + timedelta(minutes=1)
    assert warning_sources.poll_all(engine, settings, actor="x", clock=lambda: later)[0].error is None
