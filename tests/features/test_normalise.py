"""Laws of the two views, and the ten steps of evasion by example."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.dense import PASSES
from features.frame import Lexicon, WordList, build
from features.normalise import normalise, plain_text
from features.phrases import SURE, WEAK
from features.views import View

PIECES = [
    "保本",
    "宝本",
    "加v信",
    "薇信",
    "cfy",
    "💊",
    "１５％",
    "葯",
    "·",
    ".",
    "-",
    " ",
    "\n",
    "1三八",
    "根/治",
    "\u200b",
    "e\u0301",
    "药",
    "，",
    "。",
    "艹约",
    "卫星号abc1234",
    "（根）",
]
ANY_TEXT = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=20).map("".join))


def _sound(view: View, original: str) -> None:
    assert len(view.starts) == len(view.ends) == len(view.text)
    for start, end in zip(view.starts, view.ends, strict=True):
        assert 0 <= start < end <= len(original)
    assert list(view.starts) == sorted(view.starts)
    assert list(view.ends) == sorted(view.ends)
    assert all(0 <= lo <= hi <= len(view.text) for lo, hi, _ in view.marks)
    assert list(view.marks) == sorted(view.marks)


@given(ANY_TEXT)
def test_offsets_lead_back_to_the_original(text: str) -> None:
    t = normalise(text)
    _sound(t.plain, text)
    _sound(t.dense, text)


@given(ANY_TEXT)
def test_plain_is_a_fixed_point(text: str) -> None:
    once = plain_text(text)
    assert plain_text(once) == once
    assert normalise(text).plain.text == once


@given(ANY_TEXT)
def test_what_a_plain_span_quotes_says_the_same(text: str) -> None:
    t = normalise(text)
    for i, c in enumerate(t.plain.text):
        assert c in plain_text(t.quote(*t.plain.span(i, i + 1)))


@given(st.lists(st.characters(codec=None), max_size=30).map("".join))
def test_never_raises(text: str) -> None:
    frame = build([text], Lexicon([WordList("甲", ("根治", "vip"))]))
    assert frame.n == 1
    assert len(frame.words) == 1


@pytest.mark.parametrize(
    ("written", "meant", "transform"),
    [
        ("ＶＩＰ保本", "vip保本", "width"),
        ("根\u200b治", "根治", "invisible"),
        ("祖傳祕方", "祖传秘方", "traditional"),
        ("買葯", "买药", "variant"),
        ("加薇信abc123", "加微信abc123", "contact"),
        ("加V信", "加微信", "contact"),
        ("➕vx", "加微信", "contact"),
        ("➕🅥信", "加微信", "contact"),
        ("卫星号abc123", "微信号abc123", "contact"),
        ("卖艹约", "卖药", "split_character"),
        ("初方药", "处方药", "sound_alike"),
        ("国药淮字", "国药准字", "sound_alike"),
        ("彻底制愈", "彻底治愈", "sound_alike"),
        ("集滋入股", "集资入股", "sound_alike"),
        ("宝本理财", "保本理财", "sound_alike"),
        ("保ben理财", "保本理财", "sound_alike"),
        ("cfy现货直邮", "处方药现货直邮", "pinyin"),
        ("💊", "药", "emoji"),
        ("保.本.保.息", "保本保息", "separator"),
        ("根/治", "根治", "separator"),
        ("根☆治", "根治", "separator"),
        ("根（治）", "根治", "separator"),
        ("保\n本\n保\n息", "保本保息", "separator"),
        ("保、本、保、息", "保本保息", "separator"),
        ("电话1三八零零13八零00", "电话13800138000", "mixed_numerals"),
    ],
)
def test_evasion(written: str, meant: str, transform: str) -> None:
    t = normalise(written)
    assert t.dense.text == meant
    assert transform in t.transforms


@pytest.mark.parametrize(
    "honest",
    [
        "每次3.5克,1-2天一次",
        "发射卫星成功",
        "高血压、糖尿病、冠心病",
        "宝宝本身抵抗力较差",
        "余额宝收益率",
        "请加vip群",
        "六一-七一放假",
        "cfy",
        "处方药须凭处方购买",
        "5月中旬",
    ],
)
def test_honest_spelling_is_left_alone(honest: str) -> None:
    t = normalise(honest)
    assert t.dense is t.plain


def test_tables_hold_no_entry_twice_and_none_that_undoes_itself() -> None:
    assert not SURE.keys() & WEAK.keys()
    for wrong, (right, _) in (SURE | WEAK).items():
        assert wrong not in right, wrong
    assert len(SURE) + len(WEAK) > 400
    assert len(PASSES) == 3


@pytest.mark.parametrize("unit", ["x", "1", "一", "保本", "年化5%,", "保.本", "1赚", "“", "\n", "加v信", "月"])
def test_long_texts_cost_about_their_length(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    began = time.process_time()
    build([text], Lexicon([WordList("甲", ("保本", "微信"), ("保本x",))]))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("有xiao率九成", "有效率九成"),
        ("白dian风门诊", "白癜风门诊"),
        ("无需抗生s,喝它就行", "无需抗生素,喝它就行"),
        ("牛皮廯断艮", "牛皮癣断根"),
        ("药店说停要不是梦", "药店说停药不是梦"),
        ("绝对安荃的玻niao酸", "绝对安全的玻尿酸"),
        ("治病加药,+我聊", "治病加药,加我聊"),
        ("塑x镜加种zhi体", "塑形镜加种植体"),
        ("无zhuce,没有zcz的针", "无zhuce,没有注册证的针"),
        ("🩸糖试纸和🦷套", "血糖试纸和牙套"),
        ("水咣针、坡尿酸", "水光针、玻尿酸"),
        ("提xian不了,老板失连", "提现不了,老板失联"),
        ("飞法集滋,主犯落wang", "非法集资,主犯落网"),
        ("毎月🔙利,満期囬购", "每月返利,满期回购"),
        ("司美格lu肽现货,替尔伯肽也有", "司美格鲁肽现货,替尔泊肽也有"),
        ("艾司挫仑,曲马哆", "艾司唑仑,曲马多"),
    ],
)
def test_a_key_word_with_one_sign_replaced_is_read(text: str, said: str) -> None:
    assert normalise(text).dense.text == said


@pytest.mark.parametrize(
    "text",
    [
        "开窗通风",
        "这些植物中要浇水的有三盆",
        "让您见笑了",
        "停要钱的闹剧",
        "vitamin c 片",
        "上任五个月反思工作",
        "胜利西路",
        "活动太多",
        "海外并购要求披露",
        "可买要咨询",
    ],
)
def test_ordinary_words_that_look_like_them_stay(text: str) -> None:
    assert normalise(text).dense.text == text
