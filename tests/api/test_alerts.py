"""Alerts over HTTP: lists in every order, counts, exports, entries by hand, suppressions; nothing of elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.domain.grades import Grade
from risk.services.alerts import settle
from risk.services.dispatch import seed_offices
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects

V1 = "/api/v1"
ENTRY = {
    "actor": "张三",
    "key": "k1",
    "model": "false_medical_advertising",
    "reason": "来电人描述具体",
    "text": "=三个疗程根治糖尿病，电话13800001234",
    "as_seen": True,
    "subject": {"name": "某诊所"},
    "region": "宜昌市西陵区",
    "reporter": {"name": "欧阳小明", "phone": "13800001234", "wants_answer": True},
}


def _get(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(V1 + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _post(client: TestClient, path: str, body: Any, status: int = 200) -> Any:
    answer = client.post(V1 + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
def many(settings: Settings) -> datetime:
    """Twelve alerts of two cities, every third of a grade, changed at different moments."""
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        seed_offices(conn)
        run, subjects = new_run(conn), new_subjects(conn, 12)
        for i, subject in enumerate(subjects):
            grade = (Grade.BLUE, Grade.YELLOW, Grade.RED)[i % 3]
            chunk = new_candidates(conn, run, [(subject, grade, 0.3 + i % 4 / 10)], region="420102" if i % 2 else "420502", tag=f"m{i}")
            settle(conn, run, chunk, NOW)
        for number in conn.scalars(select(t.alerts.c.id)).all():
            conn.execute(update(t.alerts).where(t.alerts.c.id == number).values(updated_at=NOW + timedelta(minutes=number % 5)))
    engine.dispose()
    return NOW


@pytest.mark.parametrize("sort", ["newest", "gravest", "probability", "updated"])
def test_every_order_gives_every_alert_once_whatever_the_page(client: TestClient, many: datetime, sort: str) -> None:
    whole = [row["id"] for row in _get(client, "/alerts", sort=sort, limit=500)["items"]]
    assert len(set(whole)) == 12
    read: list[int] = []
    cursor = None
    while True:
        page = _get(client, "/alerts", sort=sort, limit=5, **({"cursor": cursor} if cursor else {}))
        read += [row["id"] for row in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert read == whole
    rows = _get(client, "/alerts", sort=sort)["items"]
    keys: dict[str, Callable[[Any], Any]] = {
        "newest": lambda r: -r["id"],
        "gravest": lambda r: -Grade.parse(r["grade"]),
        "probability": lambda r: -r["probability"],
    }
    keys["updated"] = lambda r: r["updated_at"]
    assert [keys[sort](row) for row in rows] == sorted(keys[sort](row) for row in rows)


def test_filters_counts_and_cursors_of_another_order(client: TestClient, many: datetime) -> None:
    assert _get(client, "/alerts/counts")["by_grade"] == {"blue": 4, "red": 4, "yellow": 4}
    assert _get(client, "/alerts/counts", region="宜昌市")["total"] == 6
    office = "420502-market_supervision"
    assert {row["office"] for row in _get(client, "/alerts", office=office)["items"]} == {office}
    assert _get(client, "/alerts/counts", source="测试源")["total"] == 12
    assert _get(client, "/alerts/counts", source="别的")["total"] == 0
    assert _get(client, "/alerts/counts", text="虚假医疗")["total"] == 12
    assert _get(client, "/alerts/counts", text="%")["total"] == 0
    assert _get(client, "/alerts/counts", has_verdict=True)["total"] == 0
    assert _get(client, "/alerts/counts", opened_to=NOW.isoformat())["total"] == 0
    later = (NOW + timedelta(minutes=4)).isoformat()
    assert _get(client, "/alerts/counts", updated_since=later)["total"] == 2
    cursor = _get(client, "/alerts", sort="gravest", limit=1)["cursor"]
    for sort in ("newest", "updated", "probability"):
        refused = client.get(f"{V1}/alerts", params={"sort": sort, "cursor": cursor})
        assert (refused.status_code, refused.json()["code"]) == (422, "cursor_invalid")


def test_export_is_audited_and_safe_for_spreadsheets(client: TestClient, many: datetime, settings: Settings) -> None:
    _post(client, "/alerts", {**ENTRY, "judge": False}, 201)
    rows = [json.loads(line) for line in client.get(f"{V1}/alerts/export").text.splitlines()]
    assert len(rows) == 13
    table = client.get(f"{V1}/alerts/export", params={"format": "csv", "region": "宜昌市"})
    assert table.headers["content-type"].startswith("text/csv")
    lines = table.text.splitlines()
    assert lines[0].startswith("\ufeffid,model")
    assert len(lines) == 8
    assert client.get(f"{V1}/alerts/export", params={"region": "月球"}).status_code == 422
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        audited = conn.scalars(select(t.audit.c.detail).where(t.audit.c.action == "alerts.export")).all()
    engine.dispose()
    assert [row["format"] for row in audited] == ["ndjson", "csv"]


def test_a_clue_is_entered_once_and_the_reporter_masked(client: TestClient) -> None:
    first = _post(client, "/alerts", ENTRY, 201)
    assert (first["outcome"], first["repeated"], first["graded_by"]) == ("new", False, "models")
    assert _post(client, "/alerts", ENTRY, 201)["alert_id"] == first["alert_id"]
    assert _post(client, "/alerts", {**ENTRY, "text": "别的"}, 409)["code"] == "manual_key_reused"
    assert _post(client, "/alerts", {**ENTRY, "key": "k2", "grade": "blue"}, 422)["code"] == "manual_grade"
    row = _get(client, f"/alerts/{first['alert_id']}")["alert"]
    assert row["origin"] == "manual"
    assert "13800001234" not in row["title_zh"]
    (masked,) = _get(client, f"/alerts/{first['alert_id']}/reporters")
    assert (masked["name"], masked["phone"]) == ("欧***", "138****1234")
    (plain,) = _post(client, f"/alerts/{first['alert_id']}/reporters/unmask", {"actor": "李四", "reason": "回访"})
    assert plain["phone"] == "13800001234"


def test_suppressions_are_tried_put_on_trial_revised_and_ended(client: TestClient, many: datetime) -> None:
    since = (NOW - timedelta(days=1)).isoformat()
    until = (NOW + timedelta(days=1)).isoformat()
    asked = {"condition": {"source": "测试源", "region": "宜昌市"}, "since": since, "until": until}
    tried = _post(client, "/suppressions/try", asked)
    assert (tried["candidates"], tried["covered"], tried["alerts_gone"], tried["open"]) == (12, 0, 0, 0)
    tried = _post(client, "/suppressions/try", {**asked, "condition": {"source": "测试源"}})
    assert (tried["covered"], tried["alerts_gone"], tried["by_grade"]) == (12, 12, {"red": 4, "yellow": 4, "blue": 4})
    body = {"actor": "王五", "condition": {"source": "测试源"}, "reason": "样例", "expires_at": (NOW + timedelta(days=9)).isoformat()}
    made = _post(client, "/suppressions", {**body, "dry_run": True}, 201)
    assert (made["state"], made["version"], made["suppressed"]) == ("dry_run", 1, 0)
    revised = _post(client, f"/suppressions/{made['id']}/revise", {**body, "condition": None, "dry_run": False}, 201)
    assert (revised["state"], revised["version"], revised["supersedes"]) == ("active", 2, made["id"])
    assert _get(client, f"/suppressions/{made['id']}")["superseded_by"] == revised["id"]
    assert [row["id"] for row in _get(client, "/suppressions", state="active")["items"]] == [revised["id"]]
    ended = _post(client, f"/suppressions/{revised['id']}/end", {"actor": "王五", "reason": "不再需要"})
    assert ended["state"] == "ended"
    assert _post(client, f"/suppressions/{revised['id']}/end", {"actor": "王五", "reason": "x"}, 409)["code"] == "suppression_over"
    assert _post(client, "/suppressions", {**body, "condition": {"region": "武汉市"}}, 422)["code"] == "suppression_condition"
    long = {**body, "expires_at": (NOW + timedelta(days=400)).isoformat()}
    assert _post(client, "/suppressions", long, 422)["code"] == "suppression_too_long"


@pytest.fixture
def yichang(settings: Settings) -> Iterator[TestClient]:
    """An officer of Yichang asks."""
    app = create_app(settings, clock=lambda: NOW)
    office = "420502-market_supervision"
    who = Principal("宜昌", permissions_of(["officer"]), Scope((Grant("420500"),)), ("officer",), "account", 1, office)
    with TestClient(app, raise_server_exceptions=False) as opened:
        app.state.services.identity.principal = lambda _request: who
        yield opened


def test_nothing_of_elsewhere_is_listed_counted_exported_or_shown(yichang: TestClient, many: datetime) -> None:
    mine = {row["id"] for row in _get(yichang, "/alerts")["items"]}
    assert len(mine) == _get(yichang, "/alerts/counts")["total"] == len(yichang.get(f"{V1}/alerts/export").text.splitlines()) == 6
    for other in set(range(1, 13)) - mine:
        assert yichang.get(f"{V1}/alerts/{other}").json()["code"] == "alert_not_found"
        assert yichang.get(f"{V1}/alerts/{other}/reporters").json()["code"] == "alert_not_found"
    sent = {**ENTRY, "actor": None, "region": "武汉市江岸区"}
    told = _post(yichang, "/alerts", sent, 201)
    assert (told["outcome"], told["alert_id"], told["task_id"]) == ("received", None, None)
