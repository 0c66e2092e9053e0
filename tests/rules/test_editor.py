"""Completion never offers what the grammar refuses; hover and colours say what things are, in half-written texts too."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import UnexpectedInput

from rules.complete import complete
from rules.grammar import parser
from rules.highlight import marks
from rules.hover import hover
from rules.keyword_help import keyword_help
from rules.pack import pack_from_text
from rules.words import KEYWORDS
from tests.rules.fakes import VOCABULARY

SHARED = """
list 疗效 "效果断言" include "根治" "治愈" exclude "根治拖延症"
condition 面向公众 = channel in ["short_video", "moments"]
feature 高收益 = promised_annual_yield * 2
rule other "另一条" / "Another" model demo severity low when has_wechat because zh "有" en "has"
"""
PACK = pack_from_text(SHARED)


def offers(text: str) -> dict[str, str]:
    """What is offered at the end of a text: insert → kind."""
    return {item.insert: item.kind for item in complete(text, len(text), PACK, VOCABULARY, models=["demo"]).items}


@pytest.mark.parametrize(
    ("text", "wanted", "kind"),
    [
        ("rule a \"x\" when ch", "channel", "field"),
        ("规则 a \"x\" 当 渠", "渠道", "field"),
        ("rule a \"x\" when channel = ", '"shop"', "value"),
        ("rule a \"x\" when channel = \"sh", '"shop"', "value"),
        ("rule a \"x\" when channel in [\"shop\", ", '"moments"', "value"),
        ("规则 a \"x\" 当 渠道 = ", '"shop"', "value"),
        ("rule a \"x\" when licence_state(", '"药品经营许可证"', "value"),
        ("rule a \"x\" when licence_state(\"药品经营许可证\") = ", '"valid"', "value"),
        ("rule a \"x\" when licences_held contains ", '"drug"', "value"),
        ("rule a \"x\" when text has any of ", "@疗效", "list"),
        ("rule a \"x\" when text has any of @", "@疗效", "list"),
        ("rule a \"x\" when count of ", "complaints", "stream"),
        ("rule a \"x\" when sum of penalties.", "amount", "field"),
        ("rule a \"x\" when subjects with ", "same_address", "relation"),
        ("规则 a \"x\" 当 主体数 ", "同址", "relation"),
        ("rule a \"x\" when fires(", "other", "rule"),
        ("rule a \"x\" when 面", "面向公众", "condition"),
        ("rule a \"x\" when 高", "高收益", "feature"),
        ("rule a \"x\" when ale", "alerts_in_last(", "function"),
        ("rule a \"x\" model ", "demo", "value"),
        ("规则 a \"x\" 严重度 ", "高", "value"),
        ("rule a \"x\" lens ", "report", "value"),
        ("rule a \"x\" when promised_annual_yield >= 15", "15% a year", "unit"),
        ("rule a \"x\" when has_wechat ", "and", "keyword"),
        ("规则 a \"x\" 当 有微信 ", "且", "keyword"),
        ("rule a \"x\" ", "when", "keyword"),
        ("rule a \"x\" when has_wechat hits { ", "promised_annual_yield", "field"),
        ("", "rule", "head"),
    ],
)  # fmt: skip
def test_it_offers_what_a_writer_looks_for(text: str, wanted: str, kind: str) -> None:
    found = complete(text, len(text), PACK, VOCABULARY, models=["demo"], language="en" if not text else None)
    assert any(item.insert.strip() == wanted and item.kind == kind for item in found.items), [item.insert for item in found.items][:12]


def test_a_unit_of_another_kind_is_not_offered() -> None:
    assert {"15%/年", "15%/月", "15%/天"} == {item for item, kind in offers('规则 a "x" 当 承诺年化收益 >= 15').items() if kind == "unit"}


@pytest.mark.parametrize("text", ["# a note about ch", 'rule a "x" # when ', 'rule a "x" when ) ch'])
def test_nothing_is_offered_in_comments_or_after_what_cannot_be_read(text: str) -> None:
    assert complete(text, len(text), PACK, VOCABULARY).items == ()


def test_the_offer_replaces_the_word_begun() -> None:
    text = 'rule a "x" when text has any of @疗 and has_wechat'
    found = complete(text, text.index("@疗") + 2, PACK, VOCABULARY)
    assert text[found.start : found.end] == "@疗"


def test_every_keyword_has_a_meaning_in_both_languages() -> None:
    for key in KEYWORDS:
        said = keyword_help(key)
        assert said.zh
        assert said.en
        assert not said.en[0].isupper()


WRITTEN = (
    SHARED
    + """
规则 试 "试" / "Trial"
  模型 demo
  严重度 高
  当 文本 含任一 @疗效 断言 且 非 (承诺年化收益 >= 15%/年 或 渠道 属于 ["shop"]) 且 次数 投诉 近 30天 >= 2 且 (@疗效, "药") 邻近 "微信" 间隔 15
  理由 中 "“{hit}”" 英 "{hit}"
  命中 "根治", { 渠道: "shop" }
  不命中 "你好"
"""
)


@given(st.integers(0, len(WRITTEN)), st.randoms(use_true_random=False))
def test_the_grammar_takes_every_offer(cut: int, chance: random.Random) -> None:
    """Wherever the cursor stands in a good text, what is offered may stand there."""
    found = complete(WRITTEN[:cut], cut, PACK, VOCABULARY, models=["demo"])
    for item in chance.sample(found.items, min(3, len(found.items))):
        text = WRITTEN[: found.start] + item.insert + " "
        start = max(text.rfind(f"\n{head} ") for head in ("list", "condition", "feature", "rule", "规则")) + 1
        reading = parser().parse_interactive(text[start:])
        try:
            list(reading.iter_parse())
        except UnexpectedInput as error:
            pytest.fail(f"offered {item} at {cut}: {error}")


@given(st.integers(0, len(WRITTEN)), st.integers(0, len(WRITTEN)))
def test_half_a_text_has_colours_and_hovers(cut: int, at: int) -> None:
    text = WRITTEN[:cut]
    found = marks(text, PACK, VOCABULARY)
    assert all(one.end <= two.start for one, two in pairwise(found))
    told = hover(text, at, PACK, VOCABULARY)
    if told is not None:
        assert told.start <= at < told.end <= len(text)
        assert told.zh
        assert told.en


@pytest.mark.parametrize(
    ("word", "zh", "en"),
    [
        ("@疗效", "@疗效：词表，2 个词，1 个例外\n效果断言\n根治、治愈", "@疗效: list of 2 words, 1 excluded\n效果断言\n根治, 治愈"),
        ("15%/年", "数值（年化收益）：15%/年", "number of percent a year: 15% a year"),
        ("邻近", "邻近（near）\n两边各有一个词，且相隔不远", "near (邻近)\na word of each side, not far apart"),
        ("投诉", "complaints / 投诉：事件流，列：渠道", "complaints / 投诉: stream of events, fields channel"),
    ],
)
def test_hover_says_what_it_is(word: str, zh: str, en: str) -> None:
    told = hover(WRITTEN, WRITTEN.rindex(word), PACK, VOCABULARY)
    assert told is not None
    assert (told.zh, told.en) == (zh, en)


def test_names_are_told_apart() -> None:
    kinds = {WRITTEN[mark.start : mark.end]: mark.kind for mark in marks(WRITTEN, PACK, VOCABULARY)}
    assert kinds["面向公众"] == "condition"
    assert kinds["高收益"] == "feature"
    assert kinds["渠道"] == "field"
    assert kinds["规则"] == "head"
    assert kinds["当"] == "clause"
    assert kinds["投诉"] == "stream"
