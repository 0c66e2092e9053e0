"""What waits, counted; tasks by place; what may be attached; how people sign in; a handler by the name they are known by."""

from __future__ import annotations

from datetime import datetime

import pytest
from starlette.testclient import TestClient

from tests.api.accounts_world import signed_in


def test_what_waits_is_counted_as_the_list_says(client: TestClient, world: datetime) -> None:
    assert world
    counts = client.get("/api/v1/tasks/counts").json()
    assert (counts["open"], counts["to_sign"], counts["overdue"]) == (2, 2, 0)
    number = client.get("/api/v1/tasks").json()["items"][0]["id"]
    client.post(f"/api/v1/tasks/{number}/sign", json={"actor": "张三"})
    after = client.get("/api/v1/tasks/counts").json()
    assert (after["open"], after["to_sign"]) == (2, 1)
    assert len(client.get("/api/v1/tasks", params={"waiting": True}).json()["items"]) == 2
    assert client.get("/api/v1/tasks", params={"waiting": True, "state": "closed"}).json()["items"] == []
    assert {(one["officer"], one["open"]) for one in after["officers"]} == {("张三", 1), (None, 1)}
    mine = client.get("/api/v1/tasks/counts", params={"mine": True}, headers={"X-Actor": "%E5%BC%A0%E4%B8%89"}).json()
    assert (mine["open"], len(mine["officers"])) == (1, 1)


def test_an_office_outside_is_not_counted(client: TestClient, world: datetime) -> None:
    assert world
    headers = signed_in(client, ["officer"], [("421200", "market_supervision")], "421200-market_supervision")
    assert client.get("/api/v1/tasks/counts", headers=headers).json()["open"] == 0
    refused = client.get("/api/v1/tasks/counts", params={"office": "420100-market_supervision"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "office_not_found")


def test_tasks_of_a_place(client: TestClient, world: datetime) -> None:
    assert world
    everywhere = client.get("/api/v1/tasks").json()["items"]
    found = {city: client.get("/api/v1/tasks", params={"region": city}).json()["items"] for city in {row["region"] for row in everywhere}}
    assert sum(len(rows) for rows in found.values()) == len(everywhere)
    assert all(row["region"] == city for city, rows in found.items() for row in rows)
    assert client.get("/api/v1/tasks", params={"region": "月球"}).json()["code"] == "region_not_known"


@pytest.mark.parametrize("path", ["/api/v1/attachments/limits"])
def test_limits_of_attachments(client: TestClient, path: str) -> None:
    told = client.get(path).json()
    assert told["file_bytes"] == 20 * 1024 * 1024
    assert {"jpeg", "png", "pdf", "heic"} <= {kind["code"] for kind in told["kinds"]}


def test_how_people_sign_in(client: TestClient) -> None:
    assert client.get("/api/v1/auth/ways").json() == {"accounts": False, "single_sign_on": False}
    signed_in(client, ["officer"])
    assert client.get("/api/v1/auth/ways").json()["accounts"] is True


def test_the_columns_of_a_form_are_told(client: TestClient) -> None:
    items = next(one for one in client.get("/api/v1/acts/kinds").json()["inspection"] if one["name"] == "items")
    assert list(items["columns"]) == ["name", "result"]
    assert "不合格" in items["columns"]["result"]
