"""Archives over HTTP: asked for beside the request, listed, read where they lie."""

from __future__ import annotations

import shutil
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from risk.settings import Settings
from risk.storage.engine import open_engine
from tests.risk.archive_world import MONTH, NOW, fill, ready
from tests.risk.run_world import PLAIN


def test_a_month_is_archived_read_and_brought_back(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "risk.db"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    ready(engine, tmp_path, monkeypatch)
    ids = fill(engine)
    engine.dispose()
    moments = count()
    settings = Settings(home=tmp_path, database_url=f"sqlite:///{path}", rate="off")
    app = create_app(settings, clock=lambda: NOW + timedelta(milliseconds=next(moments)))
    with TestClient(app, headers={"X-Actor": "z"}) as client:

        def ask(**what: Any) -> dict[str, Any]:
            answer = client.post("/api/v1/archives", json=what)
            assert answer.status_code == 202, answer.text
            assert app.state.services.background.wait(30)
            told = client.get(answer.headers["Location"]).json()
            assert told["status"] == "done", told
            result: dict[str, Any] = told["detail"]["result"]
            return result

        assert client.get("/api/v1/archives").json()["items"] == []
        assert client.post("/api/v1/archives", json={"what": "restore", "month": MONTH}).status_code == 404
        (made,) = ask(month=MONTH)["archives"]
        assert (made["month"], made["status"]) == (MONTH, "done")
        (row,) = client.get("/api/v1/archives", params={"month": MONTH}).json()["items"]
        assert row == client.get(f"/api/v1/archives/{made['id']}").json()
        assert ask(what="verify") == {"verified": 1, "faults": []}
        assert client.get(f"/api/v1/signals/{ids[0]}").status_code == 404
        place = f"/api/v1/archives/months/{MONTH}/signals"
        found = client.get(place, params={"text": PLAIN, "limit": 3}).json()
        assert [one["signal"]["id"] for one in found["items"]] == ids[:3]
        assert client.get(f"{place}/{ids[0]}").json()["text"] == PLAIN
        assert client.get(place).status_code == 422
        assert client.get(f"{place}/{10**9}").status_code == 404
        ask(what="restore", month=MONTH)
        assert client.get(f"/api/v1/signals/{ids[0]}").json()["text"] == PLAIN
