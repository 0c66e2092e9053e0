"""Fifty thousand words in a few thousand texts: every overlapping hit with its offsets, beside other automata. Words and texts are made up.

The bare automaton gives offsets in what it was given, a tuple a hit. `features.lexicon` gives them in the original, list by list, as arrays: first the places alone,
as the others do, then as the project asks for them, with negation and report of each hit. It is measured with the compiled kernel that it turns to when there is
plenty of text (`features.kernels`; numba's start is not in the times), and without.
Memory is what a fresh process grew by when it had built its automaton and matched the texts.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from experiments.bench.timing import Rival, race
from features import kernels

TERMS, TEXTS, LISTS = 50_000, 4_000, 50
RARE = 12_000
"""The commonest words are no terms: a list of risk words is not a list of common ones."""

SLOW = 0.25
"""The part of the texts that pyahocorasick is given."""

AT_ONCE = 1_500
"""Texts that our automaton is given joined, some 300,000 characters."""

Found = list[tuple[int, int, int]]
Matcher = Callable[[str], Found]


def words(count: int, seed: int = 7) -> list[str]:
    """Made-up words of one to three characters, some characters far commoner than others, as in writing."""
    from features.normalise import plain_text

    letters = [c for c in map(chr, range(0x4E00, 0x5E00)) if plain_text(c) == c][:3000]
    rng = random.Random(seed)
    weights = list(accumulate(1 / (at + 10) for at in range(len(letters))))
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(letters, cum_weights=weights, k=rng.choice((1, 2, 2, 2, 3))))] = None
    return list(found)


def material(seed: int = 7) -> tuple[list[str], list[str]]:
    """Terms and texts: terms are rare words and pairs of them, so that hits overlap; texts have 50 to 500 characters, mostly of common words."""
    rng = random.Random(seed)
    vocabulary = words(60_000, seed)
    rare = [word for word in vocabulary[RARE:] if len(word) > 1]
    some = rng.sample(rare, TERMS // 8) + [word for word in rare if len(word) > 2]
    terms = dict.fromkeys(some[: TERMS // 2])
    weights = list(accumulate(1 / (at + 10) for at in range(len(vocabulary))))
    while len(terms) < TERMS:
        terms["".join(rng.choices(rare, k=2))] = None
    texts = []
    for _ in range(TEXTS):
        length, text = int(50 * 10 ** rng.random()), ""
        while len(text) < length:
            text += "".join(rng.choices(vocabulary, cum_weights=weights, k=rng.randint(3, 9))) + rng.choice("，。！")
        texts.append(text[:length])
    return list(terms), texts


def daachorse(terms: list[str]) -> Matcher:
    """What our lexicon stands on."""
    automaton = importlib.import_module("daachorse").CharwiseDoubleArrayAhoCorasick(terms)
    return automaton.find_overlapping  # type: ignore[no-any-return]


def pyahocorasick(terms: list[str]) -> Matcher:
    """The best known one, in C."""
    automaton = importlib.import_module("ahocorasick").Automaton()
    for number, term in enumerate(terms):
        automaton.add_word(term, (number, len(term)))
    automaton.make_automaton()
    return lambda text: [(end + 1 - size, end + 1, number) for end, (number, size) in automaton.iter(text)]


def ahocorasick_rs(terms: list[str]) -> Matcher:
    """The Rust crate; its contiguous automaton, which is faster here than the DFA."""
    module = importlib.import_module("ahocorasick_rs")
    automaton = module.AhoCorasick(terms, implementation=module.Implementation.ContiguousNFA)
    return lambda text: [(start, end, number) for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True)]


def lexicon(terms: list[str]) -> Callable[[list[str]], Any]:
    """Our whole path from the text as it came: two views, hits of all lists, offsets in the original, negation and report."""
    from features.normalise import normalise_all

    ready = _lexicon(terms)
    return lambda texts: ready.match(normalise_all(texts))


def places(ready: Any, texts: list[Any]) -> Any:
    """Where the plain views have hits, of which list and term, in portions as `features.lexicon.Lexicon.match` takes them; nobody asks who says it."""
    return [ready._automaton.find([text.plain for text in texts[low : low + AT_ONCE]])[1] for low in range(0, len(texts), AT_ONCE)]


@contextmanager
def kernel(used: bool) -> Iterator[None]:
    """With the kernel from the first text on, or without it."""
    before = os.environ.get(kernels.SETTING)
    os.environ[kernels.SETTING] = "1" if used else "0"
    try:
        yield
    finally:
        os.environ.pop(kernels.SETTING)
        if before is not None:
            os.environ[kernels.SETTING] = before


def _lexicon(terms: list[str]) -> Any:
    from features.lexicon import Lexicon, WordList

    return Lexicon([WordList(f"made up {at}", tuple(terms[at::LISTS])) for at in range(LISTS)])


BARE: dict[str, Callable[[list[str]], Matcher]] = {"daachorse": daachorse, "pyahocorasick": pyahocorasick, "ahocorasick_rs": ahocorasick_rs}
OURS = ("lexicon by kernel", "lexicon by daachorse")


def run() -> dict[str, Any]:
    """The race; whoever is not installed is named as not measured."""
    from features.normalise import normalise

    terms, texts = material()
    bare: dict[str, Matcher] = {}
    missing = []
    for name, make in BARE.items():
        try:
            bare[name] = make(terms)
        except ImportError:
            missing.append(f"{name}: not measured: not installed")
    ours, full = _lexicon(terms), lexicon(terms)
    ready = [normalise(text) for text in texts]
    part = texts[: int(len(texts) * SLOW)]
    engines = {"kernel": True, "daachorse": False} if kernels.installed() else {"daachorse": False}
    if not engines.get("kernel"):
        missing.append("the kernel: not measured: numba is not installed")
    hits = 0
    for used in engines.values():
        with kernel(used):
            hits = _assert_same(bare, ours, ready, texts, terms)

    def over(name: str, some: list[str]) -> Callable[[], object]:
        return lambda: [bare[name](text) for text in some]

    def by(engine: str, run: Callable[[], object]) -> Callable[[], object]:
        def timed() -> object:
            with kernel(engines[engine]):
                return run()

        return timed

    ways: dict[str, Callable[[], object]] = {
        "places and lists of all hits": lambda: places(ours, ready),
        "with negation and report of each hit, sorted": lambda: ours.match(ready),
        "all that from the raw text, both views made first": lambda: full(texts),
    }
    rivals = [
        *(Rival(f"features.lexicon, {way} ({engine})", by(engine, run)) for engine in engines for way, run in ways.items()),
        Rival("the bare automaton (daachorse)", over("daachorse", texts)),
        *(Rival("pyahocorasick", over(name, part), SLOW) for name in bare if name == "pyahocorasick"),
        *(Rival("ahocorasick_rs, contiguous", over(name, texts)) for name in bare if name == "ahocorasick_rs"),
    ]
    size = float(sum(map(len, texts)))
    note = f"{len(texts):,} texts of {size / len(texts):.0f} characters, {hits / len(texts):.1f} overlapping hits a text, {LISTS} lists"
    result = race(f"{TERMS:,} words", "characters/s", size, rivals, turns=5, note=note)
    for rival, which in zip(result["rivals"], (*(name for name in engines for _ in ways), *bare), strict=True):
        rival["memory, MB"] = memory(f"lexicon by {which}" if rival["name"].startswith("features") else which)
    return {**result, "columns": ["memory, MB"], "missing": missing}


def _assert_same(bare: dict[str, Matcher], ours: Any, ready: list[Any], texts: list[str], terms: list[str]) -> int:
    """Every automaton finds the same places; ours says them list by list."""
    told = ours.match(ready)
    mine = sorted(zip(told.row.tolist(), told.start.tolist(), told.end.tolist(), (ours.terms[at] for at in told.term), strict=True))
    plain = [hit for hit, odd in zip(mine, told.aggressive[_order(told, ours)].tolist(), strict=True) if not odd]
    found = [(one.start.tolist(), one.end.tolist(), one.term.tolist()) for one in places(ours, ready)]
    bare_places = sorted((start, end, ours.terms[term]) for one in found for start, end, term in zip(*one, strict=True))
    assert bare_places == sorted((start, end, term) for _, start, end, term in plain), "places alone: not the same hits"
    for name, find in bare.items():
        theirs = sorted((row, start, end, terms[number]) for row, text in enumerate(texts) for start, end, number in find(text))
        assert theirs == plain, f"{name}: not the same hits"
    return len(mine)


def _order(told: Any, ours: Any) -> list[int]:
    keys = list(zip(told.row.tolist(), told.start.tolist(), told.end.tolist(), (ours.terms[at] for at in told.term), strict=True))
    return sorted(range(len(keys)), key=keys.__getitem__)


@cache
def memory(which: str) -> float:
    """Megabytes that a fresh process of this module grew by."""
    command = [sys.executable, "-m", "experiments.bench.many_terms", which]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _grown(which: str) -> float:
    ours = which in OURS
    with kernel(which == OURS[0]):
        terms, texts = material()
        texts = texts[:500]
        if ours:
            import features.lexicon
            import features.normalise

            features.lexicon.Lexicon([features.lexicon.WordList("a", ("甲乙",))]).match([features.normalise.normalise("祖传甲乙")])
        else:
            importlib.import_module("ahocorasick" if which == "pyahocorasick" else which)
        before = _resident()
        if ours:
            whole = lexicon(terms)
            whole(texts)
        else:
            matcher = BARE[which](terms)
            for text in texts:
                matcher(text)
        return (_resident() - before) / 1e6


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=[*OURS, *BARE])
    print(round(_grown(parser.parse_args().which), 1))
