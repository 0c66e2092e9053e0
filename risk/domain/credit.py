"""Credit risk classes of enterprises (企业信用风险分类 A–D, 国市监信发〔2022〕6号): a row as it is given, cleaned, or what is wrong with it.

Classes come from whoever makes them. None is ever derived here, least of all from an alert: a clue without a verdict says nothing of a firm's credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from risk.domain import uscc as codes
from risk.domain.datafiles import read_toml
from risk.domain.messages import Told, register
from risk.domain.mistakes import Mistake, short, storable

CLASSES = ("A", "B", "C", "D")

register(
    {
        "credit_uscc": ("统一社会信用代码不是 18 位代码：{value}", "not a code of 18 characters: {value}"),
        "credit_class": ("信用风险分类应为 A、B、C、D：{value}", "a credit class is A, B, C or D: {value}"),
        "credit_date": ("日期无法识别：{value}", "not a date: {value}"),
        "credit_order": ("有效期早于分类日期：{value}", "it ends before it begins: {value}"),
        "credit_future": ("分类日期晚于导入日：{value}", "the class is of a day still to come: {value}"),
        "credit_columns": ("文件缺少列：{columns}", "the file lacks columns: {columns}"),
        "credit_columns.hint": (
            "需要统一社会信用代码、信用风险分类、分类日期三列",
            "needed: the code (uscc), the class, the day it was assessed (assessed_on)",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class CreditRow:
    """One class of one enterprise."""

    uscc: str
    name: str | None
    class_code: str
    assessed_on: date
    valid_to: date | None


@cache
def titles() -> dict[str, Told]:
    """Class → its words.

    >>> titles()["D"].en
    'high credit risk'
    """
    return {row["code"]: Told(row["zh"], row["en"]) for row in read_toml("credit.toml")["class"]}


def columns_of(header: tuple[str, ...]) -> dict[str, str]:
    """Our field → the column that is taken for it.

    >>> columns_of(("企业名称", "统一社会信用代码", "信用风险分类", "分类日期"))
    {'uscc': '统一社会信用代码', 'name': '企业名称', 'class': '信用风险分类', 'assessed_on': '分类日期'}
    """
    given = {name.strip().lower(): name for name in header}
    found = {}
    for field, names in read_toml("credit.toml")["columns"].items():
        column = next((given[name.lower()] for name in names if name.lower() in given), None)
        if column is not None:
            found[field] = column
    return found


def read_row(values: Mapping[str, Any], columns: Mapping[str, str], today: date) -> CreditRow | Mistake:
    """A row of a file, or the first thing that is wrong with it.

    >>> columns = {"uscc": "代码", "class": "类", "assessed_on": "日"}
    >>> read_row({"代码": "91350100M000100Y43", "类": "C类", "日": "2026-09-30"}, columns, date(2026, 10, 12)).class_code
    'C'
    >>> read_row({"代码": "91350100M000100Y43", "类": "E", "日": "2026-09-30"}, columns, date(2026, 10, 12)).text("en")
    'a credit class is A, B, C or D: E'
    """
    code = _text(values, columns, "uscc").upper()
    if not codes.well_formed(code):
        return Mistake("credit_uscc", columns["uscc"], {"value": short(code)})
    given = _text(values, columns, "class").upper().removesuffix("类").removesuffix("级")
    if given not in CLASSES:
        return Mistake("credit_class", columns["class"], {"value": short(given)})
    days: dict[str, date | None] = {"valid_to": None}
    for field in ("assessed_on", "valid_to"):
        if field in columns and (text := _text(values, columns, field)):
            day = _day(text)
            if day is None:
                return Mistake("credit_date", columns[field], {"value": short(text)})
            days[field] = day
    begun, ends = days.get("assessed_on"), days["valid_to"]
    if begun is None:
        return Mistake("credit_date", columns["assessed_on"], {"value": "-"})
    if begun > today:
        return Mistake("credit_future", columns["assessed_on"], {"value": begun.isoformat()})
    if ends is not None and ends < begun:
        return Mistake("credit_order", columns["valid_to"], {"value": ends.isoformat()})
    name = _text(values, columns, "name")
    return CreditRow(code, name[:400] if name and storable(name) else None, given, begun, ends)


def _text(values: Mapping[str, Any], columns: Mapping[str, str], field: str) -> str:
    value = values.get(columns[field]) if field in columns else None
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else str(value).strip()


def _day(text: str) -> date | None:
    clean = text.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")[:10].strip()
    parts = clean.split("-") if "-" in clean else [clean[:4], clean[4:6], clean[6:8]]
    try:
        return date(*(int(part) for part in parts)) if len(parts) == 3 else None
    except ValueError:
        return None
