"""Scoring: floors, caps and keywords; a batch says what single texts say; reasons quote the original to the character."""

from __future__ import annotations

import random

import numpy as np
import pytest

from features.context import Context
from models.grades import FIXED_CUTOFFS
from risk.demo.evasion import disguise
from risk.domain.banks import passages
from risk.domain.grades import Grade
from risk.scoring import fusion
from risk.scoring.offline import score_texts
from risk.scoring.reasons import evidence
from risk.scoring.scorer import Judged, Scorer
from rules.pack import pack_from_text
from tests.risk.run_world import MED, REPORT
from tests.risk.run_world import scorer as small

KEYWORDS = """
list 断言 "claims"
  include "根治" "包治百病"
condition 说病 = text has any of "糖尿病" and text has none of "不能"
rule lone "单词" severity critical floor orange when text has any of @断言
rule same "同一词" severity high when text has any of "根治"
rule pair "两词" severity high when text has any of @断言 and 说病
rule named "经条件" severity high when 说病
rule absent "没有" severity critical when text has any of "特供" and not text has any of "正品"
"""


def judge(texts: list[str], pack: str = KEYWORDS) -> Judged:
    scorer = Scorer(packs=[pack_from_text(pack, MED)])
    return scorer.judge(scorer.read(texts), MED)


def grades_of(texts: list[str], pack: str = KEYWORDS) -> list[Grade]:
    return [Grade(int(rank)) for rank in judge(texts, pack).ranks]


def test_a_single_keyword_is_never_more_than_blue() -> None:
    assert grades_of(["根治", "根治，真的根治", "包治百病，根治"]) == [Grade.BLUE, Grade.BLUE, Grade.ORANGE]
    assert grades_of(["根治糖尿病", "今天天气好"]) == [Grade.RED, Grade.NONE]  # a floor counts where more than a keyword fired


def test_what_is_seen_only_through_disguise_is_at_most_yellow() -> None:
    plain, hidden = "特供", "特·供"
    assert grades_of([plain, hidden], KEYWORDS.replace('not text has any of "正品"', "text_length > 0")) == [Grade.RED, Grade.YELLOW]
    assert grades_of(["糖尿病", "糖·尿·病"]) == [Grade.ORANGE, Grade.YELLOW]  # through a condition too
    assert fusion.grades(np.array([0.99]), FIXED_CUTOFFS, floors=np.array([4]), caps=np.array([2])).tolist() == [2]


def test_more_that_fires_is_never_less() -> None:
    found = judge(["糖尿病", "根治糖尿病", "包治百病根治糖尿病"])
    assert (np.diff(found.probability) >= 0).all()
    assert (np.diff(found.ranks) >= 0).all()


def _sample(count: int) -> list[str]:
    rng = random.Random(5)
    bank = rng.sample([p.text for p in passages() if "{" not in p.text], count)
    return [disguise(text, rng) if i % 3 == 0 else text for i, text in enumerate(bank)] + ["", "。", "😀" * 9, "a" * 3000]


@pytest.fixture(scope="module")
def shipped() -> Scorer:
    """The shipped rules."""
    return Scorer()


KEYS = (MED, "illegal_fundraising.solicitation", "illegal_drug_sales")


def test_a_batch_says_what_single_texts_say_in_any_order(shipped: Scorer) -> None:
    texts = _sample(60)
    order = random.Random(1).sample(range(len(texts)), len(texts))
    together, shuffled = shipped.read(texts), shipped.read([texts[i] for i in order])
    singles = [shipped.read([text]) for text in texts]
    for key in KEYS:
        whole, mixed = shipped.judge(together, key), shipped.judge(shuffled, key)
        alone = [shipped.judge(reading, key) for reading in singles]
        assert whole.probability.tolist() == [float(one.probability[0]) for one in alone]
        assert whole.ranks.tolist() == [int(one.ranks[0]) for one in alone]
        assert mixed.probability.tolist() == whole.probability[order].tolist()
        assert mixed.ranks.tolist() == whole.ranks[order].tolist()
        rows = whole.candidates.tolist()
        told = evidence(shipped, together, whole, rows)
        assert [evidence(shipped, singles[row], alone[row], [0])[0] for row in rows] == told


def test_reasons_quote_the_original_in_both_languages(shipped: Scorer) -> None:
    texts = _sample(150)
    reading = shipped.read(texts)
    quotes = 0
    for key in KEYS:
        judged = shipped.judge(reading, key)
        rows = judged.candidates.tolist()
        for row, told in zip(rows, evidence(shipped, reading, judged, rows), strict=True):
            assert len(told["zh"]) == len(told["en"]) > 0
            assert all([*told["zh"], *told["en"]])
            for rule in told["rules"]:
                assert all(said and "{" not in said for said in rule["because"].values())
                for quote in rule["quotes"]:
                    assert quote["quote"] == texts[row][quote["start"] : quote["end"]] != ""
                    quotes += 1
            for share in told["contributions"]:
                assert all(0 <= start < end <= len(texts[row]) for start, end in share["spans"])
    assert quotes > 50


def test_tables_have_a_row_for_each_text_and_none_for_none() -> None:
    table = score_texts(small(), MED, ["三个疗程根治糖尿病", "", "本店今日营业"])
    assert table["id"].tolist() == [1, 2, 3]
    assert table["grade"].tolist() == ["orange", "none", "none"]
    assert table["rules"].tolist() == ["cure", "", ""]
    assert "根治" in table["reasons"][0]
    assert len(score_texts(small(), MED, [])) == 0
    assert score_texts(small(), REPORT, ["集资款要不回来"])["rules"].tolist() == ["scheme"]


def test_texts_with_nothing_around_them_know_nothing() -> None:
    around = Context.unknown(2)
    reading = small().read(["本院诊疗"] * 2, around)
    assert small().judge(reading, MED).hits.fired.sum() == 0
    assert around.columns().isna().all().all()
