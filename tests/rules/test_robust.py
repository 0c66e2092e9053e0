"""Ten thousand mangled rules: reading and checking them never raises, and never takes more than its counted steps."""

import faulthandler
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from rules import limits
from rules.check import ADVICE, CHECKS, check
from rules.check.context import Context
from rules.diagnostics import render_all
from rules.pack import load_packs, pack_from_text
from rules.words import KEYWORDS
from tests.rules.golden import HERE
from tests.rules.test_messages import VOCABULARY

_TOKENS = re.compile(r'"(?:[^"\\\n]|\\.)*"|\w+|\s+|\S')
_KEYWORDS = sorted({word for both in KEYWORDS.values() for word in both})
_HOSTILE = (
    "(a+)+$",
    "((a{1000}){1000})",
    "(x*)*y",
    "(?:a|aa)+$",
    "(a|b|ab)*c{500}",
    "[^。]{0,999}.{0,999}",
    "(?i)ſ+",
    "\\\\p{Han}*",
    "(?=x)",
    "\\\\1",
    "((((((((((",
    "a{,}",
    "",
    "|",
    "(?P<n>.)",
    "\\\\x{110000}",
    "[z-a]",
    "." * 1500,
)
_ODD = (
    "\u202e",
    "\u200b",
    "\ufeff",
    "\u0301" * 20,
    "\U0001f469\u200d\U0001f4bb",
    "\x00",
    "\ud800",
    "İ",
    "ﷺ",
    "\u2028",
    "\x85",
    "９",
    "Ⅷ",
    "²",
)


def _delete(tokens: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(tokens))
    del tokens[start : start + rng.choice((1, 1, 2, 5))]


def _duplicate(tokens: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(tokens))
    piece = tokens[start : start + rng.choice((1, 3, 10))]
    tokens[start:start] = piece * rng.choice((1, 1, 2, 30))


def _swap(tokens: list[str], rng: random.Random) -> None:
    one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _noise(tokens: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(tokens))
    raw = bytearray(tokens[at].encode("utf-8", "surrogatepass"))
    raw[rng.randrange(len(raw))] = rng.randrange(256)
    tokens[at] = raw.decode("utf-8", "replace") or " "


def _keyword(tokens: list[str], rng: random.Random) -> None:
    places = [at for at, token in enumerate(tokens) if token in _KEYWORDS] or [rng.randrange(len(tokens))]
    tokens[rng.choice(places)] = f" {rng.choice(_KEYWORDS)} "


def _nest(tokens: list[str], rng: random.Random) -> None:
    start = rng.randrange(len(tokens))
    end = rng.randrange(start, len(tokens))
    depth = rng.choice((1, 5, 30))
    tokens[end:end] = [")"] * depth
    tokens[start:start] = [rng.choice(("(", " not (", " 非 ("))] * depth


def _pattern(tokens: list[str], rng: random.Random) -> None:
    tokens.insert(rng.randrange(len(tokens)), f' or text matches "{rng.choice(_HOSTILE)}" ')


def _odd(tokens: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(tokens))
    cut = rng.randrange(len(tokens[at]) + 1)
    tokens[at] = tokens[at][:cut] + rng.choice(_ODD) + tokens[at][cut:]


_MANGLERS: tuple[Callable[[list[str], random.Random], None], ...] = (_delete, _duplicate, _swap, _noise, _keyword, _nest, _pattern, _odd)


def _seeds() -> list[str]:
    """Definitions of the shipped packs and of the demonstration, each alone; of rules with long texts only the head and the condition."""
    sources = [text for pack in load_packs() for text in pack.sources.values()]
    sources += [(HERE / name).read_text("utf-8") for name in ("demo.rules", "示例.rules")]
    pieces = {piece for text in sources for piece in re.split(r"\n(?=(?:rule|规则|condition|条件|list|词表|feature|特征) )", text)}
    short = {
        re.sub(
            r"(?m)^  +(?:理由|危害|核查建议|常见误报|because|hazard|advice|false_alarms|负责人|owner).*\n(?: +(?:en|英).*\n)*", "", piece
        )
        for piece in pieces
    }
    return sorted(piece[:900] for piece in short if piece.strip())


