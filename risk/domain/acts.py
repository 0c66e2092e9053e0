"""Acts of supervision (监管行为): inspection, penalty, enforcement, other. Which fields a record has, and everything that is wrong with one. Pure.

The fields are data (``acts.toml``; domain notes §3.5). Used where officers enter an act with their verdict and where records are exchanged with others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from risk.domain import uscc
from risk.domain.datafiles import read_toml
from risk.domain.masking import masked_address, masked_name
from risk.domain.messages import Told
from risk.domain.mistakes import Mistake, short, storable
from risk.domain.money import fen_of, yuan_of

KINDS = ("inspection", "penalty", "enforcement", "other")
NO, YES = frozenset({"否", "no", "false", "0"}), frozenset({"是", "yes", "true", "1"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record. ``kind``: text, code, choice, date, yes_no, amount, people, table, uscc, party."""

    name: str
    label: Told
    kind: str
    required: bool
    limit: int | None
    personal: bool
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActKind:
    """One kind of act with its fields by name, and the field that says when it happened."""

    code: str
    label: Told
    fields: Mapping[str, Field]
    happened: str
    order: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Act:
    """A record without mistakes, as it is stored: dates as ISO text, money as yuan with two decimals, nothing that was not given."""

    kind: str
    number: str
    name: str
    matter_code: str
    happened_on: date | None
    fined_fen: int | None
    fields: Mapping[str, Any]


@cache
def kinds() -> Mapping[str, ActKind]:
    """Every kind of act.

    >>> [f.name for f in kinds()["penalty"].fields.values() if f.required and f.kind == "yes_no"]
    ['criminal', 'major']
    """
    data = read_toml("acts.toml")
    return MappingProxyType({code: _kind(code, data[code], data["common"]["fields"]) for code in KINDS})


def check(kind: str, record: Mapping[str, Any]) -> tuple[Act | None, tuple[Mistake, ...]]:
    """The record, cleaned, or everything that is wrong with it, by field.

    >>> _, wrong = check("other", {"matter_code": "123", "fine": "1"})
    >>> [(m.place, m.code) for m in wrong][:3]
    [('fine', 'mistake_unknown_field'), ('matter_code', 'mistake_pattern'), ('object_name', 'mistake_required')]
    """
    found = kinds().get(kind)
    if found is None:
        return None, (
            Mistake("mistake_choice", "kind", {"field": Told("行为种类", "kind"), "value": short(kind), "known": ", ".join(KINDS)}),
        )
    wrong = [Mistake("mistake_unknown_field", short(name), {"field": short(name)}) for name in record if name not in found.fields]
    clean: dict[str, Any] = {}
    for field in found.fields.values():
        value, problem = _read(field, record.get(field.name))
        wrong += [problem] if problem is not None else []
        if value is not None:
            clean[field.name] = value
    wrong += _out_of_order(found, clean)
    if wrong:
        return None, tuple(wrong)
    day = clean.get(found.happened)
    return (
        Act(
            kind=kind,
            number=clean["number"],
            name=clean.get("name") or found.label.zh,
            matter_code=clean["matter_code"],
            happened_on=date.fromisoformat(day) if day else None,
            fined_fen=fen_of(clean["fine"]) if "fine" in clean else None,
            fields=MappingProxyType(clean),
        ),
        (),
    )


