"""Which texts are nearly the same? One group number a text; copies, re-typed copies and templates share one.

MinHash over character 5-grams (digits are one digit, spaces are nothing), candidates by banding, each candidate checked by the true
overlap of its 5-grams. Deterministic: no random state, the same texts in the same order give the same groups.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.grams import Codes, Ints, char_grams, chunks, mix

SHINGLE = 5
BANDS, ROWS = 20, 3
"""A pair of overlap 0.7 shares no band with probability 2e-4, of 0.6 with 8e-3."""

OVERLAP = 0.6
"""Texts whose 5-grams overlap (Jaccard) this much are one text."""

_DIGIT = re.compile(r"\d")
_EMPTY = re.compile(r"\s+")


def fold(text: str) -> str:
    """What near-duplicates have in common: lower case, every digit the same, no spaces.

    >>> fold("电话 138 0000 1111 A")
    '电话00000000000a'
    """
    return _DIGIT.sub("0", _EMPTY.sub("", text)).lower()


def near_duplicate_groups(texts: Sequence[str]) -> Ints:
    """A group number for each text, counted by first appearance.

    >>> near_duplicate_groups(["三个疗程根治糖尿病永不复发1", "早上好", "三个疗程根治糖尿病永不复发2"]).tolist()
    [0, 1, 0]
    """
    folded = [fold(t) for t in texts]
    first: dict[str, int] = {}
    representative = np.array([first.setdefault(t, i) for i, t in enumerate(folded)], dtype=np.int64)
    distinct = np.unique(representative)
    union = _Union(len(texts))
    for i, r in enumerate(representative.tolist()):
        union.join(i, r)
    shingles = _shingle_sets([folded[i] for i in distinct])
    _link(shingles, union, distinct)
    return _renumber(union.roots())


def _shingle_sets(texts: Sequence[str]) -> list[Codes]:
    """The distinct 5-gram codes of each text (of the whole text where it is shorter)."""
    sets: list[Codes] = []
    for a, b in chunks(texts):
        part = [t if len(t) >= SHINGLE else t.ljust(SHINGLE, "\0") for t in texts[a:b]]
        grams = char_grams(part, SHINGLE, SHINGLE)
        bounds = np.searchsorted(grams.row, np.arange(b - a + 1))
        sets.extend(np.unique(grams.code[bounds[i] : bounds[i + 1]]) for i in range(b - a))
    return sets


def _link(shingles: list[Codes], union: _Union, names: Ints) -> None:
    """Join all texts that share a band of their signature and truly overlap."""
    if not shingles:
        return
    sizes = np.fromiter((len(s) for s in shingles), dtype=np.int64, count=len(shingles))
    flat = np.concatenate(shingles)
    begin = np.cumsum(sizes) - sizes
    for band in range(BANDS):
        key = np.zeros(len(shingles), dtype=np.uint64)
        for r in range(ROWS):
            salt = np.uint64((band * ROWS + r + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
            key = mix(key ^ np.minimum.reduceat(mix(flat ^ salt), begin))
        order = np.argsort(key, kind="stable")
        cuts = np.flatnonzero(np.diff(key[order])) + 1
        for bucket in np.split(order, cuts):
            if len(bucket) > 1:
                _join_bucket(bucket.tolist(), shingles, union, names)


def _join_bucket(bucket: list[int], shingles: list[Codes], union: _Union, names: Ints) -> None:
    """Each member joins the first earlier member it overlaps; members already together are not compared again."""
    heads: list[int] = []
    for i in bucket:
        for h in heads:
            a, b = int(names[i]), int(names[h])
            if union.find(a) == union.find(b):
                break
            if _overlap(shingles[i], shingles[h]) >= OVERLAP:
                union.join(a, b)
                break
        else:
            heads.append(i)


def _overlap(a: Codes, b: Codes) -> float:
    common = len(np.intersect1d(a, b, assume_unique=True))
    return common / (len(a) + len(b) - common)


def _renumber(roots: Ints) -> Ints:
    _, first, inverse = np.unique(roots, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    result: npt.NDArray[np.int64] = rank[inverse]
    return result


class _Union:
    """Disjoint sets; the smallest member names a set."""

    def __init__(self, n: int) -> None:
        self.parent = list(range(n))

    def find(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, a: int, b: int) -> None:
        a, b = self.find(a), self.find(b)
        if a != b:
            self.parent[max(a, b)] = min(a, b)

    def roots(self) -> Ints:
        return np.array([self.find(i) for i in range(len(self.parent))], dtype=np.int64)
