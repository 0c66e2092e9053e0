"""Exchange over HTTP: described, checked, sent, fetched, taken in, repaired; each in the caller's scope and on the record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.settings import Settings
from tests.risk.exchange_world import golden

URL = "/api/v1/exchange"
XML = {"Content-Type": "application/xml"}


def _actions(client: TestClient) -> set[str]:
    desk = client.app.state.services.desk  # type: ignore[attr-defined]
    from sqlalchemy import select

    from risk.storage import tables as t

    return set(desk.read(lambda conn: conn.scalars(select(t.audit.c.action)).all()))


def test_records_are_listed_and_described(client: TestClient) -> None:
    found = {one["code"]: one for one in client.get(f"{URL}/records").json()}
    assert (found["task_info"]["wire"], found["task_info"]["sent"], found["task_info"]["taken_in"]) == ("taskInfo", True, True)
    for name in ("task_info", "taskInfo"):
        told = client.get(f"{URL}/records/{name}", headers={"Accept-Language": "zh"})
        assert told.headers["content-type"].startswith("text/markdown")
        assert "| `superviseObjectName` | 监管对象名称 |" in told.text
    assert client.get(f"{URL}/records/nothing").json()["code"] == "exchange_record_unknown"


def test_a_file_is_checked_and_nothing_is_stored(client: TestClient) -> None:
    told = client.post(f"{URL}/check", content=golden("in_mistakes.xml"), headers=XML).json()
    assert (told["records"], told["with_problems"]) == (4, 3)
    assert [problem["column"] for problem in told["found"][0]["problems"]] == ["taskCode", "taskStatus"]
    assert client.get(f"{URL}/batches").json()["items"] == []
    broken = client.post(f"{URL}/check", content=b"<a", headers=XML)
    assert (broken.status_code, broken.json()["code"]) == (422, "exchange_file_unreadable")
    assert client.post(f"{URL}/check", content=b'{"taskStatusNotice": {}}').json()["with_problems"] == 1


def test_what_is_sent_can_be_fetched_again(client: TestClient, world: datetime) -> None:
    sent = client.post(f"{URL}/batches", json={"records": ["fxyj_signal"], "stream": "省平台"}).json()
    assert [one["counts"] for one in sent["batches"]] == [{"fxyj_signal": {"i": 2}}]
    number, digest = sent["batches"][0]["id"], sent["batches"][0]["content_hash"]
    first, second = (client.get(f"{URL}/batches/{number}/content") for _ in range(2))
    assert first.content == second.content
    assert first.headers["etag"] == f'"{digest}"'
    assert "涉嫌虚假医疗广告" in first.text
    assert client.post(f"{URL}/batches", json={"records": ["fxyj_signal"], "stream": "省平台"}).json()["batches"] == []
    assert client.get(f"{URL}/batches", params={"direction": "out"}).json()["items"][0]["batch"] == f"{world:%Y%m%d}00001"
    assert {"exchange.export", "exchange.fetch"} <= _actions(client)
    for body, code in (({"records": ["public_opinion"]}, "exchange_not_sent"), ({"records": ["x"]}, "exchange_record_unknown")):
        assert client.post(f"{URL}/batches", json=body).json()["code"] == code
    assert client.get(f"{URL}/batches/99/content").status_code == 404


@pytest.mark.usefixtures("world")
def test_what_does_not_fit_waits_is_repaired_and_taken_in(client: TestClient) -> None:
    text = golden("in_feedback.xml").decode().replace("10 属实—立案查处", "好").replace("<setDate>2026-10-14</setDate>", "")
    taken = client.post(f"{URL}/imports", params={"source": "国家系统"}, content=text.encode(), headers=XML).json()
    assert (taken["accepted"], taken["quarantined"]) == (0, 1)
    (row,) = client.get(f"{URL}/received", params={"state": "quarantined"}).json()["items"]
    assert row["problems"][0]["code"] == "exchange_result_unclear"
    bad = client.post(f"{URL}/received/{row['id']}/repair", json={"values": {"taskDetails[9].x": "1"}})
    assert bad.json()["code"] == "exchange_path_unknown"
    assert client.post(f"{URL}/received/{row['id']}/repair", json={"values": {"taskDetails.endReason": "12"}}).status_code == 204
    assert client.post(f"{URL}/received/resubmit", json={}).json() == {"accepted": 1, "duplicates": 0, "refused": 0}
    assert {one["id"]: one["state"] for one in client.get("/api/v1/tasks").json()["items"]}[1] == "reported"
    assert client.post(f"{URL}/received/{row['id']}/dismiss", json={"reason": "x"}).json()["code"] == "exchange_received_settled"
    again = client.post(f"{URL}/imports", params={"source": "国家系统"}, content=text.encode(), headers=XML).json()
    assert again["repeated"]


def test_a_field_of_risk_is_mapped_by_the_caller(client: TestClient) -> None:
    params = {"source": "某省", "domain": "riskWarning=illegal_drug_sales"}
    taken = client.post(f"{URL}/imports", params=params, content=golden("in_created.json")).json()
    assert taken["results"] == {"task": 1}
    wrong = client.post(f"{URL}/imports", params={"source": "某省", "domain": "x=y"}, content=golden("in_created.json"))
    assert wrong.json()["code"] == "source_mapping"


def test_a_source_is_added_polled_and_stopped(client: TestClient, settings: Settings) -> None:
    added = client.post(f"{URL}/sources", json={"name": "省厅", "kind": "folder"})
    assert (added.status_code, added.json()["state"]) == (201, "new")
    assert client.post(f"{URL}/sources", json={"name": "省厅", "kind": "folder"}).status_code == 409
    assert client.post(f"{URL}/sources/省厅/poll").json()["error"] is None
    (Path(settings.home) / "exchange" / "in" / "省厅" / "a.xml").write_bytes(golden("in_signal.xml"))
    assert client.post(f"{URL}/sources/省厅/poll").json()["accepted"] == 1
    assert client.post(f"{URL}/sources/省厅/disable").json()["enabled"] is False
    (one,) = client.get(f"{URL}/sources").json()
    assert (one["state"], one["accepted"]) == ("ok", 1)
    assert client.post(f"{URL}/sources/x/poll").status_code == 404
    inside = {"url": "http://127.0.0.1:1/", "items": "rows"}
    assert client.post(f"{URL}/sources", json={"name": "内网", "kind": "http", "options": inside}).json()["code"] == "guard_not_listed"


@pytest.mark.usefixtures("world")
def test_who_may_not_read_personal_data_sends_it_masked(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post("/api/v1/tasks/1/sign", json={"actor": "张三"}).status_code == 200
    report = {"actor": "张三", "code": "10", "facts": "询问了 13800138000", "officers": ["张三", "李四"]}
    assert client.post("/api/v1/tasks/1/report", json=report).status_code == 200
    keeper = Principal("系统管理员甲", permissions_of(["system_admin"]), roles=("system_admin",))
    identity = client.app.state.services.identity  # type: ignore[attr-defined]
    monkeypatch.setattr(type(identity), "principal", lambda *_: keeper)
    asked = {"records": ["supervision_process"], "names": "full"}
    assert client.post(f"{URL}/batches", json=asked).json()["code"] == "permission_required"
    (batch,) = client.post(f"{URL}/batches", json={"records": ["supervision_process"]}).json()["batches"]
    text = client.get(f"{URL}/batches/{batch['id']}/content").text
    assert "138****8000" in text
    assert "13800138000" not in text
    assert "李四" not in text


@pytest.mark.usefixtures("world")
def test_a_head_of_one_city_sends_and_sees_nothing_of_another(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post(f"{URL}/batches", json={"records": ["fxyj_signal"]})
    client.post(f"{URL}/imports", content=golden("in_signal.xml"), headers=XML)
    head = Principal("宜昌负责人", permissions_of(["office_head"]), Scope((Grant("420500"),)), ("office_head",))
    identity = client.app.state.services.identity  # type: ignore[attr-defined]
    monkeypatch.setattr(type(identity), "principal", lambda *_: head)
    assert client.get(f"{URL}/batches").json()["items"] == []
    assert client.get(f"{URL}/received").json()["items"] == []
    for path in ("/batches/1", "/batches/1/content"):
        assert client.get(URL + path).status_code == 404
    sent: dict[str, Any] = client.post(f"{URL}/batches", json={"records": ["fxyj_signal"], "stream": "y"}).json()
    assert sent["batches"] == []
    taken = client.post(f"{URL}/imports", content=golden("in_signal.xml"), headers=XML).json()
    assert (taken["accepted"], taken["duplicates"]) == (0, 1)
    assert client.get(f"{URL}/received").json()["items"][0]["result"] is None  # that it is an alert of Wuhan's is not told
    other = golden("in_signal.xml").decode().replace("SC0001", "SC0002").encode()
    assert client.post(f"{URL}/imports", content=other, headers=XML).json()["quarantined"] == 1
    assert client.get(f"{URL}/sources").status_code == 403
    officer = Principal("宜昌核查员", permissions_of(["officer"]), Scope((Grant("420500"),)), ("officer",))
    monkeypatch.setattr(type(identity), "principal", lambda *_: officer)
    assert client.post(f"{URL}/batches", json={}).json()["code"] == "permission_required"
