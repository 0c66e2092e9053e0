"""Ways of getting in touch, plain and disguised, and what only looks like one. All sentences are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import contacts as module
from features.contacts import contacts
from features.glance import Glance
from features.normalise import normalise


def _found(text: str) -> list[tuple[str, str, bool]]:
    return [(c.kind, c.value, c.disguised) for c in contacts(normalise(text))]


@pytest.mark.parametrize(
    "text",
    [
        "想了解的加薇lihua_886",
        "加V信：lihua_886",
        "详情➕v：lihua_886",
        "➕薇❤：lihua_886",
        "+V❤ lihua_886",
        "加卫星：lihua_886",
        "➕🛰lihua_886",
        "家卫星 lihua_886",
        "徽芯lihua_886",
        "威❤lihua_886",
        "薇芯号：lihua_886",
        "wei xin lihua_886",
        "w e i x i n : lihua_886",
        "w❤x：lihua_886",
        "W.X lihua_886",
        "vx🈴lihua_886",
        "绿泡泡lihua_886",
        "加绿色 lihua_886",
        "💚：lihua_886",
        "彳山一几攵亻言：lihua_886",
        "加 威 信 lihua_886",
        "jia wei lihua_886",
        "十薇lihua_886",
        "伽V：lihua_886",
    ],
)
def test_a_disguised_wechat_id(text: str) -> None:
    assert _found(text) == [("wechat", "lihua_886", True)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("VX：l i h u a 8 8 6", "lihua886"), ("微信 l-i-h-u-a-6", "lihua6"), ("加薇：1 5 9 2 7 0 0 1 1", "159270011")],
)
def test_an_id_written_apart(text: str, value: str) -> None:
    assert _found(text) == [("wechat", value, True)]


@pytest.mark.parametrize(
    "text",
    [
        "扣扣482901337",
        "蔻蔻：482901337",
        "抠抠 482901337",
        "Q Q：482901337",
        "企鹅号482901337",
        "球球482901337",
        "秋秋 482901337",
        "口口：482901337",
        "🐧：4 8 2 9 0 1 3 3 7",
        "Q裙482901337",
        "加扣裙 482901337",
        "群号：482901337",
    ],
)
def test_a_disguised_qq_number(text: str) -> None:
    assert _found(text) == [("qq", "482901337", True)]


@pytest.mark.parametrize(
    ("text", "disguised"),
    [
        ("15927001188", False),
        ("159 2700 1188", False),
        ("159-2700-1188", False),
        ("1 5 9 2 7 0 0 1 1 8 8", False),
        ("１５９２７００１１８８", False),
        ("①⑤⑨②⑦⓪⓪①①⑧⑧", False),
        ("1⃣5⃣9⃣2⃣7⃣0⃣0⃣1⃣1⃣8⃣8⃣", False),
        ("159/2700/1188", True),
        ("159——2700——1188", True),
        ("159🌸2700🌸1188", True),
        ("159**2700**1188", True),
        ("(159)27001188", True),
        ("一五九二七零零一一八八", True),
        ("幺五九贰七零零幺幺捌八", True),
        ("1五9二7零01一8八", True),
        ("l592700ll88", True),
        ("15927ooll88", True),
    ],
)
def test_a_telephone_in_pieces(text: str, disguised: bool) -> None:
    assert _found(f"报名请打：{text}") == [("phone", "15927001188", disguised)]


def test_a_telephone_that_is_a_wechat_id_is_both() -> None:
    assert {kind for kind, _, _ in _found("加V信15927001188")} == {"wechat", "phone"}
    assert [kind for kind, _, _ in _found("电话15927001188")] == ["phone"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("飞机@lihua_886", "telegram"),
        ("TG：@lihua_886", "telegram"),
        ("纸飞机号 lihua_886", "telegram"),
        ("扫码加我领资料", "wechat"),
        ("扫下方二维码进群", "wechat"),
        ("t.me/lihua_886", "link"),
        ("www点lihua点com", "link"),
        ("lihua88。com", "link"),
        ("座机 0717 6234 567", ""),
        ("座机 027 8765 4321", "phone"),
    ],
)
def test_other_ways(text: str, kind: str) -> None:
    assert [c[0] for c in _found(text)] == ([kind] if kind else [])


@pytest.mark.parametrize(
    "text",
    [
        "发射卫星12345成功",
        "微信支付到账12元",
        "扣100000元押金",
        "人群超过1000000人",
        "尺码13/14/15/16/17/18都有",
        "增长150%,2020,2021两年持平",
        "第135/2016/2017号公告",
        "下午15点vip专场",
        "加微量元素和维生素",
        "乘飞机 Beijing 出发",
        "口口相传100年",
        "共罚款138万、0013、8000元",
        "绿色食品认证编号",
        "营业执照号码在公示栏",
        "coolio 2 oil 10",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert _found(text) == []


ALPHABET = "电话询加十微薇信号vwxqQ扣群裙扫码下方二维点。com微飞机tg@:： -❤💚🌸*/()0123456789oilз13adeinj)"


@given(st.text(alphabet=ALPHABET, max_size=40))
def test_no_pattern_is_left_untried_that_would_match(text: str) -> None:
    read = normalise(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_worth_trying", lambda _: (1 << len(module._PATTERNS)) - 1)
        every = contacts(read)
    assert contacts(read) == every
    assert contacts(read, int(Glance([read.dense.text]).contacts[0])) == every
    for found in every:
        assert found.quote == text[found.start : found.end] != ""


@pytest.mark.parametrize("text", ["v x" * 3000, "1-" * 8000, "加微" * 5000, "a点" * 5000, "1 " * 9000, "扫码" * 5000, "w e i " * 3000])
def test_long_texts_end(text: str) -> None:
    assert len(contacts(normalise(text))) <= len(text)
