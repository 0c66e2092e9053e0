"""A text that a glance leaves out has nothing that the slower readers find."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.contacts import contacts
from features.glance import Glance
from features.normalise import normalise
from features.slots import amounts
from features.yields import yields

_RETURNS = st.lists(
    st.sampled_from(
        [
            *(
                "年化",
                "收益",
                "百分之",
                "个点",
                "个百分点",
                "%",
                "月息",
                "利息",
                "利",
                "分",
                "厘",
                "毛",
                "三年",
                "翻",
                "倍",
                "番",
                "翻两番",
                "投",
                "一万",
                "万元",
            ),
            *(
                "5000元",
                "10万",
                "一天",
                "每月",
                "日",
                "赚",
                "返还",
                "给您",
                "可得",
                "拿回",
                "八十",
                "300",
                "1",
                "3.5",
                "-",
                "x",
                "٣",
                "点",
                "五",
                " ",
                "，",
            ),
        ]
    ),
    max_size=9,
).map("".join)
_NUMBERS = st.lists(
    st.sampled_from(
        [
            *(
                "1",
                "3",
                "8",
                "13800138000",
                "138",
                "0013",
                "0871",
                "400",
                "800",
                "00",
                "xxx",
                "xxxxxxx",
                "x",
                "*",
                "-",
                "---",
                " ",
                "(",
                ")",
                "🌸",
                "o",
                "l",
                "i",
                "з",
            ),
            *("电话", "热线:", "询", "号码", "手机", "致电", "٣٣٣٣", "+86", "元", "货号00012345", "。"),
        ]
    ),
    max_size=9,
).map("".join)


@settings(deadline=None)
@example("年化١٥%")
@example("x万日返三")
@given(st.lists(_RETURNS, min_size=1, max_size=6))
def test_returns(texts: list[str]) -> None:
    ready = [normalise(text) for text in texts]
    rates, money = Glance([one.dense.text for one in ready]).rates, Glance([one.plain.text for one in ready]).money
    assert not any(yields(one) for one, may in zip(ready, rates.tolist(), strict=True) if not may)
    assert not any(amounts(one) for one, may in zip(ready, money.tolist(), strict=True) if not may)


@settings(deadline=None)
@example("xxx----------------------xxxxxxx")
@example("电话号码: 6335555")
@given(st.lists(_NUMBERS, min_size=1, max_size=6))
def test_ways_of_getting_in_touch(texts: list[str]) -> None:
    ready = [normalise(text) for text in texts]
    worth = Glance([one.dense.text for one in ready]).contacts
    assert [contacts(one) for one in ready] == [contacts(one, int(bits)) for one, bits in zip(ready, worth, strict=True)]


def test_a_number_of_goods_is_read_by_nobody() -> None:
    look = Glance(["本店出售苹果 货号00012345", "包邮到家"])
    assert not look.rates.any()
    assert not look.contacts.any()
    assert not look.money.any()
