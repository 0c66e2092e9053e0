"""Refusals: RFC 9457 in both languages, nothing leaks, nobody from elsewhere gets in."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from risk.services import views_loop
from risk.settings import Settings


@pytest.mark.parametrize(
    ("language", "title", "detail"), [("zh-CN,zh;q=0.9", "未找到", "没有编号为 7 的任务"), ("en", "Not Found", "no task with the number 7")]
)
def test_not_found_reads_like_this(client: TestClient, language: str, title: str, detail: str) -> None:
    answer = client.get("/api/v1/tasks/7", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:risk:problem:task_not_found",
        "title": title,
        "status": 404,
        "code": "task_not_found",
        "detail": detail,
        "instance": "/api/v1/tasks/7",
    }


def test_a_query_parameter_beats_the_header(client: TestClient) -> None:
    assert client.get("/api/v1/tasks/7?lang=zh", headers={"Accept-Language": "en"}).headers["content-language"] == "zh"


def test_validation_names_the_fields(client: TestClient) -> None:
    answer = client.post("/api/v1/tasks/1/report", json={"actor": "x", "code": "30", "colour": 1}, headers={"Accept-Language": "zh"})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "validation_failed")
    assert {e["field"]: e["message"] for e in body["errors"]} == {
        "body.facts": "缺少此项",
        "body.officers": "缺少此项",
        "body.colour": "没有这一项",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "path_not_found"),
        ("DELETE", "/api/v1/alerts", 405, "method_not_allowed"),
        ("GET", "/api/v1/tasks/99999999999999999999", 422, "validation_failed"),
        ("GET", "/api/v1/signals?source=%00", 422, "validation_failed"),
        ("GET", "/api/v1/signals?region=Atlantis", 422, "region_not_known"),
        ("GET", "/api/v1/signals?since=0001-01-01", 422, "validation_failed"),
        ("GET", "/api/v1/tasks?campaign=99999999999999999999", 422, "validation_failed"),
        ("POST", "/api/v1/signals", 422, "validation_failed"),
    ],
)
def test_refusals_are_problems(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"], answer.headers["content-type"]) == (status, code, "application/problem+json")


def test_nobody_acts_without_a_name(client: TestClient) -> None:
    assert client.post("/api/v1/tasks/1/sign", json={}).json()["code"] == "actor_required"


@pytest.mark.parametrize("rows", [[], [{"text": "x"}] * 1001])
def test_posts_are_bounded(client: TestClient, rows: list[dict[str, str]]) -> None:
    assert client.post("/api/v1/signals", json={"source": "x", "actor": "a", "signals": rows}).status_code == 422


def test_what_no_database_can_keep_is_quarantined(client: TestClient) -> None:
    body = b'{"source":"x","actor":"a","signals":[{"text":"a\\u0000b"},{"text":"\\ud800"},{"text":"ok","k\\u0000":"v","n":NaN,"d":[[1]]}]}'
    answer = client.post("/api/v1/signals", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert [row["outcome"] for row in answer.json()["rows"]] == ["quarantined", "quarantined", "accepted"]


def test_a_body_beyond_the_limit_is_refused(client: TestClient) -> None:
    part = b" " * (1024 * 1024)
    for content in (part * 33, iter([part] * 33)):  # with and without a length said beforehand
        answer = client.post("/api/v1/signals", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_the_unexpected_says_nothing_of_itself(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=secret")

    monkeypatch.setattr(views_loop, "loop", broken)
    answer = client.get("/api/v1/loop", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


def test_readiness_says_when_the_database_is_another(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from risk.storage import migrate

    monkeypatch.setattr(migrate, "head", lambda: "9999")
    assert client.get("/readyz").json()["code"] == "not_ready"


def test_other_hosts_clients_and_sites_are_refused(settings: Settings) -> None:
    app = create_app(settings)
    with TestClient(app, client=("127.0.0.1", 5)) as near:
        assert near.get("/healthz", headers={"host": "127.0.0.1:8000"}).status_code == 200
        assert near.get("/healthz", headers={"host": "[::1]:8000"}).status_code == 200
        assert near.get("/healthz", headers={"host": "evil.example"}).json()["code"] == "host_not_allowed"
        assert near.get("/healthz", headers={"host": "testserver"}).json()["code"] == "host_not_allowed"
        for header in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            assert (
                near.post("/api/v1/reports", json={"actor": "x"}, headers={"host": "localhost:8000", **header}).json()["code"]
                == "cross_site"
            )
        own = {"host": "localhost:8000", "origin": "http://localhost:8000"}
        assert near.post("/api/v1/reports", json={"actor": "x"}, headers=own).json()["code"] == "no_runs"
    with TestClient(app, client=("10.0.0.7", 5)) as far:
        assert far.get("/healthz", headers={"host": "127.0.0.1"}).json()["code"] == "client_not_loopback"


@pytest.mark.parametrize("value", [[2**70], {"a": [-(2**70)]}, [2**63 - 1, {"": 1e300}]])
def test_numbers_of_any_size_are_kept_wherever_they_stand(client: TestClient, value: object) -> None:
    answer = client.post(
        "/api/v1/signals", json={"source": "x", "actor": "a", "signals": [{"text": "好", "beside": value}, {"kind": "?", "beside": value}]}
    )
    assert (answer.status_code, answer.json()["accepted"], answer.json()["quarantined"]) == (200, 1, 1)


def test_a_notice_with_any_line_ends_is_read_or_refused(client: TestClient) -> None:
    sent = {"year": 2099, "source": "x", "actor": "a"}
    refused = client.post("/api/v1/calendar/notices", json={**sent, "text": "\u2795\x8d\r\xd1"})
    assert (refused.status_code, refused.json()["code"]) == (422, "calendar_columns")
    assert client.post("/api/v1/calendar/notices", json={**sent, "text": "date,kind\r2099-01-01,holiday\r"}).status_code == 200
