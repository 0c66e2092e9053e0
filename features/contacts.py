"""How to reach the seller: telephones, WeChat, QQ, links.

The rule: what is found in the dense view only (薇信, 1三八…) is `disguised`.

>>> from features.normalise import normalise
>>> def found(text): return [(c.kind, c.value, c.disguised) for c in contacts(normalise(text))]
>>> found("电话138-0013-8000，加薇信 abc_123")
[('phone', '13800138000', False), ('wechat', 'abc_123', True)]
>>> found("1三八零零13八零00"), found("热线xxxxxxxxxxx"), found("www.abc.com 详询QQ：12345678")
([('phone', '13800138000', True)], [('phone', 'xxxxxxxxxxx', False)], [('link', 'www.abc.com', False), ('qq', '12345678', False)])
>>> found("微信支付到账12元")
[]
"""

import re
from dataclasses import dataclass

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
_PATTERNS = (
    (
        "link",
        re.compile(
            r"(?:https?://|www\.)[^\s,。;!?\u4e00-\u9fff<>\"')]+|(?<![a-z0-9@._-])[a-z0-9-]{2,}(?:\.[a-z0-9-]+)*\.(?:com|cn|net|top|vip|xyz|cc|org|shop|site|club|ltd)(?![a-z0-9])(?:/[^\s,。;!?\u4e00-\u9fff]*)?"
        ),
    ),
    (
        "phone",
        re.compile(
            rf"(?<![\da-z])(?:\+?86[- ]?)?(1{_S}[3-9]{_S}\d(?:{_S}[\dx*]){{8}})(?![\d])"
            rf"|(?<![\da-z.])(0\d{{2,3}}[- )]?\d{{7,8}}|[48]00[- ]?\d{{3,4}}[- ]?\d{{3,4}})(?!\d)"
            rf"|(?<![\da-z.])(1?x{{10,11}}|x{{3,4}}-+x{{7,8}}|x00-?x{{3,4}}-?x{{3,4}})(?![\da-z])"
            rf"|(?:电话|热线|手机|致电|速电|询)[号码]{{0,2}}[: ]{{0,2}}(\d{{7,8}}|x{{7,8}})(?![\da-z])"
        ),
    ),
    (
        "wechat",
        re.compile(
            r"(?:加我?的?)?(?:微信|(?<![a-z])(?:vx|wx|weixin|wechat))(?:公众号|同号|号码?|id)?[: =]{0,3}(?:是|为|搜|加)?[: ]{0,2}"
            r"([a-z][-_a-z0-9]{4,19}(?![a-z0-9])|[a-z]{0,3}\d{5,11}(?!\d)|x{5,})"
            r"|(加我?的?微信|添加微信|微信同号|微信咨询|微信联系|微信详聊|扫码加)"
        ),
    ),
    ("qq", re.compile(r"(?<![a-z])(?:qq|扣扣|企鹅)(?:群|号|在线)?[: 号群]{0,3}([1-9]\d{4,10}(?!\d)|x{5,})")),
)
_GATE = re.compile(r"\d{5}|\d.\d.\d|xxx|信|[vw]x|wechat|weixin|qq|http|www|\.[a-z]{2}|扫码|扣扣")


def contacts(text: NormalisedText) -> list[Contact]:
    """Every way of getting in touch that the text gives, in its order."""
    view = text.dense
    t = view.text
    if not _GATE.search(t):
        return []
    found: list[Contact] = []
    taken = bytearray(len(t))
    for kind, pattern in _PATTERNS:
        for m in pattern.finditer(t):
            lo, hi = m.span()
            if any(taken[lo:hi]):
                continue
            taken[lo:hi] = b"\1" * (hi - lo)
            raw = next((g for g in m.groups() if g), "") if m.groups() else m.group()
            number = re.sub(r"\D(?<![x*])", "", raw) if kind == "phone" else "" if re.search("[\u4e00-\u9fff]", raw) else raw
            start, end = view.span(lo, hi)
            disguised = kind != "link" and bool(view.transforms(lo, hi) & _DISGUISES)
            found.append(Contact(kind, number, start, end, text.original[start:end], disguised))
    return sorted(found, key=lambda c: c.start)


_DISGUISES = frozenset({"contact", "mixed_numerals", "pinyin", "sound_alike", "split_character"})
