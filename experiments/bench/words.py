"""The words of a text, and their TF-IDF: ``features.text`` and the text learner's rows against jieba itself and TfidfVectorizer, HMM off in all.

The same words are asserted, and the same table of weights: runs of one and two words, sublinear, each row of length one.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from experiments.bench import prose
from experiments.bench.material import texts
from experiments.bench.timing import Rival, race, same
from features import text
from models.grams import Vocabulary, word_grams
from models.linear import MIN_ROWS, MOST, LinearText
from models.tokens import WORDS

TEXTS = 1_000
LEARNT, READ, SLOW = 2_000, 1_500, 0.2


def run() -> list[dict[str, Any]]:
    """Words, then words with their weights; where rjieba is not installed all rivals are jieba, and the note says so."""
    return [_words(), _weights()]


def jieba_words() -> Callable[[str], list[str]]:
    """jieba as it comes, HMM off; white space is no word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of byte-compiling jieba
        import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return lambda one: [word for word in tokenizer.lcut(one, HMM=False) if not word.isspace()]


def _words() -> dict[str, Any]:
    cut, given = jieba_words(), texts(TEXTS)

    def ours() -> list[list[str]]:
        return text.words(given)

    def plain() -> list[list[str]]:
        return [cut(one) for one in given]

    same("words", ours(), plain())
    size = sum(map(len, given)) / 1e3
    rivals = [Rival(f"features.text ({text.engine()})", ours), Rival("jieba, HMM off", plain)]
    return race("words", "thousand characters/s", size, rivals, note=_note())


def vectorizer(cut: Callable[[str], list[str]]) -> Any:
    """scikit-learn's, set as the text learner counts and weighs."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        tokenizer=cut, token_pattern=None, lowercase=False, ngram_range=(1, WORDS), sublinear_tf=True, min_df=MIN_ROWS, max_features=None
    )


def learner(given: Sequence[str], weight: Callable[[int], Any] = np.zeros, bias: float = 0.0) -> LinearText:
    """The text learner's rows over runs of words alone: its runs of characters are left out, since the rivals have none."""
    none = Vocabulary(np.zeros(0, dtype=np.uint64), np.zeros(0))
    known = Vocabulary.fit([word_grams(text.words(given), WORDS)], len(given), MIN_ROWS, MOST)
    return LinearText(none, known, weight(len(known.codes)), bias)


def rows(made: LinearText, given: Sequence[str]) -> Any:
    """TF-IDF rows of texts by the project's own path."""
    return made.rows([""] * len(given), text.words(given))


def columns(made: LinearText, theirs: Any) -> Any:
    """For each of our columns the one of a `TfidfVectorizer` that stands for the same run of words; both know the same runs."""
    named = list(theirs.vocabulary_.items())
    codes = [word_grams([name.split(" ")], WORDS).code[-1] for name, _ in named]
    places = made.words.places(np.array(codes, dtype=np.uint64))
    assert len(named) == len(made.words.codes), "TF-IDF: not the same runs of words"
    assert sorted(places.tolist()) == list(range(len(named))), "TF-IDF: not the same runs of words"
    order = np.zeros(len(named), dtype=np.int64)
    order[places] = [at for _, at in named]
    return order


def _weights() -> dict[str, Any]:
    cut = jieba_words()
    learnt, given = prose.texts(LEARNT), prose.texts(LEARNT + READ)[LEARNT:]
    part = given[: int(READ * SLOW)]
    made, theirs = learner(learnt), vectorizer(cut).fit(learnt)
    mine, plain = rows(made, part), theirs.transform(part)[:, columns(made, theirs)]
    assert mine.nnz == plain.nnz, "TF-IDF: not the same runs of words"
    assert float(abs(mine - plain).max()) <= 1e-12, "TF-IDF: not the same weights"
    rivals = [
        Rival(f"features.text ({text.engine()}) and models.linear", lambda: rows(made, given)),
        Rival("TfidfVectorizer with jieba", lambda: theirs.transform(part), SLOW),
    ]
    note = f"{READ:,} texts, {len(made.words.codes):,} runs of one and two words" + ("" if not _note() else f"; {_note()}")
    return race("words and TF-IDF, equal tokens and weights", "texts/s", READ, rivals, note=note)


def _note() -> str:
    return "" if text.engine() == "rjieba" else "rjieba is not installed"
