"""Disguised copies of texts to learn from: the same message as somebody writes it who hides it. Text in, text out; a seed decides.

Signs that sound alike, signs that look alike or that nobody expects, Latin letters for a sign, something put between two signs. The tables come from
what `features` knows of spellings, so nothing here is taken from the attacks that measure (`experiments.attacks` has its own).

A copy belongs to its original: same label, same weight, same group, so same fold. It is learnt from, and is never calibrated on, chosen by or measured.

>>> rng = np.random.default_rng(1)
>>> disguised("三个疗程根治糖尿病", "separator", 0.3, rng), disguised("三个疗程根治糖尿病", "sound", 0.3, rng)
('三个疗程№根_治糖尿病', '三个疗成根治糖鸟病')
>>> copies(["药到病除", "早上好"], Plan(share=1.0), np.arange(2), seed=0).origin.tolist()
[0, 1]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np

from models.grams import Ints

Kind = Literal["sound", "look", "letters", "separator"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_BETWEEN = "_】~^|﹒ ゞ‥♯✦✿●№"
_LETTERS = dict(zip("aeioslczgbt", "àéíòšłćźğþť", strict=True))
"""Latin letters that look alike: for texts without Chinese."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``share`` of the labelled texts get a disguised copy; in each, a part of the signs between ``least`` and ``most`` is changed.

    A copy weighs ``weight`` times what its original weighs: it says nothing new about the world.
    """

    share: float = 0.5
    least: float = 0.05
    most: float = 0.3
    weight: float = 0.5
    kinds: tuple[Kind, ...] = KINDS

    def __post_init__(self) -> None:
        if not (0.0 < self.share <= 1.0 and 0.0 < self.least <= self.most <= 1.0 and self.weight > 0.0 and self.kinds):
            raise ValueError("augment: 0 < share <= 1, 0 < least <= most <= 1, weight > 0 and at least one kind are needed")


@dataclass(frozen=True, slots=True)
class Copies:
    """Disguised texts, and the row that each was made from."""

    texts: list[str]
    origin: Ints


def copies(texts: Sequence[str], plan: Plan, rows: Ints, seed: int) -> Copies:
    """Copies of some of the rows, drawn by a seed. A text that cannot be disguised has none."""
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(rows, round(plan.share * len(rows)), replace=False)) if len(rows) else rows
    made: list[str] = []
    origin: list[int] = []
    for row in drawn.tolist():
        kind = plan.kinds[int(rng.integers(len(plan.kinds)))]
        text = disguised(texts[row], kind, float(rng.uniform(plan.least, plan.most)), rng)
        if text != texts[row]:
            made.append(text)
            origin.append(row)
    return Copies(made, np.array(origin, dtype=np.int64))


def disguised(text: str, kind: Kind, share: float, rng: np.random.Generator) -> str:
    """The text with a share of its signs changed, at least one where any can be. Digits stay: they are how a seller is reached."""
    places = [i for i, c in enumerate(text) if _open(text, i, c, kind)]
    if not places or share <= 0:
        return text
    signs = list(text)
    for i in rng.choice(places, min(len(places), max(1, round(share * len(places)))), replace=False).tolist():
        signs[i] = _instead(signs[i], kind, rng)
    return "".join(signs)


def _open(text: str, i: int, c: str, kind: Kind) -> bool:
    if not _han(c):
        return kind in ("look", "separator") and "a" <= c.lower() <= "z" and (c.lower() in _LETTERS or kind == "separator")
    if kind == "sound":
        return c in _sounds()
    if kind == "letters":
        return c in _readings()
    return kind == "look" or (i + 1 < len(text) and _han(text[i + 1]))


def _instead(c: str, kind: Kind, rng: np.random.Generator) -> str:
    if kind == "separator":
        return c + _BETWEEN[int(rng.integers(len(_BETWEEN)))]
    if kind == "letters":
        return _readings()[c]
    if not _han(c):
        return _LETTERS[c.lower()]
    others = _sounds()[c] if kind == "sound" else _stand_ins().get(c, "")
    if kind == "look" and (not others or rng.random() < 0.5):  # a sign that nobody expects: no table holds them all
        return chr(int(rng.integers(0x4E00, 0x9FA6)))
    return others[int(rng.integers(len(others)))]


def _han(c: str) -> bool:
    return "\u3400" <= c <= "\u9fff"


def _readings() -> dict[str, str]:
    from features.phrases import READINGS

    return READINGS


def _stand_ins() -> dict[str, str]:
    from features.phrases import STAND_INS

    return STAND_INS


@cache
def _sounds() -> dict[str, str]:
    """Sign → others that are read alike, and those that are known to be written for it."""
    of_reading: dict[str, str] = {}
    for sign, reading in _readings().items():
        of_reading[reading] = of_reading.get(reading, "") + sign
    found = {sign: of_reading[reading].replace(sign, "") + _stand_ins().get(sign, "") for sign, reading in _readings().items()}
    return {sign: others for sign, others in found.items() if others}