def _mangled(number: int) -> Iterator[str]:
    rng = random.Random(20261122)
    seeds = [_TOKENS.findall(seed) for seed in _seeds()]
    for _ in range(number):
        tokens = list(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            rng.choice(_MANGLERS)(tokens, rng)
            tokens = tokens or [" "]
        yield "".join(tokens)


def _checked(text: str) -> Counter[str]:
    """Reads and checks a text as a host would, and holds the reasoning to its bound."""
    pack = pack_from_text(text)
    context = Context(pack, VOCABULARY)
    found = [*pack.diagnostics, *(item for run in (*CHECKS, *ADVICE) for item in run(context))]
    definitions, largest = len(pack.rules) + len(pack.conditions), limits.MAX_REASONING // 10
    bound = limits.MAX_REASONING * (definitions + 1) + limits.MAX_REASONING_PAIR * len(pack.rules)
    assert context.judged.reasoner.done <= bound + (definitions + 1) * largest * 2
    assert len(render_all(found, pack.sources, "zh")) >= len(found)
    return Counter(item.code for item in found)


@pytest.mark.slow
def test_ten_thousand_mangled_rules() -> None:
    faulthandler.dump_traceback_later(600, exit=True)
    try:
        told: Counter[str] = Counter()
        for text in _mangled(10_000):
            told += _checked(text)
    finally:
        faulthandler.cancel_dump_traceback_later()
    assert len(told) > 25, "the mutants set off too few different messages to prove anything"
    assert told["R001"] < 10_000, "most mutants must get past the reader"


@pytest.mark.parametrize("pattern", _HOSTILE)
def test_hostile_patterns(pattern: str) -> None:
    found = _checked(f'rule r "x" when text matches "{pattern}" or text matches "{pattern}" asserted')
    assert found


_MANY = 3_000
_LARGE = {
    "one list of many words": "list a\n include "
    + " ".join(f'"w{number}" "w{number}x"' for number in range(_MANY * 8))
    + "\ncondition c = text has any of @a",
    "words inside words": "list a\n include "
    + " ".join('"' + "a" * size + '"' for size in range(1, 1500))
    + "\ncondition c = text has any of @a",
    "one word many times": "list a\n include " + '"a" ' * _MANY + "\ncondition c = text has any of @a",
    "many contexts": 'list a\n include "u"\n exclude '
    + " ".join(f'"u{number}"' for number in range(_MANY))
    + "\ncondition c = text has any of @a",
    "many lists": "\n".join(f'list a{number}\n include "u{number % 7}"' for number in range(400))
    + "\ncondition c = text has any of "
    + ", ".join(f"@a{number}" for number in range(400)),
    "many alternatives": "condition c = " + " or ".join(f"phones = {number}" for number in range(600)),
    "many alike": "condition c = " + " and ".join(["phones > 1 or has_wechat"] * 500),
    "many rules": "\n".join(f'rule r{number} "x" when phones > {number} and text has any of "u", "v"' for number in range(300)),
    "the same rule": "\n".join(f'rule r{number} "x" when phones > 1 and text has any of "u", "v"' for number in range(300)),
    "long sum": "condition c = " + " + ".join(["phones"] * 900) + " > 1",
    "long product": "condition c = " + "(" * 20 + " * ".join(["(phones + 1)"] * 90) + ")" * 20 + " > 1",
    "tower of known": "condition c = " + "(" * 20 + "phones > 1" + ") is known = true" * 20,
    "tower of names": "\n".join(f"condition c{number} = c{number + 1} = c{number + 1} or not c{number + 1}" for number in range(15))
    + "\ncondition c15 = has_wechat",
    "circles": "\n".join(f"condition c{number} = not c{(number + 1) % 50} and c{(number + 7) % 50}" for number in range(50)),
    "rules of rules": "\n".join(f'rule r{number} "x" when fires(r{number + 1}) and fires(r{(number + 2) % 40})' for number in range(40)),
}


@pytest.mark.parametrize("name", _LARGE)
def test_large_and_deep(name: str) -> None:
    _checked(_LARGE[name])
    pack = pack_from_text(_LARGE[name])
    assert check(pack, VOCABULARY), "each of these is odd enough to be told"
