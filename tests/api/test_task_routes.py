"""Tasks over HTTP: filters and orders, many at once, several offices, time; each refusal a problem with a code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

V1 = "/api/v1"
OTHER, FINANCE = "420222-market_supervision", "420102-finance_lead"
VERDICT = {"actor": "张三", "code": "10", "facts": "查实", "officers": ["张三", "李四"]}
PAPER = [{"kind": "检验委托书", "number": "1"}]


def _get(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(V1 + path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _post(client: TestClient, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = client.post(V1 + path, json={"actor": "张三", **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def _ids(client: TestClient, **query: Any) -> list[int]:
    return [row["id"] for row in _get(client, "/tasks", **query)["items"]]


@pytest.mark.usefixtures("world")
def test_lists_by_what_they_are_and_in_any_order(client: TestClient) -> None:
    orange, blue = _ids(client)
    assert _ids(client, sort="-due") == [blue, orange]
    assert _ids(client, sort="grade") == [orange, blue]
    for sort in ("due", "-due", "grade", "issued", "-issued", "updated", "-updated"):
        page = _get(client, "/tasks", sort=sort, limit=1)
        rest = _get(client, "/tasks", sort=sort, limit=5, cursor=page["cursor"])
        assert len(rest["items"]) == 1
        assert page["items"][0]["id"] != rest["items"][0]["id"]
        other = client.get(f"{V1}/tasks", params={"sort": "grade" if sort == "due" else "due", "cursor": page["cursor"]})
        assert (other.status_code, other.json()["code"]) == (422, "cursor_invalid")
    _post(client, f"/tasks/{blue}/sign", {})
    assert _ids(client, officer="张三") == [blue]
    mine = client.get(f"{V1}/tasks", params={"mine": True}, headers={"X-Actor": "%E5%BC%A0%E4%B8%89"})
    assert [row["id"] for row in mine.json()["items"]] == [blue]
    assert _ids(client, due_before="2026-10-16T00:00:00+08:00") == [orange]
    assert _ids(client, kind="assist") == _ids(client, escalated=True) == _ids(client, stage="advise") == []
    assert _ids(client, updated_since="2026-10-12T02:00:00Z") == [orange, blue]
    assert client.get(f"{V1}/tasks", params={"sort": "colour"}).status_code == 422


@pytest.mark.usefixtures("world")
def test_many_at_once_each_with_its_result(client: TestClient) -> None:
    first, second = _ids(client)
    _post(client, f"/tasks/{first}/sign", {})
    signed = _post(client, "/tasks/bulk/sign", {"ids": [first, second, 999, second]})
    assert [(one["id"], one["ok"], one["code"], one["state"]) for one in signed] == [
        (first, False, "task_transition", None),
        (second, True, None, "signed"),
        (999, False, "task_not_found", None),
    ]
    assert _post(client, "/tasks/bulk/assign", {"ids": [first]}, 422)["code"] == "bulk_officer"
    assert [one["ok"] for one in _post(client, "/tasks/bulk/assign", {"ids": [first, second], "officer": "李四"})] == [True, True]
    assert _ids(client, officer="李四") == [first, second]
    _post(client, f"/tasks/{first}/report", VERDICT)
    assert [one["state"] for one in _post(client, "/tasks/bulk/accept", {"ids": [first], "close": True})] == ["closed"]
    assert _post(client, "/tasks/bulk/accept", {"ids": list(range(1, 202))}, 422)["code"] == "validation_failed"
    assert client.post(f"{V1}/tasks/bulk/merge", json={"actor": "a", "ids": [1]}).status_code == 422


@pytest.mark.usefixtures("world")
def test_other_offices_are_asked_and_told(client: TestClient) -> None:
    task, _ = _ids(client)
    _post(client, f"/tasks/{task}/sign", {})
    asked = _post(client, f"/tasks/{task}/ask", {"office": OTHER, "question": "是否持证？"})
    (question,) = asked["assists"]
    assert _ids(client, kind="assist") == [question["task"]]
    assert _ids(client, assists=True) == [task]
    assert _post(client, f"/tasks/{task}/report", VERDICT, 409)["code"] == "task_assists_open"
    assert _get(client, "/assists", open_only=True, office=OTHER)["items"][0]["id"] == question["id"]
    answered = _post(client, f"/assists/{question['task']}/answer", {"text": "无证", "documents": PAPER})
    assert (answered["state"], answered["answer"], answered["documents"][0]["number"]) == ("answered", "无证", "1")
    assert _post(client, f"/assists/{question['task']}/withdraw", {"reason": "晚了"}, 409)["code"] == "task_transition"
    copied = _post(client, f"/tasks/{task}/copies", {"offices": [FINANCE], "note": "请知悉"})
    (copy,) = copied["copies"]
    assert _post(client, f"/copies/{copy['id']}/receipt", {"note": "收悉"})["received_by"] == "张三"
    assert _post(client, f"/copies/{copy['id']}/receipt", {}, 409)["code"] == "copy_received"
    assert _get(client, "/copies", received=True)["items"][0]["office"] == FINANCE
    assert _post(client, f"/tasks/{task}/transfer", {"reason": "不在辖区", "suggested": OTHER})["task"]["suggested_office"] == OTHER
    assert _post(client, f"/tasks/{task}/reissue", {})["task"]["office"] == OTHER


@pytest.mark.usefixtures("world")
def test_time_over_http(client: TestClient) -> None:
    task, other = _ids(client)
    _post(client, f"/tasks/{task}/sign", {})
    shown = client.get(f"{V1}/tasks/{task}")
    assert shown.headers["etag"] == f'"{shown.json()["task"]["version"]}"'
    assert set(shown.json()["may"]) >= {"start", "pause", "ask", "extend", "ask_extension"}
    _post(client, f"/tasks/{task}/extension", {"reason": "等待外地核查"})
    assert _ids(client, extension_asked=True) == [task]
    assert _post(client, f"/tasks/{task}/extend", {"reason": "同意"}, 409)["code"] == "extension_own"
    assert not _post(client, f"/tasks/{task}/extension/refuse", {"actor": "科长", "reason": "不足"})["task"]["extension_asked"]
    assert _post(client, f"/tasks/{task}/pause", {"reason": "送检", "documents": PAPER})["task"]["paused"]
    assert _ids(client, paused=True) == [task]
    assert _post(client, f"/tasks/{task}/start", {}, 409)["code"] == "task_paused"
    assert not _post(client, f"/tasks/{task}/resume", {"documents": PAPER})["task"]["paused"]
    _post(client, f"/tasks/{task}/report", VERDICT)
    _post(client, f"/tasks/{task}/accept", {"actor": "科长", "close": True})
    assert _post(client, f"/tasks/{task}/reopen", {"actor": "科长", "reason": "新证据"})["task"]["state"] == "verifying"
    assert _post(client, f"/tasks/{other}/merge", {"into": task, "reason": "同一广告"})["task"]["state"] == "merged"
    not_slight = _get(client, f"/tasks/{task}/advice")
    assert not_slight["possible"] is False
    assert not_slight["why_not"][0]["en"] == "the grade is orange"
    assert _post(client, f"/tasks/{task}/advise", {}, 409)["code"] == "advise_not_here"
    assert _post(client, f"/tasks/{task}/stage", {}, 409)["code"] == "stage_none"
    assert _post(client, f"/tasks/{task}/advice/answer", {"answer": "？"}, 409)["code"] == "advice_none"


@pytest.mark.usefixtures("world")
def test_campaigns_joint_tasks_and_the_calendar(client: TestClient) -> None:
    office = "420102-market_supervision"
    words = {"models": ["false_medical_advertising"], "basis": "年度方案", "owner": "王五", "owner_office": office}
    made = _post(client, "/campaigns", {"name": "整治", **words, "starts_on": "2026-10-12", "ends_on": "2026-12-31"}, 201)
    chosen = {"what": "alerts", "region": "武汉市"}
    assert client.post(f"{V1}/campaigns/preview", json=chosen).json() == {"count": 2}
    assert _post(client, f"/campaigns/{made['id']}/start", {"choice": chosen}) == {"items": 2, "tasks": 2}
    assert len(_ids(client, campaign=made["id"])) == 2
    assert _get(client, f"/campaigns/{made['id']}/progress")["offices"][0]["tasks"] == 2
    assert _post(client, f"/campaigns/{made['id']}/add", {"choice": chosen, "reason": "再加"}) == {"items": 0, "tasks": 0}
    assert _post(client, f"/campaigns/{made['id']}/end", {}, 409)["code"] == "campaign_open_tasks"
    assert _post(client, f"/campaigns/{made['id']}/end", {"reason": "提前结束"})["numbers"]["open"] == 2
    assert [one["event"] for one in _get(client, f"/campaigns/{made['id']}/history")] == ["create", "start", "add", "end"]
    assert _get(client, "/campaigns", state="ended")["items"][0]["name"] == "整治"

    parts = [{"office": office, "what": "广告"}, {"office": FINANCE, "what": "资金"}]
    alert = _get(client, "/alerts")["items"][0]["id"]
    joint = _post(
        client, "/joint-tasks", {"title": "某院", "lead": office, "parts": parts, "visit_on": "2026-10-14", "alert_id": alert}, 201
    )
    assert [one["lead"] for one in joint["parts"]] == [True, False]
    assert _post(client, f"/joint-tasks/{joint['id']}/visit", {"visit_on": "2026-10-15", "reason": "停业"})["visit_on"] == "2026-10-15"
    assert _post(client, f"/joint-tasks/{joint['id']}/withdraw", {"office": FINANCE, "reason": "无关"})["parts"][1]["state"] == "withdrawn"
    assert _get(client, "/joint-tasks", office=office)["items"][0]["state"] == "open"

    assert _get(client, "/calendar/years/2027")["provisional"] is True
    body = {"actor": "管理员", "kind": "holiday", "name_zh": "停电", "source": "通知"}
    moved = client.put(f"{V1}/calendar/days/2026-10-14", json=body)
    assert moved.json()["later"] > 0
    notice = {"year": 2027, "text": "date,kind\n2027-01-01,holiday\n", "source": "通知"}
    assert _post(client, "/calendar/notices", notice)["days"] == 1
    assert _post(client, "/calendar/notices", notice, 409)["code"] == "calendar_year_given"
    assert 2027 in _get(client, "/calendar/check")["settled"]


def test_what_is_not_there_is_not_found(client: TestClient, world: datetime) -> None:
    for path in ("/assists/9", "/campaigns/9", "/campaigns/9/progress", "/joint-tasks/9", "/tasks/9/advice"):
        assert client.get(V1 + path).status_code == 404, path
    for path, body in (("/copies/9/receipt", {}), ("/tasks/9/sign", {}), ("/assists/9/answer", {"text": "x"}), ("/campaigns/9/end", {})):
        assert client.post(V1 + path, json={"actor": "张三", **body}).status_code == 404, path
