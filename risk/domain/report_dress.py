"""What a document of GB/T 9704-2012 carries besides its text, where it is given: 份号, 密级, 紧急程度, 发文机关标志, 主送, 抄送, 附件 … Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register

register(
    {
        "report_dress": ("公文要素“{name}”的值不可用：{value}", "the value of `{name}` cannot be used: {value}"),
        "report_dress.hint": ("{allowed}", "{allowed}"),
        "report_dress_unknown": ("没有这个公文要素：{name}", "there is no such part of a document: {name}"),
        "report_dress_unknown.hint": ("可选：{known}", "one of: {known}"),
    }
)

TEXTS = MappingProxyType(
    {
        "letterhead": Told("发文机关标志", "letterhead"),
        "issuer": Told("发文机关署名", "who issues it"),
        "printer": Told("印发机关", "who prints it"),
        "date": Told("成文日期", "date of the document"),
        "signer": Told("签发人", "who signs it"),
    }
)
LISTS = MappingProxyType({"addressees": Told("主送", "to"), "copies": Told("抄送", "copies to"), "annexes": Told("附件", "annexes")})
CODES = MappingProxyType(
    {
        "copy_number": (re.compile(r"\d{6}"), Told("份号为六位数字", "six digits")),
        "secrecy": (
            re.compile(r"(?:秘密|机密|绝密)(?:★.{1,12})?"),
            Told("秘密、机密或绝密，可加★和保密期限", "秘密, 机密 or 绝密, with ★ and a term if need be"),
        ),
        "urgency": (re.compile(r"特急|加急"), Told("特急或加急", "特急 or 加急")),
    }
)
MOST, LONGEST = 40, 120


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that are given, cleaned; empty ones are left out. ``report_dress``, ``report_dress_unknown``.

    >>> checked({"copies": ["省政府办公厅 ", ""], "copy_number": "000001", "issuer": ""})
    {'copies': ['省政府办公厅'], 'copy_number': '000001'}
    """
    made: dict[str, Any] = {}
    for name, value in values.items():
        if value in (None, "", [], ()):
            continue
        made[name] = _one(name, value)
    return {name: value for name, value in made.items() if value}


def _one(name: str, value: Any) -> Any:
    if name in LISTS:
        if not isinstance(value, (list, tuple)) or len(value) > MOST or not all(isinstance(one, str) for one in value):
            raise InvalidInputError(
                "report_dress", name=LISTS[name], value=str(value)[:80], allowed=Told(f"至多 {MOST} 项文字", f"at most {MOST} texts")
            )
        return [one for one in (_clean(each) for each in value) if one]
    if not isinstance(value, str):
        raise InvalidInputError("report_dress", name=name, value=str(value)[:80], allowed=Told("文字", "a text"))
    if name in TEXTS:
        return _clean(value)
    if name not in CODES:
        raise InvalidInputError("report_dress_unknown", name=name[:40], known=", ".join([*TEXTS, *LISTS, *CODES]))
    pattern, allowed = CODES[name]
    if not pattern.fullmatch(value.strip()):
        raise InvalidInputError("report_dress", name=name, value=value[:80], allowed=allowed)
    return value.strip()


def _clean(text: str) -> str:
    return " ".join("".join(one for one in text if one.isprintable() or one == " ").split())[:LONGEST]
