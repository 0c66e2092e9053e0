"""统一社会信用代码 (GB 32100-2015): shape and check character. A wrong check character is a warning about data, never a reason to refuse a row:
real registers hold such codes."""

from __future__ import annotations

import re

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)


def well_formed(code: str) -> bool:
    """Whether it is 18 characters of the standard's alphabet, with six digits of a division in it.

    >>> well_formed("91350100M000100Y43"), well_formed("91350100M000100Y4"), well_formed("9135O100M000100Y43")
    (True, False, False)
    """
    return _SHAPE.fullmatch(code) is not None


def checks(code: str) -> bool:
    """Whether the last character is the right one.

    >>> checks("91350100M000100Y43"), checks("91512081MA62K0260E"), checks("91350100M000100Y4Z")
    (True, True, False)
    """
    if not well_formed(code):
        return False
    total = sum(_VALUES[character] * weight for character, weight in zip(code, _WEIGHTS, strict=False))
    return _VALUES[code[17]] == (31 - total % 31) % 31
