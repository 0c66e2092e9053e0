"""Sentences: where they end, where they do not, and that nothing of a text is lost."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.sentences import sentences


def _cut(text: str) -> list[str]:
    return [text[lo:hi] for lo, hi in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("保本保息。稳赚不赔！真的？是；好", ["保本保息", "稳赚不赔", "真的", "是", "好"]),
        ("年化3.5%起，月息1.2分。", ["年化3.5%起，月息1.2分"]),
        ("保本……随存随取…马上来...好", ["保本", "随存随取", "马上来", "好"]),
        ("第一行\r\n\n第二行\u2028第三行", ["第一行", "第二行", "第三行"]),
        ("他说：“能治好！”我不信。", ["他说：“能治好", "我不信"]),
        ("（已售罄。）下次再来", ["（已售罄", "下次再来"]),
        ("It is safe. Earn 3.5% a year! Visit a.example.com now", ["It is safe", "Earn 3.5% a year", "Visit a.example.com now"]),
        ("1. 先付款 2. 后发货", ["1. 先付款 2. 后发货"]),
        ("能根.治，加V.X", ["能根.治，加V.X"]),
        ("疗\n效\n好\n第二句话", ["疗\n效\n好", "第二句话"]),
        ("短\n长一点的行\n短", ["短", "长一点的行", "短"]),
        ("｡半角。﹖小号", ["半角", "小号"]),
        ("💊！💊", ["💊", "💊"]),
        ("，。！？", []),
    ],
)
def test_cut(text: str, expected: list[str]) -> None:
    assert _cut(text) == expected


@given(st.text(alphabet="保本息a1.．。！?；…·\n\r “”\"'）)，:%💊", max_size=60))
def test_sentences_are_ordered_apart_and_keep_every_word(text: str) -> None:
    spans = sentences(text)
    assert all(lo < hi for lo, hi in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    covered = {i for lo, hi in spans for i in range(lo, hi)}
    lost = [c for i, c in enumerate(text) if i not in covered]
    assert all(c.isspace() or unicodedata.category(c)[0] in "PZC" for c in lost)


@given(st.lists(st.text(alphabet="保本息年化15%", min_size=1, max_size=12).filter(lambda s: s != "%" * len(s)), min_size=1, max_size=5))
def test_joining_sentences_and_cutting_gives_them_back(parts: list[str]) -> None:
    assert _cut("。".join(parts)) == parts
