"""Yields, amounts, prices and contacts by example."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.normalise import normalise
from features.numerals import value
from features.slots import amounts, contacts, prices, yields


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("年化15%", 15),
        ("年化收益高达15个点", 15),
        ("百分之十五的年回报", 15),
        ("预期收益6-8%", 8),
        ("年收益8.4-8.9。", 8.9),
        ("月息2分", 24),
        ("月息1分5", 18),
        ("2分利", 24),
        ("利息1毛5", 15),
        ("年息1分", 10),
        ("日返1%", 365),
        ("周返3%", 156),
        ("季度收益5%", 20),
        ("月利率2%", 24),
        ("3个月收益20%", 80),
        ("三年翻倍", 33.333),
        ("半年翻番", 200),
        ("本金翻倍", 100),
        ("万元日收益30元", 109.5),
        ("一万一天赚八十", 292),
        ("一天一万给80", 292),
        ("投资1万元，每月返1200元", 144),
        ("日息万分之五", 18.25),
        ("七日年化4.55%", 4.55),
        ("年·化·收·益１５％", 15),
    ],
)
def test_yield(text: str, percent: float) -> None:
    found = yields(normalise(text))
    assert [y.percent_per_year for y in found] == [pytest.approx(percent, rel=1e-3)]
    assert found[0].quote == text[found[0].start : found[0].end]


@pytest.mark.parametrize(
    "text",
    [
        "全场8折优惠20%",
        "治愈率98%",
        "贷款月息0.5%",
        "股价上涨10%",
        "持股15%",
        "净利润增长15%",
        "休息5分钟",
        "充1000送200",
        "酒精含量75%",
        "出生数5年翻番",
        "贷款年利率3.85%",
        "",
    ],
)
def test_no_yield(text: str) -> None:
    assert yields(normalise(text)) == []


def test_masked_yield_is_unknown_not_absent() -> None:
    found = yields(normalise("预期年化收益率x.x%"))
    assert len(found) == 1
    assert math.isnan(found[0].percent_per_year)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("电话138-0013-8000", ["phone"]),
        ("热线0717-6234567", ["phone"]),
        ("138xxxx8000", ["phone"]),
        ("1三八零零13八零00", ["phone"]),
        ("加薇信abc_123", ["wechat"]),
        ("vx:abc12345", ["wechat"]),
        ("扣扣12345678", ["qq"]),
        ("点击https://a.cn/x", ["link"]),
        ("身份证420102199001011234", []),
        ("微信支付12元", []),
    ],
)
def test_contacts(text: str, kinds: list[str]) -> None:
    assert [c.kind for c in contacts(normalise(text))] == kinds


def test_disguise_is_noticed() -> None:
    assert [c.disguised for c in contacts(normalise("加薇信abc_123"))] == [True]
    assert [c.disguised for c in contacts(normalise("加微信abc_123"))] == [False]


@pytest.mark.parametrize(
    ("text", "money", "priced"),
    [
        ("仅需98元", [98], 1),
        ("注册资本500万元", [5e6], 0),
        ("￥1,200/支", [1200], 1),
        ("募集2亿元", [2e8], 0),
        ("10w起投", [1e5], 0),
        ("三百块", [300], 0),
        ("公元前", [], 0),
    ],
)
def test_amounts(text: str, money: list[float], priced: int) -> None:
    t = normalise(text)
    assert [a.value for a in amounts(t)] == money
    assert len(prices(t)) == priced


@given(st.text(alphabet="年月日化收益息分利返赚万元一二十%.,-~至x0123456789翻倍¥微信qqvx·", max_size=50))
def test_slots_never_raise_and_quote_the_original(text: str) -> None:
    t = normalise(text)
    places = (
        [(s.start, s.end, s.quote) for s in yields(t)]
        + [(s.start, s.end, s.quote) for s in amounts(t)]
        + [(s.start, s.end, s.quote) for s in contacts(t)]
    )
    for start, end, quote in places:
        assert quote == text[start:end] != ""


@given(st.integers(1, 99_999))
def test_arabic_numbers_read_back(n: int) -> None:
    assert value(str(n)) == value(f"{n:,}") == n
