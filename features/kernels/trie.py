"""Terms as a trie in arrays, built by numpy: what `features.kernels.search` walks.

The rule: a state is a number, a step is one key (state and character) in a hash table, so that building is sorting and walking is one look-up a character.
The first two characters are one step, and bits by the hashes of keys are looked at before the table: most places of a text are left there.

>>> trie = Trie.of(["保本", "保", "本息"])
>>> [(low, high, term) for low, high, term in trie.walk("保本息")]
[(0, 1, 1), (0, 2, 0), (1, 3, 2)]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Numbers = NDArray[np.int32]
Words = NDArray[np.uint64]

CODE_BITS = 21
"""A code point has no more."""
PAIR = 1 << 63
"""Stands in the key of a first step, which has a character where others have a state."""
SCRAMBLE = 0x9E3779B97F4A7C15
"""Keys times this, the first bits of it: where a key stands in the table (Fibonacci hashing)."""
FREE = 0xFFFFFFFFFFFFFFFF
_MOST_BITS = 22
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True, eq=False)
class Trie:
    """Arrays are C-contiguous; states and terms are numbered from zero, state 0 being the beginning."""

    alone: Numbers
    """The number of the term that is one character, plus one, by code point; no character from its length on is a term."""
    bits: Words
    """Those by the hashes of keys are set."""
    bit_shift: int
    """How many bits of a hash are not looked at for them."""
    table: Words
    """Two columns: a key or `FREE`, and what its step leads to: ``state << 32 | (term + 1) << 1 | goes on``. A key stands at the first free place from its hash on."""
    shift: int
    """How many bits of a hash are not looked at."""
    longest: int
    """Characters of the longest term."""

    @classmethod
    def of(cls, terms: Sequence[str]) -> "Trie":
        """The trie of different terms, none of them empty."""
        codes, lengths = code_points("".join(terms)).astype(np.uint64), np.fromiter(map(len, terms), dtype=np.int64, count=len(terms))
        begins = np.cumsum(lengths) - lengths
        single, going = np.flatnonzero(lengths == 1), np.flatnonzero(lengths > 1)
        alone = np.zeros(int(codes[begins[single]].max(initial=0)) + 1, dtype=np.int32)
        alone[codes[begins[single]].astype(np.int64)] = single + 1
        state = np.zeros(len(terms), dtype=np.int64)
        keys, known, depth = [np.zeros(0, dtype=np.uint64)], 1, 1
        goes_on = []
        while len(going):
            before = codes[begins[going]] | np.uint64(PAIR >> CODE_BITS) if depth == 1 else state[going].astype(np.uint64)
            steps, which = np.unique(_key(before, codes[begins[going] + depth]), return_inverse=True)
            state[going] = known + which
            keys.append(steps)
            known, depth = known + len(steps), depth + 1
            going = going[lengths[going] > depth]
            goes_on.append(state[going])
        told = np.zeros(known, dtype=np.uint64)
        several = np.flatnonzero(lengths > 1)
        told[state[several]] = (several.astype(np.uint64) + np.uint64(1)) << np.uint64(1)
        told[np.concatenate([np.zeros(0, dtype=np.int64), *goes_on])] |= np.uint64(1)
        table, shift = _table(np.concatenate(keys), (np.arange(1, known).astype(np.uint64) << _HALF) | told[1:])
        return cls(alone, *_bits(np.concatenate(keys)), table, shift, int(lengths.max(initial=0)))

    def walk(self, text: str) -> Iterator[tuple[int, int, int]]:
        """All terms in a text: begin, end, number; by begin, then by length. The plain form of what the kernel does."""
        codes = code_points(text).tolist()
        for low, code in enumerate(codes):
            if code < len(self.alone) and self.alone[code]:
                yield low, low + 1, int(self.alone[code]) - 1
            before, high = PAIR >> CODE_BITS | code, low + 1
            while high < len(codes) and (step := self._step(before << CODE_BITS | codes[high])):
                high += 1
                if step & 0xFFFFFFFE:
                    yield low, high, (step >> 1 & 0x7FFFFFFF) - 1
                if not step & 1:
                    break
                before = step >> 32

    def _step(self, key: int) -> int:
        place = (key * SCRAMBLE & FREE) >> self.shift
        while (found := int(self.table[place, 0])) != FREE:
            if found == key:
                return int(self.table[place, 1])
            place = (place + 1) % len(self.table)
        return 0


def code_points(text: str) -> Codes:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _key(before: Words, code: Words) -> Words:
    return (before << np.uint64(CODE_BITS)) | code


def _hashes(keys: Words, shift: int) -> NDArray[np.int64]:
    return ((keys * np.uint64(SCRAMBLE)) >> np.uint64(shift)).astype(np.int64)


def _bits(keys: Words) -> tuple[Words, int]:
    """Words of 64 bits in which those of the hashes of some keys are set, one in thirty or fewer unless keys are many; and the shift of the hashes."""
    bits = max(6, min((32 * len(keys)).bit_length(), _MOST_BITS))
    place = _hashes(keys, 64 - bits)
    words = np.zeros(1 << (bits - 6), dtype=np.uint64)
    np.bitwise_or.at(words, place >> 6, np.uint64(1) << (place & 63).astype(np.uint64))
    return words, 64 - bits


def _table(keys: Words, steps: Words) -> tuple[Words, int]:
    """Keys with their steps at the first free places from their hashes on, in a table that is at most half full; and the shift of the hashes."""
    bits = max(4, (2 * len(keys)).bit_length())
    table = np.zeros((1 << bits, 2), dtype=np.uint64)
    table[:, 0] = FREE
    place, left = _hashes(keys, 64 - bits), np.arange(len(keys))
    while len(left):
        free = left[table[place[left], 0] == FREE]
        table[place[free], 0] = keys[free]  # of several that want a place the last has it
        seated = table[place[left], 0] == keys[left]
        table[place[left[seated]], 1] = steps[left[seated]]
        left = left[~seated]
        place[left] = (place[left] + 1) & ((1 << bits) - 1)
    return table, 64 - bits
