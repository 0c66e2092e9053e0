"""Reasons put together lose nothing, quote the original to the character, and what they say would change the grade does."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.context import Context
from models.explain import total
from risk.domain.banks import passages
from risk.domain.grades import Grade
from risk.scoring.counterfactuals import counterfactuals
from risk.scoring.grounds import _PAIRWISE
from risk.scoring.reasons import evidence, explained
from risk.scoring.scorer import Learner, Scorer
from risk.services.training import train_texts
from rules.pack import pack_from_text
from tests.risk.run_world import MED

PACK = """
list 断言 "claims"
  include "根治" "永不复发" "包治百病"
list 病名 "diseases"
  include "糖尿病" "高血压"
rule cure "断言疗效" severity high floor orange
  when text has any of @断言 and text has any of @病名
  because zh "宣称“{hit}”，涉嫌断言疗效" en "claims \\"{hit}\\": suspected assertion of effect"
rule unlicensed "无审查证明" severity medium
  when text has any of @断言 and (licence_state("医疗广告审查证明") != "valid") otherwise false
"""


@pytest.fixture(scope="module")
def trained() -> Scorer:
    scorer = Scorer(packs=[pack_from_text(PACK, MED)])
    told = "{}祖传秘方根治糖尿病，{}个疗程永不复发，加微信abc{}", "今天{}点开会，食堂有{}种面，快递{}号柜"
    texts = [told[i % 2].format(i, i + 3, i * 37) for i in range(60)]
    found = train_texts(scorer, MED, texts, np.array([1.0, 0.0] * 30), groups=np.arange(60) // 2)
    scorer.learners[MED] = Learner(found.fitted.model, "1")
    return scorer


TEXTS = (
    "祖传秘方，三个疗程根·治糖尿病！加薇信abc12345，特价198元",
    "谨防“根治糖尿病”的骗局，警方提醒",
    "今天食堂有面",
    "",
    "！？…，，",
    "高血压𠮷🌸根治，国药准字Z20200001",
)


@pytest.mark.parametrize("trust", [1.0, 0.6])
def test_grounds_add_up_to_what_contributions_add_up_to(trained: Scorer, trust: float) -> None:
    learner = Learner(trained.learners[MED].model, "1", trust=trust)
    scorer = Scorer({MED: learner}, packs=[pack_from_text(PACK, MED)])
    reading = scorer.read(TEXTS)
    judged = scorer.judge(reading, MED)
    for fired, shares, grounds in explained(scorer, reading, judged, range(len(TEXTS))):
        base = sum(share.log_odds for share in shares if share.kind == "base")
        assert sum(ground.log_odds for ground in grounds) + base == pytest.approx(total(shares), abs=1e-9)
        assert {f"rule:{one.rule}" for one in fired} >= {one.topic for one in grounds if one.topic.startswith("rule:")}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["根治", "糖尿病", "根·治", "加微信abc123", "，", "不能", "月息2分", "🌸", "国药准字Z20200001", "今天"]), max_size=9
    )
)
def test_any_text_adds_up_and_quotes_are_its_own(trained: Scorer, parts: list[str]) -> None:
    text = "".join(parts)
    reading = trained.read([text])
    judged = trained.judge(reading, MED)
    _, shares, grounds = explained(trained, reading, judged, [0])[0]
    base = sum(share.log_odds for share in shares if share.kind == "base")
    assert sum(ground.log_odds for ground in grounds) + base == pytest.approx(total(shares), abs=1e-9)
    for ground in grounds:
        assert ground.zh
        assert ground.en
        for i, j in ground.quotes:
            assert 0 <= i < j <= len(text)
            assert ground.topic != "phrase" or text[i:j] in ground.zh


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=_PAIRWISE - 1))
def test_a_few_numbers_add_up_as_an_array_does(weights: list[float]) -> None:
    assert reduce(add, weights, 0.0) == np.array(weights).sum()


def test_columns_of_one_matter_are_one_reason(trained: Scorer) -> None:
    told = _told(trained, "年化15%起，加微信abc12345或电话13800138000，根治糖尿病")
    topics = [one["topic"] for one in told["grounds"]]
    assert len(topics) == len({(one["topic"], str(one["quotes"])) for one in told["grounds"]})
    assert told["zh"][0] == "宣称“根治”，涉嫌断言疗效"


def test_a_rule_takes_its_part_of_what_all_said(trained: Scorer) -> None:
    scorer = Scorer(packs=[pack_from_text(PACK, MED)])  # no learner: all the log-odds are the rules'
    reading = scorer.read(["根治糖尿病"])
    judged = scorer.judge(reading, MED)
    grounds = {one.topic: one.log_odds for one in explained(scorer, reading, judged, [0])[0][2]}
    assert grounds["rule:cure"] > 0
    assert set(grounds) <= {"rule:cure", "rule:unlicensed"}


def test_without_the_claim_the_grade_is_lower(trained: Scorer) -> None:
    text = "祖传秘方，根治糖尿病，永不复发"
    found = counterfactuals(trained, MED, text)
    assert found
    assert found[0].lower
    for one in found:  # every answer is what the same judgement says of the changed text
        changed = "".join(c for i, c in enumerate(text) if not any(a <= i < b for a, b in one.removed))
        judged = trained.judge(trained.read([changed]), MED)
        assert one.probability == pytest.approx(float(judged.probability[0]))
        assert one.grade == Grade(int(judged.ranks[0]))
        assert ("仍为" in one.zh) == (not one.lower)


def test_a_licence_that_is_missing_is_asked_for_and_an_unknown_one_is_not() -> None:
    scorer = Scorer(packs=[pack_from_text(PACK, MED)])
    kind = "医疗广告审查证明"
    absent = Context(["shop"], ["ad"], {kind: ["absent"]})
    assert [one.licence for one in counterfactuals(scorer, MED, "根治", around=absent) if one.licence] == [kind]
    assert any(one.zh.startswith(f"若持有效{kind}") for one in counterfactuals(scorer, MED, "根治", around=absent))
    assert all(one.licence is None for one in counterfactuals(scorer, MED, "根治糖尿病"))


def test_nothing_is_asked_of_what_is_no_alert(trained: Scorer) -> None:
    assert counterfactuals(trained, MED, "今天食堂有面") == []


def test_where_no_single_change_is_enough_the_smallest_set_is_told() -> None:
    pack = """
