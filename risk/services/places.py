"""Regions in lists: a filter that includes what lies below, and names beside codes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from risk.domain import regions
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "region_not_known": ("没有这个地区：{region}", "no such region: {region}"),
        "region_not_known.hint": (
            "用行政区划代码（如 420100）或名称（如 武汉市）",
            "use a division code such as 420100, or a name such as 武汉市",
        ),
    }
)


def inside(column: ColumnElement[Any], region: str) -> ColumnElement[bool]:
    """Whether a column of division codes lies in a region: the division itself or what is below it. ``InvalidInputError`` for an unknown one."""
    code = code_of(region)
    stem = stem_of(code)
    return column == code if stem == code else column.startswith(stem)


def code_of(region: str) -> str:
    """The code of a place given by code or name; ``InvalidInputError`` (``region_not_known``)."""
    code = regions.resolve(region[:100])
    if code is None:
        raise InvalidInputError("region_not_known", region=region[:80])
    return code


def stem_of(code: str) -> str:
    """The digits that all divisions inside share.

    >>> stem_of("420000"), stem_of("420100"), stem_of("420102"), stem_of("429004")
    ('42', '4201', '420102', '429004')
    """
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def place(code: str | None, lang: str) -> str | None:
    """The full name of a division, or nothing.

    >>> place("420102", "zh"), place(None, "zh")
    ('武汉市江岸区', None)
    """
    return regions.name(code, lang, full=True) if code else None
