"""The health of models over HTTP: figures, trends, estimates, internal tasks; refusals with their codes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from risk.domain.datafiles import read_toml
from risk.scheduling.jobs import Job
from risk.services import model_tasks
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import MODEL, NOW

V1 = "/api/v1"


def _get(client: TestClient, path: str, status: int = 200, **params: Any) -> Any:
    answer = client.get(V1 + path, params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
def checked(settings: Settings, world: datetime) -> int:
    """Two moments of one figure, and an open task; the task's number."""
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        common = {"model": MODEL, "name": "score_drift", "part": "", "n": 200, "limit_value": 0.25, "detail": {"version": "rules"}}
        rows = [{**common, "as_of": world + timedelta(days=d), "value": v, "crossed": v > 0.25} for d, v in ((0, 0.1), (1, 0.4))]
        conn.execute(insert(t.health_figures), rows)
        number = model_tasks.open_task(conn, MODEL, "score_drift", {"as_of": world.isoformat()}, now=world, actor="作业")
    engine.dispose()
    return number


def test_figures_trend_and_tasks(client: TestClient, checked: int) -> None:
    told = _get(client, f"/models/{MODEL}/health")
    assert [(one["name"], one["value"], one["limit"], one["crossed"]) for one in told["figures"]] == [("score_drift", 0.4, 0.25, True)]
    assert [one["id"] for one in told["tasks"]] == [checked]
    earlier = _get(client, f"/models/{MODEL}/health", as_of=NOW.isoformat())
    assert [one["value"] for one in earlier["figures"]] == [0.1]
    assert [one["value"] for one in _get(client, f"/models/{MODEL}/health/trend", figure="score_drift")] == [0.1, 0.4]
    assert _get(client, f"/models/{MODEL}/health/trend", figure="nothing") == []
    (listed,) = _get(client, "/model-tasks", model=MODEL, state="open")["items"]
    assert listed == _get(client, f"/model-tasks/{checked}")
    closed = client.post(f"{V1}/model-tasks/{checked}/close", json={"actor": "李四", "reason": "已核对"})
    assert closed.json()["reason"] == "已核对"
    again = client.post(f"{V1}/model-tasks/{checked}/close", json={"actor": "李四", "reason": "再"})
    assert (again.status_code, again.json()["code"]) == (409, "model_task_done")
    assert _get(client, "/model-tasks", state="open")["items"] == []


def test_what_is_missed_is_estimated_after_a_draw(client: TestClient, world: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        read_toml("health.toml"), "audit", {"rate": 1.0, "over_capacity_rate": 1.0, "most_per_run": 1000, "most_weight": 10.0}
    )
    told = _get(client, f"/models/{MODEL}/recall")
    assert told["counts"]["runs"] == 0
    background = client.app.state.services.background  # type: ignore[attr-defined]
    background.start(Job("audit_sample", "", "audit_sample"))
    assert background.wait(60)
    told = _get(client, f"/models/{MODEL}/recall", until=world.isoformat())
    assert (told["counts"]["units"], told["counts"]["alerted"], told["counts"]["drawn"]) == (3, 2, 1)
    audits = [row for row in _get(client, "/tasks")["items"] if row["kind"] == "audit"]
    assert [(row["alert_id"], row["grade"]) for row in audits] == [(None, "none")]
    shown = _get(client, f"/tasks/{audits[0]['id']}")
    assert shown["evidence"][0]["probability"] is None
    complaints = _get(client, f"/models/{MODEL}/complaints")
    assert (complaints["confirmed"], complaints["share"]["value"]) == (0, None)


def test_the_job_checks_every_model(client: TestClient, world: datetime) -> None:
    background = client.app.state.services.background  # type: ignore[attr-defined]
    background.start(Job("model_health", "", "model_health", {"models": [MODEL]}))
    assert background.wait(60)
    told = _get(client, f"/models/{MODEL}/health")
    assert {"recall", "complaints_flagged", "score_drift"} <= {one["name"] for one in told["figures"]}
    assert told["as_of"].startswith(f"{world:%Y-%m-%d}")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/models/{MODEL}/health", 404, "health_not_checked"),
        ("/models/no_model/health", 422, "unknown_model"),
        ("/models/no_model/recall", 422, "unknown_model"),
        ("/model-tasks/7", 404, "model_task_not_found"),
    ],
)
def test_refusals(client: TestClient, path: str, status: int, code: str) -> None:
    assert _get(client, path, status)["code"] == code
