"""One row of the matter list (监管事项清单): its nine elements and its code, as a file gives them. Pure; columns and their names are ``data/matters.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register

register(
    {
        "matter_columns": ("清单缺少列：{columns}", "the list lacks columns: {columns}"),
        "matter_columns.hint": ("可先下载模板；列名见模板", "take the template: it has the headings"),
        "matter_code": ("事项编码应为 14 位数字：{value}", "a matter's code has 14 digits: {value}"),
        "matter_missing": ("“{column}”不能为空", "`{column}` must not be empty"),
        "matter_long": ("“{column}”超过 {limit} 字", "`{column}` has more than {limit} characters"),
        "matter_twice": ("编码 {value} 重复，另见第 {row} 行", "the code {value} occurs twice, see row {row}"),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list, with the headings that are understood."""

    name: str
    zh: str
    en: str
    names: tuple[str, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class MatterFault:
    """What is wrong with a row; 1 is the first after the heading."""

    row: int
    column: str
    code: str
    zh: str
    en: str


@cache
def columns() -> tuple[Column, ...]:
    """The columns in their order.

    >>> [one.name for one in columns()][:3], len(columns())
    (['code', 'name', 'department'], 10)
    """
    return tuple(Column(**{**row, "names": tuple(row["names"])}) for row in read_toml("matters.toml")["column"])


def headings(found: Sequence[str]) -> dict[str, str]:
    """Column → the heading it has in a file; ``InvalidInputError`` (``matter_columns``) where one is not there.

    >>> headings(["编码", "名称", "部门", "方式", "措施", "对象", "依据", "流程", "结果", "层级", "备注"])["code"]
    '编码'
    """
    there = {heading.strip().lower(): heading for heading in found}
    chosen = {one.name: next((there[name] for name in one.names if name in there), None) for one in columns()}
    missing = [one for one in columns() if chosen[one.name] is None]
    if missing:
        zh, en = ("、".join(one.names[0] for one in missing), ", ".join(one.name for one in missing))
        raise InvalidInputError("matter_columns", columns=Told(zh, en))
    return {name: heading for name, heading in chosen.items() if heading is not None}


def read(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[dict[str, str], ...], tuple[MatterFault, ...]]:
    """Rows by our names, and what is wrong with them.

    >>> row = {one.name: "x" for one in columns()}
    >>> good, wrong = read([{**row, "code": "10000000000001"}, {**row, "code": "7", "basis": " "}])
    >>> len(good), [(one.row, one.column, one.code) for one in wrong]
    (1, [(2, 'code', 'matter_code'), (2, 'basis', 'matter_missing')])
    """
    good: list[dict[str, str]] = []
    wrong: list[MatterFault] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        clean = {one.name: _text(row.get(one.name)) for one in columns()}
        faults = list(_faults(number, clean))
        if not faults and clean["code"] in seen:
            faults.append(_fault(number, columns()[0], "matter_twice", value=clean["code"], row=seen[clean["code"]]))
        wrong += faults
        if not faults:
            seen[clean["code"]] = number
            good.append(clean)
    return tuple(good), tuple(wrong)


def _faults(number: int, clean: Mapping[str, str]) -> list[MatterFault]:
    found = []
    for one in columns():
        value = clean[one.name]
        if one.name == "code" and not re.fullmatch(r"[0-9]{14}", value):
            found.append(_fault(number, one, "matter_code", value=value[:40]))
        elif not value:
            found.append(_fault(number, one, "matter_missing", column=Told(one.zh, one.en)))
        elif len(value) > one.limit:
            found.append(_fault(number, one, "matter_long", column=Told(one.zh, one.en), limit=one.limit))
    return found


def _fault(row: int, column: Column, code: str, /, **facts: Any) -> MatterFault:
    error = InvalidInputError(code, **facts)
    return MatterFault(row, column.name, code, error.text("zh"), error.text("en"))


def _text(value: Any) -> str:
    """A cell as text; a code that a spreadsheet kept as a number is one again."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()
