"""Word lists: views, contexts, boundaries, order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.lexicon import Lexicon, WordList
from features.normalise import normalise

LISTS = (WordList("疗效", ("根治", "治愈", "VIP"), ("根治拖延症",)), WordList("收益", ("保本", "保本保息")), WordList("空", ()))
TEXT = st.lists(
    st.sampled_from(["根治", "拖延症", "保本", "保息", "宝本", "·", "vip", "s", "不能", "，", "警方", "“", "”", "理财"]), max_size=12
).map("".join)


@given(st.lists(TEXT, max_size=6))
def test_hits_quote_their_term_unless_aggressive(texts: list[str]) -> None:
    rows = [normalise(t) for t in texts]
    hits = Lexicon(LISTS).match(rows)
    for h in hits:
        quote = rows[h.row].quote(h.start, h.end)
        assert h.aggressive or normalise(quote).plain.text == normalise(h.term).plain.text
    places = list(zip(hits.row.tolist(), hits.start.tolist(), strict=True))
    assert places == sorted(places)
    assert hits.counts(len(texts)).sum() == len(hits)


def test_each_place_is_reported_once() -> None:
    hits = Lexicon(LISTS).match([normalise("保本保息，宝·本")])
    assert [(h.term, h.start, h.aggressive) for h in hits] == [("保本", 0, False), ("保本保息", 0, False), ("保本", 5, True)]


def test_a_term_may_stand_in_two_lists() -> None:
    hits = Lexicon([WordList("甲", ("药",)), WordList("乙", ("药", "藥"))]).match([normalise("药")])
    assert hits.list.tolist() == [0, 1]
    assert hits.of("乙").term.tolist() == [1]


def test_names_and_terms_are_checked() -> None:
    with pytest.raises(ValueError, match="share a name: 甲"):
        Lexicon([WordList("甲", ("药",)), WordList("甲", ())])
    with pytest.raises(ValueError, match="empty after normalising"):
        Lexicon([WordList("甲", ("\u200b",))])
    with pytest.raises(KeyError, match="乙"):
        Lexicon([]).match([]).of("乙")


def test_array_types() -> None:
    hits = Lexicon(LISTS).match([normalise("不能根治")])
    assert [str(a.dtype) for a in (hits.row, hits.list, hits.start)] == ["int32", "int16", "int32"]
    assert hits.negated.tolist() == [True]
    assert hits.counts(1, asserted_only=True).tolist() == [[0, 0, 0]]
