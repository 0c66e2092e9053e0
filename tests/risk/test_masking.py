"""What is personal is shown with stars: whatever stands around it, in the same length, and once masked it stays so."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.masking import Hidden, hide, masked, masked_field
from risk.services.personal import masked as masked_here
from risk.services.personal import masked_like

DIGITS = "0123456789"
WORDS = st.text("电话微信加我号，。 :：abZ9·-_x*祖传秘方\n", max_size=12)


def digits(n: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=n, max_size=n)


MOBILE = st.builds(lambda second, rest: f"1{second}{rest}", st.sampled_from("3456789"), digits(9))
SPACED = st.builds(lambda number, sign: sign.join((number[:3], number[3:7], number[7:])), MOBILE, st.sampled_from(["-", " ", "", "·"]))
WIDE = MOBILE.map(lambda number: "".join(chr(ord(c) + 0xFEE0) for c in number))
CARD = st.builds(lambda rest: "62" + rest, digits(17))
IDENTITY = st.builds(
    lambda a, y, m, d, e: f"42{a}{y}{m:02}{d:02}{e}", digits(4), st.integers(1930, 2020), st.integers(1, 12), st.integers(1, 28), digits(4)
)
PERSONAL = st.one_of(MOBILE, SPACED, WIDE, CARD, IDENTITY)
FENCE = st.sampled_from([" ", "，", "：", "电话", "祖", "\n", "。"])


@given(st.lists(st.tuples(WORDS, FENCE, PERSONAL, FENCE, WORDS), min_size=1, max_size=3))
def test_no_run_of_digits_survives(parts: list[tuple[str, ...]]) -> None:
    text = "".join("".join(part) for part in parts)
    for mask in (masked, masked_here):
        shown = mask(text)
        assert len(shown) == len(text)
        assert mask(shown) == shown
        for part in parts:
            assert part[2] not in shown
        assert all(a == b or b == "*" for a, b in zip(text, shown, strict=True))


@given(st.text(max_size=60) | st.text("加微信qQ号：:abc123電話13800139@.·-*一二三零薇㈠①", max_size=40))
def test_any_text_keeps_its_length_and_masking_again_changes_nothing(text: str) -> None:
    for mask in (masked, masked_here):
        shown = mask(text)
        assert len(shown) == len(text)
        assert mask(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话：１３８００１３８０００", "电话：１３８****８０００"),
        ("电话138-0013-8000", "电话138-****-8000"),
        ("卡号6222 0212 3456 7890 123", "卡号**** **** **** ***0 123"),
        ("加微信abc_123", "加微信a*****3"),
        ("邮箱 12345678@qq.com", "邮箱 1*******@qq.com"),
        ("联系人：张三，武汉", "联系人：张*，武汉"),
        ("家庭住址：武汉市江岸区中山大道1号，急", "家庭住址：武汉市江岸区******，急"),
        ("座机027-88886666", "座机02*-******66"),
    ],
)
def test_kinds(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "武汉某某大药房有限公司，统一社会信用代码91350100M000100Y43",
        "国药准字Z13020588，鄂械注准20212140001，SC10142010000001",
        "售价1999元，2026年11月22日，月销13800件",
        "热线400-800-8000，12315",
        "联系人：武汉某某大药房有限公司",
        "注册号420100000012345",
        "订单20261122138001380001",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert masked(text) == text


def test_disguised_contacts_are_found_by_the_features() -> None:
    assert masked("1三八零零13八零00") == "1三八零零13八零00"
    assert masked_here("1三八零零13八零00") == "1三八****八零00"
    assert masked_here("加薇：hb8801x") == "加薇：h*****x"
    assert masked_here("扫码加微信，点击 www.abc.com") == "扫码加微信，点击 www.abc.com"


def test_a_quotation_is_masked_as_in_its_text() -> None:
    """A rule may quote the bare id, which by itself looks like nothing."""
    text = "祖传秘方，加微信：hb880123 咨询"
    evidence = {"quotes": [["hb880123", 10, 18]], "because": {"zh": "留有联系方式“hb880123”"}, "n": 3, "none": None}
    shown = masked_like(evidence, text)
    assert shown == {"quotes": [["h******3", 10, 18]], "because": {"zh": "留有联系方式“h******3”"}, "n": 3, "none": None}


def test_a_contact_is_hidden_as_it_was_read_too() -> None:
    shown = masked_like({"zh": "留有微信“abc123”、电话“13800138000”"}, "加微信a b c 1 2 3，1三八零零13八零00")
    assert shown == {"zh": "留有微信“a****3”、电话“138****8000”"}


def test_fields_are_known_by_their_names() -> None:
    row = {
        "举报人": "王五",
        "phone": "13800138000",
        "nested": {"微信": "abc123"},
        "list": ["电话13800138000"],
        "法定代表人": "某某公司",
        "n": 5,
    }
    shown = {
        "举报人": "王*",
        "phone": "138****8000",
        "nested": {"微信": "a****3"},
        "list": ["电话138****8000"],
        "法定代表人": "某某公司",
        "n": 5,
    }
    assert masked_field("", row) == shown
    assert masked_field("", shown) == shown


def test_stars_leave_signs_where_they_are() -> None:
    assert re.sub(r"[*\d]", "", hide("138-0013-8000", [Hidden("telephone", 0, 13)])) == "--"