rule a "甲" severity medium floor orange when text has any of "根治" and text has any of "糖尿病"
rule b "乙" severity medium floor orange when text has any of "包好" and text has any of "高血压"
"""
    found = counterfactuals(Scorer(packs=[pack_from_text(pack, MED)]), MED, "根治糖尿病，包好高血压")
    assert [one.lower for one in found] == [True, False, False]
    assert set(found[0].topics) == {"rule:a", "rule:b"}
    assert found[0].grade == Grade.NONE
    assert "不预警" in found[0].zh


def _told(scorer: Scorer, text: str) -> dict[str, Any]:
    reading = scorer.read([text])
    return evidence(scorer, reading, scorer.judge(reading, MED), [0])[0]


def test_a_stored_model_says_what_it_goes_by_and_no_text_it_learnt_from() -> None:
    scorer = Scorer(packs=[pack_from_text(PACK, MED)])
    told = "{}祖传秘方根治糖尿病，{}个疗程永不复发，加微信abc{}", "今天{}点开会，食堂有{}种面，快递{}号柜"
    texts = [told[i % 2].format(i, i + 3, i * 37) for i in range(40)]
    found = train_texts(scorer, MED, texts, np.array([1.0, 0.0] * 20), groups=np.arange(40) // 2).explain()
    matters = {one["topic"]: one for one in found["importance"]["matters"]}
    assert "wording" in matters
    assert matters["wording"]["mean_abs"] > 0
    for column in found["importance"]["dependence"]:
        assert sum(one["n"] for one in column["bins"]) <= found["importance"]["n"]
        assert all(one["p10"] <= one["p90"] for one in column["bins"])
        lows = [one["low"] for one in column["bins"] if one["low"] is not None]
        assert lows == sorted(set(lows))
    ours = {passage.text for passage in passages()}
    assert {one["text"] for one in found["counterfactuals"]["examples"]} <= ours
    assert not any(text in str(found) for text in texts)
