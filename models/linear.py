"""A linear learner over words and characters: strong, fast, and every token's weight can be read.

TF-IDF of runs of 1–2 words and of 1–4 characters of the dense view; the mean of two squared-hinge fits: a plain one, and one whose
features are scaled by the square root of their naive-Bayes log ratio (Wang & Manning 2012). Both are linear in the same features, so the
mean is one weight a token. Measured on grouped folds of the development data: AP 0.936 plain, 0.942 scaled, 0.9405 with better F1 mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.calibrate import fit_sigmoid
from models.explain import Contribution
from models.grams import Floats, Ints, Vocabulary, char_grams, chunks, word_grams
from models.inputs import TextLike
from models.split import folds_of

if TYPE_CHECKING:
    from scipy import sparse

CHARS = (1, 4)
WORDS = 2
MIN_ROWS = 2
MOST = 400_000
"""Tokens kept of each kind: bounds a stored model to some 20 MB."""

PLAIN_C, SCALED_C = 1.0, 0.3


class LinearText:
    """Weights in log-odds for each known token; ``decision`` = weights · TF-IDF + bias."""

    def __init__(self, chars: Vocabulary, words: Vocabulary, weight: npt.NDArray[np.float64], bias: float) -> None:
        self.chars, self.words, self.weight, self.bias = chars, words, weight, bias
        self._idf = np.concatenate([chars.idf, words.idf])

    def rows(self, dense: Sequence[str], words: Sequence[Sequence[str]]) -> sparse.csr_matrix[Any]:
        """TF-IDF rows of texts."""
        counts = _counts(self.chars, self.words, dense, words, [(0, len(dense))])
        return _scaled(counts, self._idf, len(self.chars.codes))

    def decision(self, dense: Sequence[str], words: Sequence[Sequence[str]]) -> Floats:
        """Log-odds of texts, in chunks, so that memory stays bounded."""
        parts = [np.asarray(self.rows(dense[a:b], words[a:b]) @ self.weight) for a, b in chunks(dense)]
        return np.concatenate([*parts, np.zeros(len(dense) - sum(map(len, parts)))]) + self.bias

    def tokens(self, text: TextLike, words: Sequence[str], scale: float) -> list[Contribution]:
        """What each token of one text adds, with its places in the original text."""
        dense = text.dense.text
        row = self.rows([dense], [words])
        value = dict(zip(row.indices.tolist(), (row.data * self.weight[row.indices] * scale).tolist(), strict=True))
        tfidf = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
        grams = char_grams([dense], *CHARS)
        places = _by_column(self.chars.places(grams.code), grams.start, grams.start + grams.length)
        begin, end = _word_places(dense, words)
        runs = word_grams([words], WORDS)
        first, last = begin[runs.start], end[runs.start + runs.length - 1] if len(runs.start) else end[:0]
        offset = len(self.chars.codes)
        found = []
        for column, at in places.items():
            spans = tuple(sorted({text.dense.span(i, j) for i, j in at}))
            found.append(Contribution(dense[at[0][0] : at[0][1]], "chars", tfidf[column], value[column], spans))
        known = self.words.places(runs.code)
        names = {c: " ".join(words[s : s + k]) for c, s, k in zip(known.tolist(), runs.start, runs.length, strict=True)}
        for column, at in _by_column(known, first, last).items():
            spans = tuple(sorted({text.dense.span(i, j) for i, j in at if 0 <= i < j}))
            found.append(Contribution(names[column], "words", tfidf[offset + column], value[offset + column], spans))
        return found

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """(JSON, arrays)."""
        arrays = {
            "char_codes": self.chars.codes,
            "char_idf": self.chars.idf,
            "word_codes": self.words.codes,
            "word_idf": self.words.idf,
            "weight": self.weight.astype(np.float32),
        }
        return {"bias": self.bias, "chars": list(CHARS), "words": WORDS}, arrays

    @classmethod
    def from_state(cls, plain: Mapping[str, Any], arrays: Mapping[str, Any]) -> LinearText:
        """The learner that `state` described."""
        if (tuple(plain["chars"]), plain["words"]) != (CHARS, WORDS):
            raise ValueError(f"this text learner was made with other n-grams ({plain['chars']}, {plain['words']}): train it again")
        chars = Vocabulary(arrays["char_codes"], arrays["char_idf"])
        words = Vocabulary(arrays["word_codes"], arrays["word_idf"])
        return cls(chars, words, arrays["weight"].astype(np.float64), float(plain["bias"]))


def _by_column(column: Ints, begin: Ints, end: Ints) -> dict[int, list[tuple[int, int]]]:
    places: dict[int, list[tuple[int, int]]] = {}
    for c, i, j in zip(column.tolist(), begin.tolist(), end.tolist(), strict=True):
        if c >= 0:
            places.setdefault(c, []).append((i, j))
    return places


def _word_places(dense: str, words: Sequence[str]) -> tuple[Ints, Ints]:
    """Where each word stands in the dense text; -1 for one that cannot be found in order."""
    begin, end, cursor = [], [], 0
    for word in words:
        at = dense.find(word, cursor)
        begin.append(at)
        end.append(at + len(word) if at >= 0 else -1)
        cursor = at + len(word) if at >= 0 else cursor
    return np.array(begin, dtype=np.int64), np.array(end, dtype=np.int64)


def fit(dense: Sequence[str], words: Sequence[Sequence[str]], y: Floats, w: Floats, fold: Ints, seed: int) -> tuple[LinearText, Floats]:
    """The learner fitted on all rows, and the out-of-fold log-odds of each row by learners that have not seen its fold."""
    n = len(dense)
    ranges = list(chunks(dense))
    chars = Vocabulary.fit((char_grams(dense[a:b], *CHARS) for a, b in ranges), n, MIN_ROWS, MOST)
    runs = Vocabulary.fit((word_grams(words[a:b], WORDS) for a, b in ranges), n, MIN_ROWS, MOST)
    counts = _counts(chars, runs, dense, words, ranges)
    margin = np.zeros(n)
    for train, test in folds_of(fold, int(fold.max()) + 1):
        idf = _idf(counts[train])
        weight, bias = _fit_once(_scaled(counts[train], idf, len(chars.codes)), y[train], w[train], seed)
        margin[test] = _scaled(counts[test], idf, len(chars.codes)) @ weight + bias
    scale = fit_sigmoid(margin, y, w)
    weight, bias = _fit_once(_scaled(counts, np.concatenate([chars.idf, runs.idf]), len(chars.codes)), y, w, seed)
    stored = (weight * scale.slope).astype(np.float32).astype(np.float64)
    return LinearText(chars, runs, stored, bias * scale.slope + scale.shift), margin * scale.slope + scale.shift


def _counts(
    chars: Vocabulary, runs: Vocabulary, dense: Sequence[str], words: Sequence[Sequence[str]], ranges: Sequence[tuple[int, int]]
) -> sparse.csr_matrix[Any]:
    """How often each known token occurs in each text: made once, cut by rows for each fold."""
    from scipy import sparse

    parts = []
    for a, b in ranges:
        of_chars = chars.counts(char_grams(dense[a:b], *CHARS), b - a)
        of_words = runs.counts(word_grams(words[a:b], WORDS), b - a)
        parts.append(sparse.hstack([of_chars, of_words], format="csr"))
    return sparse.csr_matrix(sparse.vstack(parts, format="csr"))


def _idf(counts: sparse.csr_matrix[Any]) -> Floats:
    """Inverse document frequency on these rows alone; 0 for a token that they do not hold often enough to be learnt."""
    rows = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.where(rows >= MIN_ROWS, np.log((1.0 + counts.shape[0]) / (1.0 + rows)) + 1.0, 0.0)


def _scaled(counts: sparse.csr_matrix[Any], idf: Floats, first_word: int) -> sparse.csr_matrix[Any]:
    """Sublinear TF-IDF; the character part and the word part of each row have length one each."""
    result = counts.copy()
    result.data = (1.0 + np.log(result.data)) * idf[result.indices]
    row = np.repeat(np.arange(result.shape[0]), np.diff(result.indptr))
    part = 2 * row + (result.indices >= first_word)
    length = np.sqrt(np.bincount(part, weights=result.data**2, minlength=2 * result.shape[0]))
    length[length == 0.0] = 1.0
    result.data /= length[part]
    return result


def _fit_once(rows: sparse.csr_matrix[Any], y: Floats, w: Floats, seed: int) -> tuple[Floats, float]:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    weights = w / w.mean()
    ratio = _bayes_ratio(rows, y, weights)
    scaled = rows.copy()
    scaled.data = scaled.data * ratio[scaled.indices]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last digits of a margin do not matter: it is calibrated afterwards
        plain = LinearSVC(C=PLAIN_C, random_state=seed, max_iter=3000).fit(rows, y, sample_weight=weights)
        bayes = LinearSVC(C=SCALED_C, random_state=seed, max_iter=3000).fit(scaled, y, sample_weight=weights)
    weight = (plain.coef_.ravel() + bayes.coef_.ravel() * ratio) / 2
    return weight, float((plain.intercept_[0] + bayes.intercept_[0]) / 2)


def _bayes_ratio(rows: Any, y: Floats, w: Floats) -> Floats:
    """Square root of |log ratio| of a token's share among positives and among negatives, with mean one."""
    up = np.asarray(rows.T @ (w * (y > 0))).ravel() + 0.1
    down = np.asarray(rows.T @ (w * (y <= 0))).ravel() + 0.1
    ratio: Floats = np.sqrt(np.abs(np.log((up / up.sum()) / (down / down.sum()))))
    mean = float(ratio.mean())
    return ratio / mean if mean > 0 else np.ones(len(ratio))
