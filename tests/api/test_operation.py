"""What an operator asks of a running service: does it live, can it work, its figures, its traces; and the audit over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import create_app
from risk.services import auditing
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import NOW

TRACE = "0af7651916cd43dd8448eb211c80319c"


def series(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    found = text_string_to_metric_families(answer.text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in found for one in family.samples}


def test_figures_of_the_chain(world: datetime, client: TestClient) -> None:
    found = series(client)
    assert found["risk_alerts", (("grade", "orange"), ("model", "false_medical_advertising"), ("state", "tasked"))] == 1
    assert found["risk_tasks", (("state", "issued"),)] == 2
    assert found["risk_run_candidates_total", (("model", "false_medical_advertising"), ("outcome", "new"))] == 2
    assert found["risk_run_candidates_total", (("model", "false_medical_advertising"), ("outcome", "below_grade"))] == 1
    assert found["risk_run_balance_gap", (("model", "false_medical_advertising"),)] == 0
    assert found["risk_tasks_overdue", ()] == 0


def test_figures_of_requests_are_by_template(world: datetime, client: TestClient) -> None:
    for number in (1, 2, 999):
        client.get(f"/api/v1/tasks/{number}")
    client.get("/api/v1/no-such-thing/7")
    client.request("BREW", "/api/v1/tasks")
    found = series(client)
    tasks = {
        key[1]: value
        for key, value in found.items()
        if key[0] == "risk_http_requests_total" and ("route", "/api/v1/tasks/{task_id}") in key[1]
    }
    assert sorted(tasks.values()) == [1.0, 2.0]
    routes = {dict(labels)["route"] for name, labels in found if name == "risk_http_requests_total"}
    assert "none" in routes
    assert not any(any(c.isdigit() for c in route.replace("/v1", "")) for route in routes)
    assert {dict(labels)["method"] for name, labels in found if name == "risk_http_requests_total"} <= {"GET", "other"}


def test_a_trace_is_gone_on_with(world: datetime, client: TestClient, settings: Settings) -> None:
    answer = client.post("/api/v1/tasks/1/sign", json={"actor": "张三"}, headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Trace-Id"] == TRACE
    assert answer.headers["traceparent"].split("-")[1] == TRACE
    made = client.get("/healthz").headers["X-Trace-Id"]
    assert len(made) == 32
    assert made != TRACE
    rows = client.get("/api/v1/audit", params={"trace": TRACE}).json()["items"]
    assert [(row["action"], row["object"]) for row in rows] == [("task.sign", "task:1")]
    engine = open_engine(settings.database_url)
    with engine.connect() as conn:
        assert TRACE in conn.scalars(t.task_events.select().with_only_columns(t.task_events.c.trace_id)).all()
    engine.dispose()


def test_ready_says_why_not(client: TestClient, settings: Settings) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert {one["check"] for one in answer.json()["checks"]} == {"database", "revision", "folder", "key"}
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "secret.key").write_text("no key at all")
    answer = client.get("/readyz", params={"lang": "en"})
    assert answer.status_code == 503
    assert "secret key" in answer.json()["detail"]
    (settings.home / "secret.key").unlink()
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    engine.dispose()
    answer = client.get("/readyz", params={"lang": "en"})
    assert answer.status_code == 503
    assert "0000" in answer.json()["detail"]


def test_ready_tells_whether_the_models_are_loaded(settings: Settings) -> None:
    from risk.services import ready

    engine = open_engine(settings.database_url)
    for models, said in ((False, "are being loaded"), (True, "are loaded")):
        found = ready.examine(engine, settings, models=models)
        assert found.ready
        assert [(one.ok, said in one.en) for one in found.checks if one.check == "models"] == [(models, True)]
    assert "models" not in {one.check for one in ready.examine(engine, settings).checks}
    engine.dispose()


def test_a_full_disk_is_not_ready(settings: Settings, engine_url: object) -> None:
    from dataclasses import replace

    from risk.services import ready

    engine = open_engine(settings.database_url)
    found = ready.examine(engine, replace(settings, least_free_mb=100), free=lambda _: 99_000_000)
    assert not found.ready
    assert [one.check for one in found.checks if not one.ok] == ["folder"]
    engine.dispose()


@pytest.fixture
def audited(settings: Settings) -> Settings:
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        for number in range(3):
            auditing.record(conn, "张三", "task.sign", f"task:{number}", {"phone": "13800138000", "note": "=1+1"}, NOW)
    engine.dispose()
    return settings


def test_the_audit_is_listed_verified_and_exported(audited: Settings, client: TestClient) -> None:
    first = client.get("/api/v1/audit", params={"limit": 2, "object": "task"}).json()
    assert [row["object"] for row in first["items"]] == ["task:2", "task:1"]
    assert first["items"][0]["detail"]["phone"] == "138****8000"
    rest = client.get("/api/v1/audit", params={"limit": 2, "object": "task", "cursor": first["cursor"]}).json()
    assert [row["object"] for row in rest["items"]] == ["task:0"]
    checked = client.get("/api/v1/audit/verification").json()
    assert checked["sound"]
    answer = client.post("/api/v1/audit/exports", json={"format": "csv", "object": "task"}, headers={"X-Actor": "auditor"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Complete"] == "true"
    assert answer.text.count("\r\n") == 4
    assert "13800138000" not in answer.text
    newest = client.get("/api/v1/audit", params={"action": "audit.export"}).json()["items"][0]
    assert newest["detail"]["sha256"] == answer.headers["X-Content-SHA256"]


@pytest.fixture
def signal(settings: Settings, world: datetime) -> Iterator[int]:
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        number = conn.scalars(t.signals.select().with_only_columns(t.signals.c.id)).first()
        conn.execute(
            t.signals.update().where(t.signals.c.id == number).values(text="加微信hb880123，电话13800138000", fields={"联系人": "王五"})
        )
    assert number is not None
    yield int(number)
    engine.dispose()


def test_unmasking_takes_a_reason_is_recorded_and_counted(signal: int, settings: Settings) -> None:
    from dataclasses import replace

    with TestClient(create_app(replace(settings, unmaskings_a_day=2), clock=lambda: NOW), raise_server_exceptions=False) as client:
        shown = client.get(f"/api/v1/signals/{signal}").text
        assert "13800138000" not in shown
        assert "hb880123" not in shown
        assert "王五" not in shown
        for path in (
            "/api/v1/signals",
            "/api/v1/tasks/1",
            "/api/v1/tasks/2",
            "/api/v1/alerts/1",
            "/api/v1/alerts/2",
            "/api/v1/assessments/1",
            "/api/v1/assessments/2",
        ):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert "13800138000" not in answer.text, path
            assert "hb880123" not in answer.text, path
        head = {"X-Actor": "li"}
        assert client.post("/api/v1/unmaskings", json={"object": f"signal:{signal}", "reason": ""}, headers=head).status_code == 422
        assert (
            client.post("/api/v1/unmaskings", json={"object": "signal:99999", "reason": "联系举报人核实"}, headers=head).status_code == 404
        )
        assert client.post("/api/v1/unmaskings", json={"object": "alert:1", "reason": "联系举报人核实"}, headers=head).status_code == 422
        answer = client.post("/api/v1/unmaskings", json={"object": f"signal:{signal}", "reason": "联系举报人核实"}, headers=head)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json() == {
            "object": f"signal:{signal}",
            "parts": {"text": "加微信hb880123，电话13800138000", "fields": {"联系人": "王五"}},
            "hidden": ["text", "fields"],
            "left_today": 1,
        }
        assert (
            client.post("/api/v1/unmaskings", json={"object": f"signal:{signal}", "reason": "再次核实"}, headers=head).json()["left_today"]
            == 0
        )
        refused = client.post("/api/v1/unmaskings", json={"object": f"signal:{signal}", "reason": "第三次核实"}, headers=head)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        other = client.post(
            "/api/v1/unmaskings", json={"object": f"signal:{signal}", "reason": "联系举报人核实"}, headers={"X-Actor": "wang"}
        )
        assert other.status_code == 200
        rows = client.get("/api/v1/audit", params={"action": "personal.unmask"}).json()["items"]
        assert [(row["actor"], row["object"], row["detail"]["reason"]) for row in rows][-1] == ("li", f"signal:{signal}", "联系举报人核实")
        assert "13800138000" not in json.dumps(rows)


def test_metrics_are_for_this_machine_or_a_key(client: TestClient) -> None:
    """The test's client is no loopback address: it comes in as whoever sits here; through a proxy nobody does."""
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code in (401, 403)
