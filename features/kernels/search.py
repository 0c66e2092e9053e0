"""All overlapping places of many terms in one long text: `features.kernels.trie.Trie` walked by compiled loops.

Only for whoever has asked `features.kernels.plenty`: importing this imports numba. Compiled code is kept beside this file, or in the user's own cache, or where
``NUMBA_CACHE_DIR`` says; where none of them can be written it is compiled anew by each process, some seconds long.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from features.kernels.trie import CODE_BITS, FREE, PAIR, SCRAMBLE, Codes, Numbers, Trie, Words

Ints = NDArray[np.int64]

_ROOM = 8
"""Room for one place in so many characters is made at first."""
_BITS, _SCRAMBLE, _FREE, _PAIR = np.uint64(CODE_BITS), np.uint64(SCRAMBLE), np.uint64(FREE), np.uint64(PAIR)
_ONE, _WORD, _WITHIN, _HALF, _LOW = np.uint64(1), np.uint64(6), np.uint64(63), np.uint64(32), np.uint64(0xFFFFFFFF)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled by numba when first called, kept on disk where there is a place to keep it."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder to write to
        return njit(nogil=True)(function)


class Search:
    """Terms made ready for searching."""

    def __init__(self, trie: Trie) -> None:
        self._trie = trie

    def find(self, codes: Codes) -> tuple[Ints, Ints, Ints]:
        """Begin, end and number of each term in a text of code points, by begin, then by length."""
        trie, at, parts = self._trie, 0, [np.zeros((3, 0), dtype=np.int32)]
        worth = np.empty(len(codes), dtype=np.int32)
        worth = worth[: _sift(codes, trie.alone, trie.bits, np.uint64(trie.bit_shift), worth)]
        while at < len(worth):
            found = np.empty((3, max(len(codes) // _ROOM, trie.longest)), dtype=np.int32)
            shifts = np.uint64(trie.bit_shift), np.uint64(trie.shift)
            many, at = _walk(codes, worth, at, trie.alone, trie.bits, trie.table, shifts, trie.longest, found)
            parts.append(found[:, :many])
        low, high, term = np.concatenate(parts, axis=1).astype(np.int64)
        return low, high, term


@compiled
def _sift(codes: Codes, alone: Numbers, bits: Words, shift: np.uint64, worth: Numbers) -> int:
    """Writes where a term may begin; without a branch, which would be foreseen badly."""
    many, last = np.int64(0), len(alone) - 1
    for low in range(len(codes) - 1):
        place = ((_PAIR | (np.uint64(codes[low]) << _BITS) | np.uint64(codes[low + 1])) * _SCRAMBLE) >> shift
        single = codes[low] <= last and alone[codes[low]] != 0
        worth[many] = low
        many += np.int64(((bits[place >> _WORD] >> (place & _WITHIN)) & _ONE) | np.uint64(single))
    if len(codes) > 0:
        worth[many] = len(codes) - 1
        many += np.int64(1)
    return many  # type: ignore[return-value]


@compiled
def _walk(
    codes: Codes,
    worth: Numbers,
    begin: int,
    alone: Numbers,
    bits: Words,
    table: Words,
    shifts: tuple[np.uint64, np.uint64],
    longest: int,
    found: Numbers,
) -> tuple[int, int]:
    """Writes what begins at the places of ``worth`` from ``begin`` on while there is room; how much that was, and where it stopped."""
    size, mask, room, many = len(codes), np.uint64(len(table) - 1), found.shape[1], 0
    for at in range(begin, len(worth)):
        if many + longest > room:
            return many, at
        low = worth[at]
        code = codes[low]
        if code < len(alone) and alone[code] != 0:
            found[0, many], found[1, many], found[2, many] = low, low + 1, alone[code] - 1
            many += 1
        key, high = _PAIR | (np.uint64(code) << _BITS), low + 1
        while high < size:
            key |= np.uint64(codes[high])
            hashed = key * _SCRAMBLE
            place = hashed >> shifts[0]
            if (bits[place >> _WORD] >> (place & _WITHIN)) & _ONE == 0:
                break
            place = hashed >> shifts[1]
            while table[place, 0] != key and table[place, 0] != _FREE:
                place = (place + _ONE) & mask
            if table[place, 0] != key:
                break
            step = table[place, 1]
            high += 1
            if step & _LOW > _ONE:
                found[0, many], found[1, many], found[2, many] = low, high, np.int64((step & _LOW) >> _ONE) - 1
                many += 1
            if step & _ONE == 0:
                break
            key = (step >> _HALF) << _BITS
    return many, len(worth)
