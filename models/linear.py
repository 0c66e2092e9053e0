"""A linear learner over words and characters: strong, fast, and every token's weight can be read.

TF-IDF of runs of 1–2 words and of 1–4 characters of the dense view; the mean of two squared-hinge fits: a plain one, and one whose
features are scaled by the square root of their naive-Bayes log ratio (Wang & Manning 2012). Both are linear in the same features, so the
mean is one weight a token. Measured on grouped folds of the development data: AP 0.936 plain, 0.942 scaled, 0.9405 with better F1 mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.calibrate import fit_sigmoid
from models.grams import Floats, Ints, Vocabulary, char_grams, chunks, word_grams
from models.split import folds_of
from models.tokens import CHARS, WORDS, Cut, Tokens, lengths_of, runs_of, tokens_of
from models.wording import Wording

if TYPE_CHECKING:
    from scipy import sparse

MIN_ROWS = 2
MOST = 400_000
"""Tokens kept of each kind: bounds a stored model to some 20 MB."""

PLAIN_C, SCALED_C = 1.0, 0.3

PARTS = ("text:for", "text:against", "text:strongest", "text:weakest", "text:known")
"""What speaks for and against, the token that weighs most either way, and how much of the text the learner knows: a sum of many small signs is
not believed as one grave sign is, and a text of which little is known not as one that is read whole. Trees see them beside the sum."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The known tokens of some texts, in ascending order of (text, column): ``column`` numbers characters, then words.

    ``at`` are the occurrences in the same order (first those of runs of characters by their number, then of words); token i has those from ``first[i]``.
    """

    cut: Cut
    row: Ints
    column: Ints
    tfidf: Floats
    log_odds: Floats
    first: Ints
    at: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Log-odds of texts, what they are made of (`PARTS`), and the tokens."""

    start: Floats
    parts: Floats
    found: Found


