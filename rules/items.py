"""What a rule file defines: word lists, conditions, features, rules. Each carries all that a person must know of it."""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from typing import TypeAlias

from rules.nodes import NOWHERE, Day, Expr, Flag, Literal, Number, Span, Text


class Severity(Enum):
    """How grave a fired rule is; `weight` grows with it and is what a scorer adds up.

    >>> Severity.HIGH.weight > Severity.MEDIUM.weight, Severity.named("特别严重").name
    (True, 'CRITICAL')
    """

    LOW = ("low", "低", 1.0)
    MEDIUM = ("medium", "中", 2.0)
    HIGH = ("high", "高", 4.0)
    CRITICAL = ("critical", "特别严重", 8.0)

    def __init__(self, en: str, zh: str, weight: float) -> None:
        self.en = en
        self.zh = zh
        self.weight = weight

    @classmethod
    def named(cls, name: str) -> "Severity | None":
        """The severity written as `name` in either language; None when there is none."""
        return next((item for item in cls if name in (item.en, item.zh)), None)


LENSES = {"solicitation": "招揽", "report": "举报", "firm": "企业"}
FLOORS = {"blue": "蓝", "yellow": "黄", "orange": "橙"}


class Origin(StrEnum):
    """Whose file a definition stands in: shared ones may stay unused in a pack."""

    OWN = "own"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class WordList:
    """Words that mean one thing; `exclude` are contexts in which a term does not count."""

    name: str
    terms: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    note: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """A named expression that rules of the pack may use."""

    name: str
    expr: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Feature:
    """A named value that rules, conditions and other features may use."""

    name: str
    expr: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Definition: TypeAlias = Condition | Feature


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis: the law, the article, the day of the version read, and whether someone verified the words."""

    law: str
    article: str
    dated: date | None = None
    verified: bool = True
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def zh(self) -> str:
        """How the basis is shown.

        >>> Basis("广告法", "16.1.1", verified=False).zh
        '《广告法》16.1.1（条款待核）'
        """
        return f"《{self.law}》{self.article}" + ("" if self.verified else "（条款待核）")


@dataclass(frozen=True, slots=True)
class Bilingual:
    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


Plain: TypeAlias = float | str | bool | date | frozenset[str] | None
Given: TypeAlias = Literal | tuple[Text, ...] | None


def plain(value: Given) -> Plain:
    """The Python value of a literal, or of several texts as a set; None is unknown.

    >>> plain(Number("5", "万元")), plain(None), plain((Text("甲"),))
    (50000.0, None, frozenset({'甲'}))
    """
    match value:
        case tuple():
            return frozenset(item.value for item in value)
        case Number() | Text() | Flag() | Day():
            return value.value
        case None:
            return None


@dataclass(frozen=True, slots=True)
class Row:
    """An example given as columns; a column that is not named is unknown."""

    items: tuple[tuple[str, Given], ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def as_dict(self) -> dict[str, Plain]:
        return {name: plain(value) for name, value in self.items}


Example: TypeAlias = Text | Row


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule with everything a reviewer and a verifier need. `given` and `spans` remember the clauses as written."""

    id: str
    when: Expr
    title_zh: str = ""
    title_en: str = ""
    model: str = ""
    lens: str = ""
    basis: tuple[Basis, ...] = ()
    severity: Severity = Severity.LOW
    floor: str = ""
    because: Bilingual = Bilingual()
    hazard: Bilingual = Bilingual()
    advice: Bilingual = Bilingual()
    false_alarms: Bilingual = Bilingual()
    owner: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    hits: tuple[Example, ...] = ()
    misses: tuple[Example, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    spans: tuple[tuple[str, Span], ...] = field(default=(), compare=False, repr=False)

    @property
    def given(self) -> frozenset[str]:
        """The clauses that were written, by keyword, right or wrong."""
        return frozenset(name for name, _ in self.spans)

    def where(self, clause: str) -> Span:
        """The place of a clause, else of the rule's name."""
        return next((span for name, span in self.spans if name == clause), self.span)

    def in_force(self, day: date | None) -> bool:
        """Whether the rule holds on `day`; None asks no question. Both ends are included."""
        if day is None:
            return True
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)
