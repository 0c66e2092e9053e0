"""Records of acts: the fields of the forms, and everything that is wrong with one at once."""

from __future__ import annotations

from typing import Any

import pytest

from risk.domain.acts import check, kinds, mask
from risk.domain.mistakes import MistakesError

COMMON = {
    "matter_code": "01312345678901",
    "object_name": "某药房",
    "party_name": "某药房有限公司",
    "party_nature": "法人",
    "party_id_type": "统一社会信用代码",
    "party_code": "91350100M000100Y43",
    "region": "420502",
}
INSPECTION = {
    **COMMON,
    "checklist_code": "91350100M000100Y43301",
    "name": "药品经营检查",
    "number": "J-1",
    "form": "01",
    "category": "现场检查",
    "result": "不合格",
    "inspected_on": "2026-10-12",
    "inspectors": ["张三", "李四"],
    "certificates": ["42010012345", "42010012346"],
    "items": [{"name": "处方管理", "result": "不合格"}],
}
PENALTY = {
    **COMMON,
    "number": "C-1",
    "case_source": "风险预警",
    "inspection_number": "J-1",
    "filed_on": "2026-10-12",
    "criminal": "否",
    "major": False,
    "decided_on": "2026-10-20",
    "fine": "20,000",
}


def wrong_of(kind: str, record: dict[str, Any]) -> set[tuple[str, str]]:
    act, wrong = check(kind, record)
    assert (act is None) == bool(wrong)
    for one in wrong:
        f"{one.place} {one.text('zh')} {one.text('en')}".encode()  # whatever was given, it can be told
    return {(m.place, m.code) for m in wrong}


def test_whole_records_are_taken_as_they_are_stored() -> None:
    act, _ = check("inspection", INSPECTION)
    assert act is not None
    assert (act.number, act.name, str(act.happened_on), act.fined_fen) == ("J-1", "药品经营检查", "2026-10-12", None)
    fined, _ = check("penalty", PENALTY)
    assert fined is not None
    assert (fined.fined_fen, fined.fields["fine"], fined.fields["criminal"]) == (2_000_000, "20000.00", False)
    assert "hearing" not in fined.fields, "what nobody said is not 'no'"
    assert check("other", {**COMMON, "number": "Q-1", "started_on": "2026-10-12"})[0] is not None


def test_enforcement_alone_needs_no_object() -> None:
    without = {name: value for name, value in COMMON.items() if name != "object_name"}
    assert check("enforcement", {**without, "number": "F-1", "force_kind": "行政强制措施"})[0] is not None
    assert ("object_name", "mistake_required") in wrong_of("other", {**without, "number": "Q-1"})


@pytest.mark.parametrize(
    ("kind", "change", "place", "code"),
    [
        ("inspection", {"matter_code": "0131234567890"}, "matter_code", "mistake_pattern"),
        ("inspection", {"checklist_code": "91350100M000100Y43601"}, "checklist_code", "mistake_pattern"),
        ("inspection", {"checklist_code": "91350100M000100Y42301"}, "checklist_code", "mistake_uscc"),
        ("inspection", {"inspectors": ["张三", " 张三 "]}, "inspectors", "mistake_too_few"),
        ("inspection", {"inspectors": "张三、李四"}, "inspectors", "mistake_list"),
        ("inspection", {"form": "03"}, "form", "mistake_choice"),
        ("inspection", {"items": [{"name": "处方管理", "result": "好"}]}, "items", "mistake_choice"),
        ("inspection", {"items": [{"name": "处方管理"}]}, "items", "mistake_shape"),
        ("inspection", {"reported_on": "2026-10-11"}, "reported_on", "mistake_order"),
        ("inspection", {"number": "J" * 51}, "number", "mistake_too_long"),
        ("inspection", {"weather": "晴"}, "weather", "mistake_unknown_field"),
        ("inspection", {"\ud800": "x"}, "?", "mistake_unknown_field"),
        ("inspection", {"form": "\ud800"}, "form", "mistake_choice"),
        ("inspection", {"result": "\ud800"}, "result", "mistake_text"),
        ("penalty", {"fine": "1.005"}, "fine", "mistake_amount"),
        ("penalty", {"fine": 0.1}, "fine", "mistake_amount"),
        ("penalty", {"closed_on": "2026-10-01"}, "closed_on", "mistake_order"),
        ("penalty", {"closed_on": "2026-11-01", "reported_on": "2026-10-31"}, "reported_on", "mistake_order"),
        ("penalty", {"criminal": "也许"}, "criminal", "mistake_yes_no"),
        ("penalty", {"decided_on": "昨天"}, "decided_on", "mistake_date"),
        ("penalty", {"party_code": "91350100M000100Y42"}, "party_code", "mistake_uscc"),
        ("penalty", {"party_name": ["x"]}, "party_name", "mistake_text"),
    ],
)
def test_each_rule_has_its_place(kind: str, change: dict[str, Any], place: str, code: str) -> None:
    assert wrong_of(kind, {**(INSPECTION if kind == "inspection" else PENALTY), **change}) == {(place, code)}


def test_a_person_is_known_by_the_number_of_the_identity_card() -> None:
    person = {**PENALTY, "party_nature": "公民", "party_code": "11010519491231002X"}
    assert check("penalty", person)[0] is not None
    assert wrong_of("penalty", {**person, "party_code": "110105194912310021"}) == {("party_code", "mistake_uscc")}


def test_every_mistake_is_said_at_once_in_both_languages() -> None:
    _, wrong = check("penalty", {})
    required = {name for name, field in kinds()["penalty"].fields.items() if field.required}
    assert {m.place for m in wrong} == required
    refused = MistakesError(wrong)
    for lang in ("zh", "en"):
        parts = refused.parts(lang)
        assert len(parts) == len(required)
        assert all(part["message"] in refused.text(lang) for part in parts)
    assert refused.parts("zh") != refused.parts("en")


def test_what_is_shown_names_no_person() -> None:
    shown = mask("inspection", INSPECTION)
    assert shown["inspectors"] == ["张*", "李*"]
    assert all("1234" not in number for number in shown["certificates"])
    assert shown["party_name"] == "某药房有限公司", "a firm is no person"
