"""Rules over HTTP: written, tested, approved by another, watched, used, compared; every refusal is a problem with a stable code."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.risk.rule_world import AUTHOR, GOLD, OTHER, THIRD, WHEN, shipped
from tests.risk.run_world import MED

V1 = "/api/v1/rules"
GOLD_AT = f"{V1}/rule/gold/versions/1"


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped(monkeypatch)


def _get(client: TestClient, path: str, status: int = 200, **params: Any) -> Any:
    answer = client.get(path, params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


def _step(client: TestClient, step: str, actor: str, status: int = 200, at: str = GOLD_AT, **body: Any) -> Any:
    answer = client.post(f"{at}/{step}", json={"actor": actor, **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_rule_from_draft_to_use(client: TestClient) -> None:
    answer = client.post(V1, json={"actor": AUTHOR, "source": GOLD.replace("含任一", "含一", 1)})
    assert (answer.status_code, answer.headers["Location"], answer.headers["ETag"]) == (201, f"{GOLD_AT}?model={MED}", '"1"')
    made = answer.json()
    assert [(one["code"], one["span"]["line"]) for one in made["diagnostics"]] == [("R001", 5)]
    assert _step(client, "test", AUTHOR)["row"]["state"] == "draft"
    stale = client.put(GOLD_AT, json={"actor": AUTHOR, "source": GOLD}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "rule_changed")
    edited = client.put(GOLD_AT, json={"actor": AUTHOR, "source": GOLD}, headers={"If-Match": '"2"'})
    assert (edited.status_code, edited.headers["ETag"], edited.json()["diagnostics"]) == (200, '"3"', [])
    assert _step(client, "approve", OTHER, 409)["code"] == "rule_transition"
    tested = _step(client, "test", AUTHOR)
    assert (tested["row"]["state"], tested["test"]["examples"], tested["test"]["clean"]) == ("tested", 6, True)
    _step(client, "submit", AUTHOR)
    assert _step(client, "approve", AUTHOR, 409)["code"] == "rule_own_approval"
    assert _step(client, "reject", OTHER, 422)["code"] == "rule_reason"
    assert _step(client, "approve", OTHER, 404, backtest=7)["code"] == "backtest_not_found"
    approved = _step(client, "approve", OTHER)
    assert "backtest" not in approved["evidence"]
    assert approved["pinned"] == {}
    _step(client, "shadow", OTHER, reason="观察")
    assert _step(client, "activate", OTHER, reason="启用", percent=20)["row"]["roll_out"] == 20.0
    assert _step(client, "roll-out", OTHER, reason="放量", percent=100)["row"]["roll_out"] == 100.0
    listed = {row["name"]: row for row in _get(client, V1, kind="rule")["items"]}
    assert (listed["gold"]["in_force"], listed["gold"]["state"], listed["cure"]["in_force"]) == (1, "active", 0)
    _step(client, "pause", AUTHOR, reason="误报")
    restored = client.post(f"{GOLD_AT}/restore", json={"actor": THIRD})
    assert (restored.status_code, restored.headers["Location"]) == (200, f"{V1}/rule/gold/versions/2?model={MED}")
    events = _get(client, f"{V1}/rule/gold/history")
    assert [(row["version"], row["event"], row["actor"]) for row in events][-3:] == [
        (1, "roll_out", OTHER),
        (1, "pause", AUTHOR),
        (2, "create", THIRD),
    ]
    assert _get(client, f"{V1}/rule/gold")["versions"][0]["version"] == 2
    assert _get(client, f"{GOLD_AT}/shadow-hits") == {"items": [], "cursor": None}


def test_versions_are_compared_in_both_languages(client: TestClient) -> None:
    client.post(V1, json={"actor": AUTHOR, "source": GOLD})
    for step, actor in (("test", AUTHOR), ("submit", AUTHOR), ("approve", OTHER), ("activate", OTHER)):
        _step(client, step, actor, reason="x")
    client.post(V1, json={"actor": AUTHOR, "source": GOLD.replace(WHEN, f"{WHEN} 且 非 有微信")})
    found = _get(client, f"{V1}/rule/gold/diff")
    assert (found["old"], found["new"]) == (1, 2)
    assert [(one["what"], one["clause_zh"], one["new_zh"], one["new_en"]) for one in found["changes"]] == [
        ("added", "当", "非 有微信", "not has_wechat")
    ]
    assert _get(client, f"{V1}/rule/gold/diff", **{"from": 1, "to": 1})["changes"] == []
    assert _get(client, f"{V1}/rule/cure/versions/0")["source"].startswith('rule cure "断言治愈"')


def test_words_of_a_list_by_two_people(client: TestClient) -> None:
    at = f"{V1}/list/病名"
    assert [one["term"] for one in _get(client, f"{at}/entries")["entries"]] == ["糖尿病", "高血压"]
    made = client.post(
        f"{at}/entries", json={"actor": AUTHOR, "add": [{"term": "哮喘", "note": "监测中出现"}], "remove": [{"term": "高血压"}]}
    )
    assert (made.status_code, made.json()["row"]["state"]) == (201, "submitted")
    assert _step(client, "approve", AUTHOR, 409, f"{at}/versions/1")["code"] == "rule_own_approval"
    _step(client, "approve", OTHER, at=f"{at}/versions/1")
    _step(client, "activate", OTHER, at=f"{at}/versions/1", reason="同意")
    entries = _get(client, f"{at}/entries")["entries"]
    assert [(one["term"], one["actor"], one["note"]) for one in entries] == [("糖尿病", None, None), ("哮喘", AUTHOR, "监测中出现")]
    assert _get(client, f"{at}/versions/1/entries")["version"] == 1
    again = client.post(f"{at}/entries", json={"actor": AUTHOR, "add": [{"term": "哮喘"}]})
    assert (again.status_code, again.json()["code"]) == (409, "list_entry_there")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", f"{V1}/rule/nothing", None, 404, "rule_not_found"),
        ("GET", f"{V1}/rule/cure/versions/9", None, 404, "rule_version_not_found"),
        ("GET", f"{V1}/sentence/cure", None, 422, "validation_failed"),
        ("POST", V1, {"actor": AUTHOR, "source": "什么都没有"}, 422, "rule_no_definition"),
        ("POST", V1, {"source": GOLD}, 422, "actor_required"),
        ("POST", V1, {"actor": AUTHOR, "source": "条件 a = b", "model": "nothing"}, 422, "rule_model_unknown"),
        ("POST", f"{V1}/rule/cure/versions/0/fly", {"actor": AUTHOR}, 422, "validation_failed"),
        ("POST", f"{V1}/rule/cure/versions/0/submit", {"actor": AUTHOR}, 409, "rule_transition"),
        ("POST", f"{V1}/list/病名/entries", {"actor": AUTHOR}, 422, "list_no_change"),
        ("GET", f"{V1}?cursor=x", None, 422, "cursor_invalid"),
    ],
)
def test_refusals(client: TestClient, method: str, path: str, body: Any, status: int, code: str) -> None:
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_if_match_that_is_no_revision_is_told(client: TestClient) -> None:
    client.post(V1, json={"actor": AUTHOR, "source": GOLD})
    for given, status in (('"x"', 422), ("*", 200), ('W/"2"', 200)):
        answer = client.put(GOLD_AT, json={"actor": AUTHOR, "source": GOLD}, headers={"If-Match": given})
        assert answer.status_code == status, answer.text


def test_a_shipped_rule_is_paused_for_the_next_preview(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service goes on and uses what was changed."""
    text = {"text": "立即抢购，三个疗程根治糖尿病", "models": [MED]}
    before = client.post("/api/v1/assessments/preview", json=text).json()
    assert _step(client, "pause", OTHER, at=f"{V1}/rule/cure/versions/0", reason="误报")["row"]["state"] == "paused"
    after = client.post("/api/v1/assessments/preview", json=text).json()
    assert [one["probability"] for one in _rows(after)] < [one["probability"] for one in _rows(before)]
    assert _rows(before)[0]["rules_version"] != _rows(after)[0]["rules_version"]


def _rows(answer: Any) -> list[dict[str, Any]]:
    return list(answer["items"] if isinstance(answer, dict) else answer)
