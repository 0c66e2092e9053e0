"""Divisions of Hubei by GB/T 2260: 17 divisions (地市州 and those directly under the province), 103 counties, and two statistical codes.

``4290xx`` (仙桃, 潜江, 天门, 神农架) have no prefecture: their parent is the province. ``421071`` and ``421171`` occur in data but are not statutory:
they have a parent and no office of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from risk.domain.datafiles import read_csv

PROVINCE = "420000"


@dataclass(frozen=True, slots=True)
class Division:
    """One division; ``level`` is ``province``, ``city`` (prefecture) or ``county``; ``parent`` is empty for the province."""

    code: str
    name_zh: str
    name_en: str
    parent: str
    level: str
    statutory: bool


def _load() -> dict[str, Division]:
    return {
        row["code"]: Division(row["code"], row["name_zh"], row["name_en"], row["parent"], row["level"], row["statutory"] == "yes")
        for row in read_csv("divisions.csv")
    }


DIVISIONS = MappingProxyType(_load())
"""Every division by its code, in the order of the codes."""

_SUFFIX = re.compile(r"(土家族自治县|土家族苗族自治州|林区|经济技术开发区|管理区|省|市|县|区)$")
_NOT_SHORT = frozenset({"公安"})  # 公安县 is a place in Jingzhou; 公安 alone is the police
_ALIASES = {"恩施州": "422800", "湖北": PROVINCE, "神农架": "429021", "荆州开发区": "421071", "荆州经开区": "421071"}


def parents(code: str) -> tuple[str, ...]:
    """The chain above a division, nearest first; ``KeyError`` for a code that is not one of ours.

    >>> parents("420102"), parents("429004")
    (('420100', '420000'), ('420000',))
    """
    chain = []
    while up := DIVISIONS[code].parent:
        chain.append(up)
        code = up
    return tuple(chain)


@cache
def children(code: str) -> tuple[str, ...]:
    """The divisions right below; those of the province are the 17.

    >>> len(children("420000")), children("420700")
    (17, ('420702', '420703', '420704'))
    """
    return tuple(d.code for d in DIVISIONS.values() if d.parent == code)


def name(code: str, lang: str = "zh", *, full: bool = False) -> str:
    """The name in ``zh`` or ``en``; ``full`` puts the city before (Chinese) or after (English) it. An unknown code is returned as it is.

    >>> name("420102"), name("420102", full=True), name("420102", "en", full=True)
    ('江岸区', '武汉市江岸区', "Jiang'an District, Wuhan City")
    """
    division = DIVISIONS.get(code)
    if division is None:
        return code
    city = DIVISIONS[division.parent] if full and division.level == "county" and division.parent != PROVINCE else None
    if lang == "zh":
        return (city.name_zh if city else "") + division.name_zh
    return f"{division.name_en}, {city.name_en}" if city else division.name_en


@lru_cache(maxsize=4096)
def resolve(text: str | None) -> str | None:
    """The code of what a row calls its region, or ``None``. It would rather not know than guess.

    Accepted: codes of 6, 9 or 12 digits (an unknown county of a known city gives the city), full and short names (武汉, 江岸), English names, and addresses
    that begin with them (湖北省武汉市江汉区…). A short county name counts only when nothing follows it, and 公安 alone is the police, not 公安县.

    >>> resolve("湖北省武汉市江汉区解放大道1号"), resolve("江岸"), resolve("420102001"), resolve("荆州公安"), resolve("公安县"), resolve("北京市朝阳区")
    ('420103', '420102', '420102', '421000', '421022', None)
    """
    text = re.sub(r"[\s,，/·>-]+", "", text or "")
    if not text:
        return None
    if re.fullmatch(r"[0-9]{6}([0-9]{3}|[0-9]{6})?", text, re.ASCII):
        return _resolve_code(text[:6])
    english = _english().get(text.lower())
    return english or _resolve_name(text)


def _resolve_code(code: str) -> str | None:
    if code in DIVISIONS:
        return code
    city = code[:4] + "00"
    if city in DIVISIONS:
        return city
    return PROVINCE if code[:2] == PROVINCE[:2] and code[2:4] in ("00", "90") else None


def _resolve_name(text: str) -> str | None:
    found: str | None = None
    while text:
        step = _longest(text, within=found)
        if step is None:
            break
        found, length = step
        text = text[length:]
        if DIVISIONS[found].level == "county":
            break
    return found


def _longest(text: str, within: str | None) -> tuple[str, int] | None:
    """The longest name that ``text`` begins with: a full name or a city's short name anywhere, a county's short name only as the whole text."""
    for size in range(min(len(text), _LONGEST_NAME), 1, -1):
        head = text[:size]
        code = _full().get(head)
        if code is None:
            code = _short().get(head)
            if code is not None and DIVISIONS[code].level == "county" and size != len(text):
                code = None
        if code is not None and (within is None or within in parents(code)):
            return code, size
    return None


@cache
def _full() -> dict[str, str]:
    return {d.name_zh: d.code for d in DIVISIONS.values()}


@cache
def _short() -> dict[str, str]:
    shorts = dict(_ALIASES)
    for level in ("province", "city", "county"):  # 荆州 and 恩施 alone are the prefectures
        for division in DIVISIONS.values():
            stem = _SUFFIX.sub("", division.name_zh)
            if division.level == level and len(stem) > 1 and stem not in _NOT_SHORT:
                shorts.setdefault(stem, division.code)
    return shorts


@cache
def _english() -> dict[str, str]:
    return {d.name_en.replace(" ", "").lower(): d.code for d in DIVISIONS.values()}


_LONGEST_NAME = max(len(d.name_zh) for d in DIVISIONS.values())
