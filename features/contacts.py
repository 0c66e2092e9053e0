"""How to reach the seller: telephones, WeChat, QQ, links.

The rule: what is found in the dense view only (薇信, 1三八…), or is written apart (138🌸0013🌸8000, a b c 1 2 3), is `disguised`.

>>> from features.normalise import normalise
>>> def found(text): return [(c.kind, c.value, c.disguised) for c in contacts(normalise(text))]
>>> found("电话138-0013-8000，加薇信 abc_123")
[('phone', '13800138000', False), ('wechat', 'abc_123', True)]
>>> found("1三八零零13八零00"), found("热线xxxxxxxxxxx"), found("www.abc.com 详询QQ：12345678")
([('phone', '13800138000', True)], [('phone', 'xxxxxxxxxxx', False)], [('link', 'www.abc.com', False), ('qq', '12345678', False)])
>>> found("微信支付到账12元"), found("手机同微信：138🌸0013🌸8000")
([], [('phone', '13800138000', True)])
"""

import re
from dataclasses import dataclass
from functools import cache

import daachorse

from features.views import NormalisedText


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to get in touch. `value` may be empty: 加微信 without a number."""

    kind: str
    value: str
    start: int
    end: int
    quote: str
    disguised: bool


_S = r"[ .\-_*·~]?"
_APART = r"[^\d\u4e00-\u9fffa-z\n]{1,4}"
"""what a writer puts between the groups of a number: strokes, brackets, emoji"""
_TOP = "com|cn|net|top|vip|xyz|cc|org|shop|site|club|ltd"
_ID = r"[a-z][-_a-z0-9]{4,19}(?![a-z0-9])|[a-z]{0,3}\d{5,11}(?!\d)"
_SPACED = r"[a-z0-9](?:[ ._-][a-z0-9]){5,19}(?![a-z0-9])"
_TO = r"[: =号]{0,3}(?:是|为|搜|加)?[: ]{0,2}"

_PATTERNS: tuple[tuple[str, bool, re.Pattern[str]], ...] = (
    (
        "link",
        False,
        re.compile(
            rf"(?:https?://|www\.)[^\s,。;!?\u4e00-\u9fff<>\"')]+|(?<![a-z0-9@._-])[a-z0-9-]{{2,}}(?:\.[a-z0-9-]+)*\.(?:{_TOP})(?![a-z0-9])(?:/[^\s,。;!?\u4e00-\u9fff]*)?"
            r"|(?<![a-z0-9.])t\.me/[a-z0-9_+]{4,}"
        ),
    ),
    (
        "link",
        True,
        re.compile(
            r"(?<![a-z0-9@._-])(?:www[点。])?(?=[a-z0-9-]*[a-z])[a-z0-9-]{2,}(?:(?:点|。|\(点\))[a-z0-9-]+)*?(?:点|。|\(点\))(?:com|cn|net|cc)(?![a-z0-9])"
        ),
    ),
    (
        "phone",
        False,
        re.compile(
            rf"(?<![\da-z])(?:\+?86[- ]?)?(1{_S}[3-9]{_S}\d(?:{_S}[\dx*]){{8}})(?![\d])"
            rf"|(?<![\da-z.])(0\d{{2,3}}[- )]?\d{{7,8}}|0\d{{2,3}}[- )]\d{{4}}[- ]\d{{4}}|[48]00[- ]?\d{{3,4}}[- ]?\d{{3,4}})(?!\d)"
            rf"|(?<![\da-z.])(1?x{{10,11}}|x{{3,4}}-+x{{7,8}}|x00-?x{{3,4}}-?x{{3,4}})(?![\da-z])"
            rf"|(?:电话|热线|手机|致电|速电|询)[号码]{{0,2}}[: ]{{0,2}}(\d{{7,8}}|x{{7,8}})(?![\da-z])"
        ),
    ),
    (
        "phone",
        True,
        re.compile(
            rf"(?<![\d第])\(?(1[3-9]\d(?P<apart>{_APART})\d{{4}}(?P=apart)\d{{4}}|1[3-9]\d\)\d{{8}})(?!\d|元|万)"
            r"|(?<![a-z0-9])(?=(?:[oilз]*\d){4})(?=\d*[oilз])([1li][3-9з][0-9oilз]{9})(?![a-z0-9])"
        ),
    ),
    (
        "wechat",
        False,
        re.compile(
            rf"(?:加我?的?)?(?:微信|(?<![a-z])(?:vx|wx|weixin|wechat))(?:公众号|同号|号码?|id)?{_TO}({_ID}|x{{5,}}|{_SPACED})"
            r"|(加我?的?微信|添加微信|微信同号|微信咨询|微信联系|微信详聊|扫码加)"
            rf"|加微{_TO}({_ID})"
        ),
    ),
    (
        "wechat",
        True,
        re.compile(
            rf"微信[信合同]?{_TO}({_ID}|{_SPACED})"
            rf"|(?<![a-z0-9])(?:[vw][ .·*_❤♥-]?x|w ?e ?i ?x ?i ?n|jia ?weixin|jia wei)[合同]?{_TO}({_ID}|{_SPACED})"
            rf"|(?:[十伽佳茄嘉]|\+|加)(?:微|薇|徽|v|绿色|绿|💚){_TO}({_ID}|{_SPACED})|💚 ?: ?({_ID})"
            r"|(扫(?:一扫)?(?:[下上]方|图中|左侧|右侧)?(?:二维码|二维马|[码马])(?:加|联系|咨询|进群|入群|领))"
        ),
    ),
    ("qq", False, re.compile(r"(?<![a-z])(?:qq|扣扣|企鹅)(?:群|号|在线)?[: 号群]{0,3}([1-9]\d{4,10}(?!\d)|x{5,})")),
    (
        "qq",
        True,
        re.compile(
            r"(?<![a-z])(?:(?:q ?q|[扣蔻叩抠球秋口]{2}|企鹅)(?:群|裙|号){0,2}[: ]{0,2}|[q扣]:)([1-9](?:[ .-]?\d){5,10}(?!\d))"
            r"|(?:(?:[加进入]|企鹅|[q扣])[群裙]号?码?|[群裙](?:号码?|(?=[: ])))[: ]{0,2}([1-9]\d{6,9}(?!\d))"
        ),
    ),
    (
        "telegram",
        False,
        re.compile(
            r"(?:telegram|电报群?|纸?飞机|(?<![a-z])tg)(?:号?[: ]{0,2}@|号?: ?|号 ?|[ ]?(?=[a-z]+[0-9_]))([a-z][a-z0-9_]{4,31})(?![a-z0-9])"
        ),
    ),
)
TRIGGERS: tuple[tuple[str, ...], ...] = (
    ("http", "www.", "t.me", *(f".{top}" for top in _TOP.split("|"))),
    tuple(f"{dot}{top}" for dot in ("点", "。", "点)") for top in ("com", "cn", "net", "cc")),
    (),
    (),
    ("微信", "vx", "wx", "weixin", "wechat", "扫码加", "加微"),
    (
        *("微信", "jia", "💚", "扫", "wei", "w e"),
        *(f"{left}{mark}x" for left in "vw" for mark in ("", *" .·*_❤♥-")),
        *(f"{add}{name}" for add in "十伽佳茄嘉加+" for name in "微薇徽v绿💚"),
    ),
    ("qq", "扣扣", "企鹅"),
    ("qq", "q q", "企鹅", "q:", "扣:", *(a + b for a in "扣蔻叩抠球秋口" for b in "扣蔻叩抠球秋口"), "群", "裙"),
    ("telegram", "电报", "飞机", "tg"),
)
"""For each pattern literals of which any text that it matches has one; none: see `_DIGITS_APART`."""
NUMBERS = sum(1 << which for which, literals in enumerate(TRIGGERS) if not literals)
"""The patterns that want digits, or signs that stand for them, as bits of their places."""
_DIGITS_APART = re.compile(r"\d{3}|\d.\d.\d|xxx|[oilз]\d[oilз\d]{4}|\d[oilз]")


@cache
def _triggers() -> tuple[daachorse.CharwiseDoubleArrayAhoCorasick, tuple[int, ...]]:
    of: dict[str, int] = {}
    for which, literals in enumerate(TRIGGERS):
        for literal in literals:
            of[literal] = of.get(literal, 0) | 1 << which
    return daachorse.CharwiseDoubleArrayAhoCorasick(list(of)), tuple(of.values())


def _worth_trying(text: str) -> int:
    """Which patterns might match, as bits of their places: found in one pass over the text."""
    automaton, owners = _triggers()
    found = NUMBERS if _DIGITS_APART.search(text) else 0
    for _, _, literal in automaton.find_overlapping(text):
        found |= owners[literal]
    return found


_DIGITS = str.maketrans("oilз", "0113")


def contacts(text: NormalisedText, worth: int | None = None) -> list[Contact]:
    """Every way of getting in touch that the text gives, in its order. A telephone that is also a WeChat id is both.

    ``worth``: the patterns that might match, as bits of their places in `TRIGGERS`, where that is known already.
    """
    view = text.dense
    t = view.text
    found: list[Contact] = []
    taken: list[str] = []
    if worth is None:
        worth = _worth_trying(t)
    for which, (kind, disguise, pattern) in enumerate(_PATTERNS):
        if not worth >> which & 1:
            continue
        taken = taken or [""] * len(t)
        for m in pattern.finditer(t):
            lo, hi = m.span()
            raw = next((g for g in m.groups() if g), "") if m.groups() else m.group()
            held = {by for by in taken[lo:hi] if by}
            if held and (kind != "wechat" or held != {"phone"} or taken[lo]):
                continue
            taken[lo:hi] = [by or kind for by in taken[lo:hi]]
            start, end = view.span(lo, hi)
            hidden = (kind != "link" and bool(view.transforms(lo, hi) & _DISGUISES)) or (
                raw != "" and (disguise or (kind == "wechat" and re.fullmatch(_SPACED, raw) is not None))
            )
            found.append(Contact(kind, _value(kind, raw, disguise), start, end, text.original[start:end], hidden))
    return sorted(found, key=lambda c: c.start)


def _value(kind: str, raw: str, disguise: bool) -> str:
    """The number or name itself: digits of a telephone, an id without what was put between its letters."""
    if kind == "phone":
        return re.sub(r"\D", "", raw.translate(_DIGITS)) if disguise else re.sub(r"\D(?<![x*])", "", raw)
    if re.search("[\u4e00-\u9fff]", raw) and kind != "link":
        return ""
    return re.sub(r"(?<=[a-z0-9])[ ._-](?=[a-z0-9])", "", raw) if re.fullmatch(_SPACED, raw) else raw


_DISGUISES = frozenset({"contact", "mixed_numerals", "pinyin", "sound_alike", "split_character"})
