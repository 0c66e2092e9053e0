"""One look at many texts: which of them can have what a slower reader looks for. The others need not be read.

The rule: a text that is left out has nothing, for certain; one that is named may still have nothing. So the readers of single texts keep the last word,
and a batch gives of each text what the text gives alone.

>>> look = Glance(["保本", "加我，电话138 0013 8000", "大家好，我们本店只卖三元，货号00012345"])
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

from features import contacts, identifiers, numerals, parties, stance
from features.joined import Joined, Mask, kinds

Counts = NDArray[np.int64]

_FIRST = ("我", "本店", "本院", "本公司", "本司", "本人", "咱们", "小编")
_SECOND = ("你", "您", "大家", "亲们", "宝子", "姐妹们", "朋友们", "家人们")
_ONE_PERSON = "大家人们"
"""Two words of the second person that share a character count once."""

_DIGIT, _X, _O, _STAR, _CALL, _YUAN, _BIG, _QUOTE, _PERCENT, _PART, _OF, _POINT, _PIECE = (1 << i for i in range(13))
_FOLD, _TAKE, _PROFIT, _YEAR, _TURNED, _INTEREST, _UNIT, _GAINS, _GOT, _NUMERAL, _EACH, _STAKE = (1 << i for i in range(13, 25))
_CLASSES = {
    _DIGIT: r"\d",
    _X: "x",
    _O: "[oilз]",
    _STAR: r"\*",
    _CALL: "[话线机电询]",
    _YUAN: "[元块币¥$b]",
    _BIG: "[万亿w]",
    _QUOTE: '[“「『"]',
    _PERCENT: "%",
    _PART: "分",
    _OF: "之",
    _POINT: "点",
    _PIECE: "个",
    _FOLD: "[翻倍]",
    _TAKE: "收",
    _PROFIT: "益",
    _YEAR: "年",
    _TURNED: "化",
    _INTEREST: "[息利]",
    _UNIT: "[分厘毛角]",
    _GAINS: "[赚返利还益给得红息领报拿入收]",
    _GOT: "[到您你取回]",
    _NUMERAL: f"[{numerals.HAN}]",
    _EACH: "[年季月周星天日]",
    _STAKE: "[万wk千]",
}
"""Of the characters: what they may be part of."""
_WIDEST, _FULL, _CLOSE, _FEWEST, _LOCAL = 21, 11, 11, 9, 7
"""A mobile number has eleven digits, or signs that stand for them, in at most 21 characters; any other at least nine in its first eleven, or, behind a word for
telephones or masked, seven in a row."""


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
        """Of each character, and of nothing after the last."""
        return np.append(self.joined.kinds(_kinds()), np.uint32(0))

    @cached_property
    def _held(self) -> NDArray[np.uint32]:
        """Of each text: the kinds of characters that it has."""
        return np.bitwise_or.reduceat(self._kind, self.joined.begins) if self.size else self._kind[:0]

    def _has(self, bits: int) -> Mask:
        found: Mask = (self._held & np.uint32(bits)) != 0
        return found

    def _is(self, bits: int) -> Mask:
        found: Mask = (self._kind & np.uint32(bits)) != 0
        return found

    def _row(self, where: Mask) -> Mask:
        return self.joined.rows(np.flatnonzero(where))

    def _pair(self, left: int, right: int) -> Mask:
        """The texts in which one kind follows another."""
        if not (self._has(left) & self._has(right)).any():
            return np.zeros(self.size, dtype=bool)
        return self._row(self._is(left)[:-1] & self._is(right)[1:])

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
        return self._has(_YUAN) | self._pair(_DIGIT, _BIG)

    @property
    def rates(self) -> Mask:
        """Where a return may be promised: a share, a bare number beside a return, interest, a doubling, money a period for money."""
        number = _DIGIT | _NUMERAL | _X
        share = self._has(_PERCENT | _FOLD) | self._pair(_PART, _OF) | self._pair(_PART | _PIECE, _POINT)
        bare = self._has(_DIGIT) & (self._pair(_TAKE, _PROFIT) | self._pair(_YEAR, _TURNED))
        interest = self._has(_INTEREST) & self._has(_UNIT) & self._pair(number, _UNIT)
        return share | bare | interest | self._money_for_money

    @property
    def _money_for_money(self) -> Mask:
        """Where an amount follows a word of gain, in a text that has a stake and a period."""
        digit = self._is(_DIGIT)
        found = self._has(_STAKE) | self._row(digit[:-2] & digit[1:-1] & digit[2:])
        found &= self._has(_EACH) & self._has(_GAINS)
        if not found.any():
            return found
        gains, got, number = self._is(_GAINS), self._is(_GOT), self._is(_DIGIT | _NUMERAL)
        number[:-1] |= got[:-1] & number[1:]
        return found & self._row(gains[:-1] & number[1:])

    @property
    def quotes(self) -> Mask:
        """Where a quotation may begin."""
        return self._has(_QUOTE)

    @cached_property
    def digits_apart(self) -> Mask:
        """Where digits, or signs that stand for them, come as in a telephone number: closely, or from 13 … 19 on one by one, or behind the word for it."""
        sign = self._is(_DIGIT | _X | _O | _STAR)[:-1]
        upto = np.concatenate([[0], np.cumsum(sign), np.full(_WIDEST, np.count_nonzero(sign))])

        def within(size: int) -> Counts:
            counted: Counts = upto[size : size + len(sign)] - upto[: len(sign)]
            return counted

        mobile = self._mobile & (within(_WIDEST) >= _FULL)
        close = sign & (within(_CLOSE) >= _FEWEST)
        run = sign & (within(_LOCAL) == _LOCAL)
        call, near = self._is(_CALL), np.zeros(len(sign), dtype=bool)
        for distance in range(1, 6):
            near[distance:] |= call[: max(len(sign) - distance, 0)]
        return self._row(mobile | close | (run & (near | self._is(_X)[:-1])))

    @property
    def _mobile(self) -> Mask:
        """Where a 1 stands that a digit from 3 to 9 follows, with at most one sign between, and no digit before but those of 86."""
        codes = np.concatenate([[0, 0], self.joined.codes, [0, 0]])
        middle = (codes >= ord("3")) & (codes <= ord("9"))
        digit = np.concatenate([[False, False], self._is(_DIGIT)])[: len(codes) - 2]
        china = (codes[:-4] == ord("8")) & (codes[1:-3] == ord("6"))
        begins = (codes[2:-2] == ord("1")) & (middle[3:-1] | middle[4:])
        found: Mask = begins & (~digit[1:-1] | china)
        return found

    @cached_property
    def _served(self) -> Counts:
        """Of each text: what its words may begin."""
        row, serves = self._dense
        found = np.zeros(self.size, dtype=np.int64)
        np.bitwise_or.at(found, row, serves)
        return found

    @property
    def contacts(self) -> Counts:
        """Which ways of getting in touch may stand in each text, as bits of the places in `features.contacts.TRIGGERS`."""
        return (self._served & _CONTACTS) | np.where(self.digits_apart, contacts.NUMBERS, 0)

    @property
    def identifiers(self) -> Counts:
        """Which kinds of numbers may stand in each text, as bits of their places in `features.identifiers.KINDS`."""
        return self._served >> len(contacts.TRIGGERS)


_CONTACTS = (1 << len(contacts.TRIGGERS)) - 1
