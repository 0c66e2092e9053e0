"""Signals are found by words that may be shown, and by nothing that is masked; by channel, kind, time and whether they were judged."""

from __future__ import annotations

from starlette.testclient import TestClient

from risk.settings import Settings
from risk.storage.engine import open_engine, transaction
from tests.risk.run_world import put

V1 = "/api/v1/signals"


def test_a_search_tells_nothing_that_is_masked(client: TestClient, settings: Settings) -> None:
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        first, second = put(conn, ["祖传秘方，电话13800138000", "本店今日营业"])
    engine.dispose()

    def found(**asked: object) -> list[int]:
        answer = client.get(V1, params={name: str(value) for name, value in asked.items()})
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]

    assert found(text="祖传") == [first]
    assert found(text="13800138000") == []
    assert found(text="138****8000") == []
    assert found(text="营业", kind="content", judged=False) == [second]
    assert found(judged=True) == []
    assert found(until="2000-01-01T00:00:00+08:00") == []
    assert client.get("/api/v1/subjects/999999/relations").status_code == 404
