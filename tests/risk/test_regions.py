"""Divisions: the counts of the statute book, the places without a prefecture, and names that are traps."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain import regions


def test_hubei_has_17_divisions_and_103_counties() -> None:
    statutory = [d for d in regions.DIVISIONS.values() if d.statutory]
    assert len(regions.children("420000")) == 17
    assert Counter(d.level for d in statutory) == {"county": 103, "city": 13, "province": 1}
    assert {d.code for d in regions.DIVISIONS.values() if not d.statutory} == {"421071", "421171"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("420102", "420102"),
        ("420102001002", "420102"),
        ("420199", "420100"),
        ("429000", "420000"),
        ("110101", None),
        ("武汉", "420100"),
        ("江岸", "420102"),
        ("湖北省武汉市江汉区解放大道688号", "420103"),
        ("湖北 武汉 江夏", "420115"),
        ("武汉洪山区珞喻路", "420111"),
        ("武汉光谷", "420100"),
        ("荆州", "421000"),
        ("荆州区", "421003"),
        ("荆州市荆州区", "421003"),
        ("恩施", "422800"),
        ("恩施州恩施市", "422801"),
        ("恩施市", "422801"),
        ("黄石港", "420202"),
        ("黄石市阳新县兴国镇", "420222"),
        ("阳新县", "420222"),
        ("仙桃", "429004"),
        ("湖北省天门市", "429006"),
        ("神农架", "429021"),
        ("公安县", "421022"),
        ("荆州市公安县", "421022"),
        ("荆州市公安局", "421000"),
        ("公安", None),
        ("公安局", None),
        ("青山绿水", None),
        ("北京市朝阳区", None),
        ("湖南省岳阳市华容县", None),
        ("Jiang'an District", "420102"),
        ("", None),
        (None, None),
    ],
)
def test_what_a_row_calls_its_region(text: str | None, code: str | None) -> None:
    assert regions.resolve(text) == code


def test_every_full_name_and_code_resolves_to_itself() -> None:
    for code, division in regions.DIVISIONS.items():
        assert regions.resolve(code) == code
        assert regions.resolve(regions.name(code, full=True)) == code, division


def test_parents_end_at_the_province() -> None:
    for code in regions.DIVISIONS:
        chain = regions.parents(code)
        assert (chain[-1] if chain else code) == "420000"
        assert len(chain) <= (1 if code.startswith("4290") else 2)


@given(st.text(max_size=30))
def test_any_text_is_a_known_code_or_nothing(text: str) -> None:
    code = regions.resolve(text)
    assert code is None or code in regions.DIVISIONS
