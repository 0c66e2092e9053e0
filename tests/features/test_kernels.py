"""Kernels give what the code gives that they stand in for; without numba they are not asked for."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import kernels, lexicon
from features.kernels.trie import Trie, code_points
from features.lexicon import Lexicon, ListHits, WordList
from features.normalise import normalise

_SIGNS = st.sampled_from("甲乙丙a\n𠮷\U0010fffd\ud800")
_WORDS = st.lists(st.text(_SIGNS, min_size=1, max_size=5), max_size=12, unique=True)
_TEXT = st.text(_SIGNS, max_size=40)


def _plainly(terms: list[str], text: str) -> list[tuple[int, int, int]]:
    found = [(low, low + len(term), at) for at, term in enumerate(terms) for low in range(len(text)) if text.startswith(term, low)]
    return sorted(found)


@given(_WORDS, _TEXT)
def test_a_trie_has_all_terms_and_their_overlaps(terms: list[str], text: str) -> None:
    assert list(Trie.of(terms).walk(text)) == _plainly(terms, text)


@settings(deadline=None)
@given(_WORDS, _TEXT)
def test_the_kernel_walks_as_the_trie(terms: list[str], text: str) -> None:
    pytest.importorskip("numba", reason="numba is not installed (extra kernels)")
    from features.kernels.search import Search

    found = Search(Trie.of(terms)).find(code_points(text))
    assert list(zip(*(column.tolist() for column in found), strict=True)) == _plainly(terms, text)


def test_room_for_more_places_is_made() -> None:
    pytest.importorskip("numba", reason="numba is not installed (extra kernels)")
    from features.kernels.search import Search

    terms, text = ["甲" * size for size in range(1, 20)], "甲" * 300
    low, high, term = Search(Trie.of(terms)).find(code_points(text))
    assert list(zip(low.tolist(), high.tolist(), term.tolist(), strict=True)) == _plainly(terms, text)
    assert low.dtype == np.int64


def test_a_folder_that_cannot_be_written_to_costs_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba", reason="numba is not installed (extra kernels)")
    from features.kernels import search

    asked: list[dict[str, bool]] = []

    def njit(**options: bool) -> Any:
        asked.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(search, "njit", njit)
    assert search.compiled(_plainly) is _plainly
    assert asked == [{"cache": True, "nogil": True}, {"nogil": True}]


_LISTS = (
    WordList("病", ("糖尿病", "病", "尿病")),
    WordList("治", ("根治", "治", "治愈", "vip", "abc123"), exclude=("根治术", "治术")),
    WordList("问", ("是否", "不", "𠮷")),
)
_PIECES = st.sampled_from(
    [
        *(
            "糖尿病",
            "根治",
            "治愈",
            "术",
            "vip",
            "s",
            "abc123",
            "4",
            "根.治",
            "不能",
            "是假的",
            "警方",
            "宣称",
            "“",
            "”",
            "?",
            "，",
            "\n",
            "𠮷",
            "\ud800",
            "１５",
            "",
        )
    ]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(_PIECES, max_size=9).map("".join), max_size=5))
def test_a_lexicon_says_the_same_with_and_without_the_kernel(texts: list[str]) -> None:
    pytest.importorskip("numba", reason="numba is not installed (extra kernels)")
    ready, said = [normalise(text) for text in texts], []
    for choice in ("0", "1"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(kernels.SETTING, choice)
            said.append(_columns(Lexicon(_LISTS).match(ready)))
    assert said[0] == said[1]


def _columns(hits: ListHits) -> list[Any]:
    return [
        hits.row.tolist(),
        hits.list.tolist(),
        hits.term.tolist(),
        hits.start.tolist(),
        hits.end.tolist(),
        hits.negated.tolist(),
        hits.reported.tolist(),
    ]


def test_kernels_are_used_where_they_pay_and_only_where_numba_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "installed", lambda: True)
    batch, much = kernels.BATCH, kernels.PAYS
    assert [kernels.plenty(*sizes, {}) for sizes in ((batch, much - 1), (batch - 1, much), (batch, much))] == [False, False, True]
    assert kernels.plenty(1, 0, {kernels.SETTING: "1"})
    assert not kernels.plenty(batch, much, {kernels.SETTING: "0"})
    monkeypatch.setattr(kernels, "installed", lambda: False)
    assert not kernels.plenty(batch, much, {kernels.SETTING: "1"})


def test_batches_come_to_the_kernel_and_requests_never_do(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Kernel:
        def find(self, codes: Any) -> tuple[Any, Any, Any]:
            asked.append(len(codes))
            return (np.zeros(0, dtype=np.int64),) * 3

    monkeypatch.delenv(kernels.SETTING, raising=False)
    monkeypatch.setattr(kernels, "installed", lambda: True)
    monkeypatch.setattr(kernels, "PAYS", 2 * kernels.BATCH)
    monkeypatch.setattr(lexicon, "search_of", lambda _: Kernel())
    words = Lexicon([WordList("甲", ("甲",))])
    batch, one = [normalise("乙" * (kernels.BATCH // 2 + 1))] * 2, normalise("乙" * 99)
    for _ in range(300):
        words.match([one])
    for _ in range(3):
        words.match(batch)
    assert len(asked) == 1
    words.match([one])
    assert len(asked) == 1


def test_a_numba_that_does_not_start_is_done_without(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(kernels, "installed", lambda: True)
    monkeypatch.setenv(kernels.SETTING, "1")
    monkeypatch.setitem(sys.modules, "features.kernels.search", None)
    assert Lexicon(_LISTS).match([normalise("根治")]).term.tolist() == [3, 4]
    assert "kernels are left out" in caplog.text


def test_few_texts_never_load_numba() -> None:
    code = "import sys; from features.lexicon import *; from features.normalise import normalise; Lexicon([WordList('a', ('甲',))]).match([normalise('甲')]); print('numba' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
