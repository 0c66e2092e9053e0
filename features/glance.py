"""One look at many texts: which of them can have what a slower reader looks for. The others need not be read.

The rule: a text that is left out has nothing, for certain; one that is named may still have nothing. So the readers of single texts keep the last word,
and a batch gives of each text what the text gives alone.

>>> look = Glance(["保本", "加我，电话12345", "大家好，我们本店只卖三元"])
>>> look.digits_apart.tolist(), look.solicits.tolist(), look.money.tolist()
([False, True, False], [False, True, False], [False, False, True])
>>> look.first_person.tolist(), look.second_person.tolist()
([0, 1, 2], [0, 0, 1])
"""

import re
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import chain

import daachorse
import numpy as np
from numpy.typing import NDArray

from features import contacts, identifiers, parties, stance
from features.joined import Joined, Mask, kinds

Counts = NDArray[np.int64]

_FIRST = ("我", "本店", "本院", "本公司", "本司", "本人", "咱们", "小编")
_SECOND = ("你", "您", "大家", "亲们", "宝子", "姐妹们", "朋友们", "家人们")
_ONE_PERSON = "大家人们"
"""Two words of the second person that share a character count once."""

_DIGIT, _X, _O, _RATE, _YUAN, _BIG, _QUOTE = (1 << i for i in range(7))
_CLASSES = {
    _DIGIT: r"\d",
    _X: "x",
    _O: "[oilз]",
    _RATE: "[%分厘毛角翻倍万千点益化]",
    _YUAN: "[元块币¥$b]",
    _BIG: "[万亿w]",
    _QUOTE: '[“「『"]',
}


@cache
def _kinds() -> NDArray[np.uint32]:
    return kinds({bit: re.compile(pattern) for bit, pattern in _CLASSES.items()})


class _Words:
    """Words of several purposes found in one pass: overlapping, each with the purposes that it serves as bits."""

    def __init__(self, purposes: Sequence[Sequence[str]]) -> None:
        serves: dict[str, int] = {}
        for bit, words in enumerate(purposes):
            for word in words:
                serves[word] = serves.get(word, 0) | 1 << bit
        self._search = daachorse.CharwiseDoubleArrayAhoCorasick(list(serves))
        self._serves = np.array(list(serves.values()), dtype=np.int64)

    def find(self, texts: Joined) -> tuple[Counts, Counts]:
        """The row of each word found, and its purposes."""
        found = self._search.find_overlapping(texts.text)
        table = np.fromiter(chain.from_iterable(found), np.int64, 3 * len(found)).reshape(-1, 3)
        return texts.row_of(table[:, 0]), self._serves[table[:, 2]]


@cache
def _plain_words() -> _Words:
    return _Words((_FIRST, _SECOND, (_ONE_PERSON,), stance.SOLICITING, parties.SUFFIXES, parties.PERSONS))


@cache
def _dense_words() -> _Words:
    return _Words((*contacts.TRIGGERS, *identifiers.TRIGGERS))


class Glance:
    """What some texts can have. ``texts`` are one view of each, plain or dense; ask of each view what its readers read."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.joined = Joined(texts)
        self.size = len(texts)

    @cached_property
    def _kind(self) -> NDArray[np.uint32]:
        return self.joined.kinds(_kinds())

    def _has(self, bits: int) -> Mask:
        return self.joined.rows(np.flatnonzero(self._kind & np.uint32(bits)))

    @cached_property
    def _plain(self) -> tuple[Counts, Counts]:
        return _plain_words().find(self.joined)

    @cached_property
    def _dense(self) -> tuple[Counts, Counts]:
        return _dense_words().find(self.joined)

    def _counted(self, purpose: int) -> Counts:
        row, serves = self._plain
        return np.bincount(row[(serves >> purpose) & 1 != 0], minlength=self.size)

    @property
    def first_person(self) -> Counts:
        """How many words of the first person."""
        return self._counted(0)

    @property
    def second_person(self) -> Counts:
        """How many words of the second person."""
        return self._counted(1) - self._counted(2)

    @property
    def solicits(self) -> Mask:
        """Where something may ask to get in touch."""
        return self._counted(3) > 0

    @property
    def organisations(self) -> Mask:
        """Where something may be called a firm."""
        return self._counted(4) > 0

    @property
    def persons(self) -> Mask:
        """Where somebody may be named or suspected."""
        return self._counted(5) > 0

    @cached_property
    def money(self) -> Mask:
        """Where an amount of money may stand."""
        digit = (self._kind & _DIGIT) != 0
        big = (self._kind & _BIG) != 0
        return self._has(_YUAN) | self.joined.rows(np.flatnonzero(digit[:-1] & big[1:]))

    @property
    def rates(self) -> Mask:
        """Where a return may be promised."""
        digit = (self._kind & _DIGIT) != 0
        return self._has(_RATE) | self.joined.rows(np.flatnonzero(digit[:-3] & digit[1:-2] & digit[2:-1] & digit[3:]))

    @property
    def quotes(self) -> Mask:
        """Where a quotation may begin."""
        return self._has(_QUOTE)

    @cached_property
    def digits_apart(self) -> Mask:
        """Where digits, or signs that stand for them, come in a way that a telephone number has."""
        digit, x = (self._kind & _DIGIT) != 0, (self._kind & _X) != 0
        close = (digit[:-2] & digit[1:-1] & digit[2:]) | (x[:-2] & x[1:-1] & x[2:])
        apart = digit[:-4] & digit[2:-2] & digit[4:]
        letter = digit[:-1] & ((self._kind[1:] & _O) != 0)
        rows = self.joined.rows
        return rows(np.flatnonzero(close)) | rows(np.flatnonzero(apart)) | rows(np.flatnonzero(letter))

    @property
    def contacts(self) -> Mask:
        """Where a way of getting in touch may stand."""
        row, serves = self._dense
        found = self.digits_apart.copy()
        found[row[(serves & _CONTACTS) != 0]] = True
        return found

    @property
    def identifiers(self) -> Counts:
        """Which kinds of numbers may stand in each text, as bits of their places in `features.identifiers.KINDS`."""
        row, serves = self._dense
        found = np.zeros(self.size, dtype=np.int64)
        np.bitwise_or.at(found, row, serves >> len(contacts.TRIGGERS))
        return found


_CONTACTS = (1 << len(contacts.TRIGGERS)) - 1
