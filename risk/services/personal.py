"""Personal data in what is stored: shown masked to everybody, plain only by an act of its own, with a reason, counted and in the audit.

Found by shape (:mod:`risk.domain.masking`) and, where a text hides its contacts (薇信, 1三八…), by the features that judge it (`features.contacts`). Principals who hold
``personal.read`` see stars too, also while no account exists: to see more is an act, not a state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from risk.domain.masking import Hidden, found, hide, masked_field
from risk.domain.masking import masked as _masked

_WORTH = re.compile(
    r"[0-9０-９A-Za-zＡ-Ｚａ-ｚ零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖①-⑨㈠-㈨❶-❾]{2}|联系人|举报人|投诉人|姓名|户名|住址|地址|代表人|负责人|人[:：]|患者"
)
_CONTACTS = re.compile(r"\d.{0,4}\d.{0,4}\d|[A-Za-zＡ-Ｚａ-ｚ]|[一二三四五六七八九零幺].{0,2}[一二三四五六七八九零幺]", re.DOTALL)
_KINDS = {"phone": (3, 4), "wechat": (1, 1), "qq": (1, 1), "telegram": (1, 1)}


@lru_cache(maxsize=8_192)
def masked(text: str) -> str:
    """A text as it may be shown: same length, so that offsets into it hold.

    >>> masked("加薇信 abc_123，电话13800138000"), masked("不含个人信息")
    ('加薇信 a*****3，电话138****8000', '不含个人信息')
    """
    return _masked(text, _parts) if _WORTH.search(text) else text


def masked_json(value: Any) -> Any:
    """A stored row, field or detail as it may be shown, known by the names of its parts and by what their texts look like."""
    return masked_field("", value, masked)


def masked_like(value: Any, text: str) -> Any:
    """What was said of a text (quotations, reasons) as it may be shown: what is hidden in the text is hidden wherever it is repeated.

    >>> masked_like({"quotes": ["abc123"]}, "加微信abc123")
    {'quotes': ['a****3']}
    """
    secrets = _secrets(text)
    return _replaced(value, secrets)


def _replaced(value: Any, secrets: tuple[tuple[str, str], ...]) -> Any:
    if isinstance(value, str):
        for plain, shown in secrets:
            if plain in value:
                value = value.replace(plain, shown)
        return _by_shape(value)
    if isinstance(value, dict):
        return {key: _replaced(one, secrets) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        made = [_replaced(one, secrets) for one in value]
        return made if isinstance(value, list) else tuple(made)
    return value


@lru_cache(maxsize=16_384)
def _by_shape(text: str) -> str:
    """What reasons repeat from page to page (rules, articles, advice) is looked at once."""
    return _masked(text) if _WORTH.search(text) else text


@lru_cache(maxsize=2_048)
def _secrets(text: str) -> tuple[tuple[str, str], ...]:
    """What a text hides, as (as written, as shown), the longest first."""
    shown = masked(text)
    pairs = set(_as_read(text))
    for match in re.finditer(r"[^\s,，。;；:：!！?？]+", text):
        a, b = match.span()
        changed = [i for i in range(a, b) if text[i] != shown[i]]
        if changed:
            first, last = changed[0], changed[-1] + 1
            while first > a and text[first - 1].isascii() and text[first - 1].isalnum():
                first -= 1
            while last < b and text[last].isascii() and text[last].isalnum():
                last += 1
            pairs.add((text[first:last], shown[first:last]))
    return tuple(sorted((pair for pair in pairs if len(pair[0]) > 3), key=lambda pair: (-len(pair[0]), pair)))


def _parts(text: str) -> Iterator[Hidden]:
    yield from found(text)
    if _CONTACTS.search(text) is None:
        return
    from features.contacts import contacts
    from features.normalise import normalise

    for one in contacts(normalise(text)):
        hidden = _contact(one.kind, one.value)
        places = [i for i in range(one.start, one.end) if text[i].isalnum() or text[i] in "_*"][-len(one.value) :]
        if hidden is not None and places:
            yield Hidden(one.kind, places[0], places[-1] + 1, hidden.head, hidden.tail)


def _contact(kind: str, value: str) -> Hidden | None:
    """How a way of getting in touch is hidden, if it is a person's."""
    if kind not in _KINDS or not value or value.startswith(("400", "800")):
        return None
    head, tail = (2, 2) if kind == "phone" and len(value) < 11 else _KINDS[kind]
    return Hidden(kind, 0, len(value), head, tail)


def _as_read(text: str) -> Iterator[tuple[str, str]]:
    """Contacts as the features read them (abc123 where a b c 1 2 3 is written), with how they are shown."""
    if _CONTACTS.search(text) is None:
        return
    from features.contacts import contacts
    from features.normalise import normalise

    for one in contacts(normalise(text)):
        hidden = _contact(one.kind, one.value)
        if hidden is not None:
            yield one.value, hide(one.value, [hidden])
