"""Numbers and codes: good, bad, and old ones that are still good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.identifiers import STATES, Identifier, canonical, find_identifiers, may_claim
from features.normalise import normalise
from features.register import REGISTER_STATES, Book, Entry, Party, state, worst
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


SHOWN = Identifier("drug_approval", "国药准字Z13020588", "well_formed", 0, 13)


def test_without_a_register_only_the_shape_is_known() -> None:
    assert state(SHOWN, None, None, "2026-01-01") == "well_formed"
    assert state(SHOWN, Book({("food_licence", "SC1"): Entry(Party("甲"))}), None, "2026-01-01") == "well_formed"
    assert state(SHOWN, Book({("drug_approval", "国药准字H20041126"): Entry(Party("甲"))}), None, "2026-01-01") == "unregistered"
    assert state(SHOWN, Book(kinds=frozenset({"drug_approval"})), None, None) == "unregistered"


@pytest.mark.parametrize(
    ("entry", "user", "expected"),
    [
        (Entry(Party("甲", 1)), Party("乙", 1), "valid"),
        (Entry(Party("甲", 1)), Party("甲", 2), "someone_elses"),
        (Entry(Party("甲")), Party("乙", 2), "someone_elses"),
        (Entry(Party("甲")), None, "valid"),
        (Entry(Party("甲")), Party(None, 2), "valid"),
        (Entry(Party("甲"), valid_to="2025-12-31"), Party("乙"), "expired"),
        (Entry(Party("甲"), valid_to="2026-01-01"), Party("甲"), "valid"),
        (Entry(Party("甲"), valid_from="2026-01-02"), Party("甲"), "expired"),
    ],
)
def test_what_a_register_says(entry: Entry, user: Party | None, expected: str) -> None:
    assert state(SHOWN, Book({("drug_approval", "国药准字Z13020588"): entry}), user, "2026-01-01") == expected


def test_a_hidden_number_cannot_be_looked_up() -> None:
    masked = find_identifiers(normalise("国药准字Hxxxxxxxx"))[0]
    assert state(masked, Book(kinds=frozenset({"drug_approval"})), None, "2026-01-01") == "well_formed"


@given(st.lists(st.sampled_from(REGISTER_STATES[1:])))
def test_the_worst_number_of_a_text_counts(states: list[str]) -> None:
    rank = {"valid": 1, "well_formed": 2, "someone_elses": 3, "expired": 4, "unregistered": 5, "malformed": 6}
    assert worst(states) == max(states, key=lambda name: rank[name], default="absent")


@pytest.mark.parametrize(
    ("shown", "registered"),
    [
        ("国药准字 H 20041126", "国药准字Ｈ20041126"),
        ("鲁医广【2013】第0902-001-3711号", "鲁医广[2013]第0902-001-3711号"),
        ("药品经营许可证号：琼AA898000001", "琼AA898000001"),
        ("進口藥品註冊證號H20100123", "H20100123"),
        ("鄂汉食药监械经营备20190001号", "鄂汉食药监械经营备20190001"),
    ],
)
def test_one_number_has_one_canonical_spelling(shown: str, registered: str) -> None:
    found = find_identifiers(normalise(shown))
    assert canonical(found[0].number) == canonical(registered)


@given(st.text(alphabet="国药准字械注Hx*１壹0二三四 ﹡", max_size=30))
def test_what_holds_a_number_may_claim_one(text: str) -> None:
    assert may_claim(text) or not find_identifiers(normalise(text))


@given(st.text(alphabet="国药准字械注进备鄂医广审HZSCJ0123456789xX*()[]【】第号-: ", max_size=40))
def test_never_raises(text: str) -> None:
    for i in find_identifiers(normalise(text), as_of="2026-01-01"):
        assert i.state in STATES
        assert 0 <= i.start < i.end <= len(text)
