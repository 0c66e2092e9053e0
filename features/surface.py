"""What a text looks like: counts of characters by class, for all texts at once.

The rule: one array of code points, one table of classes, one sum a class; no text is looked at alone.

>>> counts(["药到病除！！", "", "abc 123😀"])["exclamation_count"].tolist()
[2.0, 0.0, 0.0]
>>> counts(["药到病除！！", "", "ab😀1"])["cjk_share"].tolist()
[0.6666666666666666, nan, 0.0]
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

_CLASSES = ("cjk", "digit", "latin", "punctuation", "emoji", "exclamation", "question", "hashtag")
_MARKS = {"!": "exclamation", "！": "exclamation", "?": "question", "？": "question", "#": "hashtag", "＃": "hashtag"}


def counts(texts: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """The surface columns of the catalogue and `question_count`. Shares of an empty text are nan."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter((len(t) for t in texts), dtype=np.int64, count=len(texts))
    bits = _table()[np.minimum(codes, 0x1FFFF)]
    held = np.zeros((len(texts), len(_CLASSES)))
    some = np.flatnonzero(lengths)
    if len(some):
        marks = np.unpackbits(bits[:, None], axis=1, count=len(_CLASSES), bitorder="little")
        held[some] = np.add.reduceat(marks, (np.cumsum(lengths) - lengths)[some], axis=0, dtype=np.int64)
    found = dict(zip(_CLASSES, held.T, strict=True))
    size = np.where(lengths > 0, lengths, np.nan)
    shares = {f"{name}_share": found[name] / size for name in _CLASSES[:4]}
    return {"length": lengths.astype(np.float64), **shares, **{f"{name}_count": found[name] for name in _CLASSES[4:]}}


@cache
def _table() -> NDArray[np.uint8]:
    table = np.zeros(0x20000, dtype=np.uint8)
    bit = {name: 1 << i for i, name in enumerate(_CLASSES)}
    for code in range(0x10000):
        c = chr(code)
        kind = unicodedata.category(c)
        if kind[0] == "P":
            table[code] |= bit["punctuation"]
        elif kind == "Nd":
            table[code] |= bit["digit"]
        elif kind == "So":
            table[code] |= bit["emoji"]
    table[[*range(ord("a"), ord("z") + 1), *range(ord("A"), ord("Z") + 1)]] |= bit["latin"]
    table[0x3400:0xA000] = bit["cjk"]
    table[0x1F000:0x1FAFF] = bit["emoji"]
    for mark, name in _MARKS.items():
        table[ord(mark)] |= bit[name]
    return table