class LinearText:
    """Weights in log-odds for each known token; ``decision`` = weights · TF-IDF + bias."""

    def __init__(self, chars: Vocabulary, words: Vocabulary, weight: npt.NDArray[np.float64], bias: float) -> None:
        self.chars, self.words, self.weight, self.bias = chars, words, weight, bias
        self._idf = np.concatenate([chars.idf, words.idf])

    def rows(self, dense: Sequence[str], words: Sequence[Sequence[str]]) -> sparse.csr_matrix[Any]:
        """TF-IDF rows of texts."""
        from scipy import sparse

        parts = [self._row_part(part) for part in tokens_of(dense, words)]
        none = sparse.csr_matrix((len(dense), len(self.weight)))
        return parts[0] if len(parts) == 1 else sparse.csr_matrix(sparse.vstack(parts or [none], format="csr"))

    def _row_part(self, tokens: Tokens) -> sparse.csr_matrix[Any]:
        from scipy import sparse

        column = _columns(self.chars, self.words, tokens)
        data = tokens.of_length_one(tokens.damped * self._by_token(column, self._idf)[tokens.token])
        place = column.astype(np.int32)[tokens.token]
        kept = np.flatnonzero(place >= 0)
        ends = np.searchsorted(kept, tokens.edges).astype(np.int32)
        return sparse.csr_matrix((data[kept], place[kept], ends), shape=(len(tokens.lengths), len(self.weight)))

    @staticmethod
    def _by_token(column: Ints, values: Floats) -> Floats:
        """The values of columns for each different token, 0 for one that is not known."""
        told = np.zeros(len(column))
        known = np.flatnonzero(column >= 0)
        told[known] = values[column[known]]
        return told

    def decision(self, dense: Sequence[str], words: Sequence[Sequence[str]]) -> Floats:
        """Log-odds of texts, in chunks, so that memory stays bounded."""
        return self.read(dense, words)[0]

    def read(self, dense: Sequence[str], words: Sequence[Sequence[str]], tokens: Sequence[Tokens] | None = None) -> tuple[Floats, Floats]:
        """Log-odds of texts, and what they are made of: one column for each of `PARTS`. ``tokens``: of these very texts, where they are known."""
        told, made = [np.zeros(0)], [np.zeros((0, len(PARTS)))]
        for part in tokens_of(dense, words) if tokens is None else tokens:
            start, parts = self._read(part)
            told.append(start)
            made.append(parts)
        return np.concatenate(told), np.concatenate(made)

    def _read(self, tokens: Tokens) -> tuple[Floats, Floats]:
        """All tokens go through, what is not known with weight 0: to leave it out takes longer."""
        column = _columns(self.chars, self.words, tokens)
        idf, weight = self._by_token(column, self._idf), self._by_token(column, self.weight)
        known = (idf > 0).astype(np.float64)
        known[len(tokens.chars) :] = 0.0
        tfidf = tokens.of_length_one(tokens.damped * idf[tokens.token])
        above, below = (tokens.summed(tfidf, bound(weight, 0.0)) for bound in (np.maximum, np.minimum))
        learnt = tokens.summed(tokens.count, known)
        parts = _parts(above, below, tfidf * weight[tokens.token], tokens.edges, learnt, tokens.lengths)
        return tokens.summed(tfidf, weight) + self.bias, parts

    def look(self, cut: Cut) -> Read:
        """As `read`, with the tokens: of texts that are explained."""
        found, count = self._found(cut)
        n, first_word = len(cut.lengths), len(self.chars.codes)
        edges = np.searchsorted(found.row, np.arange(n + 1))
        chars = found.column < first_word
        learnt = _summed(found.row[chars], count[chars], n)
        above, below = (_summed(found.row, bound(found.log_odds, 0.0), n) for bound in (np.maximum, np.minimum))
        parts = _parts(above, below, found.log_odds, edges, learnt, cut.lengths)
        return Read(_summed(found.row, found.log_odds, n) + self.bias, parts, found)

    def _found(self, cut: Cut) -> tuple[Found, Floats]:
        """The tokens, and how often each text has them."""
        width, first_word = max(len(self.weight), 1), len(self.chars.codes)
        of_chars, of_words = self.chars.places(cut.chars.code), self.words.places(cut.runs.code)
        chars, words = np.flatnonzero(of_chars >= 0), np.flatnonzero(of_words >= 0)
        key = np.concatenate([cut.chars.row[chars] * width + of_chars[chars], cut.runs.row[words] * width + (of_words[words] + first_word)])
        order = np.argsort(key, kind="stable")
        key = key[order]
        first, count = runs_of(key)
        row, column = np.divmod(key[first], width)
        tfidf = _of_length_one((1.0 + np.log(count)) * self._idf[column], 2 * row + (column >= first_word), len(cut.lengths))
        at = np.concatenate([chars, words + len(cut.chars.code)])[order]
        return Found(cut, row, column, tfidf, tfidf * self.weight[column], first, at), count

    def wording(self, found: Found) -> Wording:
        """What each token adds, with its places in the original texts."""
        cut, origin = found.cut, found.cut.origin
        edges = np.searchsorted(found.row, np.arange(len(cut.lengths) + 1))
        number = np.repeat(np.arange(len(found.row)), np.diff(np.append(found.first, len(found.at))))
        row = found.row[number]
        is_word = found.column >= len(self.chars.codes)
        start = np.concatenate([cut.chars.start, cut.runs.start])[found.at]
        size = np.concatenate([cut.chars.length, cut.runs.length])[found.at]
        i, j = start.copy(), start + size
        w = np.flatnonzero(is_word[number])
        i[w], j[w] = origin.word_begin[origin.words[row[w]] + start[w]], origin.word_end[origin.words[row[w]] + j[w] - 1]
        there = np.flatnonzero(i < j)
        number, row = number[there], row[there]
        begin, end = (
            origin.begin[origin.chars[row] + i[there]].astype(np.int64),
            origin.end[origin.chars[row] + j[there] - 1].astype(np.int64),
        )
        new = np.ones(len(number), dtype=bool)
        new[1:] = (number[1:] != number[:-1]) | (begin[1:] != begin[:-1]) | (end[1:] != end[:-1])
        places = np.searchsorted(number[new], np.arange(len(found.row) + 1))
        first = start[found.first]
        last = first + size[found.first]
        return Wording(cut.dense, cut.words, edges, is_word, found.tfidf, found.log_odds, first, last, places, begin[new], end[new])

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


@dataclass(frozen=True, slots=True)
class Known:
    """What learners that have not seen a row's fold say of it: its log-odds, and one column for each of `PARTS`."""

    start: Floats
    parts: Floats


def fit(
    dense: Sequence[str],
    words: Sequence[Sequence[str]],
    y: Floats,
    w: Floats,
    fold: Ints,
    seed: int,
    measured: npt.NDArray[np.bool_] | None = None,
) -> tuple[LinearText, Known]:
    """The learner fitted on all rows, and what is known of each row out of fold. Only ``measured`` rows scale the margin to log-odds (copies do not)."""
    n = len(dense)
    shown = np.ones(n, dtype=bool) if measured is None else measured
    ranges = list(chunks(dense))
    chars = Vocabulary.fit((char_grams(dense[a:b], *CHARS) for a, b in ranges), n, MIN_ROWS, MOST)
    runs = Vocabulary.fit((word_grams(words[a:b], WORDS) for a, b in ranges), n, MIN_ROWS, MOST)
    counts = _counts(chars, runs, dense, words, ranges)
    first_word = len(chars.codes)
    margin, parts = np.zeros(n), np.zeros((n, len(PARTS)))
    for train, test in folds_of(fold, int(fold.max()) + 1):
        idf = _idf(counts[train])
        weight, bias = _fit_once(_scaled(counts[train], idf, first_word), y[train], w[train], seed)
        some = counts[test]
        rows = _scaled(some, idf, first_word)
        margin[test] = rows @ weight + bias
        parts[test] = _parts_of(some, rows, weight, idf, first_word, lengths_of([dense[i] for i in test.tolist()]))
    scale = fit_sigmoid(margin[shown], y[shown], w[shown])
    parts[:, :-1] *= scale.slope
    weight, bias = _fit_once(_scaled(counts, np.concatenate([chars.idf, runs.idf]), first_word), y, w, seed)
    stored = (weight * scale.slope).astype(np.float32).astype(np.float64)
    return LinearText(chars, runs, stored, bias * scale.slope + scale.shift), Known(margin * scale.slope + scale.shift, parts)


