"""One text by itself has ways of its own through the learner, because somebody waits for it: they say what the ways of many texts say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import calibrate
from models.grams import Vocabulary, char_grams, word_grams
from models.inputs import rule_ids
from models.linear import LinearText
from models.text import TextModel
from models.tokens import CHARS, WORDS, Cut

TEXTS = ["保本保息年化高收益", "保健品根治糖尿病根治", "", "根治", "无"]


class View:
    def __init__(self, text: str) -> None:
        self.text = text

    def span(self, i: int, j: int) -> tuple[int, int]:
        return i, j


class Text:
    def __init__(self, text: str) -> None:
        self.original, self.dense = text, View(text)


class Frame:
    def __init__(self, texts: list[str]) -> None:
        self.texts = [Text(one) for one in texts]
        self.words = [[one[i : i + 2] for i in range(0, len(one), 2)] for one in texts]
        self.columns = pd.DataFrame({"length": [float(len(one)) for one in texts]})
        self.n = len(texts)


def learner() -> LinearText:
    """Knows the tokens of the first two texts."""
    frame = Frame(TEXTS[:2])
    dense = [one.dense.text for one in frame.texts]
    chars = Vocabulary.fit([char_grams(dense, *CHARS)], 2, 1, 1000)
    runs = Vocabulary.fit([word_grams(frame.words, WORDS)], 2, 1, 1000)
    size = len(chars.codes) + len(runs.codes)
    return LinearText(chars, runs, np.random.default_rng(7).normal(size=size), 0.25)


@pytest.mark.parametrize("row", range(len(TEXTS)))
def test_one_text_is_read_as_among_others(row: int) -> None:
    linear, frame = learner(), Frame(TEXTS)
    dense = [one.dense.text for one in frame.texts]
    start, parts = linear.read(dense, frame.words)
    views = [one.dense for one in frame.texts]
    for read, at in ((linear.look(Cut.of([views[row]], [frame.words[row]])), 0), (linear.look(Cut.of(views, frame.words)), row)):
        assert read.start[at] == start[row]
        np.testing.assert_array_equal(read.parts[at], parts[row])
        tfidf, mine = linear.rows(dense, frame.words)[row], read.found.row == at
        assert read.found.column[mine].tolist() == tfidf.indices.tolist()
        assert read.found.tfidf[mine].tolist() == tfidf.data.tolist()


def test_the_text_read_last_is_remembered_and_no_other() -> None:
    class Rising:
        """Trees that add what the first columns say."""

        names = ("text:linear", "text:for", "text:against", "text:strongest", "text:weakest", "text:known", "length", "rules:noisy_or")
        weight = 1.0
        used = np.array([0, 6])

        def raw(self, x: Any) -> Any:
            return x[:, 0] + x[:, 6]

        def contributions(self, x: Any) -> Any:
            shares = np.zeros((len(x), len(self.names) + 1))
            shares[:, 0], shares[:, 6] = x[:, 0], x[:, 6]
            return shares

    linear = learner()
    trees: Any = Rising()
    model = TextModel(linear, trees, calibrate.Sigmoid(1.0, 0.0), ["length"], [], {})
    together: Any = Frame(TEXTS)
    said, reasons = model.raw(together, None), model.contributions(together, None)
    for row in (0, 1, 0, 4, 2):
        alone: Any = Frame([TEXTS[row]])
        assert model.raw(alone, None).tolist() == [said[row]]
        for _ in range(2):
            assert model.contributions(alone, None) == [reasons[row]]


def test_few_codes_and_many_are_found_in_the_same_columns() -> None:
    rng = np.random.default_rng(3)
    every = np.unique(rng.integers(0, 2**64 - 1, 900, dtype=np.uint64))
    known = Vocabulary(every[::2], np.ones(len(every[::2])))
    asked = rng.permutation(np.concatenate([every, np.array([0, 2**64 - 1], dtype=np.uint64)]))
    together = known.places(asked)
    assert together.tolist() == [int(np.flatnonzero(known.codes == code)[0]) if code in known.codes else -1 for code in asked]
    assert together.tolist() == [
        place for first in range(0, len(asked), 100) for place in known.places(asked[first : first + 100]).tolist()
    ]


def test_the_table_of_the_last_text_is_not_taken_for_that_of_other_rules_or_weights() -> None:
    class Ruled:
        """Trees that add what the rules say, one and together."""

        names = ("text:linear", "text:for", "text:against", "text:strongest", "text:weakest", "text:known", "rule:cure", "rules:noisy_or")
        weight = 1.0
        used = np.array([6, 7])

        def raw(self, x: Any) -> Any:
            return x[:, 6] + 10 * x[:, 7]

    trees: Any = Ruled()
    model = TextModel(learner(), trees, calibrate.Sigmoid(1.0, 0.0), [], ["cure"], {"cure": 0.5})
    alone: Any = Frame(TEXTS[:1])
    on, off, unknown = (pd.DataFrame({"rule:cure": [value]}) for value in (1.0, 0.0, np.nan))
    asked = [(on, None), (off, None), (on, {"cure": 0.1}), (on, None), (unknown, None)]
    told = [float(model.raw(alone, rules, weights)[0]) for rules, weights in asked]
    assert [round(one - told[1], 9) for one in told] == [6.0, 0.0, 2.0, 6.0, 0.0]


def test_the_rules_of_other_columns_are_not_mistaken() -> None:
    for names in (["rule:b", "rule:a"], ["rule:c", "x"], ["rule:b", "rule:a"]):
        table = pd.DataFrame(np.zeros((1, 2)), columns=names)
        assert rule_ids(table) == rule_ids(table) == sorted(name[5:] for name in names if name.startswith("rule:"))
