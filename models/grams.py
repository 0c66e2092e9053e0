"""Words and character n-grams as 64-bit codes: texts in, sparse counts out.

One rule: a token is known by its code, never by its spelling. So a trained model stores numbers and no phrase of its training texts,
fitting needs no dictionary of strings, and everything is array work (no loop over n-grams in Python). Sixty-four bits keep collisions
out of reach: a million tokens collide with a probability of about 3e-8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

Codes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CHUNK = 400_000
"""Characters handled at once; bounds memory to some 100 MB whatever the number of texts."""

FEW = 512
"""So many codes are searched; more are looked up, which needs more steps and fewer reads."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_MASK = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Grams:
    """Occurrences of n-grams: in which row, which code, from which character, how long."""

    row: Ints
    code: Codes
    start: Ints
    length: Ints


def mix(x: Codes) -> Codes:
    """Scramble codes so that near codes become far (splitmix64's last step)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def points(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Ints, Ints]:
    """Code points of all texts in one array, the row of each and its place in its text."""
    joined = "".join(texts)
    flat = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter((len(t) for t in texts), dtype=np.int64, count=len(texts))
    row = np.repeat(np.arange(len(texts)), lengths)
    begin = np.cumsum(lengths) - lengths
    return flat, row, np.arange(len(flat)) - begin[row]


def char_grams(texts: Sequence[str], shortest: int, longest: int) -> Grams:
    """All n-grams of ``shortest`` to ``longest`` characters; none crosses from one text into the next.

    >>> g = char_grams(["abab"], 2, 2)
    >>> g.start.tolist(), bool(g.code[0] == g.code[2]), bool(g.code[0] == g.code[1])
    ([0, 1, 2], True, False)
    """
    flat, row, place = points(texts)
    rows, codes, starts, lengths = [], [], [], []
    rolling = np.zeros(len(flat), dtype=np.uint64)
    for n in range(1, longest + 1):
        if len(flat) < n:
            break
        rolling = rolling[: len(flat) - n + 1] * _BASE + flat[n - 1 :].astype(np.uint64) + np.uint64(1)
        if n < shortest:
            continue
        inside = row[: len(rolling)] == row[n - 1 :]
        rows.append(row[: len(rolling)][inside])
        starts.append(place[: len(rolling)][inside])
        codes.append(mix(rolling[inside] ^ np.uint64(n * int(_BASE) & _MASK)))
        lengths.append(np.full(len(rows[-1]), n))
    if not rows:
        none = np.zeros(0, dtype=np.int64)
        return Grams(none, none.astype(np.uint64), none, none)
    return Grams(np.concatenate(rows), np.concatenate(codes), np.concatenate(starts), np.concatenate(lengths))


def word_code(word: str) -> int:
    """The code of one word, the same in every process and on every machine.

    >>> word_code("根治") == word_code("根治"), word_code("根治") == word_code("治根")
    (True, False)
    """
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class _Codes(dict[str, int]):
    """The codes of the words met so far; forgotten together when they are very many."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        code = self[word] = word_code(word)
        return code


_REMEMBERED = 1 << 17
_CODES = _Codes()


def word_grams(words: Sequence[Sequence[str]], longest: int) -> Grams:
    """Words, and runs of up to ``longest`` words; ``start`` and ``length`` count words."""
    flat = list(chain.from_iterable(words))
    counts = np.fromiter((len(w) for w in words), dtype=np.int64, count=len(words))
    of_row = np.repeat(np.arange(len(words)), counts)
    place = np.arange(len(flat)) - (np.cumsum(counts) - counts)[of_row]
    single = np.fromiter(map(_CODES.__getitem__, flat), dtype=np.uint64, count=len(flat))
    rows, codes, starts, lengths = [of_row], [single], [place], [np.ones(len(flat), dtype=np.int64)]
    rolling = single
    for n in range(2, longest + 1):
        if len(flat) < n:
            break
        rolling = mix(rolling[: len(flat) - n + 1] * _BASE + single[n - 1 :])
        inside = of_row[: len(rolling)] == of_row[n - 1 :]
        rows.append(of_row[: len(rolling)][inside])
        codes.append(rolling[inside])
        starts.append(place[: len(rolling)][inside])
        lengths.append(np.full(len(rows[-1]), n))
    return Grams(np.concatenate(rows), np.concatenate(codes), np.concatenate(starts), np.concatenate(lengths))


def chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Ranges of rows that hold at most `CHUNK` characters each (or one long text)."""
    first = size = 0
    for i, text in enumerate(texts):
        if size and size + len(text) > CHUNK:
            yield first, i
            first, size = i, 0
        size += len(text)
    if first < len(texts):
        yield first, len(texts)


class Vocabulary:
    """The codes that a model knows, with their inverse document frequencies."""

    def __init__(self, codes: Codes, idf: Floats) -> None:
        self.codes = codes
        self.idf = idf
        self._index: tuple[np.uint64, npt.NDArray[np.int32], int] | None = None

    @classmethod
    def fit(cls, parts: Iterable[Grams], n: int, min_rows: int, most: int) -> Vocabulary:
        """Keep codes that occur in at least ``min_rows`` of ``n`` rows, the ``most`` frequent of them. No row is in two parts."""
        found = [np.unique(_distinct(g), return_counts=True) for g in parts]
        every = np.concatenate([c for c, _ in found]) if found else np.zeros(0, dtype=np.uint64)
        codes, at = np.unique(every, return_inverse=True)
        rows = np.bincount(at, weights=np.concatenate([r for _, r in found]), minlength=len(codes)) if found else np.zeros(0)
        keep = rows >= min_rows
        codes, rows = codes[keep], rows[keep]
        if len(codes) > most:
            kept = np.sort(np.argsort(-rows, kind="stable")[:most])
            codes, rows = codes[kept], rows[kept]
        return cls(codes, np.log((1.0 + n) / (1.0 + rows)) + 1.0)

    def places(self, codes: Codes) -> Ints:
        """The column of each code, -1 for one that is not known."""
        found = np.full(len(codes), -1, dtype=np.int64)
        if not len(self.codes):
            return found
        if len(codes) <= FEW:
            near = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
            return np.where(self.codes[near] == codes, near, found)
        shift, first, most = self._index or self._indexed()
        cell = (codes >> shift).astype(np.int64)
        at, end = first[cell], first[cell + 1]
        left = np.flatnonzero(at < end)
        at, end, wanted = at[left], end[left], codes[left]
        for _ in range(most):
            hit = self.codes[at] == wanted
            found[left[hit]] = at[hit]
            at += 1
            more = ~hit & (at < end)
            left, at, end, wanted = left[more], at[more], end[more], wanted[more]
        return found

    def _indexed(self) -> tuple[np.uint64, npt.NDArray[np.int32], int]:
        """Where the codes with the same first bits begin, how many bits are not looked at, and the most codes that share them.

        Codes are scrambled, so the first bits tell nearly where one stands: a look-up instead of a search.
        """
        bits = max(1, (len(self.codes) - 1).bit_length())
        shift = np.uint64(64 - bits)
        sizes = np.bincount((self.codes >> shift).astype(np.int64), minlength=1 << bits)
        first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        self._index = shift, first, int(sizes.max())
        return self._index

    def counts(self, grams: Grams, n: int) -> sparse.csr_matrix[Any]:
        """How often each known code occurs in each of ``n`` rows, columns in ascending order."""
        from scipy import sparse

        at = self.places(grams.code)
        known = at >= 0
        ones = np.ones(int(known.sum()))
        table = sparse.csr_matrix((ones, (grams.row[known], at[known])), shape=(n, len(self.codes)), dtype=np.float64)
        table.sum_duplicates()
        return table


def _distinct(grams: Grams) -> Codes:
    """Each code once for every row that holds it."""
    order = np.lexsort((grams.row, grams.code))
    code, row = grams.code[order], grams.row[order]
    if not len(code):
        return code
    first = np.ones(len(code), dtype=bool)
    first[1:] = (code[1:] != code[:-1]) | (row[1:] != row[:-1])
    return code[first]