def _parts_of(counts: Any, rows: Any, weight: Floats, idf: Floats, first_word: int, lengths: Ints) -> Floats:
    """`_parts` of TF-IDF rows that were made to learn from."""
    n = rows.shape[0]
    row = np.repeat(np.arange(n), np.diff(counts.indptr))
    learnt = _summed(row, counts.data * (idf[counts.indices] > 0) * (counts.indices < first_word), n)
    shares = rows.data * weight[rows.indices]
    above, below = (_summed(row, bound(shares, 0.0), n) for bound in (np.maximum, np.minimum))
    return _parts(above, below, shares, rows.indptr, learnt, lengths)


def _parts(above: Floats, below: Floats, shares: Floats, edges: npt.NDArray[np.integer[Any]], learnt: Floats, lengths: Ints) -> Floats:
    """The columns of `PARTS`. ``above`` and ``below`` are the sums of the shares that speak for and against.

    Known: the share of a text's runs of characters that were ``learnt``; nan of an empty text.
    """
    n = len(lengths)
    told = np.zeros((n, len(PARTS)))
    told[:, 0], told[:, 1] = above, below
    some = np.flatnonzero(np.diff(edges))
    if len(some):
        told[some, 2] = np.maximum(np.maximum.reduceat(shares, edges[some]), 0.0)
        told[some, 3] = np.minimum(np.minimum.reduceat(shares, edges[some]), 0.0)
    size = np.add.reduce([np.maximum(lengths - k + 1, 0) for k in range(CHARS[0], CHARS[1] + 1)]).astype(np.float64)
    told[:, 4] = np.divide(learnt, size, out=np.full(n, np.nan), where=size > 0)
    return told


def _summed(row: Ints, values: Floats, n: int) -> Floats:
    """Sums by row, each from first to last."""
    return np.asarray(np.bincount(row, weights=values, minlength=n), dtype=np.float64)


def _counts(
    chars: Vocabulary, runs: Vocabulary, dense: Sequence[str], words: Sequence[Sequence[str]], ranges: Sequence[tuple[int, int]]
) -> sparse.csr_matrix[Any]:
    """How often each known token occurs in each text: made once, cut by rows for each fold."""
    from scipy import sparse

    parts = [_counted(chars, runs, part) for part in tokens_of(dense, words, ranges)]
    return parts[0] if len(parts) == 1 else sparse.csr_matrix(sparse.vstack(parts, format="csr"))


def _columns(chars: Vocabulary, runs: Vocabulary, tokens: Tokens) -> Ints:
    """The column of each different token, -1 for one that is not known."""
    first, second = chars.places(tokens.chars), runs.places(tokens.words)
    second[second >= 0] += len(chars.codes)
    return np.concatenate([first, second])


def _counted(chars: Vocabulary, runs: Vocabulary, tokens: Tokens) -> sparse.csr_matrix[Any]:
    """How often each known token occurs in each text: codes ascend here and there, so what is known is merely picked out."""
    from scipy import sparse

    column = _columns(chars, runs, tokens).astype(np.int32)[tokens.token]
    known = np.flatnonzero(column >= 0)
    ends = np.searchsorted(known, tokens.edges).astype(np.int32)
    shape = len(tokens.lengths), len(chars.codes) + len(runs.codes)
    return sparse.csr_matrix((tokens.count[known], column[known], ends), shape=shape)


def _idf(counts: sparse.csr_matrix[Any]) -> Floats:
    """Inverse document frequency on these rows alone; 0 for a token that they do not hold often enough to be learnt."""
    rows = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.where(rows >= MIN_ROWS, np.log((1.0 + counts.shape[0]) / (1.0 + rows)) + 1.0, 0.0)


def _scaled(counts: sparse.csr_matrix[Any], idf: Floats, first_word: int) -> sparse.csr_matrix[Any]:
    """Sublinear TF-IDF; the character part and the word part of each row have length one each."""
    from scipy import sparse

    n = counts.shape[0]
    part = 2 * np.repeat(np.arange(n), np.diff(counts.indptr)) + (counts.indices >= first_word)
    data = _of_length_one((1.0 + np.log(counts.data)) * idf[counts.indices], part, n)
    return sparse.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)


def _of_length_one(data: Floats, part: Ints, n: int) -> Floats:
    """Each part of n rows (see `models.tokens.Tokens`) scaled to length one."""
    length = np.sqrt(_summed(part, data * data, 2 * n))
    length[length == 0.0] = 1.0
    data /= length[part]
    return data


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
