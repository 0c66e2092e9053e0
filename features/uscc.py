"""统一社会信用代码 (unified social credit code), GB 32100-2015.

The rule: a wrong check digit is a remark about the data, never a rejection; real registers hold such codes.

>>> check_uscc("91350100M000100Y43"), check_uscc("91350100M000100Y4Z"), check_uscc("91350100M0001TGQXM")
(<UsccState.WELL_FORMED: 'well_formed'>, <UsccState.MALFORMED: 'malformed'>, <UsccState.CHECKSUM_WRONG: 'checksum_wrong'>)
>>> check_uscc(" 9131000063159284xq "), check_uscc(None)
(<UsccState.WELL_FORMED: 'well_formed'>, <UsccState.ABSENT: 'absent'>)
"""

import re
from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}\d{{6}}[{ALPHABET}]{{10}}")


class UsccState(StrEnum):
    """What a code looks like on its face."""

    ABSENT = "absent"
    MALFORMED = "malformed"
    CHECKSUM_WRONG = "checksum_wrong"
    WELL_FORMED = "well_formed"


def check_digit(first17: str) -> str:
    """The eighteenth character that the first seventeen ask for.

    >>> check_digit("91512081MA62K0260")
    'E'
    """
    total = sum(ALPHABET.index(c) * w for c, w in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def check_uscc(code: str | None) -> UsccState:
    """The state of a code; case, spaces and hyphens around and inside it do not matter."""
    bare = re.sub(r"[\s-]", "", code or "").upper()
    if not bare:
        return UsccState.ABSENT
    if not _SHAPE.fullmatch(bare):
        return UsccState.MALFORMED
    return UsccState.WELL_FORMED if check_digit(bare[:17]) == bare[17] else UsccState.CHECKSUM_WRONG
