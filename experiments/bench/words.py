"""The words of a text: ``features.text`` against jieba itself, HMM off in both; the same words are asserted."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from experiments.bench.material import texts
from experiments.bench.timing import Rival, race, same
from features import text

TEXTS = 1_000


def run() -> list[dict[str, Any]]:
    """One race; where rjieba is not installed both rivals are jieba, and the note says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of byte-compiling jieba
        import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    given = texts(TEXTS)

    def ours() -> list[list[str]]:
        return text.words(given)

    def plain() -> list[list[str]]:
        return [[w for w in tokenizer.lcut(one, HMM=False) if not w.isspace()] for one in given]

    same("words", ours(), plain())
    size = sum(map(len, given)) / 1e3
    rivals = [Rival(f"features.text ({text.engine()})", ours), Rival("jieba, HMM off", plain)]
    return [race("words", "thousand characters/s", size, rivals, note="" if text.engine() == "rjieba" else "rjieba is not installed")]
