"""Words: the only importer of a segmenter.

The rule: HMM off, so that `rjieba` and `jieba` give the very same words and the model that was trained with one may be served with the other.

>>> words(["月息2分保本", ""])
[['月息', '2', '分', '保本'], []]
>>> engine() in {"rjieba", "jieba"}
True
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import filterfalse

TOKENISER = "jieba-0.42.1/hmm-off"
"""names the words, not the engine: store it with a model"""


def words(texts: Iterable[str]) -> list[list[str]]:
    """The words of each text. White space is no word."""
    cut = _cut()
    return [list(filterfalse(str.isspace, cut(text))) for text in texts]


@cache
def engine() -> str:
    """Which segmenter is at work: `rjieba` where installed, else `jieba`."""
    return "rjieba" if find_spec("rjieba") is not None else "jieba"


@cache
def _cut() -> Callable[[str], Sequence[str]]:
    return _fast() if engine() == "rjieba" else _slow()


def _fast() -> Callable[[str], Sequence[str]]:
    import rjieba

    split = rjieba.Jieba().cut
    return lambda text: split(text, hmm=False)


def _slow() -> Callable[[str], Sequence[str]]:
    """jieba with its dictionary read directly: its own start writes (and trusts) a cache file in the shared temporary folder."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return lambda text: tokenizer.lcut(text, HMM=False)
