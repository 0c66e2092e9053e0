"""The taxonomy: what a report must say, and what each result teaches."""

from __future__ import annotations

import pytest

from risk.domain.errors import InvalidInputError
from risk.domain.verdicts import label_of, repair_of, taxonomy, validate


def test_codes_are_those_of_the_domain_notes() -> None:
    assert list(taxonomy()) == ["10", "11", "12", "13", "14", "20", "30", "31", "40", "50", "60", "70"]
    assert all(k.zh and k.en and k.next_step and k.next_zh and k.next_en for k in taxonomy().values())


@pytest.mark.parametrize(
    ("code", "sub", "label", "repair"),
    [
        ("10", None, 1.0, None),
        ("20", None, 0.5, None),
        ("30", "act_mismatch", 0.0, "rule_owner"),
        ("30", "context_misread", 0.0, "rule_owner"),
        ("30", "licensed", 0.0, "data_owner"),
        ("30", "wrong_subject", None, "data_owner"),
        ("30", "stale_data", None, "data_owner"),
        ("31", None, None, None),
        ("40", None, None, None),
    ],
)
def test_what_a_result_teaches(code: str, sub: str | None, label: float | None, repair: str | None) -> None:
    assert label_of(code, sub) == label
    assert repair_of(code, sub) == repair


@pytest.mark.parametrize(
    ("code", "facts", "officers", "sub", "problem"),
    [
        ("99", "事实", ["张"], None, "verdict_unknown"),
        ("70", "事实", ["张"], None, "verdict_not_final"),
        ("10", "  ", ["张"], None, "verdict_facts_required"),
        ("10", "事实", ["张", " "], None, "verdict_officers_required"),
        ("30", "事实", ["张", "李"], None, "verdict_sub_reason_required"),
        ("30", "事实", ["张", "李"], "whim", "verdict_sub_reason_unknown"),
        ("10", "事实", ["张", "李"], "stale_data", "verdict_sub_reason_unknown"),
        ("50", "事实", ["张", "李"], None, "verdict_suggestion_required"),
    ],
)
def test_what_is_refused(code: str, facts: str, officers: list[str], sub: str | None, problem: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        validate(code, facts=facts, officers=officers, sub_reason=sub)
    assert refused.value.code == problem
    assert refused.value.text("zh") != refused.value.text("en")
    refused.value.hint("zh")


def test_officers_are_named_once_each() -> None:
    assert validate("10", facts="现场查实", officers=["张三", "李四", "张三"])[1] == ("张三", "李四")
