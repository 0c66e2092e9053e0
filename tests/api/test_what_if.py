"""What would lower a grade, asked over HTTP: of a text, and of an assessment as it was judged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.testclient import TestClient

TEXT = "三个疗程根治糖尿病，无效退款"


def _post(client: TestClient, body: dict[str, Any], status: int = 200) -> Any:
    told = client.post("/api/v1/assessments/preview/what-if", json=body)
    assert told.status_code == status, told.text
    return told.json()


def test_a_text_is_judged_again_without_each_reason(client: TestClient) -> None:
    found = _post(client, {"text": TEXT, "model": "false_medical_advertising"})
    assert found["same_versions"]
    assert found["answers"]
    for answer in found["answers"]:
        assert all(TEXT[i:j] == quote for quote, i, j in answer["removed"])
        assert ("仍为" in answer["zh"]) == (not answer["lower"])
    assert [one["lower"] for one in found["answers"]] == sorted((one["lower"] for one in found["answers"]), reverse=True)
    assert _post(client, {"text": "今天下雨", "model": "illegal_drug_sales"})["answers"] == []
    assert _post(client, {"text": TEXT, "model": "nonsense"}, 422)["code"] == "unknown_model"


def test_a_preview_tells_reasons_with_their_places(client: TestClient) -> None:
    told = client.post("/api/v1/assessments/preview", json={"text": TEXT, "models": ["false_medical_advertising"]}).json()[0]
    assert told["grounds"]
    for ground in told["grounds"]:
        assert all(TEXT[i:j] == quote for quote, i, j in ground["quotes"])


def test_an_assessment_that_is_not_there(client: TestClient, world: datetime) -> None:
    told = client.get("/api/v1/assessments/999999/what-if")
    assert (told.status_code, told.json()["code"]) == (404, "assessment_not_found")


def test_an_assessment_is_judged_again_as_of_its_moment(client: TestClient, world: datetime) -> None:
    rows = client.get("/api/v1/assessments").json()["items"]
    told = [client.get(f"/api/v1/assessments/{row['id']}/what-if") for row in rows]
    assert {one.status_code for one in told} <= {200, 409}
    assert all(one.json()["code"] == "no_text_to_change" for one in told if one.status_code == 409)
    assert all(one.json()["model"] == row["model"] for one, row in zip(told, rows, strict=True) if one.status_code == 200)
