"""Contributions that are made when somebody looks: the same as if every token had been named one by one."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.views import View
from models.explain import Contribution, ranked, total
from models.grams import Vocabulary, char_grams, word_grams
from models.linear import LinearText
from models.tokens import CHARS, WORDS, Cut
from models.wording import Reasons, beside_tokens, by_character, reasons

LETTERS = st.text(st.sampled_from("ab根治𠮷 "), max_size=9)
BASE = 0.5


@st.composite
def texts(draw: st.DrawFn) -> list[tuple[View, list[str]]]:
    """Dense views (characters may stand for none or several of the original, some share one), and words of which some are not in the text."""
    made = []
    for text in draw(st.lists(LETTERS, min_size=1, max_size=4)):
        starts, ends, at = array("i"), array("i"), 0
        for _ in text:
            shared = bool(starts) and draw(st.booleans())
            at = at if shared else at + draw(st.integers(0, 2))
            starts.append(starts[-1] if shared else at)
            at = ends[-1] if shared else at + draw(st.integers(0, 2))
            ends.append(at)
        words = [text[i : i + 2] for i in range(0, len(text), 2) if not text[i : i + 2].isspace()]
        made.append((View(text, starts, ends), [*words, *draw(st.lists(st.just("无"), max_size=1))]))
    return made


def learner(of: list[tuple[View, list[str]]]) -> LinearText:
    """Knows half of the tokens; several weigh the same, and some nothing."""
    dense, words = [view.text for view, _ in of], [some for _, some in of]
    chars = Vocabulary.fit([char_grams(dense, *CHARS)], len(of), 1, 1000)
    runs = Vocabulary.fit([word_grams(words, WORDS)], len(of), 1, 1000)
    chars, runs = (Vocabulary(some.codes[::2], np.ones(len(some.codes[::2]))) for some in (chars, runs))
    rng = np.random.default_rng(len(chars.codes))
    return LinearText(chars, runs, rng.choice([-0.5, 0.0, 0.5, 0.25], size=len(chars.codes) + len(runs.codes)), 0.1)


def one_by_one(linear: LinearText, view: View, words: list[str], scale: float) -> list[Contribution]:
    """The clear way: every token looked up by itself."""
    row = linear.rows([view.text], [words])
    tfidf = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    begins, cursor = [], 0
    for word in words:
        at = view.text.find(word, cursor)
        begins.append((at, at + len(word)) if at >= 0 else None)
        cursor = at + len(word) if at >= 0 else cursor
    found: dict[tuple[str, int], list[Any]] = {}
    first_word = len(linear.chars.codes)
    grams, runs = char_grams([view.text], *CHARS), word_grams([words], WORDS)
    for column, i, n in zip(linear.chars.places(grams.code).tolist(), grams.start.tolist(), grams.length.tolist(), strict=True):
        found.setdefault(("chars", column), [view.text[i : i + n], set()])[1].add(view.span(i, i + n))
    for column, k, n in zip(linear.words.places(runs.code).tolist(), runs.start.tolist(), runs.length.tolist(), strict=True):
        spans = found.setdefault(("words", first_word + column if column >= 0 else column), [" ".join(words[k : k + n]), set()])[1]
        first, last = begins[k], begins[k + n - 1]
        if first and last:
            spans.add(view.span(first[0], last[1]))
    return [
        Contribution(name, kind, tfidf[column], tfidf[column] * float(linear.weight[column]) * scale, tuple(sorted(spans)))  # type: ignore[arg-type]
        for (kind, column), (name, spans) in found.items()
        if column >= 0
    ]


@settings(max_examples=60, deadline=None)
@given(texts(), st.sampled_from([None, 0, 2]), st.sampled_from([1.0, 0.7]))
def test_what_is_told_is_what_the_clear_way_tells(of: list[tuple[View, list[str]]], top: int | None, scale: float) -> None:
    linear = learner(of)
    read = linear.look(Cut.of([view for view, _ in of], [words for _, words in of]))
    wording = linear.wording(read.found)
    others = [
        Contribution("length", "column", 3.0, -0.25),
        Contribution("cure", "rule", 1.0, 0.5),
        Contribution("none", "column", 1.0, 0.0),
    ]
    for k, (view, words) in enumerate(of):
        told = reasons(wording, k, scale, others, BASE, top)
        clear = ranked([*one_by_one(linear, view, words, scale), *others], BASE, top)
        assert told == clear
        assert [told[i] for i in range(-len(told), len(told))] == clear + clear
        assert told[1:3] == clear[1:3]
        assert told.scaled(0.5).followed(others[0]) == [*(one._replace(log_odds=one.log_odds * 0.5) for one in clear), others[0]]
        assert total(told) == pytest.approx(read.start[k] * scale - 0.1 * scale + 0.25 + BASE, abs=1e-12)
        size = max(view.ends, default=0) + 1
        assert [part.tolist() if isinstance(part, np.ndarray) else part for part in by_character(told, size)] == [
            part.tolist() if isinstance(part, np.ndarray) else part for part in by_character(clear, size)
        ]
        assert beside_tokens(told) == beside_tokens(clear)


def test_a_place_beyond_the_last_is_refused_as_by_a_list() -> None:
    view = View("ab", array("i", [0, 1]), array("i", [1, 2]))
    linear = learner([(view, ["ab"])])
    told = reasons(linear.wording(linear.look(Cut.of([view], [["ab"]])).found), 0, 1.0, [], BASE, None)
    assert isinstance(told, Reasons)
    with pytest.raises(IndexError):
        told[len(told)]
    assert told != [*told, told[0]]
