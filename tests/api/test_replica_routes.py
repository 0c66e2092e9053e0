"""Two addresses of one service: searches and figures may come from the replica, what a person works on never does."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from risk.services.desk import Desk
from risk.services.replica import Replica
from risk.storage import migrate
from risk.storage.engine import open_engine

POSTED = {"source": "two", "signals": [{"text": "三个疗程根治糖尿病", "time": "2026-10-12 10:00", "region": "420502"}]}


def test_searches_may_be_old_and_what_one_works_on_is_not(client: TestClient, tmp_path: Path) -> None:
    other = open_engine(f"sqlite:///{tmp_path / 'replica.db'}")
    migrate.upgrade(other)
    desk: Desk = client.app.state.services.desk  # type: ignore[attr-defined]
    assert client.post("/api/v1/signals", json=POSTED, headers={"X-Actor": "ann"}).json()["accepted"] == 1
    desk.replica = Replica(other, 5.0)
    try:
        assert client.get("/api/v1/signals").json()["items"] == []
        assert client.get("/api/v1/signals/1").status_code == 200
        assert client.get("/api/v1/overview").status_code == 200
        desk.replica = Replica(other, 5.0, behind=lambda _: 6.0)
        assert len(client.get("/api/v1/signals").json()["items"]) == 1
    finally:
        desk.replica = None
        other.dispose()
