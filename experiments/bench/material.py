"""Texts to measure with: the examples of the shipped rules, strung together by a seed, with numbers of their own. Nothing from outside."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rules.nodes import Text
from rules.pack import load_packs


def texts(n: int, seed: int = 7) -> list[str]:
    """So many texts of two to five sentences."""
    sentences = sorted(
        {
            example.value
            for pack in load_packs()
            for rule in pack.rules
            for example in (*rule.hits, *rule.misses)
            if isinstance(example, Text)
        }
    )
    rng = random.Random(seed)
    return ["。".join(rng.choice(sentences) for _ in range(rng.randint(2, 5))) + f"。编号{rng.randrange(10**6)}" for _ in range(n)]


def terms(n: int, seed: int = 7) -> list[str]:
    """So many made-up terms of two to four characters, from the characters that the texts use."""
    alphabet = sorted({c for text in texts(200, seed) for c in text if "\u4e00" <= c <= "\u9fff"})
    rng = random.Random(seed)
    found: set[str] = set()
    while len(found) < n:
        found.add("".join(rng.choice(alphabet) for _ in range(rng.randint(2, 4))))
    return sorted(found)


def chinese_only(words: Sequence[str]) -> list[str]:
    """The words of Chinese characters alone: they want no boundary and no normalising, so that plain tools find the very same.

    >>> chinese_only(["根治", "vip会员"])
    ['根治']
    """
    return [w for w in words if w and all("\u4e00" <= c <= "\u9fff" for c in w)]
