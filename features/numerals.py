"""Numbers as people write them: 3.5, 1,200, 八十, 一万二, 2.5w, 半.

>>> [value(s) for s in ("3.5", "1,200", "八十", "一万二", "2.5w", "十五", "三千五", "两", "半", "一点五", "贰拾")]
[3.5, 1200.0, 80.0, 12000.0, 25000.0, 15.0, 3500.0, 2.0, 0.5, 1.5, 20.0]

What is no number is nan, as are masked digits:

>>> value("xx"), value("")
(nan, nan)
"""

import math
import re
from functools import lru_cache

HAN = "零一二两三四五六七八九十百千半壹贰叁肆伍陆柒捌玖拾佰仟"
NUMBER = rf"(?:\d{{1,15}}(?:,\d{{3}}){{0,5}}(?:\.\d{{1,9}})?|[{HAN}]{{1,16}}(?:点[{HAN}]{{1,9}})?)"
"""a number without a big unit; a group-free pattern to build others from, bounded so that a page of digits costs no more than its length"""
AMOUNT = rf"(?:{NUMBER}[万亿千百wk]?(?:[{HAN}](?![天日月年周个季]))?)"
"""a number with 万, 亿, w …"""

_DIGIT = dict(zip("零一二两三四五六七八九壹贰叁肆伍陆柒捌玖", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_BIG = {"万": 1e4, "亿": 1e8, "w": 1e4, "k": 1e3, "千": 1e3, "百": 1e2}
_ARABIC = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)([万亿千百wk]?)(.*)")


@lru_cache(maxsize=4096)
def value(text: str) -> float:
    """The number, or nan."""
    text = text.strip()
    m = _ARABIC.fullmatch(text)
    if m:
        base = float(m[1].replace(",", "")) * _BIG.get(m[2], 1.0)
        tail = _DIGIT.get(m[3]) if m[3] else 0
        return math.nan if tail is None else base + tail * _BIG.get(m[2], 0.0) / 10
    return _chinese(text)


def _chinese(text: str) -> float:
    for unit in ("亿", "万", "w"):
        if unit in text:
            head, tail = text.split(unit, 1)
            rest = _chinese(tail) * (_BIG[unit] / 10 if len(tail) == 1 and tail in _DIGIT else 1) if tail else 0.0
            return (_chinese(head) if head else 1.0) * _BIG[unit] + rest
    if "点" in text:
        head, tail = text.split("点", 1)
        if not tail or any(c not in _DIGIT for c in tail):
            return math.nan
        return _chinese(head) + float("0." + "".join(str(_DIGIT[c]) for c in tail))
    return _small(text)


def _small(text: str) -> float:
    if text == "半":
        return 0.5
    if not text or any(c not in _DIGIT and c not in _TENS for c in text):
        return math.nan
    if all(c in _DIGIT for c in text):
        return float("".join(str(_DIGIT[c]) for c in text))
    total, digit, unit = 0.0, -1, 1
    for c in text:
        if c in _TENS:
            unit = _TENS[c]
            total += (1 if digit < 0 else digit) * unit
            digit = -1
        else:
            digit = _DIGIT[c]
            unit = 1 if c == "零" else unit
    if digit > 0:
        total += digit * (unit / 10 if unit > 10 else 1)
    return total
