"""The index, credit classes and random plans over HTTP: who may do what, files in and out, refusals in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from risk.storage.engine import transaction
from tests.api.accounts_world import Application, engine_of, signed_in
from tests.risk.disposal_world import NOW
from tests.risk.index_world import classes_csv, plan_world, world

YICHANG = [("420500", "market_supervision")]
OFFICE = "420500-market_supervision"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """One application for the tests of this file."""
    return Application(tmp_path_factory.mktemp("index"))


@pytest.fixture
def client(application: Application, sqlite_template: Path) -> Iterator[TestClient]:
    """A client over an empty store."""
    with application.opened(sqlite_template) as opened:
        yield opened


def _store(client: TestClient) -> Engine:
    return engine_of(client)


def test_the_leaderboard_from_its_computation_to_a_place(client: TestClient) -> None:
    with transaction(_store(client)) as conn:
        world(conn)
    analyst, leader = signed_in(client, ["analyst"]), signed_in(client, ["leader"])
    assert client.get("/api/v1/index/board", headers=leader).json()["code"] == "index_version_none"
    assert client.get("/api/v1/index/periods", headers=leader).json() == []
    made = client.post("/api/v1/index/compute", json={"period": "2026-10-11"}, headers=analyst).json()
    assert (made["places"] > 2, made["again"]) == (True, False)
    assert client.post("/api/v1/index/compute", json={"period": "2026-10-11"}, headers=leader).status_code == 403
    board = client.get("/api/v1/index/board", headers=leader).json()
    assert {row["region"] for row in board["rows"]} == {"420100", "420500"}
    place = client.get("/api/v1/index/place", params={"region": "武汉市"}, headers=leader).json()
    assert {part["code"]: part["value"] for part in place["parts"]}["verified_rate"] == 0.6
    part = signed_in(client, ["leader"], YICHANG)
    assert [row["region"] for row in client.get("/api/v1/index/board", headers=part).json()["rows"]] == ["420500"]
    assert client.get("/api/v1/index/place", params={"region": "420100"}, headers=part).json()["code"] == "index_place_unknown"
    assert client.get("/api/v1/index/sensitivity", headers=part).json()["code"] == "scope_whole_required"
    assert client.get("/api/v1/index/sensitivity", headers=leader).json()["result"]["change"] == 0.2
    assert client.get("/api/v1/index/periods", headers=leader).json()[0]["period"] == "2026-10-11"
    subject = client.get("/api/v1/index/subjects/1", params={"months": 2}, headers=leader).json()
    assert subject["now"]["parts"][0]["code"] == "top_probability"
    assert client.get("/api/v1/index/subjects/1", headers=part).json()["code"] == "subject_not_found"


def test_weights_are_judged_drafted_and_approved_by_two(client: TestClient) -> None:
    analyst, approver = signed_in(client, ["analyst"]), signed_in(client, ["approver"])
    told = client.post("/api/v1/index/comparison", json={"matrix": [[1, 2, 8], [0.5, 1, 4], [0.125, 0.25, 1]]}, headers=analyst).json()
    assert (round(told["ratio"], 6), told["consistent"], round(told["weights"][0], 4)) == (0.0, True, 0.6154)
    assert client.post("/api/v1/index/comparison", json={"matrix": [[1, 2], [3, 1]]}, headers=analyst).json()["code"] == "ahp_reciprocal"
    wild = [[1, 9, 1 / 9, 1, 1], [1 / 9, 1, 9, 1, 1], [9, 1 / 9, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]
    refused = client.post("/api/v1/index/versions", json={"dimensions": wild, "reason": "试"}, headers=analyst)
    assert (refused.status_code, refused.json()["code"]) == (422, "ahp_inconsistent")
    made = client.post("/api/v1/index/versions", json={"dimensions": [[1] * 5] * 5, "reason": "各组同等"}, headers=analyst).json()
    assert (made["version"], made["state"], made["current"]) == (1, "draft", False)
    address = f"/api/v1/index/versions/{made['id']}"
    assert client.post(f"{address}/approve", json={"reason": "同意"}, headers=analyst).status_code == 403
    both = signed_in(client, ["analyst", "approver"], name="一人两职")
    own = client.post("/api/v1/index/versions", json={"reason": "再拟"}, headers=both).json()
    answer = client.post(f"/api/v1/index/versions/{own['id']}/approve", json={"reason": "同意"}, headers=both)
    assert (answer.status_code, answer.json()["code"]) == (409, "index_same_person")
    assert (
        client.post(f"/api/v1/index/versions/{own['id']}/reject", json={"reason": "重复"}, headers=approver).json()["state"] == "rejected"
    )
    assert client.post(f"{address}/approve", json={"reason": "同意"}, headers=approver).json()["current"] is True
    side = client.post("/api/v1/index/proposals", json={}, headers=analyst).json()
    assert [one["method"] for one in side["proposals"]] == ["ahp", "entropy", "critic", "ahp_entropy"]
    assert side["proposals"][1]["error"][0] == "weights_silent"  # of an empty store the data say nothing
    assert len(client.get("/api/v1/index/versions", headers=analyst).json()["items"]) == 3


def test_classes_come_in_as_a_file_and_go_out_as_one(client: TestClient) -> None:
    with transaction(_store(client)) as conn:
        plan_world(conn)
        text = classes_csv(conn) + "bad,D,2026-10-01\n"
    analyst, head = signed_in(client, ["analyst"]), signed_in(client, ["office_head"], YICHANG, OFFICE)
    sent = {"files": {"file": ("classes.csv", text.encode("gb18030"), "text/csv")}, "data": {"source": "省平台"}}
    assert client.post("/api/v1/credit-classes/imports", **sent, headers=head).status_code == 403  # type: ignore[arg-type]
    made = client.post("/api/v1/credit-classes/imports", **sent, headers=analyst).json()  # type: ignore[arg-type]
    assert (made["accepted"], made["refused"], made["problems"][0]["code"]) == (40, 1, "credit_uscc")
    assert client.post("/api/v1/credit-classes/imports", **sent, headers=analyst).json()["again"] is True  # type: ignore[arg-type]
    counts = client.get("/api/v1/credit-classes/counts", headers=head).json()
    assert (counts["classes"], counts["without"], counts["others"]) == ({"A": 30, "B": 0, "C": 0, "D": 10}, 20, None)
    found = client.get("/api/v1/credit-classes", params={"class_code": "D", "limit": 4}, headers=head).json()
    assert (len(found["items"]), bool(found["cursor"])) == (4, True)
    assert client.get(f"/api/v1/credit-classes/subjects/{found['items'][0]['subject_id']}", headers=head).json()[0]["class_code"] == "D"
    exported = client.get("/api/v1/credit-classes/export", params={"format": "csv"}, headers=head)
    assert len(list(csv.reader(io.StringIO(exported.text)))) == 41
    assert client.get("/api/v1/credit-classes/export", params={"format": "xlsx"}, headers=head).content[:2] == b"PK"
    assert client.get("/api/v1/credit-classes/imports", headers=analyst).json()["items"][0]["rows"] == 41


def test_a_plan_from_its_count_to_what_it_says(client: TestClient) -> None:
    with transaction(_store(client)) as conn:
        plan_world(conn)
    head = signed_in(client, ["office_head"], YICHANG, OFFICE)
    ask = {"region": "420500", "count": 12, "audit": 8}
    population = client.post("/api/v1/random-plans/preview", json=ask, headers=head).json()
    assert (population["units"], population["alerted"], population["repeats"]) == (59, 6, 1)
    assert client.post("/api/v1/random-plans/preview", json={**ask, "region": "420100"}, headers=head).json()["units"] == 0
    plan = {**ask, "name": "抽查", "office": OFFICE, "seed": "2026", "reason": "计划"}
    elsewhere = client.post("/api/v1/random-plans", json={**plan, "office": "420100-market_supervision"}, headers=head)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "office_unknown")
    made = client.post("/api/v1/random-plans", json=plan, headers=head).json()
    address = f"/api/v1/random-plans/{made['id']}"
    assert client.get(f"{address}/verification", headers=head).json()["same"] is True
    other = signed_in(client, ["office_head"], [("420100", "market_supervision")])
    assert client.get(address, headers=other).json()["code"] == "plan_not_found"
    assert client.get("/api/v1/random-plans", headers=other).json()["items"] == []
    assert client.get(f"{address}/export", params={"format": "json"}, headers=head).json()["seed"] == "2026"
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}/export", params={"format": "csv", "lang": "en"}, headers=head).text)))
    for i, row in enumerate(rows):
        row |= {"result": "10" if i % 2 else "30", "inspected_on": NOW.date().isoformat(), "facts": "现场检查"}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    told = client.post(f"{address}/results", files={"file": ("results.csv", out.getvalue().encode(), "text/csv")}, headers=head).json()
    assert (told["entered"], told["refused"], told["done"], told["acts"]) == (len(rows), 0, True, 0)
    assert told["without_act"][0]["count"] == len(rows)
    assert client.get(address, headers=head).json()["state"] == "done"
    assert 0 < client.get(f"{address}/estimate", headers=head).json()["prevalence"]["value"] < 1
    units = client.get(f"{address}/units", params={"limit": 3}, headers=head).json()
    assert [one["number"] for one in units["items"]] == [1, 2, 3]
    assert client.get("/api/v1/random-plans/defaults", headers=head).json()["classes"]["D"] == 4.0
