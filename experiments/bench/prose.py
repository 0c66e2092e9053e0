"""Texts and terms as long and as thick with hits as those that performance was once measured on: words of jieba's dictionary by their frequency, strung together by a seed.

A bag of words is no prose, but its words, lengths and hits are of the right kind: 50 to 500 characters, some eight overlapping hits of 50,000 terms a text.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import accumulate

from features.normalise import plain_text
from features.views import NormalisedText, identity

TERMS, LISTS = 50_000, 50
COMMON = 20_000
"""The commonest words are no terms."""


@cache
def dictionary() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Words of Chinese characters in their plain form, the commonest first, and how common they are, summed up."""
    import jieba

    with jieba.dt.get_dict_file() as file:
        rows = [line.split(b" ") for line in file.read().splitlines()]
    known = sorted(((int(row[1]), row[0].decode()) for row in rows if len(row) > 1), key=lambda one: (-one[0], one[1]))
    kept = [(count, word) for count, word in known if all("\u4e00" <= c <= "\u9fff" for c in word) and plain_text(word) == word]
    return tuple(word for _, word in kept), tuple(accumulate(count for count, _ in kept))


@cache
def terms(seed: int = 7) -> tuple[str, ...]:
    """Half of them rarer words of two to six characters, half two words put together."""
    rng, (words, _) = random.Random(seed), dictionary()
    rare = [word for word in words[COMMON:] if 2 <= len(word) <= 6]
    found = dict.fromkeys(rng.sample(rare, TERMS // 2))
    while len(found) < TERMS:
        found["".join(rng.choices(words[200:COMMON], k=2))] = None
    return tuple(found)


@cache
def texts(n: int, seed: int = 7) -> tuple[str, ...]:
    """So many texts, their lengths spread evenly over the logarithm; now and then with a number or a Latin word, and with terms that stand in a list."""
    rng, (words, summed), listed = random.Random(seed), dictionary(), terms()
    made = []
    for _ in range(n):
        length, text = int(50 * 10 ** rng.random()), ""
        while len(text) < length:
            text += "".join(rng.choices(words, cum_weights=summed, k=rng.randint(3, 9)))
            if rng.random() < 0.1:
                text += rng.choice((str(rng.randrange(10_000)), "app", rng.choice(listed)))
            text += rng.choice(",。!")
        made.append(text[:length])
    return tuple(made)


def as_plain(text: str) -> NormalisedText:
    """A text that is its own plain form, as a matcher wants it: rivals are given the very same characters."""
    view = identity(text)
    return NormalisedText(text, view, view, frozenset())
