"""Which word lists hit which texts? The automaton against a compiled alternation and against ``str in``.

All are given the plain views (normalising is not timed) and answer the same question, list by list; the automaton also gives every place,
in the original, with negation and report, which the others do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.bench.material import chinese_only, terms, texts
from experiments.bench.timing import Rival, race, same
from features.lexicon import Lexicon, WordList
from features.normalise import normalise, plain_text
from features.views import NormalisedText
from rules.pack import load_packs

SLOW = 0.05
"""The part of the texts that the slow rivals are given."""


def run() -> list[dict[str, Any]]:
    """With the shipped lists, and with twenty thousand made-up terms."""
    shipped = {item.name: chinese_only(item.terms) for pack in load_packs() for item in pack.lists}
    many = terms(20_000)
    made = {f"made {i}": many[i::10] for i in range(10)}
    return [_match("shipped lists", _tidy(shipped), 2_000), _match("20,000 made-up terms in 10 lists", _tidy(made), 1_000)]


def _tidy(lists: dict[str, list[str]]) -> dict[str, list[str]]:
    """Only words that are their own plain form: the rivals do not normalise."""
    kept = {name: [w for w in words if plain_text(w).strip() == w] for name, words in lists.items()}
    return {name: words for name, words in kept.items() if words}


def _match(title: str, lists: dict[str, list[str]], n: int) -> dict[str, Any]:
    lexicon = Lexicon([WordList(name, tuple(words)) for name, words in lists.items()])
    ready = [one for one in (normalise(t) for t in texts(2 * n)) if one.dense is one.plain][:n]
    plain = [one.plain.text for one in ready]
    part = max(1, int(len(ready) * SLOW))
    patterns = [re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True))) for words in lists.values()]

    def automaton(some: Sequence[NormalisedText] = ready) -> list[list[bool]]:
        hits = lexicon.match(some)
        return [list(column) for column in (hits.counts(len(some)) > 0).T.tolist()]

    def alternation() -> list[list[bool]]:
        return [[pattern.search(t) is not None for t in plain[:part]] for pattern in patterns]

    def loops() -> list[list[bool]]:
        return [[any(w in t for w in words) for t in plain[:part]] for words in lists.values()]

    same(title, automaton(ready[:part]), alternation(), loops())
    count = sum(map(len, lists.values()))
    size = float(np.sum([len(t) for t in plain])) / 1e3
    rivals = [
        Rival("features.lexicon", automaton),
        Rival("re, one alternation a list", alternation, part / len(ready)),
        Rival("`word in text` loops", loops, part / len(ready)),
    ]
    return race(
        f"list matching: {title} ({count:,} terms, {len(lists)} lists)", "thousand characters/s", size, rivals, note=f"{len(ready):,} texts"
    )
