"""Every route once, on both databases."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from risk.scheduling import jobs

V1 = "/api/v1"
VERDICT = {"actor": "张三", "code": "30", "sub_reason": "context_misread", "facts": "科普文章", "officers": ["张三", "李四"]}


def _get(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(V1 + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _post(client: TestClient, path: str, body: Any, status: int = 200) -> Any:
    answer = client.post(V1 + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_signals_are_posted_checked_and_found(client: TestClient) -> None:
    rows = [
        {"text": "三个疗程根治糖尿病", "source_id": "1", "region": "武汉市江汉区", "time": "2026-10-01", "赞": 3},
        {"text": "", "time": "昨天"},
        {"text": "普通广告", "source_id": "2", "region": "宜昌市", "title": "标题"},
    ]
    sent = {"source": "巡查", "actor": "张三", "signals": rows}
    first = _post(client, "/signals", sent)
    assert [row["outcome"] for row in first["rows"]] == ["accepted", "quarantined", "accepted"]
    assert [p["code"] for p in first["rows"][1]["problems"]] == ["empty_text", "time_invalid"]
    again = _post(client, "/signals", sent)
    assert again["repeated"]
    assert (again["import_id"], again["accepted"], again["rows"][0]["outcome"]) == (first["import_id"], 2, "duplicate")

    page = _get(client, "/signals", limit=1)
    rest = _get(client, "/signals", limit=1, cursor=page["cursor"])
    assert [page["items"][0]["text"], rest["items"][0]["text"], rest["cursor"]] == ["标题\n普通广告", "三个疗程根治糖尿病", None]
    assert [s["region_zh"] for s in _get(client, "/signals", region="武汉", source="巡查", since="2026-09-01")["items"]] == ["武汉市江汉区"]
    one = _get(client, f"/signals/{first['rows'][0]['signal_id']}")
    assert one["fields"] == {"赞": 3}
    assert one["signal"]["observed_at"] == "2026-09-30T16:00:00Z"


def test_quarantine_is_repaired_and_resubmitted(client: TestClient) -> None:
    _post(client, "/signals", {"source": "x", "actor": "a", "signals": [{"text": "好", "time": "昨天"}, {"text": ""}]})
    rows = _get(client, "/quarantine")["items"]
    assert [row["problems"][0]["code"] for row in rows] == ["time_invalid", "empty_text"]
    assert _get(client, "/quarantine", code="empty_text")["items"] == rows[1:]
    first, second = rows[0]["id"], rows[1]["id"]
    assert _post(client, f"/quarantine/{first}/repair", {"actor": "a", "values": {"time": "前天"}}, 422)["code"] == "quarantine_still_bad"
    _post(client, f"/quarantine/{first}/repair", {"actor": "a", "values": {"time": "2026-10-01"}}, 204)
    assert _post(client, "/quarantine/resubmit", {"actor": "a"}) == {"accepted": 1, "duplicates": 0, "refused": 0}
    _post(client, f"/quarantine/{second}/dismiss", {"actor": "a", "reason": "空"}, 204)
    assert _get(client, "/quarantine")["items"] == []
    assert _post(client, f"/quarantine/{second}/dismiss", {"actor": "a", "reason": "空"}, 409)["code"] == "quarantine_settled"


def test_assessments_are_listed_and_explained(client: TestClient, world: datetime) -> None:
    items = _get(client, "/assessments", min_grade="blue", model="false_medical_advertising")["items"]
    assert [a["grade"] for a in items] == ["blue", "orange"]
    one = _get(client, f"/assessments/{items[1]['id']}")
    assert one["explained"]
    assert one["clues"][0]["quotes"] == ["根治糖尿病"]
    assert one["versions"] == {"model": "rules"}
    assert len(one["alerts"]) == 1
    assert len(_get(client, "/assessments", signal=items[0]["signal_id"])["items"]) == 1


def test_preview_judges_without_storing(client: TestClient) -> None:
    found = _post(client, "/assessments/preview", {"text": "三个疗程根治糖尿病，无效退款"})
    assert found[0]["model"] == "false_medical_advertising"
    assert found[0]["title_zh"].startswith("涉嫌")
    assert found[0]["model_version"] == "rules"
    assert _get(client, "/signals")["items"] == []
    assert _post(client, "/assessments/preview", {"text": "x", "models": ["nonsense"]}, 422)["code"] == "unknown_model"


def test_alerts_are_listed_and_shown_whole(client: TestClient, world: datetime) -> None:
    items = _get(client, "/alerts", region="武汉市", status="tasked")["items"]
    assert [a["grade"] for a in items] == ["blue", "orange"]
    assert [a["grade"] for a in _get(client, "/alerts", grade="orange", model="false_medical_advertising")["items"]] == ["orange"]
    one = _get(client, f"/alerts/{items[1]['id']}")
    assert one["subject"] == "主体0"
    assert one["task"]["state"] == "issued"
    assert [moment["what"] for moment in one["history"]] == ["alert.new", "task.issue"]
    assert one["evidence"][0]["text"] == "三个疗程根治糖尿病"


def test_a_task_goes_from_issue_to_label(client: TestClient, world: datetime) -> None:
    first, second = (task["id"] for task in _get(client, "/tasks", limit=2)["items"])
    assert _get(client, "/tasks", limit=1)["cursor"]
    page = _get(client, "/tasks", limit=1)
    assert _get(client, "/tasks", limit=1, cursor=page["cursor"])["items"][0]["id"] == second
    seen = client.get(f"{V1}/tasks/{first}").headers["etag"]
    stale = client.post(f"{V1}/tasks/{first}/sign", json={"actor": "张三"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "task_changed")
    signed = client.post(f"{V1}/tasks/{first}/sign", json={}, headers={"If-Match": seen, "X-Actor": "%E5%BC%A0%E4%B8%89"})
    assert signed.json()["task"]["officer"] == "张三"
    assert _post(client, f"/tasks/{first}/start", {"actor": "张三"})["task"]["state"] == "verifying"
    assert _post(client, f"/tasks/{first}/extend", {"actor": "张三", "reason": "待检验"})["extended"]
    assert _post(client, f"/tasks/{first}/report", VERDICT)["task"]["state"] == "reported"
    assert _post(client, f"/tasks/{first}/return", {"actor": "王五", "reason": "补充"})["task"]["state"] == "returned"
    _post(client, f"/tasks/{first}/report", VERDICT)
    assert _post(client, f"/tasks/{first}/accept", {"actor": "王五"})["task"]["state"] == "accepted"
    assert _post(client, f"/tasks/{first}/close", {"actor": "王五"})["task"]["state"] == "closed"
    moved = _post(client, f"/tasks/{second}/transfer", {"actor": "张三", "reason": "非本辖区"})
    assert moved["task"]["state"] == "transferred_back"
    assert _get(client, "/loop")["loop"]["counts"]["labels"] >= 1

    verdicts = _get(client, "/verdicts", code="30")["items"]
    assert [v["superseded"] for v in verdicts] == [False, True]
    assert verdicts[0]["title_en"]


def test_the_taxonomy_is_data(client: TestClient) -> None:
    kinds = {kind["code"]: kind for kind in _get(client, "/verdicts/taxonomy")}
    assert kinds["30"]["sub_reason_required"]
    assert kinds["10"]["label"] == 1.0


def test_runs_show_their_balance(client: TestClient, world: datetime) -> None:
    (row,) = _get(client, "/runs", status="done", model="false_medical_advertising")["items"]
    assert row["balanced"]
    one = _get(client, f"/runs/{row['id']}")
    assert one["counted"] == {"candidates": 3, "new": 2, "merged": 0, "suppressed": 0, "below_grade": 1, "over_capacity": 0, "failed": 0}


def test_a_run_is_started_beside_the_request(client: TestClient) -> None:
    _post(client, "/signals", {"source": "x", "actor": "a", "signals": [{"text": "三个疗程根治糖尿病，无效退款", "time": "2026-10-01"}]})
    answer = client.post(f"{V1}/runs", json={"actor": "张三", "models": ["false_medical_advertising"]})
    assert answer.status_code == 202
    deadline = time.monotonic() + 60
    while (run := client.get(answer.headers["location"]).json())["status"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert run["status"] == "done", run
    assert [(one["model"], one["judged"], one["new"]) for one in run["detail"]["result"]["runs"]] == [("false_medical_advertising", 1, 1)]
    assert [a["title_zh"][:2] for a in _get(client, "/alerts")["items"]] == ["涉嫌"]
    assert [r["id"] for r in _get(client, "/jobs/runs", job="judge_by_hand")["items"]] == [run["id"]]


def test_reports_are_frozen_and_read(client: TestClient, world: datetime) -> None:
    assert client.get(f"{V1}/reports/latest").json()["code"] == "report_not_found"
    made = _post(client, "/reports", {"actor": "张三", "period": "2026-10"}, 201)
    assert _get(client, "/reports/2026-10", format="json") == made
    assert [r["period"] for r in _get(client, "/reports", period="2026-10")["items"]] == ["2026-10"]
    page = client.get(f"{V1}/reports/latest", params={"lang": "en"})
    assert page.headers["content-type"].startswith("text/html")
    assert 'lang="en"' in page.text


def test_jobs_are_switched(client: TestClient) -> None:
    names = {job["name"]: job for job in _get(client, "/jobs")}
    assert names["judge"]["next_due"]
    assert _post(client, "/jobs/judge/disable", {"actor": "张三"})["next_due"] is None
    assert _post(client, "/jobs/judge/enable", {"actor": "张三"})["enabled"]
    assert _post(client, "/jobs/nothing/enable", {"actor": "张三"}, 404)["code"] == "job_not_found"


def test_models_without_champions_score_by_rules(client: TestClient) -> None:
    rows = _get(client, "/models", versions=False)
    assert {row["champion"] for row in rows} == {None}
    assert len(rows) == 7
    assert client.get(f"{V1}/models/illegal_drug_sales/versions/1").json()["code"] == "model_version_not_found"


def test_the_loop_adds_up(client: TestClient, world: datetime) -> None:
    state = _get(client, "/loop")
    counts = state["loop"]["counts"]
    assert (counts["signals"], counts["assessments"], counts["candidates"], counts["alerts"], counts["tasks"]) == (3, 3, 3, 2, 2)
    assert state["loop"]["open_alerts"] == {"red": 0, "orange": 1, "yellow": 0, "blue": 1}
    assert state["loop"]["waiting"]["to_sign"] == 2
    assert [run["balanced"] for run in state["loop"]["last_runs"]] == [True]
    names = sorted(job.name for job, _, _ in jobs.DEFAULTS)
    assert [job["name"] for job in state["jobs"]] == names


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["ready"]


@pytest.mark.parametrize(
    "path", ["/signals", "/assessments", "/alerts", "/tasks", "/verdicts", "/runs", "/reports", "/quarantine", "/jobs/runs"]
)
def test_lists_are_bounded_and_their_cursors_checked(client: TestClient, path: str) -> None:
    assert _get(client, path)["cursor"] is None
    assert client.get(V1 + path, params={"limit": 501}).status_code == 422
    for bad in ("nonsense!", "W10", "IngiIA", "9" * 300, "LTE"):
        assert client.get(V1 + path, params={"cursor": bad}).json()["code"] == "cursor_invalid"
