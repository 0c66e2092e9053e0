"""A batch is its texts: joining them for one search finds the same places, says the same of each, and asks a `Stance` wherever it could matter."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import lexicon
from features.cues import MARKERS
from features.lexicon import Lexicon, ListHits, WordList, _order
from features.normalise import NormalisedText, normalise
from features.stance import CueWords, Stance

_LISTS = (
    WordList("病", ("糖尿病", "病", "尿")),
    WordList("治", ("根治", "治", "治愈", "不复发", "vip", "abc123")),
    WordList("外", ("病", "根治"), exclude=("糖尿病人", "根治术")),
    WordList("问", ("是否", "不")),
)
_LEXICON = Lexicon(_LISTS)
_pieces = st.one_of(
    st.sampled_from(
        [
            "糖尿病",
            "病",
            "根治",
            "治愈",
            "不复发",
            "vip",
            "s",
            "abc1234",
            "根.治",
            "糖*尿病",
            "人",
            "术",
            "，",
            "。",
            "\n",
            "“",
            "”",
            "「",
            "」",
            '"',
            "?",
            "",
        ]
    ),
    st.sampled_from(MARKERS),
    st.sampled_from(["不了", "是假的", "不等于", "≠", "宣称", "以", "为诱饵", "吗", "\ue000", "𠮷", "１５"]),
    st.text(max_size=3),
)
_texts = st.lists(st.lists(_pieces, max_size=14).map("".join), max_size=6)


def _said(hits: ListHits) -> list[tuple[Any, ...]]:
    return [(h.row, h.list, h.term, h.start, h.end, h.aggressive, h.negated, h.reported) for h in hits]


@settings(deadline=None)
@given(_texts, st.integers(1, 60))
def test_a_batch_is_its_texts(texts: list[str], at_once: int) -> None:
    ready = [normalise(text) for text in texts]
    alone = [(row, *said[1:]) for row, text in enumerate(ready) for said in _said(_LEXICON.match([text]))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexicon, "_AT_ONCE", at_once)
        assert _said(_LEXICON.match(ready)) == alone
        assert _said(_LEXICON.match(ready, [Stance(text.plain.text) for text in ready])) == alone


@settings(deadline=None)
@given(_texts)
def test_what_is_said_of_hits_is_what_a_stance_says(texts: list[str]) -> None:
    ready = [normalise(text) for text in texts]
    hits = [hit for hit in _LEXICON.match(ready) if not hit.aggressive]
    told = {(hit.row, hit.list, hit.term, hit.start, hit.end): (hit.negated, hit.reported) for hit in hits}
    for row, text in enumerate(ready):
        for words in _LISTS[:2]:  # no excluded contexts
            for term in (term for term in words.terms if not term.isascii()):
                for low in _places(text, term):
                    stance = Stance(text.plain.text)
                    high = low + len(term)
                    wanted = stance.negated(low, high), stance.reported(low, high)
                    assert told[row, words.name, term, *text.plain.span(low, high)] == wanted


def _places(text: NormalisedText, term: str) -> list[int]:
    found, at = [], text.plain.text.find(term)
    while at >= 0:
        found.append(at)
        at = text.plain.text.find(term, at + 1)
    return found


def test_a_word_across_two_texts_is_no_word() -> None:
    assert _said(_LEXICON.match([normalise("根"), normalise("治疗")]))[0][:3] == (1, "治", "治")
    assert len(_LEXICON.match([normalise("根"), normalise("治疗")])) == 1
    assert len(_LEXICON.match([normalise("vip"), normalise("s")])) == 1


def test_cues_of_a_neighbouring_text_change_nothing() -> None:
    hits = _LEXICON.match([normalise("不能"), normalise("根治"), normalise("不了"), normalise("警方通报"), normalise("根治")])
    assert [(h.row, h.negated, h.reported) for h in hits if h.term == "根治" and h.list == "治"] == [(1, False, False), (4, False, False)]


def test_lists_that_hold_cues_and_separators() -> None:
    odd = Lexicon([WordList("odd", ("不能", "甲\n乙", "?"))])
    hits = odd.match([normalise("甲\n乙"), normalise("不能?"), normalise("")])
    assert [(h.row, h.term) for h in hits] == [(0, "甲\n乙"), (1, "不能"), (1, "?")]
    assert len(Lexicon([]).match([normalise("x")])) == 0
    assert len(odd.match([])) == 0


def test_every_cue_is_among_the_words_that_are_looked_for() -> None:
    cues = CueWords.all()
    assert cues.negators["不"] == 0
    assert cues.negators["不能"] == 8
    assert {"不了", "≠"} <= set(cues.denials)
    assert {"警方", "谨防", "?", "宣称", "为诱饵"} <= set(cues.telling)


@given(st.lists(st.tuples(*[st.integers(0, 1 << width) for width in (3, 2, 40, 20, 1)]), max_size=12))
def test_hits_are_sorted_alike_whether_or_not_their_numbers_fit_into_one(rows: list[tuple[int, ...]]) -> None:
    columns = list(np.array(rows, dtype=np.int64).reshape(len(rows), 5).T)
    assert _order(*columns).tolist() == np.lexsort(columns[::-1]).tolist()
