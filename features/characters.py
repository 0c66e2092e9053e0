"""One character → what it stands for: the table behind the plain view.

The rule: a character is mapped on its own, whatever stands beside it, so that the mapping is a table and offsets are trivial.
NFKC, case, invisible and combining characters, traditional → simplified, variants, enclosed letters, emoji that stand for a word.

>>> TABLE.replace("葯💊Ｖ🅥è")
'药药vve'
>>> sorted(TABLE.names("葯💊🅥a"))
['emoji', 'enclosed', 'variant']

Not here: anything that needs a neighbour (Chinese numerals, sound-alikes, separators); see `dense`.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise

import numpy as np

_VARIANTS = dict(
    zip(
        "葯薬効価証険済発売徳豊竜広庁応伝囲団図圧塩歯気対悪戦応単収変検験権様従実写浄臓弐壱囯國囸燚屮〇渏楽髙亰囬囘毎満",
        "药药效价证险济发卖德丰龙广厅应传围团图压盐齿气对恶战应单收变检验权样从实写净脏二一国国日炎草零奇乐高京回回每满",
        strict=True,
    )
)
_RADICALS = dict(zip("⺗⺟⺠⺼⻁⻅⻆⻉⻋⻓⻔⻙⻚⻛⻜⻝⻢⻥⻦⻨⻩⻬⻮⻳", "心母民月虎见角贝车长门韦页风飞食马鱼鸟麦黄齐齿龟", strict=True))
_HOMOGLYPHS = dict(zip("аеорсухіѕԁԛԝᴠᴡνοιαхвкмнтѵꞵɡıⅼ∨Χχ", "aeopcyxisdqwvwvoiaxbkmhtvbgilvxx", strict=True))
_EMOJI = {
    "💊": "药",
    "💉": "针",
    "🩸": "血",
    "🦷": "牙",
    "👁": "眼",
    "💰": "钱",
    "💵": "钱",
    "💴": "钱",
    "💸": "钱",
    "🤑": "钱",
    "🧧": "红包",
    "📈": "收益",
    "💹": "收益",
    "➕": "加",
    "✚": "加",
    "🏥": "医院",
    "📞": "电话",
    "☎": "电话",
    "💬": "微信",
    "🛰": "卫星",
    "✈": "飞机",
    "🐧": "qq",
    "🈚": "无",
    "🈲": "禁",
    "🔙": "返",
    "🆓": "免费",
    "💯": "百分百",
}
_JOINERS = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0")
_SPACES = dict.fromkeys("\x0b\x0c\r\x1c\x1d\x1e\x85\u2028\u2029", "\n") | {"\t": " ", "\x1f": " "}


def _enclosed() -> dict[str, str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    table = {chr(base + i): c for base in (0x1F150, 0x1F170, 0x1F1E6) for i, c in enumerate(letters)}
    for base in (0x2776, 0x2780, 0x278A, 0x24F5):
        table |= {chr(base + i): str(i + 1) for i in range(10)}
    return table | {chr(0x24EB + i): str(i + 11) for i in range(10)} | {"⓿": "0", "🄋": "0", "🄌": "0"}


@cache
def simplified() -> dict[str, str]:
    """Traditional → simplified for single characters, built once from OpenCC (no phrase rules: matching wants one form a character).

    >>> simplified()["療"], simplified().get("药")
    ('疗', None)
    """
    import opencc

    old = [chr(c) for lo, hi in ((0x3400, 0xA000), (0x20000, 0x2A6E0)) for c in range(lo, hi)]
    new = opencc.OpenCC("t2s").convert("\n".join(old)).split("\n")
    return {a: b for a, b in zip(old, new, strict=True) if a != b and len(b) == 1}


def _invisible(c: str) -> bool:
    n = ord(c)
    if c in _JOINERS or 0xFE00 <= n <= 0xFE0F or 0xE0000 <= n <= 0xE0FFF or 0x1F3FB <= n <= 0x1F3FF:
        return True
    return unicodedata.category(c) in {"Cf", "Cc"} and c != "\n"


def _combining(c: str) -> bool:
    n = ord(c)
    return 0x300 <= n <= 0x36F or 0x1AB0 <= n <= 0x1AFF or 0x1DC0 <= n <= 0x1DFF or 0x20D0 <= n <= 0x20FF or 0xFE20 <= n <= 0xFE2F


_LAST = 0x2FFFF
_UNSEEN, _UNEVEN = 0xFFFFFFFF, 0xFFFFFFFE


class _Table(dict[int, int | str]):
    """Filled as characters turn up; `str.translate` reads it at C speed."""

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()
        """characters seen so far whose replacement is not exactly one character"""
        self._name: dict[str, str] = {}
        self._new = np.full(_LAST + 2, _UNSEEN, dtype=np.uint32)
        self._bits = np.zeros(_LAST + 2, dtype=np.uint8)
        """Of the characters that `read_all` has seen: the bit of the name."""
        self._fixed = {
            "enclosed": _enclosed(),
            "emoji": _EMOJI,
            "variant": _VARIANTS | _RADICALS | _HOMOGLYPHS,
        }

    def __missing__(self, code: int) -> int | str:
        c = chr(code)
        new, name = self._step(c)
        if new != c:
            for _ in range(4):  # until nothing changes: a mapped character may itself be mapped
                again = "".join(self._step(x)[0] for x in new)
                if again == new:
                    break
                new = again
        if len(new) != 1:
            self.uneven.add(c)
        if new != c and name:
            self._name[c] = name
        value = code if new == c else new
        self[code] = value
        return value

    def _step(self, c: str) -> tuple[str, str]:
        if "!" <= c <= "~":
            return c.lower(), ""
        if c in _SPACES:
            return _SPACES[c], ""
        if 0xD800 <= ord(c) <= 0xDFFF:
            return "\ufffd", "invisible"
        for name, table in self._fixed.items():
            if c in table:
                return table[c], name
        if _invisible(c):
            return "", "invisible"
        if _combining(c):
            return "", "combining"
        if c in simplified():
            return simplified()[c], "traditional"
        return self._folded(c)

    @staticmethod
    def _folded(c: str) -> tuple[str, str]:
        new = unicodedata.normalize("NFKC", c).casefold()
        bare = unicodedata.normalize("NFKD", new)
        if bare and bare[0] < "\u0530" and len(bare) > 1:
            bare = "".join(x for x in bare if not _combining(x))
            if bare != new:
                return bare, "combining"
        plain = unicodedata.category(c)[0] in "PZS" or new == c.lower()
        return new, "" if plain else "width"

    def replace(self, text: str) -> str:
        """The text, character by character."""
        return text.translate(self)

    def names(self, text: str) -> frozenset[str]:
        """The transforms that fired. Ordinary case and full-width punctuation are not worth a name."""
        signs = set(text)
        if not all(ord(c) in self for c in signs):
            self.replace(text)
        return frozenset(map(self._name.__getitem__, self._name.keys() & signs))

    def read_all(self, texts: Sequence[str]) -> list[tuple[str, frozenset[str]] | None]:
        """`replace` and `names` of many texts at once; None for one with a character that does not become exactly one.

        >>> [said and (said[0], sorted(said[1])) for said in TABLE.read_all(["葯Ｖ", "a\u200b", "", "Ab"])]
        [('药v', ['variant', 'width']), None, ('', []), ('ab', [])]
        """
        codes = np.minimum(np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32), _LAST + 1)
        new = self._new[codes]
        if (new == _UNSEEN).any():
            self._look_up(np.unique(codes[new == _UNSEEN]).tolist())
            new = self._new[codes]
        edges = np.fromiter(accumulate(map(len, texts), initial=0), dtype=np.int64, count=len(texts) + 1)
        uneven = np.zeros(len(texts), dtype=bool)
        odd = np.flatnonzero(new == _UNEVEN)
        uneven[np.searchsorted(edges, odd, side="right") - 1] = True
        new[odd] = 0
        bits = np.zeros(len(texts), dtype=np.uint8)
        some = np.flatnonzero(np.diff(edges))
        if len(some):
            bits[some] = np.bitwise_or.reduceat(self._bits[codes], edges[some])
        said, spans = new.tobytes().decode("utf-32-le"), pairwise(edges.tolist())
        return [
            None if odd else (said[low:high], _named(which))
            for odd, which, (low, high) in zip(uneven.tolist(), bits.tolist(), spans, strict=True)
        ]

    def _look_up(self, codes: Sequence[int]) -> None:
        """Fills the arrays that `read_all` reads. Threads may do it twice, to the same end: the bits come first."""
        for code in codes:
            value = self[code] if code <= _LAST else ""
            one = chr(value) if isinstance(value, int) else value
            name = self._name.get(chr(code))
            self._bits[code] = 0 if name is None else 1 << _NAMES.index(name)
            self._new[code] = ord(one) if len(one) == 1 else _UNEVEN


_NAMES = ("enclosed", "emoji", "variant", "invisible", "combining", "traditional", "width")


@cache
def _named(bits: int) -> frozenset[str]:
    return frozenset(name for at, name in enumerate(_NAMES) if bits >> at & 1)


TABLE = _Table()
