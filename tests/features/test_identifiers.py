"""Numbers and codes: good, bad, and old ones that are still good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.identifiers import STATES, Identifier, find_identifiers
from features.normalise import normalise
from features.register import Book, Entry, state
from features.uscc import ALPHABET, UsccState, check_digit, check_uscc


@pytest.mark.parametrize("code", ["91512081MA62K0260E", "91350100M000100Y43", "9131000063159284XQ"])
def test_good_codes(code: str) -> None:
    assert check_uscc(code) is UsccState.WELL_FORMED


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("91350100M000100Y4Z", UsccState.MALFORMED),
        ("91350211M0000XUF46", UsccState.CHECKSUM_WRONG),
        ("91350100M0001TGQXM", UsccState.CHECKSUM_WRONG),
        ("9151", UsccState.MALFORMED),
        ("", UsccState.ABSENT),
    ],
)
def test_other_codes(code: str, expected: UsccState) -> None:
    assert check_uscc(code) is expected


@given(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.text(ALPHABET, min_size=9, max_size=9),
    st.integers(0, 16),
)
def test_check_digit_finds_every_single_slip(head: str, area: str, tail: str, at: int) -> None:
    first = head + area + tail
    code = first + check_digit(first)
    assert check_uscc(code) is UsccState.WELL_FORMED
    slip = code[:at] + ALPHABET[(ALPHABET.index(code[at]) + 1) % 10] + code[at + 1 :]
    assert slip == code or check_uscc(slip) is not UsccState.WELL_FORMED


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("国药准字H20041126", "drug_approval", "well_formed"),
        ("国药准字Z13020588", "drug_approval", "well_formed"),
        ("国药准字HJ20210001", "drug_approval", "well_formed"),
        ("国药准字 H 20041126 10mg", "drug_approval", "well_formed"),
        ("国药淮字H2OO41126", "drug_approval", "well_formed"),
        ("国药准字H2004112", "drug_approval", "malformed"),
        ("国药准字Hxxxxxxxx", "drug_approval", "masked"),
        ("进口药品注册证号H20100123", "imported_drug", "well_formed"),
        ("国械注准20213140001", "device_registration", "well_formed"),
        ("鄂械注准20212140001", "device_registration", "well_formed"),
        ("国械注进20212140001", "device_registration", "well_formed"),
        ("鄂械注准20213140001", "device_registration", "malformed"),
        ("国械注准20211140001", "device_registration", "malformed"),
        ("国食药监械(准)字2014第3140001号", "device_registration", "expired"),
        ("浙温械备20140027号", "device_filing", "well_formed"),
        ("鄂汉食药监械经营备20190001号", "device_trading", "well_formed"),
        ("琼AA898000001", "drug_licence", "well_formed"),
        ("鲁医广【2013】第0902-001-3711号", "medical_ad_review", "well_formed"),
        ("京医械广审(文)第2005010001号", "ad_approval", "expired"),
        ("鄂械广审(文)第270101-00012号", "ad_approval", "well_formed"),
        ("SC10642010112345", "food_licence", "well_formed"),
        ("国食健注G20200001", "health_food", "well_formed"),
        ("鄂卫消证字(2018)第0012号", "disinfectant", "well_formed"),
        ("兽药字120011234", "veterinary", "well_formed"),
        ("(鄂)-非经营性-2020-0012", "drug_information", "well_formed"),
    ],
)
def test_numbers(text: str, kind: str, expected: str) -> None:
    found = find_identifiers(normalise(text))
    assert [(i.kind, i.state) for i in found] == [(kind, expected)]
    assert text[found[0].start : found[0].end].strip()


def test_a_number_that_carries_its_end_expires() -> None:
    text = normalise("鲁医广【2013】第0902-001-3711号")
    assert [i.state for i in find_identifiers(text, as_of="2014-09-02")] == ["well_formed"]
    assert [i.state for i in find_identifiers(text, as_of="2014-09-03")] == ["expired"]
    assert find_identifiers(text)[0].valid_to == "2014-09-02"


@pytest.mark.parametrize("text", ["国药准字号产品", "订单号H20041126", "SCI论文", "文字2021", ""])
def test_no_number(text: str) -> None:
    assert find_identifiers(normalise(text)) == []


def test_without_a_register_only_the_shape_is_known() -> None:
    shown = Identifier("drug_approval", "国药准字Z13020588", "well_formed", 0, 13)
    assert state(shown, None, None, "2026-01-01") == "unknown"
    assert state(shown, Book({("food_licence", "SC1"): Entry("甲")}), None, "2026-01-01") == "unknown"
    assert state(shown, Book({("drug_approval", "国药准字H20041126"): Entry("甲")}), None, "2026-01-01") == "unregistered"


@given(st.text(alphabet="国药准字械注进备鄂医广审HZSCJ0123456789xX*()[]【】第号-: ", max_size=40))
def test_never_raises(text: str) -> None:
    for i in find_identifiers(normalise(text), as_of="2026-01-01"):
        assert i.state in STATES
        assert 0 <= i.start < i.end <= len(text)
