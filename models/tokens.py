"""What texts hold, the same for every learner: runs of characters of the dense view and runs of words, by their codes.

Two forms. `Tokens`: how often each text has each token, for texts that are judged in thousands. `Cut`: every occurrence with its place, for texts that
are explained. A learner merely picks out what it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grams import Codes, Floats, Grams, Ints, char_grams, chunks, word_grams
from models.inputs import ViewLike

CHARS = (1, 4)
WORDS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """How often each text has each token.

    ``chars`` and ``words`` are the different codes in ascending order; ``token`` numbers the former, then the latter. ``token`` and ``count`` go text by text
    (text i from ``edges[i]`` to ``edges[i + 1]``), in ascending order of tokens. ``halves`` are the edges with the place between them where words begin;
    ``damped`` is 1 + log(count); ``index`` is ``token`` as sparse matrices want it.
    """

    lengths: Ints
    chars: Codes
    words: Codes
    token: npt.NDArray[np.intp]
    index: npt.NDArray[np.int32]
    count: Floats
    damped: Floats
    edges: npt.NDArray[np.int32]
    halves: npt.NDArray[np.int32]

    def summed(self, values: Floats, weights: Floats) -> Floats:
        """The sum by text of values times the weights of their tokens, from first to last."""
        from scipy import sparse

        rows = sparse.csr_matrix((values, self.index, self.edges), shape=(len(self.lengths), len(weights)))
        return np.asarray(rows @ weights, dtype=np.float64)

    def of_length_one(self, values: Floats) -> Floats:
        """Values scaled in place, so that the characters of each text and its words have length one."""
        from scipy import sparse

        zeros = np.zeros(len(values), dtype=np.int32)
        squares = sparse.csr_matrix((values * values, zeros, self.halves), shape=(len(self.halves) - 1, 1))
        length = np.sqrt(np.asarray(squares @ np.ones(1)))
        length[length == 0.0] = 1.0
        values /= np.repeat(length, np.diff(self.halves))
        return values


def tokens_of(dense: Sequence[str], words: Sequence[Sequence[str]], ranges: Iterable[tuple[int, int]] | None = None) -> Iterator[Tokens]:
    """The tokens of texts, in portions, so that memory stays bounded."""
    for a, b in chunks(dense) if ranges is None else ranges:
        yield _tokens(dense[a:b], words[a:b])


def _tokens(dense: Sequence[str], words: Sequence[Sequence[str]]) -> Tokens:
    n = len(dense)
    (row, chars, number), (other_row, others, other_number) = map(_numbered, (char_grams(dense, *CHARS), word_grams(words, WORDS)))
    width = max(len(chars) + len(others), 1)
    key = np.concatenate([row * width + number, other_row * width + (other_number + len(chars))])
    key.sort()
    at, count = runs_of(key)
    held = key[at]
    begin = np.repeat(np.arange(n + 1) * width, 2)
    begin[1::2] += len(chars)
    halves = np.searchsorted(held, begin[:-1]).astype(np.int32)
    edges = halves[::2]
    token = held - np.repeat(begin[:-2:2], np.diff(edges))
    return Tokens(lengths_of(dense), chars, others, token, token.astype(np.int32), count, 1.0 + np.log(count), edges, halves)


def runs_of(key: Ints) -> tuple[Ints, Floats]:
    """Where each run of equal numbers begins in an ordered array, and how long it is.

    >>> runs_of(np.array([4, 4, 7]))
    (array([0, 2]), array([2., 1.]))
    """
    at = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, dtype=np.int64)
    return at, np.diff(np.append(at, len(key))).astype(np.float64)


def _numbered(grams: Grams) -> tuple[Ints, Codes, Ints]:
    """Rows, the different codes in ascending order, and the place of each code among them."""
    import pandas as pd

    number, codes = pd.factorize(grams.code)
    order = np.argsort(codes)
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes))
    return grams.row, codes[order], rank[number]


def lengths_of(dense: Sequence[str]) -> Ints:
    """Characters of each text."""
    return np.fromiter(map(len, dense), dtype=np.int64, count=len(dense))


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where the characters and the words of some texts stand in the original: text k's characters from ``chars[k]``, its words from ``words[k]``.

    A word that cannot be found in order has ``word_end`` 0.
    """

    chars: Ints
    begin: Ints
    end: Ints
    words: Ints
    word_begin: Ints
    word_end: Ints

    @classmethod
    def of(cls, views: Sequence[ViewLike], words: Sequence[Sequence[str]]) -> Origin:
        """Of the dense views of texts, and their words."""
        begins, ends = zip(*map(_places, views), strict=True)
        firsts, lasts = zip(*(_word_places(view.text, some) for view, some in zip(views, words, strict=True)), strict=True)
        return cls(
            _starts(begins), np.concatenate(begins), np.concatenate(ends), _starts(firsts), np.concatenate(firsts), np.concatenate(lasts)
        )


@dataclass(frozen=True, eq=False)
class Cut:
    """Every run of characters and of words of some texts, with its place in the dense views."""

    views: Sequence[ViewLike]
    words: Sequence[Sequence[str]]
    dense: Sequence[str]
    lengths: Ints
    chars: Grams
    runs: Grams

    @classmethod
    def of(cls, views: Sequence[ViewLike], words: Sequence[Sequence[str]]) -> Cut:
        """Texts cut into tokens: their dense views, and their words."""
        dense = [view.text for view in views]
        return cls(views, words, dense, lengths_of(dense), char_grams(dense, *CHARS), word_grams(words, WORDS))

    @cached_property
    def origin(self) -> Origin:
        """Where all of it stands in the original, worked out for the first learner that is asked for reasons."""
        return Origin.of(self.views, self.words)


def _starts(parts: Sequence[npt.NDArray[Any]]) -> Ints:
    return np.cumsum([0, *map(len, parts[:-1])])


def _places(view: ViewLike) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """From where to where each character of a view stands in the original."""
    starts, ends = getattr(view, "starts", None), getattr(view, "ends", None)
    if starts is None or ends is None:
        spans = np.array([view.span(i, i + 1) for i in range(len(view.text))], dtype=np.int64).reshape(-1, 2)
        return spans[:, 0], spans[:, 1]
    return np.frombuffer(starts, dtype=np.int32), np.frombuffer(ends, dtype=np.int32)


def _word_places(dense: str, words: Sequence[str]) -> tuple[Ints, Ints]:
    """Where each word stands in the dense text; 0 and 0 for one that cannot be found in order."""
    size = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    if "".join(words) == dense:
        end = np.cumsum(size)
        return end - size, end
    begin, cursor = np.zeros(len(words), dtype=np.int64), 0
    for k, word in enumerate(words):
        at = dense.find(word, cursor)
        if at < 0:
            size[k] = 0
        else:
            begin[k], cursor = at, at + len(word)
    return begin, begin + size
