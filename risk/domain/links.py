"""What subjects may share: an address, a telephone, a legal representative. How a register says them, and when two are the same.

The rule: a key is made only of a value that says where or who; a missed relation costs less than a false one.

>>> one = keys_of({"住所": "湖北省武汉市江岸区中山大道１号 三楼", "联系电话": "027-8888 6666", "region": "420102"})
>>> two = keys_of({"address": "武汉市江岸区中山大道1号3楼", "phone": "13800138000、02788886666", "region": "420102"})
>>> one["same_address"] == two["same_address"], len(two["same_phone"]), set(one["same_phone"]) <= set(two["same_phone"])
(True, 2, True)

Not ok: taking a name alone for a person. It counts within one city, a number of identity everywhere:

>>> keys_of({"法定代表人": "张三", "region": "420102"}) == keys_of({"法定代表人": "张三", "region": "420502"})
False
>>> keys_of({"address": "不详", "phone": "无", "legal_person": "张三"})
{'same_address': (), 'same_phone': (), 'same_person': ()}
>>> keys_of({"name": "某店"})
{}
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from risk.domain.signals import digest

RELATIONS: tuple[tuple[str, str], ...] = (("same_address", "同址"), ("same_phone", "同电话"), ("same_person", "同法定代表人"))

HEADERS: Mapping[str, tuple[str, ...]] = {
    "address": ("address", "dom", "oploc", "住所", "地址", "注册地址", "经营地址", "经营场所", "住所地"),
    "phone": ("phone", "telephone", "mobile", "tel", "电话", "联系电话", "手机", "手机号码", "联系方式"),
    "legal_person": ("legal_person", "legal_representative", "法定代表人", "法人代表", "法人", "负责人", "经营者"),
    "legal_person_id": ("legal_person_id", "法定代表人证件号码", "法定代表人身份证号", "负责人证件号码"),
}
"""Our facts and the columns that are taken for them, the surest first."""

_NOTHING = frozenset(("", "无", "不详", "未知", "暂无", "待核", "none", "null", "nan", "-"))
_NUMERAL = str.maketrans("零〇一二两三四五六七八九", "001223456789")
_FLOOR = re.compile(r"[零〇一二两三四五六七八九]+(?=[号楼层栋幢座室组])|(?<![十百])十(?=[号楼层栋幢座室组])")
_PROVINCE = re.compile(r"^(?:中国)?(?:[\u4e00-\u9fff]{2,3}省|[\u4e00-\u9fff]{2,8}自治区)")
_CITY = re.compile(r"^[\u4e00-\u9fff]{2,4}?市(?=[\u4e00-\u9fff]{1,4}?[区县市])")
_SHORTEST = 5


def keys_of(row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Relation → the digests of a register row's values; a relation whose columns the row lacks is not in it. ``facts`` of the row are read too."""
    facts = {_header(name): value for name, value in {**dict(row.get("facts") or {}), **row}.items()}
    given = {fact: next((facts[_header(n)] for n in names if facts.get(_header(n)) is not None), None) for fact, names in HEADERS.items()}
    city = str(row.get("region") or "")[:4]
    found: dict[str, tuple[str, ...]] = {}
    if given["address"] is not None:
        found["same_address"] = _digests([address(str(given["address"]), city)])
    if given["phone"] is not None:
        found["same_phone"] = _digests(phones(str(given["phone"])))
    if given["legal_person"] is not None or given["legal_person_id"] is not None:
        found["same_person"] = _digests([person(str(given["legal_person"] or ""), str(given["legal_person_id"] or ""), city)])
    return found


def address(text: str, city: str) -> str | None:
    """An address in one spelling, within the city (the first four digits of its region); nothing where it names no place.

    >>> address("湖北省武汉市江岸区中山大道１号", "4201") == address("江岸区中山大道 1号", "4201")
    True
    >>> address("武汉市", "4201")
    """
    plain = "".join(c for c in _plain(text) if c.isalnum())
    plain = _PROVINCE.sub("", plain)
    if city:
        plain = _CITY.sub("", plain)
    plain = _FLOOR.sub(lambda m: "10" if m.group() == "十" else m.group().translate(_NUMERAL), plain)
    return f"{city}/{plain}" if plain not in _NOTHING and len(plain) >= _SHORTEST else None


def phones(text: str) -> list[str | None]:
    """The telephone numbers of a cell, digits only, without the code of the country.

    >>> phones("+86 138-0013-8000；027-88886666 转 801，12315")
    ['13800138000', '02788886666']
    """
    found: list[str | None] = []
    for part in re.split(r"[;,、/|\n]|或|和|转", _plain(text)):
        digits = re.sub(r"\D", "", part)
        digits = re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$)", "", digits)
        if 7 <= len(digits) <= 12:
            found.append(digits)
    return found


def person(name: str, number: str, city: str) -> str | None:
    """Who represents a subject: by number of identity, else by name within a city."""
    identity = re.sub(r"[^0-9x]", "", _plain(number))
    if len(identity) in (15, 18):
        return f"id/{identity}"
    bare = "".join(c for c in _plain(name) if c.isalnum() or c == "·")
    return f"{city}/{bare}" if city and len(bare) >= 2 and bare not in _NOTHING else None


def _digests(values: list[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(digest(value) for value in values if value))


def _header(name: str) -> str:
    return _plain(name).replace(" ", "_")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", str(text)).casefold().strip()
