"""Verdicts, acts, attachments and subjects over HTTP: every mistake with its place, nothing outside the scope, files that are only files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.domain.grades import Grade
from risk.settings import Settings
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import NOW
from tests.risk.test_attachments import GPS, JPEG, PDF
from tests.risk.verdict_world import CONTENT, INSPECTION, LATER, UNFOUNDED, filed, new_tasks

V = "/api/v1/verdicts"


def name(actor: str) -> dict[str, str]:
    return {"X-Actor": quote(actor)}


@pytest.fixture
def work(settings: Settings) -> dict[str, int]:
    """Three tasks: one free, one with a red verdict that waits for review, one with a final one."""
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        free, red, done = new_tasks(conn, [Grade.BLUE, Grade.RED, Grade.BLUE], now=NOW - timedelta(hours=2))
        before = NOW - timedelta(hours=2)
        found = {"free": free, "red": red, "red_verdict": filed(conn, red, now=before), "done": done}
        found["final"] = filed(conn, done, {**CONTENT, "acts": [INSPECTION]}, now=before)
    engine.dispose()
    return found


def codes(answer: Any) -> set[tuple[str, str]]:
    return {(one["field"], one["type"]) for one in answer.json()["errors"]}


def test_a_draft_grows_into_a_verdict(client: TestClient, work: dict[str, int]) -> None:
    draft = f"{V}/drafts/{work['free']}"
    assert (client.get(draft).status_code, client.get(draft).json()) == (200, None)
    saved = client.put(draft, json={"content": {"facts": "待补"}, "version": 0}, headers=name("张三"))
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    assert client.put(draft, json={"content": {}, "version": 7}, headers=name("张三")).status_code == 409
    wrong = client.post(f"{draft}/check?lang=en", json={"code": "13"}).json()
    assert {one["field"] for one in wrong} == {"facts", "handlers", "transfer_to"}
    assert wrong[0]["message"] == "required: facts found"
    refused = client.post(f"{draft}/submit", json={}, headers=name("张三"))
    assert refused.status_code == 422
    assert ("code", "filing_code_missing") in codes(refused)
    client.put(draft, json={"content": {**CONTENT, "acts": [{**INSPECTION, "number": "J-2"}]}}, headers=name("张三"))
    made = client.post(f"{draft}/submit", json={}, headers=name("张三"))
    assert made.status_code == 201
    body = made.json()
    assert (body["verdict"]["state"], body["handlers"][0]["certificate"], body["acts"][0]["number"]) == ("reported", "4205*****45", "J-2")
    assert (client.get(draft).status_code, client.get(draft).json()) == (200, None)
    assert client.delete(draft, headers=name("张三")).status_code == 404
    again = client.post(V, json={"task_id": work["free"], "content": CONTENT}, headers=name("张三"))
    assert again.status_code == 409, "a task is reported once"


def test_lists_filter_and_go_on(client: TestClient, work: dict[str, int]) -> None:
    assert [one["id"] for one in client.get(V, params={"state": "under_review"}).json()["items"]] == [work["red_verdict"]]
    assert client.get(V, params={"updated_since": (LATER + timedelta(days=1)).isoformat()}).json()["items"] == []
    first = client.get(V, params={"limit": 1}).json()
    rest = client.get(V, params={"limit": 1, "cursor": first["cursor"]}).json()
    assert {first["items"][0]["id"], rest["items"][0]["id"]} == {work["red_verdict"], work["final"]}
    assert rest["cursor"] is None
    assert client.get(f"{V}/numbers").json()["waiting"] == {"under_review": 1}
    old, new = (client.get(f"{V}/taxonomy", params={"on": day}).json() for day in ("2026-10-31", "2026-11-01"))
    subs = [len(next(kind for kind in one if kind["code"] == "30")["sub_reasons"]) for one in (old, new)]
    assert subs == [5, 7]


def test_a_review_an_appeal_and_a_correction(client: TestClient, work: dict[str, int]) -> None:
    (review,) = client.get(f"{V}/reviews").json()["items"]
    assert review["reasons_en"] == ["a red alert"]
    own = client.post(f"{V}/reviews/{review['id']}/pass", json={}, headers=name("科长"))
    assert (own.status_code, own.json()["code"]) == (403, "review_own")
    passed = client.post(f"{V}/reviews/{review['id']}/pass", json={}, headers=name("复核员"))
    assert (passed.status_code, passed.json()["state"]) == (200, "passed")
    assert client.post(f"{V}/reviews/{review['id']}/send-back", json={"reason": "x"}, headers=name("复核员")).status_code == 409
    red = work["red_verdict"]
    sent = {"party": "trader", "appellant": "王小明", "grounds": "与我无关"}
    appeal = client.post(f"{V}/{red}/appeals", json=sent, headers=name("窗口"))
    assert (appeal.status_code, appeal.json()["appellant"]) == (201, "王**")
    decision = f"{V}/appeals/{appeal.json()['id']}/decision"
    bare = client.post(decision, json={"outcome": "overturned", "reason": "证据不足"}, headers=name("法制员"))
    assert (bare.status_code, bare.json()["code"]) == (422, "appeal_correction")
    whole = {"outcome": "overturned", "reason": "证据不足", "correction": UNFOUNDED}
    decided = client.post(decision, json=whole, headers=name("法制员")).json()
    newer = decided["correction_id"]
    assert client.get(f"{V}/{red}").json()["verdict"]["superseded"] is True
    fields = {one["field"] for one in client.get(f"{V}/{red}/diff", params={"other": newer}).json()}
    assert {"code", "sub_reason", "facts"} <= fields
    late = client.post(f"{V}/{red}/corrections", json={"content": CONTENT, "reason": "x"}, headers=name("张三"))
    assert (late.status_code, late.json()["code"]) == (409, "verdict_replaced")
    once_more = client.post(f"{V}/{newer}/corrections", json={"content": CONTENT, "reason": "复查"}, headers=name("张三"))
    assert (once_more.status_code, once_more.json()["versions"]) == (201, [red, newer, once_more.json()["verdict"]["id"]])


def test_acts_are_entered_changed_and_removed(client: TestClient, work: dict[str, int]) -> None:
    kinds = client.get("/api/v1/acts/kinds").json()
    assert {"inspection", "penalty", "enforcement", "other"} == set(kinds)
    bad = client.post("/api/v1/acts", json={"record": {"kind": "penalty"}, "task_id": work["free"]}, headers=name("张三"))
    assert bad.status_code == 422
    assert ("criminal", "mistake_required") in codes(bad)
    record = {**INSPECTION, "number": "J-9"}
    made = client.post("/api/v1/acts", json={"record": record, "task_id": work["free"]}, headers=name("张三"))
    assert (made.status_code, made.json()["fields"]["inspectors"]) == (201, ["张*", "李*"])
    one = f"/api/v1/acts/{made.json()['id']}"
    changed = client.put(one, json={"record": {**record, "result": "合格"}, "version": 1}, headers=name("张三")).json()
    assert (changed["version"], changed["fields"]["result"]) == (2, "合格")
    assert client.put(one, json={"record": record, "version": 1}, headers=name("张三")).status_code == 409
    assert client.post(f"{one}/remove", json={"reason": "误录"}, headers=name("张三")).json()["removed_at"]
    listed = client.get("/api/v1/acts", params={"task": work["free"]}).json()["items"]
    assert listed == []
    assert len(client.get("/api/v1/acts", params={"removed": True}).json()["items"]) == 2


def test_files_come_in_by_content_and_go_out_as_files(client: TestClient, work: dict[str, int], settings: Settings) -> None:
    def sent(content: bytes, file: str, **form: Any) -> Any:
        return client.post("/api/v1/attachments", files={"file": (file, content)}, data=form, headers=name("张三"))

    assert sent(PDF, "a.pdf").json()["code"] == "attachment_place"
    assert sent(PDF, "a.pdf", task_id=99999).status_code == 404
    assert sent(b"<script>", "a.pdf", task_id=work["free"]).json()["code"] == "attachment_type"
    photo = sent(JPEG, "../../现场.jpg", task_id=work["free"])
    assert (photo.status_code, photo.json()["name"]) == (201, "现场.jpg")
    where = f"/api/v1/attachments/{photo.json()['id']}"
    copy = client.get(f"{where}/content", headers=name("张三"))
    assert copy.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('现场.jpg')}"
    assert copy.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in copy.headers["content-security-policy"]
    assert copy.headers["content-type"] == "application/octet-stream"
    assert GPS not in copy.content
    original = client.get(f"{where}/content", params={"original": True}, headers=name("张三"))
    assert original.content == JPEG
    assert client.get(f"{where}/content").status_code == 422, "who reads a file has a name"
    content = {**CONTENT, "attachments": [photo.json()["id"]]}
    made = client.post(V, json={"task_id": work["free"], "content": content}, headers=name("张三")).json()
    assert [one["name"] for one in made["attachments"]] == ["现场.jpg"]
    assert client.post(f"{where}/remove", json={"reason": "传错"}, headers=name("张三")).json()["removed_by"] == "张三"
    assert client.get(f"{where}/content", headers=name("张三")).status_code == 409
    assert list((Path(settings.home) / "attachments" / "incoming").iterdir()) == []


def test_a_subject_has_a_history_as_known_then(client: TestClient, work: dict[str, int]) -> None:
    subject = client.get(f"{V}/{work['final']}").json()["verdict"]["subject_id"]
    view = client.get(f"/api/v1/subjects/{subject}").json()
    assert (view["counts"]["alerts"], view["counts"]["verdicts"], view["counts"]["acts"]) == (1, 1, 1)
    told = client.get(f"/api/v1/subjects/{subject}/history", params={"known": NOW.isoformat()}).json()
    kinds = [one["kind"] for one in told["entries"]]
    assert {"signal", "alert", "task", "task_event", "verdict", "verdict_event", "act"} == set(kinds)
    before = (NOW - timedelta(hours=3)).isoformat()
    earlier = client.get(f"/api/v1/subjects/{subject}/history", params={"known": before}).json()["entries"]
    assert "verdict" not in [one["kind"] for one in earlier]
    only = client.get(f"/api/v1/subjects/{subject}/history", params={"kind": ["verdict", "act"]}).json()["entries"]
    assert sorted(one["kind"] for one in only) == ["act", "verdict"]
    (chain,) = client.get(f"/api/v1/subjects/{subject}/chain").json()
    assert [one["kind"] for one in chain["signals"]] == ["signal"]
    assert {"alert", "task", "verdict", "act"} <= {one["kind"] for one in chain["steps"]}
    assert [one["id"] for one in client.get("/api/v1/subjects", params={"q": view["subject"]["name"]}).json()["items"]] == [subject]
    assert client.get("/api/v1/subjects/99999/history").status_code == 404


def test_nothing_of_another_city_can_be_reached(client: TestClient, work: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    made = client.post("/api/v1/attachments", files={"file": ("a.pdf", PDF)}, data={"task_id": work["free"]}, headers=name("张三")).json()
    subject = client.get(f"{V}/{work['final']}").json()["verdict"]["subject_id"]
    act = client.get("/api/v1/acts").json()["items"][0]["id"]
    appeal = client.post(
        f"{V}/{work['final']}/appeals", json={"party": "trader", "appellant": "某某", "grounds": "x"}, headers=name("窗口")
    ).json()
    yichang = Principal("李某", permissions_of(["office_head"]), Scope((Grant("420500"),)))
    monkeypatch.setattr(type(client.app.state.services.identity), "principal", lambda self, request: yichang)  # type: ignore[attr-defined]
    lists = (V, f"{V}/reviews", f"{V}/appeals", f"{V}/repairs", f"{V}/feedback", "/api/v1/acts", "/api/v1/attachments", "/api/v1/subjects")
    for path in lists:
        assert client.get(path).json()["items"] == [], path
    assert client.get(f"{V}/numbers").json()["final"] == 0
    singles = (
        f"{V}/{work['final']}",
        f"{V}/drafts/{work['free']}",
        f"{V}/appeals/{appeal['id']}",
        f"/api/v1/acts/{act}",
        f"/api/v1/attachments/{made['id']}",
        f"/api/v1/attachments/{made['id']}/content",
        f"/api/v1/subjects/{subject}",
        f"/api/v1/subjects/{subject}/history",
        f"/api/v1/subjects/{subject}/chain",
    )
    for path in singles:
        assert client.get(path).status_code == 404, path
    content = {"content": CONTENT, "reason": "x"}
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        (V, {"task_id": work["free"], "content": CONTENT}),
        (f"{V}/drafts/{work['free']}/check", CONTENT),
        (f"{V}/{work['final']}/corrections", content),
        (f"{V}/{work['final']}/appeals", {"party": "trader", "appellant": "x", "grounds": "x"}),
        (f"{V}/appeals/{appeal['id']}/decision", {"outcome": "upheld", "reason": "x"}),
        (f"{V}/reviews/1/pass", {}),
        (f"/api/v1/acts/{act}/remove", {"reason": "x"}),
        (f"/api/v1/attachments/{made['id']}/remove", {"reason": "x"}),
        ("/api/v1/acts", {"record": INSPECTION, "task_id": work["free"]}),
    )
    for path, body in acts:
        assert client.post(path, json=body).status_code == 404, path
    assert client.put(f"{V}/drafts/{work['free']}", json={"content": {}}).status_code == 404
