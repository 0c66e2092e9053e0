"""Grades over HTTP: asking changes nothing, an act needs a name and a reason, and refusals are problems."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

BASE = "/api/v1/grades/false_medical_advertising"
WHO = {"X-Actor": quote("张三")}


@pytest.mark.usefixtures("world")
def test_from_a_question_to_an_act_and_back(client: TestClient, world: datetime) -> None:
    later = (world + timedelta(days=1)).isoformat()
    tried = client.post(f"{BASE}/what-if", json={"cutoffs": {"blue": 0.5}, "until": later, "as_of": later})
    assert tried.status_code == 200
    told = tried.json()
    assert (told["source"], told["cutoffs"]["blue"], told["expected"]["by_cutoffs"]["alerts"]) == ("given", 0.5, 1)
    solved = client.post(f"{BASE}/solve", json={"floors": {"red": 0.9}, "until": later, "as_of": later}).json()
    assert (solved["now"]["source"], solved["solved"]["source"]) == ("fixed", "fixed")  # no labels: nothing to solve with
    assert solved["solved"]["floors"]["red"] == 0.9
    assert client.get(BASE).json()["history"] == []

    made = client.post(f"{BASE}/settings", json={"cutoffs": {"blue": 0.5}, "reason": "试行"}, headers=WHO)
    assert (made.status_code, made.json()["version"], made.json()["actor"]) == (201, 1, "张三")
    shown = client.get(BASE).json()
    assert (shown["source"], shown["cutoffs"]["blue"], shown["setting"]["reason"]) == ("set", 0.5, "试行")
    again = client.post(f"{BASE}/settings", json={"cutoffs": {"blue": 0.5}, "reason": "试行"}, headers=WHO)
    assert (again.status_code, again.json()["code"]) == (409, "grades_unchanged")
    back = client.post(f"{BASE}/revert", json={"reason": "收回"}, headers=WHO)
    assert (back.status_code, back.json()["reverts"]) == (201, 0)
    assert client.get(BASE).json()["source"] == "fixed"
    assert client.get(f"{BASE}/reliability").json()["overall"]["n"] == 0


def test_refusals(client: TestClient) -> None:
    assert client.post(f"{BASE}/settings", json={"cutoffs": {"red": 0.9}, "reason": "因"}).json()["code"] == "actor_required"
    assert (
        client.post(f"{BASE}/settings", json={"cutoffs": {"red": 0.2}, "reason": "因"}, headers=WHO).json()["code"]
        == "grades_cutoffs_order"
    )
    assert client.post(f"{BASE}/what-if", json={"capacity": {"nowhere": 3}}).json()["code"] == "grades_no_office"
    assert client.post(f"{BASE}/what-if", json={"cutoffs": {"violet": 0.3}}).status_code == 422
    assert client.get("/api/v1/grades/nothing").json()["code"] == "unknown_model"
    assert client.post(f"{BASE}/revert", json={"reason": "因"}, headers=WHO).status_code == 404
