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
from bisect import bisect_left
from functools import cache

import daachorse

from features.cues import MARKERS, NEGATE, STRONG, TABLE, WARNINGS, WEAK

_CLAUSE_ENDS = frozenset(",。.!?;:、\n…")
_SENTENCE_ENDS = re.compile(r"[。!?;\n]|\.(?![0-9])")
_AFTER = re.compile(r".{0,2}?(?:不了|是不可能|不可能|并不存在|不属实|是假的|系虚假|纯属|≠|不等于|是不存在|不成立|是谎言|治不了)")
_OR_MONEY_BACK = re.compile(r".{0,6}?(?:不收费|不要钱|不收钱|不收一分|不付款|退款|全额退|不花钱|分文不取|免费)")
_TURN = re.compile("也能|都能|就能|即可|可以|却|但|而是|照样|一样|才能|直接")
_QUESTION = re.compile(
    r"(?:吗|呢|么|是不是|能不能|可不可以|会不会|是否|真的假的|怎么|怎样|如何|什么|哪|多久|啥)[^。!?;\n]{0,12}\?|(?:能不能|可不可以|是否|会不会|是不是)[^。!?;\n]{0,20}$|吗\s*\?*\s*$"
)
_SOLICITS = re.compile(
    r"(?:微信|加我|私聊|qq|咨询|热线|电话|手机|联系|预约|报名|下单|抢购)[^,。!?;\n]{0,8}?[a-z0-9_x…-]{5,}|加微信|加我|私聊我|扫码|点击链接|名额有限|欢迎咨询|欢迎来电|火爆招|诚招"
)
_OFFICIAL_LINE = re.compile("举报|投诉|报警|110|12315|96110|12345|12331|反诈")
_QUOTES = re.compile('“[^“”]{1,60}”|「[^「」]{1,60}」|『[^『』]{1,60}』|"[^"]{1,60}"')
_SAID_TO = re.compile(
    "宣称|声称|号称|所谓|自称|打着|谎称|以.{0,6}为(?:名|由|诱饵|幌子)|名义|吹嘘|虚构|诱骗|为诱饵|等字样|等内容|等用语|涉及"
)


class Stance:
    """The cues of one text, found once; `negated` and `reported` then look them up."""

    __slots__ = ("_negators", "_quotes", "_solicits", "_strong", "_weak", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._negators: list[tuple[int, int, int]] = []
        self._strong: list[int] = []
        self._weak: list[int] = []
        self._solicits: bool | None = None
        self._quotes: list[tuple[int, int]] | None = None
        for lo, hi, which in _automaton().find(text):
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
        for _, hi, reach in self._negators[: bisect_left(self._negators, (start, 0, 0))]:
            if hi <= start and start - hi <= reach and not _broken(text, hi, start):
                count += 1
        return count % 2 == 1 and not _OR_MONEY_BACK.match(text, end)

    def reported(self, start: int, end: int) -> bool:
        """Whether somebody tells of the span rather than claims it: news, penalty, warning, question, attributed quotation."""
        strong, weak = len(self._strong), len(self._weak)
        if strong or weak:
            lo, hi = self._sentence(start, end)
            near = any(lo <= p < hi for p in self._strong)
            near_weak = sum(lo <= p < hi for p in self._weak)
            if self.solicits:
                if strong + weak >= 3 and strong and (near or near_weak):
                    return True
            elif near or near_weak >= 2 or strong >= 2 or (strong and weak) or weak >= 3:
                return True
        if self._quoted(start, end) and (strong or weak or _SAID_TO.search(self.text)):
            return True
        return self._asked(start, end)

    def _sentence(self, start: int, end: int) -> tuple[int, int]:
        lo = 0
        for m in _SENTENCE_ENDS.finditer(self.text):
            if m.start() >= end:
                return lo, m.end()
            if m.end() <= start:
                lo = m.end()
        return lo, len(self.text)

    def _quoted(self, start: int, end: int) -> bool:
        if self._quotes is None:
            self._quotes = [m.span() for m in _QUOTES.finditer(self.text)]
        return any(lo < start and end < hi for lo, hi in self._quotes)

    def _asked(self, start: int, end: int) -> bool:
        if not ("?" in self.text or "吗" in self.text or "是否" in self.text or "能不能" in self.text):
            return False
        lo, hi = self._sentence(start, end)
        return bool(_QUESTION.search(self.text[lo:hi])) and not self.solicits


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


def _broken(text: str, lo: int, hi: int) -> bool:
    between = text[lo:hi]
    return bool(between) and (not _CLAUSE_ENDS.isdisjoint(between) or _TURN.search(between) is not None)


@cache
def _automaton() -> daachorse.CharwiseDoubleArrayAhoCorasick:
    return daachorse.CharwiseDoubleArrayAhoCorasick(list(MARKERS), daachorse.MATCH_KIND_LEFTMOST_LONGEST)
