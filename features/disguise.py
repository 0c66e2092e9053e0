"""How disguised are texts? Figures that no single spelling decides: they rise with tricks that no table knows yet. All texts at once.

>>> from features.normalise import normalise
>>> d = disguise([normalise("祖传秘方，根.治糖niao病"), normalise("挚癒糖鸟疒"), normalise("")])
>>> d["undone_count"].tolist(), d["undone_share"].round(2).tolist()
([2.0, 0.0, 0.0], [0.29, 0.0, nan])
>>> d["letters_inside_count"].tolist(), d["rare_sign_share"].tolist()
([1.0, 0.0, 0.0], [0.0, 0.2, nan])
>>> disguise([normalise("根◇治"), normalise("◇治根"), normalise("保◇")])["wedge_count"].tolist()
[1.0, 0.0, 0.0]
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from features.characters import TABLE
from features.normalise import NormalisedText

_HAN, _RARE, _LATIN, _SYMBOL = 1, 2, 3, 4
_LONGEST = 6
"""Letters that may stand for a sign: longer runs are words or names."""


def disguise(texts: Sequence[NormalisedText]) -> dict[str, NDArray[np.float64]]:
    """What aggressive normalising undid, and what is odd still, a text: see `features.catalogue`."""
    lengths = np.fromiter((len(t.original) for t in texts), dtype=np.int64, count=len(texts))
    codes = np.frombuffer("".join(t.original for t in texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kind = _table()[np.minimum(codes, 0x1FFFF)]
    row = np.repeat(np.arange(len(texts)), lengths)
    sign = (kind == _HAN) | (kind == _RARE)
    signs = np.bincount(row[sign], minlength=len(texts))
    rare = np.bincount(row[kind == _RARE], minlength=len(texts))
    touched = np.array([float(sum(max(hi - lo, 1) for lo, hi, _ in t.dense.marks)) for t in texts])
    return {
        "undone_count": np.array([float(len(t.dense.marks)) for t in texts]),
        "undone_share": np.divide(touched, lengths, out=np.full(len(texts), np.nan), where=lengths > 0),
        "rare_sign_share": np.divide(rare, signs, out=np.full(len(texts), np.nan), where=signs > 0),
        "letters_inside_count": _between_signs(kind == _LATIN, sign, row, len(texts), _LONGEST),
        "wedge_count": _between_signs(kind == _SYMBOL, sign, row, len(texts), _LONGEST),
    }


def _between_signs(what: NDArray[np.bool_], sign: NDArray[np.bool_], row: NDArray[np.int64], n: int, longest: int) -> NDArray[np.float64]:
    """How many runs of that kind stand between two Chinese characters of the same text."""
    if not what.any():
        return np.zeros(n)
    edge = np.diff(np.concatenate([[False], what, [False]]).astype(np.int8))
    first, after = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    keep = (first > 0) & (after < len(what)) & (after - first <= longest)
    first, after = first[keep], after[keep]
    inside = sign[first - 1] & sign[after] & (row[first - 1] == row[after])
    return np.bincount(row[first[inside]], minlength=n).astype(np.float64)


@cache
def _table() -> NDArray[np.uint8]:
    """Kind by code point. Rare: outside the 3,755 signs of everyday use (first level of GB/T 2312, rows 16 to 55), its variants simplified."""
    found = (bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    common = frozenset(c for c in found if c)
    table = np.zeros(0x20000, dtype=np.uint8)
    for code in range(0x10000):
        if unicodedata.category(chr(code)) in ("So", "Sm", "Sc", "Sk") and chr(code) not in "+=<>~^|￥¥$":
            table[code] = _SYMBOL
    for code in range(0x3400, 0xA000):
        table[code] = _HAN if TABLE.replace(chr(code)) in common else _RARE
    table[0x1F000:0x1FAFF] = _SYMBOL
    for low, high in (("a", "z"), ("A", "Z"), ("ａ", "ｚ"), ("Ａ", "Ｚ")):
        table[ord(low) : ord(high) + 1] = _LATIN
    return table
