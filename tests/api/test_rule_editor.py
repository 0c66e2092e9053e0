"""What a browser editor asks, as it asks it: one draft carried from the first word to a clean rule tried on samples."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

URL = "/api/v1/rule-editor"
DRAFT = """规则 gold_recipe "祖传金方" / "Ancestral golden recipe"
  模型 false_medical_advertising
  依据 "广告法" 条 "16.1.1" 文本 2021-04-29
  严重度 高
  当 文本 含任一 "祖传金方" 断言 且 非 ((渠道 = "listing") 否则 假)
  理由 中 "宣称“{hit}”" 英 "claims \\"{hit}\\""
  危害 中 "延误治疗" 英 "delays treatment"
  核查建议 中 "核对审查证明" 英 "compare with the review"
  常见误报 中 "文学作品" 英 "fiction"
  命中 "祖传金方，三天见效"
  不命中 "今天天气很好"
"""


def ask(client: TestClient, what: str, source: str = DRAFT, status: int = 200, **more: Any) -> Any:
    answer = client.post(f"{URL}/{what}", json={"source": source, **more}, headers={"Accept-Language": "en"})
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(autouse=True)
def _only_sqlite(engine_url: Any) -> None:
    if engine_url.get_backend_name() != "sqlite":
        pytest.skip("the editor stores nothing; rules in force are read on both databases by tests/risk/test_rule_store.py")


def test_a_good_draft_is_clean_and_told_in_both_languages(client: TestClient) -> None:
    found = ask(client, "check")
    assert found["clean"], found["diagnostics"]
    (rule,) = found["definitions"]
    assert (rule["kind"], rule["name"], rule["model"]) == ("rule", "gold_recipe", "false_medical_advertising")
    assert "has any of" in rule["en"]
    assert "channel" in rule["en"]
    assert "含任一" in rule["zh"]
    assert rule["cost"] > 0


def test_a_slip_has_a_place_a_hint_and_a_fix_that_mends_it(client: TestClient) -> None:
    slipped = DRAFT.replace("渠道 =", "渠到 =")
    found = ask(client, "check", slipped)
    assert not found["clean"]
    slip = next(item for item in found["diagnostics"] if item["code"] == "R010")
    place = slip["place"]
    assert slipped[place["start"] : place["end"]] == "渠到"
    assert "`渠道`" in slip["hint_zh"]
    mended = slipped[: place["start"]] + slip["fix"] + slipped[place["end"] :]
    assert mended == DRAFT
    refused = ask(client, "test", slipped, status=422)
    assert refused["code"] == "rules_have_errors"
    assert refused["hint"]


def test_thorough_also_compares_with_the_rules_in_force(client: TestClient) -> None:
    listed = client.get("/api/v1/rules", params={"kind": "rule", "model": "false_medical_advertising", "limit": 1}).json()["items"][0][
        "name"
    ]
    shown = client.get(f"/api/v1/rules/rule/{listed}/versions/0", params={"model": "false_medical_advertising"}).json()
    twin = shown["zh"].replace(listed, f"{listed}_twin", 1)
    quick = {item["code"] for item in ask(client, "check", twin)["diagnostics"]}
    thorough = {item["code"] for item in ask(client, "check", twin, thorough=True)["diagnostics"]}
    assert "R066" in thorough - quick


def test_completion_knows_shipped_lists_and_values(client: TestClient) -> None:
    begun = DRAFT[: DRAFT.index('"listing"')]
    found = ask(client, "complete", begun, offset=len(begun))
    assert {'"listing"', '"moments"'} <= {item["insert"] for item in found["items"] if item["kind"] == "value"}
    begun = '规则 a "x"\n  模型 false_medical_advertising\n  当 文本 含任一 @'
    found = ask(client, "complete", begun, offset=len(begun))
    assert found["items"]
    assert all(item["insert"].startswith("@") for item in found["items"])


def test_hover_and_colours(client: TestClient) -> None:
    told = ask(client, "hover", offset=DRAFT.index("渠道") + 1)
    assert told["en"].startswith("channel / 渠道: field, category")
    assert ask(client, "hover", offset=len(DRAFT)) is None
    law = ask(client, "hover", offset=DRAFT.index("广告法"))
    assert "2021-04-29" in law["en"]
    kinds = {DRAFT[mark["start"] : mark["end"]]: mark["kind"] for mark in ask(client, "marks")}
    assert (kinds["渠道"], kinds["规则"], kinds["当"]) == ("field", "head", "clause")


def test_there_and_back_again(client: TestClient) -> None:
    english = ask(client, "translate", language="en")
    assert english["left"] == []
    assert english["source"].startswith('rule gold_recipe "祖传金方"')
    back = ask(client, "translate", english["source"], language="zh")
    assert back["source"] == ask(client, "format")["source"]


def test_examples_are_run(client: TestClient) -> None:
    good = ask(client, "test")
    assert [(one["expected"], one["outcome"]) for one in good] == [(True, True), (False, False)]
    bad = ask(client, "test", DRAFT.replace('命中 "祖传金方，三天见效"', '命中 "三天见效"', 1))
    assert [(one["expected"], one["outcome"]) for one in bad] == [(True, False), (False, False)]
    assert bad[0]["en"]


def test_samples_are_explained_part_by_part(client: TestClient) -> None:
    sample = "某店：祖传金方，三天见效 😀"
    texts = [{"text": sample}, {"text": sample, "channel": "listing"}, {"text": "他说没有祖传金方"}]
    one, shop, denied = (found["outcomes"][0] for found in ask(client, "try", samples=texts))
    assert one["fired"] is True
    assert one["because_zh"] == "宣称“祖传金方”"
    assert [sample[q["start"] : q["end"]] for q in one["quotes"]] == ["祖传金方"]
    assert (one["trace"]["verdict"], shop["trace"]["verdict"]) == ("true", "false")
    assert shop["fired"] is False
    part = shop["trace"]["parts"][1]
    assert DRAFT[part["start"] : part["end"]].startswith("非")
    assert denied["fired"] is False


def test_a_stored_signal_is_tried_as_it_is(client: TestClient) -> None:
    posted = client.post(
        "/api/v1/signals",
        json={"source": "巡查", "signals": [{"text": "祖传金方，三天见效", "channel": "朋友圈"}]},
        headers={"X-Actor": "zhang"},
    )
    assert posted.status_code < 300, posted.text
    found = ask(client, "try", samples=[{"signal": posted.json()["rows"][0]["signal_id"]}])
    assert found[0]["text"] == "祖传金方，三天见效"
    assert found[0]["outcomes"][0]["fired"] is True
    assert ask(client, "try", status=404, samples=[{"signal": 999}])["code"] == "signal_not_found"


def test_nothing_at_all_is_no_error(client: TestClient) -> None:
    assert ask(client, "check", "") == {"clean": True, "definitions": [], "diagnostics": []}
    assert ask(client, "format", "")["source"] == ""
    assert ask(client, "complete", "", offset=9)["start"] == 0
