"""Is a span claimed, or is it negated, quoted, reported, warned against?

The rule: decide by cues near the span inside its clause or sentence, from cue places found once per text.

>>> Stance("本品不能根治糖尿病").negated(4, 6), Stance("三个疗程根治糖尿病").negated(4, 6)
(True, False)
>>> Stance("没有不能治愈的").negated(4, 6)      # two negators
False
>>> Stance("不治愈不收费").negated(1, 3)         # a guarantee
False
>>> Stance("警方通报:某公司以保本高息为诱饵,涉嫌非法集资").reported(9, 11)
True
>>> Stance("投资保本,年化15%,加微信abc123").reported(2, 4)
False

A negator that is part of the span is part of the claim (无副作用, 永不复发), so it does not count.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import overload

import daachorse
import numpy as np
from numpy.typing import NDArray

from features.cues import MARKERS, NEGATE, STRONG, TABLE, WARNINGS, WEAK
from features.joined import Joined

_FARTHEST = 10
"""the longest reach of a negator"""
_CLAUSE_ENDS = frozenset(",。.!?;:、\n…")
_SENTENCE_ENDS = re.compile(r"[。!?;\n]|\.(?![0-9])")
_DENIALS = (
    "不了",
    "是不可能",
    "不可能",
    "并不存在",
    "不属实",
    "是假的",
    "系虚假",
    "纯属",
    "≠",
    "不等于",
    "是不存在",
    "不成立",
    "是谎言",
    "治不了",
)
_AFTER = re.compile(r".{0,2}?(?:" + "|".join(_DENIALS) + ")")
_OR_MONEY_BACK = re.compile(r".{0,6}?(?:不收费|不要钱|不收钱|不收一分|不付款|退款|全额退|不花钱|分文不取|免费)")
_TURN = re.compile("也能|都能|就能|即可|可以|却|但|而是|照样|一样|才能|直接")
_QUESTION = re.compile(
    r"(?:吗|呢|么|是不是|能不能|可不可以|会不会|是否|真的假的|怎么|怎样|如何|什么|哪|多久|啥)[^。!?;\n]{0,12}\?|(?:能不能|可不可以|是否|会不会|是不是)[^。!?;\n]{0,20}$|吗\s*\?*\s*$"
)
_SOLICITS = re.compile(
    r"(?:微信|[薇威徽v]信|(?<![a-z])(?:vx|wx)|加我|加v|加薇|私聊|qq|咨询|热线|电话|手机|联系|预约|报名|下单|抢购)[^,。!?;\n]{0,8}?[a-z0-9_x…-]{5,}|加微信|加我|私聊我|扫码|点击链接|名额有限|欢迎咨询|欢迎来电|火爆招|诚招"
)
SOLICITING = (
    *(
        "微信",
        "薇信",
        "威信",
        "徽信",
        "v信",
        "vx",
        "wx",
        "加我",
        "加v",
        "加薇",
        "私聊",
        "qq",
        "咨询",
        "热线",
        "电话",
        "手机",
        "联系",
        "预约",
        "报名",
    ),
    *("下单", "抢购", "扫码", "点击链接", "名额有限", "欢迎来电", "火爆招", "诚招"),
)
"""A text without any of these asks nobody to get in touch."""
_OFFICIAL_LINE = re.compile(r"举报|投诉|报警|反诈|(?<!\d)(?:110|12315|96110|12345|12331)(?!\d)")
_QUOTES = re.compile('“[^“”]{1,60}”|「[^「」]{1,60}」|『[^『』]{1,60}』|"[^"]{1,60}"')
_ASKING = ("?", "吗", "是否", "能不能")
_SAID_TO = re.compile(
    "宣称|声称|号称|所谓|自称|打着|谎称|以.{0,6}为(?:名|由|诱饵|幌子)|名义|吹嘘|虚构|诱骗|为诱饵|等字样|等内容|等用语|涉及"
)
_SAYING = (
    *("宣称", "声称", "号称", "所谓", "自称", "打着", "谎称", "为名", "为由", "为诱饵", "为幌子", "名义", "吹嘘", "虚构", "诱骗"),
    *("等字样", "等内容", "等用语", "涉及"),
)
"""A text without any of these has nothing that `_SAID_TO` finds."""


AFTER = 2
"""How many characters after a span a denial can begin."""


@dataclass(frozen=True, slots=True)
class CueWords:
    """Every phrase that can make a span negated or reported: where none of them stands in reach, it is neither.

    For whoever looks for other words in the same texts and wants to ask a `Stance` only where it can matter.
    """

    negators: dict[str, int]
    """negator → how many characters may stand between it and the span"""
    denials: tuple[str, ...]
    """what may follow a span, at most `AFTER` characters on"""
    telling: tuple[str, ...]
    """what anywhere in a text can make it a report, a question or a quotation of somebody: quotation marks alone do not"""

    @classmethod
    def all(cls) -> "CueWords":
        """As the table has them."""
        negators = {marker: reach for marker, (kind, reach) in TABLE.items() if kind == NEGATE}
        markers = [marker for marker, (kind, _) in TABLE.items() if kind in (STRONG, WEAK)]
        return cls(negators, _DENIALS, (*markers, *WARNINGS, *_ASKING, *_SAYING))


class Stance:
    """The cues of one text, found once; `negated` and `reported` then look them up."""

    __slots__ = ("_ends", "_negators", "_quotes", "_silent", "_solicits", "_strong", "_told", "_weak", "text")

    def __init__(self, text: str, found: Iterable[tuple[int, int, int]] | None = None) -> None:
        """``found``: the places and numbers of the markers, where they are known already."""
        self.text = text
        self._negators: list[tuple[int, int, int]] = []
        self._strong: list[int] = []
        self._weak: list[int] = []
        self._solicits: bool | None = None
        self._silent: bool | None = None
        """Nothing in the text can make any span a report."""
        self._quotes: list[tuple[int, int]] | None = None
        self._ends: list[int] | None = None
        self._told: dict[tuple[int, int], bool] = {}
        for lo, hi, which in _automaton().find(text) if found is None else found:
            marker = MARKERS[which]
            kind, reach = TABLE[marker]
            if kind == NEGATE:
                self._negators.append((lo, hi, reach))
                if marker in WARNINGS:
                    self._weak.append(lo)
            elif kind == STRONG:
                self._strong.append(lo)
            elif kind == WEAK:
                self._weak.append(lo)

    @property
    def negation_count(self) -> int:
        """How many negators the text has."""
        return len(self._negators)

    @property
    def report_count(self) -> int:
        """How many cues of news, penalties and warnings the text has."""
        return len(self._strong) + len(self._weak)

    @property
    def solicits(self) -> bool:
        """Whether the text asks the reader to get in touch, other than with the authorities.

        >>> Stance("详询微信abc123").solicits, Stance("举报电话12315").solicits
        (True, False)
        """
        if self._solicits is None:
            self._solicits = any(
                not _OFFICIAL_LINE.search(self.text, max(0, m.start() - 4), m.end() + 6) for m in _SOLICITS.finditer(self.text)
            )
        return self._solicits

    def negated(self, start: int, end: int | None = None) -> bool:
        """Whether the clause denies the span: an odd number of negators within reach before it, or a denial right after it."""
        end = start + 1 if end is None else end
        text = self.text
        if _AFTER.match(text, end):
            return True
        if not self._negators:
            return False
        count = 0
        for k in range(bisect_left(self._negators, (start, 0, 0)) - 1, -1, -1):
            _, hi, reach = self._negators[k]
            if start - hi > _FARTHEST:
                break
            if hi <= start and start - hi <= reach and not _broken(text, hi, start):
                count += 1
        return count % 2 == 1 and not _OR_MONEY_BACK.match(text, end)

    def reported(self, start: int, end: int) -> bool:
        """Whether somebody tells of the span rather than claims it: news, penalty, warning, question, attributed quotation."""
        if self._silent is None:
            cues = self._strong or self._weak or any(mark in self.text for mark in _ASKING)
            self._silent = not cues and _SAID_TO.search(self.text) is None
        if self._silent:
            return False
        sentence = self._sentence(start, end)
        if sentence not in self._told:
            self._told[sentence] = self._tells(*sentence) or self._asks(*sentence)
        return self._told[sentence] or self._quoted(start, end)

    def _tells(self, lo: int, hi: int) -> bool:
        strong, weak = len(self._strong), len(self._weak)
        if not (strong or weak):
            return False
        near, near_weak = _between(self._strong, lo, hi), _between(self._weak, lo, hi)
        if self.solicits:  # a swindler may borrow the words of the press: it takes more to believe them
            return strong > 0 and strong + weak >= 3 and near + near_weak > 0
        return near > 0 or near_weak >= 2 or strong >= 2 or (strong > 0 and weak > 0) or weak >= 3

    def _asks(self, lo: int, hi: int) -> bool:
        if not any(mark in self.text for mark in _ASKING):
            return False
        return bool(_QUESTION.search(self.text[lo:hi])) and not self.solicits

    def _sentence(self, start: int, end: int) -> tuple[int, int]:
        if self._ends is None:
            self._ends = [m.end() for m in _SENTENCE_ENDS.finditer(self.text)]
        first = bisect_right(self._ends, start)
        last = bisect_left(self._ends, end)
        return self._ends[first - 1] if first else 0, self._ends[last] if last < len(self._ends) else len(self.text)

    def _quoted(self, start: int, end: int) -> bool:
        if self._quotes is None:
            told = bool(self._strong or self._weak) or _SAID_TO.search(self.text) is not None
            self._quotes = [m.span() for m in _QUOTES.finditer(self.text)] if told else []
        k = bisect_left(self._quotes, (start, 0)) - 1
        return k >= 0 and end < self._quotes[k][1]


class Stances(Sequence[Stance]):
    """The stances of many texts, their markers found in one pass; each is made when it is first asked for.

    >>> told = Stances(["不能根治", "", "警方提醒:谨防诈骗"])
    >>> told.negation_counts.tolist(), told.report_counts.tolist(), told[0].negated(2, 4), len(told)
    ([1.0, 0.0, 1.0], [0.0, 0.0, 4.0], True, 3)
    """

    def __init__(self, texts: Sequence[str]) -> None:
        joined = Joined(texts)
        found = _automaton().find(joined.text)
        places: NDArray[np.int64] = np.fromiter(chain.from_iterable(found), np.int64, 3 * len(found)).reshape(-1, 3)
        row = joined.row_of(places[:, 0])
        places[:, :2] -= joined.begins[row][:, None]
        self._texts, self._places = texts, places
        self._edges = np.searchsorted(row, np.arange(len(texts) + 1))
        self._made: dict[int, Stance] = {}
        denies, reports = _counted()
        self.negation_counts = np.bincount(row, weights=denies[places[:, 2]], minlength=len(texts))
        """`Stance.negation_count` of each text."""
        self.report_counts = np.bincount(row, weights=reports[places[:, 2]], minlength=len(texts))
        """`Stance.report_count` of each text."""

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, row: int) -> Stance: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Stance]: ...
    def __getitem__(self, row: int | slice) -> Stance | Sequence[Stance]:
        if isinstance(row, slice):
            return [self[at] for at in range(*row.indices(len(self)))]
        if row not in self._made:
            found = self._places[self._edges[row] : self._edges[row + 1]].tolist()
            self._made[row] = Stance(self._texts[row], found)
        return self._made[row]


@cache
def _counted() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each marker: how much it adds to the negators of a text, and to its cues of reports."""
    kinds = [TABLE[marker][0] for marker in MARKERS]
    denies = [float(kind == NEGATE) for kind in kinds]
    reports = [float(kind in (STRONG, WEAK) or marker in WARNINGS) for marker, kind in zip(MARKERS, kinds, strict=True)]
    return np.array(denies), np.array(reports)


def negated(text: str, start: int) -> bool:
    """Whether the span that begins at `start` is negated; for many spans of one text make a `Stance`.

    >>> negated("严禁承诺保本", 4), negated("承诺保本", 2)
    (True, False)
    """
    return Stance(text).negated(start)


def reported(text: str, start: int, end: int) -> bool:
    """Whether the span is only reported.

    >>> reported("糖尿病能根治吗?", 4, 6)
    True
    """
    return Stance(text).reported(start, end)


def _between(places: list[int], lo: int, hi: int) -> int:
    return bisect_left(places, hi) - bisect_left(places, lo)


def _broken(text: str, lo: int, hi: int) -> bool:
    between = text[lo:hi]
    return bool(between) and (not _CLAUSE_ENDS.isdisjoint(between) or _TURN.search(between) is not None)


@cache
def _automaton() -> daachorse.CharwiseDoubleArrayAhoCorasick:
    return daachorse.CharwiseDoubleArrayAhoCorasick(list(MARKERS), daachorse.MATCH_KIND_LEFTMOST_LONGEST)
