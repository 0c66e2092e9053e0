"""What a text states: yields, amounts of money, prices, ways of getting in touch.

The rule: a slot carries its value, its place in the original and the original characters.

>>> from features.normalise import normalise
>>> t = normalise("投资5万元，月息2分，特价￥99/盒，加微信abc123")
>>> [(a.value, a.quote) for a in amounts(t)]
[(50000.0, '5万元'), (99.0, '￥99')]
>>> [(p.value, p.quote) for p in prices(t)], [y.percent_per_year for y in yields(t)], [c.kind for c in contacts(t)]
([(99.0, '￥99')], [24.0], ['wechat'])
"""

import math
import re
from dataclasses import dataclass

from features.contacts import Contact, contacts
from features.numerals import AMOUNT, value
from features.views import NormalisedText
from features.yields import Yield, yields

__all__ = ["Amount", "Contact", "Yield", "amounts", "amounts_and_prices", "contacts", "prices", "yields"]


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in yuan; nan where the digits are masked."""

    value: float
    start: int
    end: int
    quote: str


_MONEY = re.compile(
    rf"[¥$]\s?(?P<a>{AMOUNT}|x{{1,9}}(?:\.x{{1,9}})?)|(?P<b>{AMOUNT}|x{{1,9}}(?:\.x{{1,9}})?)\s?(?P<big>[万亿])?(?:元|块钱?|人民币|rmb|圆)(?!素|旦|宵|月)|(?<!\d)(?P<c>\d{{1,15}}(?:\.\d{{1,9}})?[万亿w])(?![\da-z人次户名股份平亩里步粉个])"
)
_MONEY_GATE = re.compile(r"元|块|人民币|rmb|[¥$]|\d[万亿w]")
_PRICE_LEFT = re.compile(r"(?:价格?|仅需?|只需|只要|售|特惠|原价|现价|低至|¥|体验|包邮|团购|秒杀|活动)[:是为]?\s?$")
_PRICE_RIGHT = re.compile(
    r"\s?(?:/|一|每|1)?\s?(?:盒|瓶|支|片|次|针|疗程|位|颗|粒|只|副|套|克|包|袋|贴|台|个|人|起(?![投存购售点])|包邮|粉)"
)


def amounts(text: NormalisedText) -> list[Amount]:
    """Every amount of money, in the order of the text."""
    return [a for a, _, _ in _money(text)]


def prices(text: NormalisedText) -> list[Amount]:
    """The amounts that price something: after 仅 or 价, with a currency sign, or per piece; nothing above 100,000 yuan.

    >>> from features.normalise import normalise
    >>> [p.quote for p in prices(normalise("仅需98元，注册资本500万元，xx元/盒"))]
    ['98元', 'xx元']
    """
    return _priced(text, _money(text))


def amounts_and_prices(text: NormalisedText) -> tuple[list[Amount], list[Amount]]:
    """`amounts` and `prices` in one reading."""
    found = _money(text)
    return [a for a, _, _ in found], _priced(text, found)


def _priced(text: NormalisedText, money: list[tuple[Amount, int, int]]) -> list[Amount]:
    t = text.plain.text
    out = []
    for amount, lo, hi in money:
        if not amount.value > 100_000 and (t[lo] in "¥$" or _PRICE_LEFT.search(t, max(0, lo - 4), lo) or _PRICE_RIGHT.match(t, hi)):
            out.append(amount)
    return out


def _money(text: NormalisedText) -> list[tuple[Amount, int, int]]:
    t = text.plain.text
    if not _MONEY_GATE.search(t):
        return []
    out = []
    for m in _MONEY.finditer(t):
        number = value(m["a"] or m["b"] or m["c"])
        if m["big"] and not math.isnan(number):
            number *= 1e4 if m["big"] == "万" else 1e8
        if math.isnan(number) and "x" not in m.group():
            continue
        start, end = text.plain.span(*m.span())
        out.append((Amount(number, start, end, text.original[start:end]), *m.span()))
    return out
