"""How sellers of the demo hide words: separators, sound-alikes, contact disguises, emoji, traditional characters. Seeded."""

from __future__ import annotations

import random

_SOUND_ALIKE = {
    "治愈": "制愈", "根治": "根制", "处方": "处芳", "保本": "宝本", "集资": "集滋", "收益": "收翌", "投资": "投滋", "疗效": "疗孝",
    "返利": "反利", "药": "葯", "微信": "薇信", "代购": "代狗", "包邮": "苞邮", "利息": "利xi", "注射": "注she", "医院": "医yuan",
}  # fmt: skip
_EMOJI = {"药": "💊", "针": "💉", "钱": "💰", "收益": "📈", "加": "➕", "医院": "🏥"}
_TRADITIONAL = str.maketrans("药疗医资购会员发价证线险稳赚钱处卖应货", "藥療醫資購會員發價證線險穩賺錢處賣應貨")
_SEPARATORS = ("·", ".", "*", "/", " ", "丨", "-", "~")


def disguise(text: str, rng: random.Random) -> str:
    """The text with one or two of the tricks applied; the same seed gives the same disguise.

    >>> disguise("祖传秘方根治糖尿病", random.Random(1)) != "祖传秘方根治糖尿病"
    True
    """
    tricks = [_separate, _sound_alike, _emoji, _traditional]
    rng.shuffle(tricks)
    changed = text
    for trick in tricks[: rng.choice((1, 1, 2))]:
        changed = trick(changed, rng)
    return changed if changed != text else _separate(text, rng)


def _separate(text: str, rng: random.Random) -> str:
    """Puts a separator between the characters of two or three stretches of Chinese."""
    separator = rng.choice(_SEPARATORS)
    chars = list(text)
    spots = [i for i in range(len(chars) - 3) if all("\u4e00" <= c <= "\u9fff" for c in chars[i : i + 3])]
    for i in sorted(rng.sample(spots, min(len(spots), 3)), reverse=True):
        chars[i : i + 3] = list(separator.join(chars[i : i + 3]))
    return "".join(chars)


def _sound_alike(text: str, rng: random.Random) -> str:  # noqa: ARG001 - one signature for all tricks
    for word, other in _SOUND_ALIKE.items():
        text = text.replace(word, other)
    return text


def _emoji(text: str, rng: random.Random) -> str:
    for word, other in _EMOJI.items():
        if rng.random() < 0.7:
            text = text.replace(word, other)
    return text


def _traditional(text: str, rng: random.Random) -> str:  # noqa: ARG001
    return text.translate(_TRADITIONAL)
