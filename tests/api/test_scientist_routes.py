"""What the workbench asks about models: all at a glance, the curve of precision against capacity, a check and a training begun by hand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from risk.scheduling import use_cases
from risk.scoring.keys import KEYS
from risk.services import model_health, model_pairs, model_tasks
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import MODEL

V1 = "/api/v1"
WHO = {"X-Actor": quote("张三")}


def test_models_at_a_glance(client: TestClient, settings: Settings, world: datetime) -> None:
    folder = settings.registry_dir / "artifacts" / "one"
    folder.mkdir(parents=True)
    figure = {"value": 0.8, "low": 0.7, "high": 0.9}
    (folder / "manifest.json").write_text(
        json.dumps({"training": {"out_of_fold": {"n": 300, "metrics": {"average_precision": figure, "f1": None}}}})
    )
    (settings.registry_dir / "champions.json").write_text(json.dumps({MODEL: {"version": 3, "path": "artifacts/one", "checksum": "0"}}))
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        figures = {"model": MODEL, "as_of": world, "part": "", "n": 200, "limit_value": 0.25, "value": 0.4, "detail": {}}
        conn.execute(
            insert(t.health_figures), [figures | {"name": "score_drift", "crossed": True}, figures | {"name": "other", "crossed": False}]
        )
        model_tasks.open_task(conn, MODEL, model_health.KINDS[0], {}, now=world, actor="作业")
    engine.dispose()
    told = {one["key"]: one for one in client.get(f"{V1}/models/overview").json()}
    assert tuple(told) == KEYS
    one = told[MODEL]
    assert (one["champion"], one["measured"], one["metrics"]) == (3, 300, {"average_precision": figure})
    assert (one["crossed"], [each["name"] for each in one["health"]], one["open_tasks"]) == (["score_drift"], ["score_drift"], 1)
    assert {each["champion"] for key, each in told.items() if key != MODEL} == {None}


def test_the_curve_falls_with_the_cut(client: TestClient, world: datetime) -> None:
    later = (world + timedelta(days=1)).isoformat()
    told = client.get(f"{V1}/grades/{MODEL}/curve", params={"until": later, "as_of": later}).json()
    counts = [point["alerts"] for point in told["points"]]
    assert (told["cases"], told["labelled"], counts[0], counts[-1]) == (3, 0, 3, 0)
    assert counts == sorted(counts, reverse=True)
    assert told["cutoffs"]["blue"] == 0.4
    assert {point["precision"]["value"] for point in told["points"]} == {None}
    assert client.get(f"{V1}/grades/nothing/curve").json()["code"] == "unknown_model"


@pytest.mark.parametrize(
    ("path", "body", "use_case"),
    [("/trainings", {"model": MODEL}, "retrain"), (f"/models/{MODEL}/health/checks", {}, "model_health")],
)
def test_work_that_a_person_starts(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, str], use_case: str
) -> None:
    seen: list[dict[str, Any]] = []

    def noted(_tools: Any, arguments: Any) -> dict[str, Any]:
        seen.append(dict(arguments))
        return {}

    monkeypatch.setitem(use_cases.USE_CASES, use_case, noted)
    assert client.post(V1 + path, json=body).json()["code"] == "actor_required"
    answer = client.post(V1 + path, json=body, headers=WHO)
    assert answer.status_code == 202, answer.text
    assert client.app.state.services.background.wait(30)  # type: ignore[attr-defined]
    assert seen[0]["models"] == [MODEL]
    assert seen[0]["actor"] == "张三"
    assert client.get(answer.headers["Location"]).json()["status"] == "done"


def test_what_the_gate_found_stands_beside_the_versions(settings: Settings, client: TestClient, world: datetime) -> None:
    found = {"average_precision": {"value": 0.04, "low": 0.01, "high": 0.07}}
    row = {
        "key": "k1",
        "model": MODEL,
        "as_of": world,
        "status": "done",
        "champion": "1",
        "challenger": "2",
        "decision": "kept",
        "started_at": world,
    }
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        conn.execute(insert(t.trainings).values(row | {"detail": {"labels": 9, "gate": {"differences": found, "slices": {}, "n": 80}}}))
    (told,) = model_pairs.stored(engine, MODEL, 2, 1)
    assert (told["differences"], told["n"], told["champion"]) == (found, 80, 1)
    engine.dispose()
