"""What a host offers to rules: fields and functions with names in both languages, kinds and a meaning. The language itself has none.

>>> words = Vocabulary((Field("channel", "渠道", Type(Kind.CATEGORY), values=(("shop", "网店"),)),))
>>> words.field("渠道").name
'channel'
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from rules.items import Bilingual, Plain
from rules.kinds import Kind, Type, Unit, show_number
from rules.statutes import Statutes
from rules.words import Language


@dataclass(frozen=True, slots=True)
class Field:
    """A column that rules may read. `values` are the values of a category with their Chinese names; `maybe`: it may be unknown."""

    name: str
    zh: str
    type: Type
    doc_zh: str = ""
    doc_en: str = ""
    values: tuple[tuple[str, str], ...] = ()
    maybe: bool = True

    def show(self, value: Plain, language: Language = "zh") -> str:
        """A value as a person reads it; None is unknown.

        >>> Field("rate", "利率", Type(Kind.NUMBER, Unit.PERCENT)).show(15.0)
        '15%'
        """
        if self.type.kind is Kind.CATEGORY and language == "zh":
            return dict(self.values).get(str(value), show_value(value, language))
        if self.type.kind is Kind.SET and isinstance(value, frozenset):
            said = dict(self.values) if language == "zh" else {}
            return listed((said.get(item, item) for item in value), language)
        return show_value(value, language, self.type)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a function; `values` are the texts it may be, when they are few."""

    name: str
    type: Type
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the host; `values` are the values of a category result; `maybe`: the result may be unknown."""

    name: str
    zh: str
    params: tuple[Parameter, ...]
    result: Type
    doc_zh: str = ""
    doc_en: str = ""
    values: tuple[tuple[str, str], ...] = ()
    maybe: bool = True


@dataclass(frozen=True, slots=True)
class Stream:
    """Dated events of a subject's history that windows look back on; `fields` are what each event carries.

    >>> fines = Stream("penalties", "处罚", (Field("amount", "金额", Type(Kind.NUMBER, Unit.YUAN)),))
    >>> fines.field("金额").name
    'amount'
    """

    name: str
    zh: str
    fields: tuple[Field, ...] = ()
    doc_zh: str = ""
    doc_en: str = ""

    def field(self, name: str) -> Field | None:
        """The field of that English or Chinese name."""
        return next((item for item in self.fields if name and name in (item.name, item.zh)), None)


@dataclass(frozen=True, slots=True)
class Relation:
    """What subjects may have in common, such as an address."""

    name: str
    zh: str
    doc_zh: str = ""
    doc_en: str = ""


class Vocabulary:
    """All fields, functions, streams and relations of a host, found by either name. Raises ValueError when two claim one name.

    `refused` are functions that a plug-in offers and that cannot be used, by name, each with the reason.

    >>> Vocabulary((Field("a", "甲", Type(Kind.FLAG)), Field("b", "甲", Type(Kind.FLAG))))
    Traceback (most recent call last):
    ...
    ValueError: two fields are called 甲
    """

    def __init__(
        self,
        fields: Iterable[Field] = (),
        functions: Iterable[Function] = (),
        streams: Iterable[Stream] = (),
        relations: Iterable[Relation] = (),
        *,
        statutes: Statutes | None = None,
        normalise: Callable[[str], str] = str,
        refused: Mapping[str, Bilingual] | None = None,
    ) -> None:
        self.fields = tuple(fields)
        self.functions = tuple(functions)
        self.refused = dict(refused or {})
        self.streams = tuple(streams)
        self.relations = tuple(relations)
        self.statutes = statutes or Statutes()
        self.normalise = normalise
        self._fields = _by_name(((item.name, item.zh, item) for item in self.fields), "fields")
        self._functions = _by_name(((item.name, item.zh, item) for item in self.functions), "functions")
        self._streams = _by_name(((item.name, item.zh, item) for item in self.streams), "streams")
        self._relations = _by_name(((item.name, item.zh, item) for item in self.relations), "relations")

    def field(self, name: str) -> Field | None:
        """The field of that English or Chinese name."""
        return self._fields.get(name)

    def function(self, name: str) -> Function | None:
        """The function of that English or Chinese name."""
        return self._functions.get(name)

    def stream(self, name: str) -> Stream | None:
        """The stream of that English or Chinese name."""
        return self._streams.get(name)

    def relation(self, name: str) -> Relation | None:
        """The relation of that English or Chinese name."""
        return self._relations.get(name)

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        return tuple(self._fields)

    @cached_property
    def function_names(self) -> tuple[str, ...]:
        return tuple(self._functions)

    @cached_property
    def stream_names(self) -> tuple[str, ...]:
        return tuple(self._streams)

    @cached_property
    def relation_names(self) -> tuple[str, ...]:
        return tuple(self._relations)


def _by_name(items: Iterable[tuple[str, str, Any]], what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, zh, item in items:
        for key in dict.fromkeys((name, zh)):
            if key and found.setdefault(key, item) is not item:
                raise ValueError(f"two {what} are called {key}")
    return found


def listed(items: Iterable[str], language: Language) -> str:
    """The values of a set, sorted.

    >>> listed(frozenset(("乙", "甲")), "zh"), listed((), "en")
    ('乙、甲', 'none')
    """
    return ("、" if language == "zh" else ", ").join(sorted(items)) or ("无" if language == "zh" else "none")


_WORDS: dict[Language, tuple[str, str, str]] = {"zh": ("未知", "是", "否"), "en": ("unknown", "yes", "no")}


def show_value(value: Plain, language: Language = "zh", type_: Type | None = None) -> str:
    """Any value in words.

    >>> show_value(True), show_value(None, "en"), show_value(2.50)
    ('是', 'unknown', '2.5')
    """
    unknown, yes, no = _WORDS[language]
    if value is None:
        return unknown
    if (type_ is not None and type_.kind is Kind.FLAG) or isinstance(value, bool):
        return yes if value else no
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    if isinstance(value, frozenset):
        return listed(value, language)
    return show_number(value, type_.unit if type_ else Unit.PLAIN, language)


Show = Callable[[str, Plain, Language], str]


def shower(vocabulary: Vocabulary | None) -> Show:
    """How values of named fields are said, with units where a vocabulary knows them."""

    def show(name: str, value: Plain, language: Language) -> str:
        field = vocabulary.field(name) if vocabulary else None
        return field.show(value, language) if field else show_value(value, language)

    return show