def mask(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A record without the names and numbers of persons: of officers, and of a party that is a person (公民).

    >>> mask("inspection", {"inspectors": ["张三", "李四"], "party_nature": "公民", "party_name": "王小明", "party_code": "42010119900101123X"})
    {'inspectors': ['张*', '李*'], 'party_nature': '公民', 'party_name': '王**', 'party_code': '4201************3X'}
    """
    told = dict(fields)
    for field in kinds()[kind].fields.values():
        if field.personal and field.name in told:
            value, cover = told[field.name], _COVERS.get(field.name, masked_name)
            told[field.name] = [cover(one) for one in value] if isinstance(value, list) else cover(value)
    if told.get("party_nature") == "公民":
        told |= {name: _COVERS.get(name, masked_name)(told[name]) for name in _OF_PERSON if name in told}
    return told


def masked_number(number: str) -> str:
    """A number with its ends only; a short one with nothing.

    >>> masked_number("42010119900101123X"), masked_number("123456")
    ('4201************3X', '******')
    """
    return "*" * len(number) if len(number) <= 8 else number[:4] + "*" * (len(number) - 6) + number[-2:]


_COVERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"certificates": masked_number, "party_code": masked_number, "address": masked_address}
)
_OF_PERSON = ("party_name", "object_name", "party_code", "address")


def _kind(code: str, data: Mapping[str, Any], common: list[dict[str, Any]]) -> ActKind:
    fields = {row["name"]: _field(row, code) for row in [*common, *data["fields"]]}
    return ActKind(code, Told(data["zh"], data["en"]), MappingProxyType(fields), data["happened"], tuple((a, b) for a, b in data["order"]))


def _field(row: Mapping[str, Any], kind: str) -> Field:
    return Field(
        name=row["name"],
        label=Told(row["zh"], row["en"]),
        kind=row.get("type", "text"),
        required=row.get("required", False) and kind not in row.get("except", ()),
        limit=row.get("max"),
        personal=row.get("personal", False),
        more=row,
    )


def _read(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    """The value of one field as it is stored, or what is wrong with it."""
    if value is None or (isinstance(value, str | list) and not value) or (isinstance(value, str) and not value.strip()):
        return None, _mistake(field, "mistake_required") if field.required else None
    return _READERS[field.kind](field, value.strip() if isinstance(value, str) else value)


def _text(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    if not isinstance(value, str) or not storable(value):
        return None, _mistake(field, "mistake_text")
    if field.limit is not None and len(value) > field.limit:
        return None, _mistake(field, "mistake_too_long", limit=field.limit)
    return value, None


def _code(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    text, problem = _text(field, value)
    if problem is None and not re.fullmatch(field.more["pattern"], text):
        zh, _, en = field.more["wanted"].partition(" / ")
        return None, _mistake(field, "mistake_pattern", value=text[:60], wanted=Told(zh, en))
    if problem is None and field.more.get("uscc_head") and not uscc.checks(text[:18]):
        return None, _mistake(field, "mistake_uscc", value=text[:18])
    return text, problem


def _uscc(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    text, problem = _text(field, value)
    if problem is None and not uscc.checks(text):
        return None, _mistake(field, "mistake_uscc", value=text[:40])
    return text, problem


def _party(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    """A unified social credit code or the number of an identity card; other certificates have shapes of their own, so eighteen digits alone are checked."""
    text, problem = _text(field, value)
    if problem is None and len(text) == 18 and uscc.well_formed(text) and not _identity_card(text) and not uscc.checks(text):
        return None, _mistake(field, "mistake_uscc", value=text)
    return text, problem


def _identity_card(text: str) -> bool:
    """Whether the check character is that of a citizen's number (GB 11643-1999: weights 2^(17−i) modulo 11)."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


def _choice(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    if value not in field.more["values"]:
        return None, _mistake(field, "mistake_choice", value=short(value), known=", ".join(field.more["values"]))
    return value, None


def _date(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    try:
        return date.fromisoformat(str(value)[:10] if isinstance(value, date) else value).isoformat(), None
    except (TypeError, ValueError):
        return None, _mistake(field, "mistake_date", value=short(value))


def _yes_no(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    if isinstance(value, bool):
        return value, None
    word = str(value).lower()
    return (word in YES, None) if word in YES | NO else (None, _mistake(field, "mistake_yes_no", value=short(word)))


def _amount(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    try:
        return yuan_of(fen_of(value)), None
    except ValueError:
        return None, _mistake(field, "mistake_amount", value=short(value))


def _people(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= 120 and storable(one) for one in value):
        return None, _mistake(field, "mistake_list")
    names = list(dict.fromkeys(one.strip() for one in value if one.strip()))
    least = field.more.get("least", 0)
    return (None, _mistake(field, "mistake_too_few", count=least)) if len(names) < least else (names, None)


def _table(field: Field, value: Any) -> tuple[Any, Mistake | None]:
    columns, choices = set(field.more["columns"]), field.more.get("choice", {})
    if not isinstance(value, list):
        return None, _mistake(field, "mistake_list")
    for row in value:
        if (
            not isinstance(row, Mapping)
            or set(row) != columns
            or not all(isinstance(cell, str) and storable(cell) for cell in row.values())
        ):
            return None, _mistake(field, "mistake_shape")
        for column, known in choices.items():
            if row[column] not in known:
                return None, _mistake(field, "mistake_choice", value=short(row[column]), known=", ".join(known))
    return [dict(row) for row in value], None


def _out_of_order(kind: ActKind, clean: Mapping[str, Any]) -> list[Mistake]:
    return [
        Mistake("mistake_order", later, {"later": kind.fields[later].label, "earlier": kind.fields[earlier].label})
        for earlier, later in kind.order
        if earlier in clean and later in clean and clean[later] < clean[earlier]
    ]


def _mistake(field: Field, code: str, **facts: Any) -> Mistake:
    return Mistake(code, field.name, {"field": field.label, **facts})


_READERS: Mapping[str, Callable[[Field, Any], tuple[Any, Mistake | None]]] = MappingProxyType(
    {
        "text": _text,
        "code": _code,
        "uscc": _uscc,
        "party": _party,
        "choice": _choice,
        "date": _date,
        "yes_no": _yes_no,
        "amount": _amount,
        "people": _people,
        "table": _table,
    }
)
