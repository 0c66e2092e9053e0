"""The records, as data: fields with kind, length, need, code list, words in both languages and where they were seen.

The four kinds of acts are described once, for officers and for exchange, in ``risk.domain.acts``; their names on the wire are its names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import risk.domain.exchange.wording  # noqa: F401 - registers the texts
from risk.domain import acts
from risk.domain.datafiles import read_csv, read_toml
from risk.domain.errors import NotFoundError

OPERATIONS = ("i", "u", "d")
COLUMNS = "exchange"
"""The part with the six columns that every record carries beside its own fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``kind`` is one of ``risk.domain.exchange.kinds``, or ``one`` or ``many`` of the part ``inner``; ``length`` is in characters, 0 where none was seen;
    ``codes`` names a code list, of an act the values themselves.
    """

    name: str
    kind: str
    length: int
    required: bool
    codes: str
    inner: str
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check between fields of one part; see the comment in ``exchange.toml``."""

    kind: str
    field: str
    source: str
    than: str = ""
    value: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Fields in their order on the wire, with the checks between them."""

    code: str
    fields: tuple[Field, ...]
    checks: tuple[Check, ...]

    def field(self, name: str) -> Field | None:
        """The field of a name."""
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Record:
    """One kind of record. ``identity`` are the paths whose values tell one from another; ``imports`` is what one that comes in does here, empty for nothing;
    ``act`` the kind of act whose fields and checks of ``risk.domain.acts`` are its own.
    """

    code: str
    wire: str
    zh: str
    en: str
    source: str
    identity: tuple[str, ...]
    imports: str
    part: Part
    act: str = ""

    def title(self, lang: str) -> str:
        """What it is, in words."""
        return self.zh if lang == "zh" else self.en

    def key_of(self, values: Mapping[str, Any]) -> str:
        """What tells one record of this kind from another, from its own fields.

        >>> record("supervision_process").key_of({"taskDetails": {"taskNo": "T1", "unionUnitName": "某局"}})
        'T1|某局'
        """
        return "|".join(_at(values, path) for path in self.identity)


@cache
def records() -> MappingProxyType[str, Record]:
    """Every record by its code.

    >>> [one.wire for one in records().values()][:2], len(record("penalty").part.fields)
    (['JG_FXYJ_WARNING_SIGNAL', 'fxyj_warning_signal'], 46)
    """
    found = {}
    for row in read_toml("exchange.toml")["record"]:
        act = row.get("act", "")
        own = _act_part(act) if act else part(row["code"])
        found[row["code"]] = Record(
            row["code"], row["wire"], row["zh"], row["en"], row["source"], tuple(row["identity"]), row["imports"], own, act
        )
    return MappingProxyType(found)


def record(name: str) -> Record:
    """A record by its code or by its name on the wire; ``NotFoundError`` (``exchange_record_unknown``).

    >>> record("taskInfo").code
    'task_info'
    """
    found = records().get(name) or next((one for one in records().values() if one.wire == name), None)
    if found is None:
        raise NotFoundError("exchange_record_unknown", name=name)
    return found


@cache
def part(code: str) -> Part:
    """A part by its code; ``KeyError`` for one that is not described."""
    fields = _fields()[code]
    checks = [_check(row) for row in read_toml("exchange.toml")["check"] if row["part"] == code]
    return Part(code, fields, tuple(checks))


def parts_of(top: Part) -> Iterator[Part]:
    """The part and all below it, each once, in the order they are met.

    >>> [one.code for one in parts_of(part("supervision_process"))][:3]
    ['supervision_process', 'task_details', 'feedback_unit']
    """
    waiting, met = [top], {top.code}
    while waiting:
        one = waiting.pop(0)
        yield one
        for field in one.fields:
            if field.inner and field.inner not in met:
                met.add(field.inner)
                waiting.append(part(field.inner))


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list."""

    code: str
    zh: str
    en: str
    same: tuple[str, ...]


@cache
def codes(name: str) -> MappingProxyType[str, Code]:
    """A code list.

    >>> codes("check_form")["02"].zh
    '专项检查'
    """
    rows = read_toml("exchange.toml")["codes"][name]
    return MappingProxyType({code: Code(code, row["zh"], row["en"], tuple(row["same"])) for code, row in rows.items()})


@cache
def code_of(name: str, written: str) -> str | None:
    """The code that somebody else's way of writing it means, if any.

    >>> code_of("level", "红"), code_of("level", "middleHigh"), code_of("level", "?")
    ('01', '02', None)
    """
    for code in codes(name).values():
        if written in (code.code, code.zh, *code.same):
            return code.code
    return None


def limits() -> Mapping[str, int]:
    """How much is taken and sent at once: ``[limits]`` of ``exchange.toml``."""
    found: Mapping[str, int] = read_toml("exchange.toml")["limits"]
    return found


def fields_of_models() -> Mapping[str, str]:
    """The domain id on the wire of each of our models."""
    found: Mapping[str, str] = read_toml("exchange.toml")["fields_of_models"]
    return found


@cache
def _fields() -> dict[str, tuple[Field, ...]]:
    found: dict[str, list[Field]] = {}
    for row in read_csv("exchange_fields.csv"):
        kind, _, inner = row["type"].partition(":")
        made = Field(
            row["name"], kind, int(row["length"] or 0), row["need"] == "y", row["codes"], inner, row["zh"], row["en"], row["source"]
        )
        found.setdefault(row["part"], []).append(made)
    return {code: tuple(rows) for code, rows in found.items()}


def _act_part(kind: str) -> Part:
    """The fields of a kind of act, in the order of ``acts.toml``."""
    fields = []
    for one in acts.kinds()[kind].fields.values():
        written, inner = _ACT_KINDS.get(one.kind, one.kind), "act_item" if one.kind == "table" else ""
        zh, en = one.label
        values = "、".join(one.more.get("values", ()))
        fields.append(Field(one.name, written, one.limit or 0, one.required, values, inner, zh, en, "C2"))
    return Part(f"act.{kind}", tuple(fields), ())


_ACT_KINDS = {"date": "day", "table": "many", "code": "pattern"}


def _check(row: Mapping[str, Any]) -> Check:
    told = {name: value for name, value in row.items() if name != "part"}
    return Check(**{**told, "fields": tuple(told.get("fields", ()))})


def _at(values: Mapping[str, Any], path: str) -> str:
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""
