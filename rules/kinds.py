"""What a value is: its kind and, for numbers, its unit. Two values compare only when both agree.

>>> parse_number("5万元").value
50000.0
>>> str(parse_number("2个月").type)
'number of days'
"""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of the language; whether a value is *known* is a property of every kind."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"
    CATEGORY = "category"
    DATE = "date"
    SET = "set"


class Unit(StrEnum):
    """What a number counts."""

    PLAIN = "plain"
    PERCENT = "percent"
    YUAN = "yuan"
    DAYS = "days"
    YIELD = "annual yield"


KIND_ZH = {Kind.NUMBER: "数值", Kind.TEXT: "文字", Kind.FLAG: "是非", Kind.CATEGORY: "类别", Kind.DATE: "日期", Kind.SET: "集合"}
_UNIT_EN = {Unit.YIELD: "percent a year"}
UNIT_ZH = {Unit.PLAIN: "", Unit.PERCENT: "百分比", Unit.YUAN: "元", Unit.DAYS: "天", Unit.YIELD: "年化收益"}


@dataclass(frozen=True, slots=True)
class Type:
    """A kind with its unit.

    >>> str(Type(Kind.NUMBER, Unit.PERCENT)), Type(Kind.FLAG).zh
    ('number of percent', '是非')
    """

    kind: Kind
    unit: Unit = Unit.PLAIN

    def __str__(self) -> str:
        return (
            f"number of {_UNIT_EN.get(self.unit, self.unit)}"
            if self.kind is Kind.NUMBER and self.unit is not Unit.PLAIN
            else str(self.kind)
        )

    @property
    def zh(self) -> str:
        """The same in Chinese."""
        return KIND_ZH[self.kind] + (f"（{UNIT_ZH[self.unit]}）" if self.kind is Kind.NUMBER and self.unit is not Unit.PLAIN else "")


@dataclass(frozen=True, slots=True)
class Suffix:
    """How a unit is written after a number: `zh` is its canonical name in the tree."""

    zh: str
    en: str
    unit: Unit
    factor: int
    also: tuple[str, ...] = ()


SUFFIXES = (
    Suffix("", "", Unit.PLAIN, 1),
    Suffix("万", "万", Unit.PLAIN, 10_000),
    Suffix("亿", "亿", Unit.PLAIN, 100_000_000),
    Suffix("%", "%", Unit.PERCENT, 1, ("％",)),
    Suffix("%/年", "% a year", Unit.YIELD, 1, ("％/年",)),
    Suffix("%/月", "% a month", Unit.YIELD, 12, ("％/月",)),
    Suffix("%/天", "% a day", Unit.YIELD, 365, ("％/天", "%/日", "％/日")),
    Suffix("元", " yuan", Unit.YUAN, 1),
    Suffix("万元", "万元", Unit.YUAN, 10_000),
    Suffix("亿元", "亿元", Unit.YUAN, 100_000_000),
    Suffix("天", " days", Unit.DAYS, 1, (" day", "日")),
    Suffix("周", " weeks", Unit.DAYS, 7, (" week",)),
    Suffix("个月", " months", Unit.DAYS, 30, (" month", "月")),
    Suffix("年", " years", Unit.DAYS, 365, (" year",)),
)
_BY_WORD = {word.strip(): suffix for suffix in SUFFIXES for word in (suffix.zh, suffix.en, *suffix.also)}
SUFFIX_WORDS = tuple(sorted((word for word in _BY_WORD if word), key=lambda word: (-len(word), word)))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written: a decimal amount and the suffix of its unit."""

    amount: str
    suffix: Suffix

    @property
    def value(self) -> float:
        """The amount in the unit itself: percent, simple percent a year, yuan, days or plain."""
        return float(Decimal(self.amount) * self.suffix.factor)

    @property
    def type(self) -> Type:
        return Type(Kind.NUMBER, self.suffix.unit)


def suffix_named(word: str) -> Suffix:
    """The suffix written as `word` in either language; KeyError when there is none.

    >>> suffix_named("months").zh
    '个月'
    """
    return _BY_WORD[" ".join(word.split())]


def parse_number(text: str) -> Quantity:
    """A number with its unit; the amount is brought to its shortest form.

    >>> parse_number("15.50%")
    Quantity(amount='15.5', suffix=Suffix(zh='%', en='%', unit=<Unit.PERCENT: 'percent'>, factor=1, also=('％',)))
    >>> parse_number("30 days").value, parse_number("1亿元").value, parse_number("-0").amount
    (30.0, 100000000.0, '0')
    >>> parse_number("2%/月").value, str(parse_number("15% a year").type)
    (24.0, 'number of percent a year')
    >>> parse_number("５.５万元").amount
    '5.5'
    >>> parse_number("3 apples")
    Traceback (most recent call last):
    ...
    KeyError: 'apples'
    """
    text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    digits = len(text) - len(text.lstrip("-0123456789."))
    amount = format(Decimal(text[:digits]), "f")
    if "." in amount:
        amount = amount.rstrip("0").rstrip(".")
    sign, amount = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
    amount = amount.lstrip("0") or "0"
    amount = "0" + amount if amount.startswith(".") else amount
    return Quantity(("" if amount == "0" else sign) + amount, suffix_named(text[digits:]))


def show_number(value: float, unit: Unit, language: str = "zh") -> str:
    """A value as a person writes it: at most two decimals where it has a unit, four where it has none.

    >>> show_number(100 / 3, Unit.PERCENT), show_number(50000, Unit.YUAN), show_number(30, Unit.DAYS, "en"), show_number(1 / 3, Unit.PLAIN)
    ('33.33%', '5万元', '30 days', '0.3333')
    >>> show_number(24.0, Unit.YIELD), show_number(24.0, Unit.YIELD, "en")
    ('24%/年', '24% a year')
    """
    if unit is Unit.YUAN and abs(value) >= 10_000:
        big, word = (100_000_000, "亿元") if abs(value) >= 100_000_000 else (10_000, "万元")
        return f"{value / big:.6g}{word}"
    suffix = next(item for item in SUFFIXES if item.unit is unit)
    shown = f"{round(value, 4 if unit is Unit.PLAIN else 2):.10g}"
    return f"{'0' if shown == '-0' else shown}{suffix.zh if language == 'zh' else suffix.en}"
