"""What texts hold, the same for every learner: runs of characters of the dense view and runs of words, by their codes.

Two forms. `Tokens`: how often each text has each token, for texts that are judged in thousands. `Cut`: every occurrence with its place, for texts that
are explained. A learner merely picks out what it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.grams import Codes, Floats, Grams, Ints, char_grams, chunks, word_grams

CHARS = (1, 4)
WORDS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """How often each text has each token.

    ``chars`` and ``words`` are the different codes in ascending order; ``token`` numbers the former, then the latter. ``token``, ``count`` and ``part`` go text
    by text (text i from ``edges[i]`` to ``edges[i + 1]``), in ascending order of tokens. ``part`` is twice the number of the text, one more for words;
    ``damped`` is 1 + log(count).
    """

    lengths: Ints
    chars: Codes
    words: Codes
    token: npt.NDArray[np.intp]
    count: Floats
    damped: Floats
    part: npt.NDArray[np.intp]
    edges: Ints


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
    edges = np.searchsorted(held, np.arange(n + 1) * width)
    row = np.repeat(np.arange(n), np.diff(edges))
    token = held - row * width
    return Tokens(lengths_of(dense), chars, others, token, count, 1.0 + np.log(count), 2 * row + (token >= len(chars)), edges)


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
class Cut:
    """Every run of characters and of words of some texts, with its place."""

    dense: Sequence[str]
    words: Sequence[Sequence[str]]
    lengths: Ints
    chars: Grams
    runs: Grams

    @classmethod
    def of(cls, dense: Sequence[str], words: Sequence[Sequence[str]]) -> Cut:
        """Texts cut into tokens."""
        return cls(dense, words, lengths_of(dense), char_grams(dense, *CHARS), word_grams(words, WORDS))


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
    def of(cls, views: Sequence[Any], words: Sequence[Sequence[str]]) -> Origin:
        """Of the dense views of texts, and their words."""
        begins, ends = zip(*map(_places, views), strict=True)
        firsts, lasts = zip(*(_word_places(view.text, some) for view, some in zip(views, words, strict=True)), strict=True)
        return cls(
            _starts(begins), np.concatenate(begins), np.concatenate(ends), _starts(firsts), np.concatenate(firsts), np.concatenate(lasts)
        )


def _starts(parts: Sequence[npt.NDArray[Any]]) -> Ints:
    return np.cumsum([0, *map(len, parts[:-1])])


def _places(view: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """From where to where each character of a view stands in the original."""
    starts = getattr(view, "starts", None)
    if starts is None:
        spans = np.array([view.span(i, i + 1) for i in range(len(view.text))], dtype=np.int64).reshape(-1, 2)
        return spans[:, 0], spans[:, 1]
    return np.frombuffer(starts, dtype=np.int32), np.frombuffer(view.ends, dtype=np.int32)


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
