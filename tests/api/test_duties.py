"""The duty table, offices and officers over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from tests.risk.disposal_world import NOW

V1 = "/api/v1"
CITY, COUNTY = "420100-market_supervision", "420102-market_supervision"
LATER = "2026-12-01"
ORDER = {"model": "false_medical_advertising", "region": "420102", "office": CITY, "valid_from": LATER}


def _get(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(V1 + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _post(client: TestClient, path: str, body: Any, status: int = 200) -> Any:
    answer = client.post(V1 + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_the_table_is_shown_tried_changed_and_exported(client: TestClient) -> None:
    empty = _get(client, "/duties", region="江岸区")
    assert (empty["version"], empty["findings"], empty["fallback"]) == (0, [], "province-coordination")
    since = (NOW - timedelta(days=9)).isoformat()
    assert _post(client, "/duties/try", {"changes": [ORDER], "since": since})["moved"] == 0
    made = _post(client, "/duties/changes", {"actor": "王", "reason": "上收", "changes": [ORDER]}, 201)
    assert (made["version"], made["effective"]) == (1, LATER)
    rows = _get(client, "/duties", on=LATER, region="420102", model="false_medical_advertising")["duties"]
    assert {row["office"] for row in rows if row["region"] == "420102"} == {CITY}
    assert _get(client, "/duties/history")["items"][0]["reason"] == "上收"
    text = client.get(f"{V1}/duties/export").text
    assert f"false_medical_advertising,420102,,{CITY},{LATER}," in text
    bad = text.splitlines()[0] + "\nmoon,420102,,,2027-01-01,\n"
    checked = client.post(f"{V1}/duties/check", content=bad, headers={"content-type": "text/csv"}).json()
    assert [error["code"] for error in checked["errors"]] == ["duty_model"]
    sent = {"params": {"reason": "试", "actor": "王"}, "headers": {"content-type": "text/csv"}}
    refused = client.post(f"{V1}/duties/import", content=bad, **sent)  # type: ignore[arg-type]
    assert (refused.status_code, refused.json()["code"]) == (422, "duty_row")
    good = text.splitlines()[0] + f"\nfalse_medical_advertising,420103,,{CITY},{LATER},\n"
    assert client.post(f"{V1}/duties/import", content=good, **sent).json()["version"] == 2  # type: ignore[arg-type]
    assert (
        _post(client, "/duties/changes", {"actor": "王", "reason": "x", "changes": [{**ORDER, "valid_from": "2020-01-01"}]}, 422)["code"]
        == "duty_past"
    )
    assert _post(client, "/duties/fallback", {"actor": "王", "reason": "x", "office": "moon"}, 404)["code"] == "duty_office"
    assert _post(client, "/duties/fallback", {"actor": "王", "reason": "x", "office": CITY}, 201)["kind"] == "fallback"
    assert {row["code"]: row["fallback"] for row in _get(client, "/offices", region="武汉市")}[CITY] is True
    assert _get(client, "/duties/unroutable") == []


def test_officers_are_entered_given_tasks_and_go_on_leave(client: TestClient, world: datetime) -> None:
    body = {"actor": "科长", "office": COUNTY}
    _post(client, "/officers", {**body, "name": "甲"})
    roster = _post(client, "/officers", {**body, "name": "乙", "weekly_capacity": 3})
    assert [(row["name"], row["weekly_capacity"], row["available"]) for row in roster["officers"]] == [("乙", 3, True), ("甲", 5, True)]
    first, second = roster["officers"][1]["id"], roster["officers"][0]["id"]
    task = _get(client, "/tasks", limit=1)["items"][0]["id"]
    assert _post(client, f"/officers/tasks/{task}", {"actor": "科长", "officer": first})["officer"] == "甲"
    assert _get(client, f"/tasks/{task}")["task"]["officer"] == "甲"
    leave = {"actor": "科长", "reason": "年休假", "first_day": "2026-10-12", "last_day": "2026-10-16", "deputy": second}
    assert [one["officer"] for one in _post(client, f"/officers/{first}/leave", leave)] == ["乙"]
    assert _post(client, f"/officers/{first}/leave", leave, 409)["code"] == "leave_overlaps"
    away = _get(client, "/officers", office=COUNTY)["officers"][1]
    assert (away["name"], away["available"], away["leaves"][0]["deputy"]) == ("甲", False, "乙")
    number = away["leaves"][0]["id"]
    assert client.post(f"{V1}/officers/leaves/{number}/end", json={"actor": "科长", "reason": "返岗"}).status_code == 204
    put = client.put(f"{V1}/officers/offices/{COUNTY}/assignment", json={"actor": "科长", "assignment": "automatic"})
    assert put.json()["assignment"] == "automatic"
    assert _post(client, "/officers", {**body, "office": "moon", "name": "丙"}, 404)["code"] == "office_unknown"
    assert client.get(f"{V1}/officers", params={"office": "moon"}).status_code == 404
